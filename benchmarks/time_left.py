"""How true the stated time left of ``ic-tf fit`` is, in a run that is recorded.

    python -m benchmarks.time_left IMAGES [NAME=VALUE ...] [--record NAME]

Trains on a folder of class folders and compares, for each phase that says a time left, what was
said with the time that it then took.
"""

import argparse
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks import record
from ic_tf_sdk.contract.phases import PhaseReport
from ic_tf_sdk.launch.local import job as local_job
from ic_tf_sdk.launch.local.default_model import default_model
from ic_tf_sdk.launch.local.display import Listener
from ic_tf_sdk.launch.local.display.time_left import TimeLeft
from ic_tf_sdk.launch.local.request import request


class Said(NamedTuple):
    """What was said at a moment of a phase, in seconds."""

    at: float
    left: float


class Watch:
    """Takes up the reports of a job, and keeps what a person would have been told."""

    def __init__(self) -> None:
        self.said: dict[str, list[Said]] = defaultdict(list)
        self.took: dict[str, float] = {}
        self._phase = ""

    def take(self, report: PhaseReport) -> None:
        """Take up a report."""
        if report.name != self._phase:
            self._phase = report.name
            self._key = (
                f"{report.name} {report.detail}" if report.name == "evaluation" else report.name
            )
            self._key += " again" * (self._key in self.took)
            self._time = TimeLeft(report.done)
        self._time.update(report.done)
        left = None if report.total is None else self._time.seconds(report.total)
        if left is not None and not report.ended:
            self.said[self._key].append(Said(self._time.elapsed, left))
        if report.ended:
            self.took[self._key] = self._time.elapsed
            self._phase = ""


def main() -> None:
    """Train and add a row for each phase."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images")
    parser.add_argument("settings", nargs="*", metavar="NAME=VALUE")
    record.option(parser)
    options = parser.parse_args()
    images, settings = options.images, options.settings
    chosen = default_model(set())
    given = dict(setting.split("=", 1) for setting in settings)
    model = given.pop("model", chosen.model_id)
    watch, started = Watch(), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        training = request(
            model=model, training=Path(images), hyperparameters={**chosen.hyperparameters, **given}
        )
        listener = Listener(lambda _: None, watch.take)
        local_job.run(training, output=Path(folder) / "out", listener=listener)
    table = record.Table(
        "Training",
        "The time left that `ic-tf fit` says",
        *("phase", "s", "times said", "first after s", "median error s", "said at half s"),
        "true then s",
        about=f"{model}, {' '.join(settings) or 'no settings'}; what was said, and what came.",
    )
    for name, seconds in watch.took.items():
        said = watch.said[name]
        if not said:
            table.add(name, seconds, 0, "", "", "", "")
            continue
        errors = [abs(one.left - (seconds - one.at)) for one in said]
        half = min(said, key=lambda one: abs(one.at - seconds / 2))
        row = (said[0].at, median(errors), half.left, seconds - half.at)
        table.add(name, seconds, len(said), *row)
    record.keep(options, table, note=f"All of it: {time.monotonic() - started:.1f} s.")


if __name__ == "__main__":
    main()
