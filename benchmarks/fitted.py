"""One ``ic-tf fit`` in processes of its own: how good its model is, and what it cost."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import NamedTuple

__all__ = ["Fitted", "fitted", "used_by"]

DURATION = "- Total training duration: "


class Fitted(NamedTuple):
    """What came of a training.

    Attributes:
        accuracy: On its test images, 0 to 1.
        training: Its log's training time in seconds.
        processor: User and system seconds of all its processes.
        wall: Seconds from their start to their end.
    """

    accuracy: float
    training: float
    processor: float
    wall: float


def used_by(line: Sequence[str]) -> tuple[str, float, float]:
    """Run a program: what it prints, its user and system seconds, and its wall time."""
    started, before = time.perf_counter(), getrusage(RUSAGE_CHILDREN)
    done = subprocess.run(line, stdout=subprocess.PIPE, text=True, check=True)
    wall, after = time.perf_counter() - started, getrusage(RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done.stdout, used, wall


def fitted(
    training: Path, test: Path, model: Sequence[str], settings: Mapping[str, object]
) -> Fitted:
    """Train as a user does, without the features of earlier trainings.

    Args:
        training: Folder of class folders, of which the job holds out a fifth.
        test: Likewise; it only measures.
        model: The options that name the model.
        settings: Hyperparameters.
    """
    with tempfile.TemporaryDirectory() as name:
        output = Path(name, "job")
        line = [sys.executable, "-m", "ic_tf_sdk", "fit", str(training), "--test", str(test)]
        line += ["-o", str(output), "--no-cache", "--json", *model]
        line += [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
        _, processor, wall = used_by(line)
        history = json.loads((output / "output_data" / "history.json").read_text("utf-8"))
        log = (output / "training.log").read_text("utf-8").splitlines()
    seconds = next(one.split(DURATION)[1] for one in log if DURATION in one)
    return Fitted(history["test"]["accuracy"], float(seconds), processor, wall)
