"""What one image costs a program that loads an exported SavedModel, as TensorFlow Serving does.

``python -m benchmarks.exported_graph PHOTOS BEFORE AFTER [--rounds 9]``: PHOTOS is a folder of
images, BEFORE and AFTER are two ``model.tar.gz`` of one network, as of two versions of this
package. Each is loaded by ``tf.saved_model.load`` alone; its ``serving_default`` answers one photo
a call, in turns. Prints the medians, what loading takes, and how far the answers are apart.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import tensorflow as tf

from ic_tf_sdk.contract import archive
from ic_tf_sdk.inference import image_source

CALLS = 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    photos = [tf.constant([one.read()]) for one in image_source.find([str(given.photos)])]
    models = {"before": loaded(given.before), "after": loaded(given.after)}
    answers = {name: [call(one) for one in photos] for name, call in models.items()}
    wall: dict[str, list[float]] = {name: [] for name in models}
    processor: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(given.rounds):
        for name, call in models.items():
            started, busy = time.perf_counter(), time.process_time()
            for number in range(CALLS):
                call(photos[number % len(photos)])
            wall[name].append(1000 * (time.perf_counter() - started) / CALLS)
            processor[name].append(1000 * (time.process_time() - busy) / CALLS)
    for name, archive_path in (("before", given.before), ("after", given.after)):
        size = archive_path.stat().st_size / 1e6
        print(
            f"{name}: {median(wall[name]):.1f} ms, {median(processor[name]):.1f} ms of processor "
            f"time, archive {size:.1f} MB"
        )
    apart = np.abs(np.subtract(answers["before"], answers["after"])).max()
    same = sum(
        int(np.argmax(one) == np.argmax(other))
        for one, other in zip(answers["before"], answers["after"], strict=True)
    )
    print(
        f"before over after: {median(wall['before']) / median(wall['after']):.2f}, processor time "
        f"{median(processor['before']) / median(processor['after']):.2f}; where both were trained "
        f"alike, {apart:.1e} apart and the same class for {same} of {len(photos)}"
    )


def loaded(path: Path) -> Callable[[Any], Any]:
    """An archive's signature as a function of one encoded image; prints what loading took."""
    with tempfile.TemporaryDirectory() as folder:
        archive.extract(path, Path(folder, "model"))
        started = time.perf_counter()
        model = tf.saved_model.load(str(Path(folder, "model", "1")))
        print(f"{path}: loaded in {time.perf_counter() - started:.1f} s")
    signature = model.signatures["serving_default"]

    def call(image: Any, *, _kept: Any = model) -> Any:
        return signature(image_bytes=image)["probabilities"].numpy()[0]

    return call


if __name__ == "__main__":
    main()
