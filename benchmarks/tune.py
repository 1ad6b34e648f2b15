"""What ``ic-tf tune`` of a classification layer takes, and what it gains on photos not trained on.

    python -m benchmarks.tune PHOTOS MODEL [--trials 30] [--seeds 123 1 2]

PHOTOS holds ``training/`` and ``test/``. With an empty feature cache for each: one ``ic-tf fit``,
the layer alone for five epochs, and ``ic-tf tune`` with so many trials of that. Then both for the
other seeds, which share the features. The columns: wall and processor time, validation
accuracy of the kept epoch, and accuracy on the test photos.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import record


def run(
    table: record.Table, command: str, given: argparse.Namespace, output: Path, *more: str
) -> None:
    """One call; adds its row."""
    photos, model = given.photos, given.model
    line = [sys.executable, "-m", "ic_tf_sdk", command, str(photos / "training"), "-m", model]
    line += ["--test", str(photos / "test"), "-o", str(output), *more]
    line += ["--set", "train_only_on_top=True", "--set", "epochs=5"]
    environment = {**os.environ, "IC_TF_SDK_FEATURE_CACHE": str(given.cache)}
    started, before = time.perf_counter(), os.times()
    subprocess.run(line, env=environment, stdout=subprocess.DEVNULL, check=True)
    after, wall = os.times(), time.perf_counter() - started
    used = after.children_user + after.children_system
    used -= before.children_user + before.children_system
    history = json.loads((output / "output_data" / "history.json").read_text())
    best = history["epochs"][history["best_epoch"]]
    trial, first = None, ""
    if command == "tune":
        told = json.loads((output / "tuning.json").read_text())
        seconds = [one["seconds"] for one in told["trials"]]
        later = sorted(seconds[1:])
        trial, first = later[len(later) // 2], f"{told['trials'][0]['value']:.3f}"
    accuracies = (f"{best['val_accuracy']:.3f}", f"{history['test']['accuracy']:.3f}")
    table.add(" ".join((command, *more)), wall, used, first, *accuracies, trial)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("model")
    parser.add_argument("--trials", default="30")
    parser.add_argument("--seeds", nargs="+", default=["123", "1", "2"])
    record.option(parser)
    given = parser.parse_args()
    table = record.Table(
        "Choosing",
        "`ic-tf tune` of a classification layer",
        *("", "wall s", "processor s", "first trial, validation", "validation", "test"),
        "a further trial s",
        about="The layer alone, five epochs. The first seed has an empty feature cache for each of "
        "the two, the others share the features.",
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, seed in enumerate(given.seeds):
            for command, more in (("fit", []), ("tune", ["--trials", given.trials])):
                given.cache = folder / (command if number == 0 else "fit")
                output = folder / f"{command}-{seed}"
                words = [*more, "--set", f"random_seed={seed}"]
                run(table, command, given, output, *words)
    record.keep(given, table)


if __name__ == "__main__":
    main()
