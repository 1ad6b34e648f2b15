"""What a second ``ic-tf fit`` costs whose features are known, beside what it cannot do without.

    python -m benchmarks.second_fit PHOTOS MODEL [--rounds 5]

PHOTOS holds class folders. One ``ic-tf fit`` of the layer alone fills the feature cache and leaves
a model. Then in turn, so many times: the same ``fit`` with another learning rate, and a process
that does no more than to import TensorFlow, load the model that came of it and save it. A row for
each round: processor time of all their processes, and wall time; then the medians.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import record
from ic_tf_sdk.contract import archive

BARE = """
import sys
import tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
tf.saved_model.save(model, sys.argv[2], signatures=model.signatures)
"""
PREPARED = {"TF_CPP_MIN_LOG_LEVEL": "2", "TF_USE_LEGACY_KERAS": "1"}


def timed(line: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Processor and wall time of a program and all that it starts."""
    started, before = time.perf_counter(), os.times()
    subprocess.run(line, env=environment, stdout=subprocess.DEVNULL, check=True)
    after, wall = os.times(), time.perf_counter() - started
    used = after.children_user + after.children_system
    return used - before.children_user - before.children_system, wall


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("model")
    parser.add_argument("--rounds", type=int, default=5)
    record.option(parser)
    given = parser.parse_args()
    table = record.Table(
        "Choosing",
        "A second fit whose features are known",
        *("round", "second `fit`, processor s (wall)", "bare process, processor s (wall)", "ratio"),
        about="The same training of the layer alone with another learning rate, its features in "
        "the cache, in turn with a process that imports TensorFlow, loads the model that came of "
        "it and saves it again.",
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = {**os.environ, "IC_TF_SDK_FEATURE_CACHE": str(folder / "features")}

        def fit(output: str, rate: float) -> tuple[float, float]:
            line = [sys.executable, "-m", "ic_tf_sdk", "fit", str(given.photos), "-m", given.model]
            line += ["-o", str(folder / output), "--set", "train_only_on_top=True"]
            line += ["--set", "epochs=5", "--set", f"learning_rate={rate}"]
            return timed(line, environment)

        used, wall = fit("first", 0.001)
        note = f"The first fit: processor {used:.1f} s, wall {wall:.1f} s."
        archive.extract(folder / "first" / "model.tar.gz", folder / "model")
        several: dict[str, list[tuple[float, float]]] = {"second fit": [], "bare process": []}
        for number in range(given.rounds):
            several["second fit"].append(fit(f"fit-{number}", 0.002 + number / 1000))
            bare = [sys.executable, "-c", BARE, str(folder / "model" / "1")]
            saved = timed([*bare, str(folder / f"saved-{number}")], {**environment, **PREPARED})
            several["bare process"].append(saved)
            add(table, str(number + 1), *(times[-1] for times in several.values()))
        medians = [
            tuple(statistics.median(column) for column in zip(*times, strict=True))
            for times in several.values()
        ]
        add(table, "median", *medians)
    record.keep(given, table, note=note)


def add(table: record.Table, name: str, *pair: tuple[float, ...]) -> None:
    """A row, and the ratio of the processor times."""
    cells = (f"{used:.1f} ({wall:.1f})" for used, wall in pair)
    table.add(name, *cells, f"{pair[0][0] / pair[1][0]:.2f}")


if __name__ == "__main__":
    main()
