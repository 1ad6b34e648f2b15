"""Archives that are exported to be measured: by this checkout, and by an earlier one.

    python -m benchmarks.exports PHOTOS OUT [--model MODEL] [--before TREE] [--images 300]

PHOTOS is a folder of class folders. Trains the classification layer for one epoch with the same
seed and leaves ``OUT/now.tar.gz`` and, with ``--before``, ``OUT/before.tar.gz`` of that checkout,
as it is there.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import backbone, processes, record
from benchmarks.allocator import first
from ic_tf_sdk.contract import archive


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--before", type=Path, help="Another checkout of the repository.")
    parser.add_argument("--images", type=int, default=300)
    backbone.option(parser)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        channel = backbone.channel(given, Path(scratch, "model"))
        photos = first(given.photos, given.images, Path(scratch, "photos"))
        trees = {"now": record.ROOT} | ({"before": given.before} if given.before else {})
        for name, tree in trees.items():
            target = given.out / f"{name}.tar.gz"
            exported(tree.resolve(), channel, photos, Path(scratch, name), target)
            print(f"{target}: {record.commit(tree)}, {target.stat().st_size / 1e6:.1f} MB")


def exported(tree: Path, channel: Path, photos: Path, folder: Path, target: Path) -> None:
    """Train with a checkout and pack what it leaves."""
    variables = {
        "PYTHONPATH": str(tree),
        "SM_CHANNEL_TRAINING": str(photos.resolve()),
        "SM_CHANNEL_MODEL": str(channel.resolve()),
        "SM_MODEL_DIR": str(folder / "model"),
        "SM_OUTPUT_DATA_DIR": str(folder / "output"),
    }
    command = [sys.executable, "-m", "ic_tf_sdk.training.transfer_learning"]
    command += [f"--checkpoint_dir={folder / 'checkpoints'}", "--epochs=1"]
    command += ["--train_only_on_top=True"]
    processes.run(command, {**os.environ, **variables}, folder=tree)
    archive.pack(folder / "model", target)


def answers(path: Path, bodies: list[bytes]) -> np.ndarray:
    """The probabilities [images, units] of an archive's own signature, one image a call."""
    signature: Any = loaded(path).signatures["serving_default"]
    return np.array([ask(signature, body) for body in bodies])


def loaded(path: Path) -> Any:
    """What an archive's SavedModel is to a program that knows no more of it."""
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder:
        archive.extract(path, Path(folder, "model"))
        return tf.saved_model.load(str(Path(folder, "model", "1")))


def ask(signature: Any, body: bytes) -> Any:
    """The probabilities of one encoded image."""
    import tensorflow as tf

    return signature(image_bytes=tf.constant([body]))["probabilities"].numpy()[0]


if __name__ == "__main__":
    main()
