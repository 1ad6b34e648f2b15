"""Pictures of another kind than photos, in the folders that ``benchmarks.presets`` takes.

    python -m benchmarks.second_set digits|drawn FOLDER

``digits``: scikit-learn's handwritten digits, 8 by 8 pixels, as PNG files eight times as large:
1,000 to train on and 500 for the test, of ten classes. ``drawn``: the package's own pictures, 1,000
and 500 of five classes.
"""

import argparse
from pathlib import Path

import numpy as np

from ic_tf_sdk import sample_data

KINDS = ("digits", "drawn")
TRAINING, TEST, TIMES = 1000, 500, 8


def write(kind: str, folder: Path) -> Path:
    """Write one of ``KINDS``.

    Args:
        kind: Its name.
        folder: Must not exist; ``training/`` and ``test/`` are in it afterwards.

    Returns:
        The folder.
    """
    if kind == "digits":
        return _digits(folder)
    sample_data.draw(directory=folder, images_per_class=TRAINING // 5, split=True)
    return folder


def _digits(folder: Path) -> Path:
    from PIL import Image
    from sklearn.datasets import load_digits

    found = load_digits()
    order = np.random.default_rng(0).permutation(len(found.images))
    for place, number in enumerate(order[: TRAINING + TEST]):
        channel = "training" if place < TRAINING else "test"
        target = folder / channel / f"digit-{found.target[number]}"
        target.mkdir(parents=True, exist_ok=True)
        # Sixteen shades.
        pixels = np.kron(found.images[number] * 255 / 16, np.ones((TIMES, TIMES)))
        Image.fromarray(pixels.astype(np.uint8)).save(target / f"{number:04d}.png")
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    write(given.kind, given.folder)


if __name__ == "__main__":
    main()
