"""What one image costs a program that loads an exported SavedModel, as TensorFlow Serving does.

    python -m benchmarks.exported_graph PHOTOS BEFORE AFTER [--rounds 9]

PHOTOS is a folder of images, BEFORE and AFTER are two ``model.tar.gz`` of one network, as
``benchmarks.exports`` makes of two versions of this package. Each is loaded by
``tf.saved_model.load`` alone; its ``serving_default`` answers one photo a call, in turns. Then the
memory of processes that load one of them and answer, in turns; the binary of TensorFlow Serving is
not asked.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks import exports, processes, record
from ic_tf_sdk.contract import archive
from ic_tf_sdk.inference import image_source

CALLS = 50
MEMORY_ROUNDS = 3
# Its memory before, with the model, and after some answers.
LOAD = f"""
import sys
import tensorflow as tf
from pathlib import Path
def resident():
    lines = Path("/proc/self/status").read_text().splitlines()
    print("resident", next(int(one.split()[1]) for one in lines if one.startswith("VmRSS")))
resident()
model = tf.saved_model.load(sys.argv[1])
resident()
image = tf.constant([Path(sys.argv[2]).read_bytes()])
for _ in range({CALLS}):
    model.signatures["serving_default"](image_bytes=image)
resident()
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--named", default="a network", help="What it is, for the heading.")
    record.option(parser)
    given = parser.parse_args()
    photos = [one.read() for one in image_source.find([str(given.photos)])]
    archives = {"before": given.before, "after": given.after}
    table = record.Table(
        "Prediction",
        f"The exported graph: {given.named}",
        *("", "ms an image", "processor ms", "load s", "archive MB", "process MB", "peak MB"),
        about="`tf.saved_model.load` alone, one encoded photo a call of `serving_default`; medians "
        f"of {given.rounds} rounds of {CALLS} calls, in turns. Memory: what a process grew by "
        f"from after `import tensorflow` to {CALLS} answers of the model, and the most that it had "
        f"in all (medians of {MEMORY_ROUNDS}); TensorFlow Serving's own binary was not run.",
    )
    times, apart = measured(archives, photos, given.rounds)
    for name, path in archives.items():
        memory = [grown(path, given.photos) for _ in range(MEMORY_ROUNDS)]
        sizes = [median(one) for one in zip(*memory, strict=True)]
        wall, used, load = times[name]
        table.add(name, wall, used, load, path.stat().st_size / 1e6, *sizes)
    (wall, used, _), (now, used_now, _) = times.values()
    note = f"Before over after: {wall / now:.2f}, processor time {used / used_now:.2f}. {apart}"
    record.keep(given, table, note=note)


def measured(
    archives: dict[str, Path], photos: list[bytes], rounds: int
) -> tuple[dict[str, tuple[float, float, float]], str]:
    """Medians of wall and processor milliseconds, seconds of loading; how far answers differ."""
    models, load = {}, {}
    for name, path in archives.items():
        started = time.perf_counter()
        models[name] = exports.loaded(path)
        load[name] = time.perf_counter() - started
    calls = {name: model.signatures["serving_default"] for name, model in models.items()}
    before, after = (
        np.array([exports.ask(call, one) for one in photos]) for call in calls.values()
    )
    wall: dict[str, list[float]] = {name: [] for name in calls}
    processor: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            started, busy = time.perf_counter(), time.process_time()
            for number in range(CALLS):
                exports.ask(call, photos[number % len(photos)])
            wall[name].append(1000 * (time.perf_counter() - started) / CALLS)
            processor[name].append(1000 * (time.process_time() - busy) / CALLS)
    same = int((before.argmax(1) == after.argmax(1)).sum())
    apart = (
        f"Their answers differ by {np.abs(before - after).max():.1e}, training included; the same "
        f"class for {same} of {len(photos)}."
    )
    return {n: (median(wall[n]), median(processor[n]), load[n]) for n in calls}, apart


def grown(path: Path, photos: Path) -> tuple[float, float]:
    """MB that a process grows by when it loads a model and answers, and its peak."""
    image = next(one for one in sorted(photos.rglob("*")) if one.is_file())
    with tempfile.TemporaryDirectory() as folder:
        archive.extract(path, Path(folder, "model"))
        command = [sys.executable, "-c", LOAD, str(Path(folder, "model", "1")), str(image)]
        done = processes.run(command, dict(os.environ))
    kilobytes = [int(line.split()[1]) for line in done.lines if line.startswith("resident ")]
    return (kilobytes[-1] - kilobytes[0]) / 1024, done.whole.peak_mb


if __name__ == "__main__":
    main()
