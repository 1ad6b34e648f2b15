"""A tuning as a run of MLflow, each trial a run below it."""

import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from ic_tf_sdk._version import __version__
from ic_tf_sdk.contract import archive, model_info, tracking_place
from ic_tf_sdk.launch.local.request import TrainingRequest
from ic_tf_sdk.launch.local.tuning_objective import Objective
from ic_tf_sdk.launch.local.tuning_result import Status, Tuning, TuningTrial
from ic_tf_sdk.launch.tuning import Range
from ic_tf_sdk.training.tracking import metric_reader
from ic_tf_sdk.training.tracking.metric_reader import Value
from ic_tf_sdk.training.tracking.tracked_run import ChildRun, TrackedRun, run_name

__all__ = ["TrackedTuning", "tracked"]

_STATUS: Mapping[Status, str] = {
    "Completed": "FINISHED",
    "Stopped": "KILLED",
    "Failed": "FAILED",
}
_OBJECTIVE = "objective"
# Of a reason that is long; the server refuses a tag of more than 5,000 characters.
_MOST_CHARACTERS = 500


class TrackedTuning:
    """Tells the server of a tuning; of none where the environment names no server.

    Args:
        run: The run of the tuning; None where nothing is tracked.
        goal: What is improved.
    """

    def __init__(self, run: TrackedRun | None, goal: Objective) -> None:
        self._run, self._goal = run, goal

    def trial(
        self, told: TuningTrial, hyperparameters: Mapping[str, str], lines: Sequence[str]
    ) -> None:
        """Take up a trial that has ended.

        Args:
            told: What came of it.
            hyperparameters: All of them, as they were sent.
            lines: What its epochs said.
        """
        if self._run is None:
            return
        values = [value for line in lines for value in metric_reader.values(line)]
        begun = _milliseconds(told.started)
        ended = _milliseconds(told.started + timedelta(seconds=told.seconds))
        if told.value is not None:
            values.append(Value(_OBJECTIVE, told.value, 0, ended))
            number = int(told.name.rpartition("-")[2])
            self._run.metrics([Value(_OBJECTIVE, told.value, number, ended)])
        tags = {"tuning.objective": self._goal.name}
        if told.reason:
            tags["tuning.reason"] = told.reason[:_MOST_CHARACTERS]
        status = _STATUS[told.status]
        child = ChildRun(told.name, tags, hyperparameters, values, status, begun, ended)
        self._run.child(child)

    def result(self, found: Tuning, output: Path, scratch: Path) -> None:
        """Take up the best trial's model, with its course and its reports.

        Args:
            found: The result.
            output: The folder of the tuning, complete.
            scratch: A folder for the unpacked model, which stays until the end.
        """
        if self._run is None or found.model_data is None:
            return
        self._run.tags({"tuning.best": found.best.name})
        self._run.parameters(found.hyperparameters)
        lines = (output / "training.log").read_text(errors="replace").splitlines()
        course = [value for line in lines for value in metric_reader.values(line)]
        if course:
            self._run.metrics(course)
        self._run.reports(output / "output_data")
        info = model_info.read(found.model_data)
        if info is not None and info.fine_tuning is not None:
            content = scratch / "model"
            archive.extract(found.model_data, content)
            binary = info.fine_tuning.binary_mode
            self._run.model(content, info.fine_tuning.labels, binary=binary)


@contextmanager
def tracked(
    request: TrainingRequest,
    ranges: Mapping[str, Range],
    goal: Objective,
    study: str,
    folder: Path,
    asked: Callable[[], bool],
) -> Iterator[TrackedTuning]:
    """Track a tuning, where the environment names a server.

    Args:
        request: What is tuned.
        ranges: Hyperparameter -> what it is tuned over.
        goal: What is improved.
        study: The name of its study: a tuning that goes on does so in its run.
        folder: What it keeps its trials in.
        asked: Whether it was asked to end.
    """
    if not tracking_place.is_named(os.environ):
        yield TrackedTuning(None, goal)
        return
    called = run_name(f"Tuning of {request.model.model_id}")
    note = folder / tracking_place.RUN_FILE
    run = TrackedRun(study, called, _tags(request, ranges, goal), {}, note)
    status = "FAILED"
    try:
        yield TrackedTuning(run, goal)
        status = "FINISHED"
    except KeyboardInterrupt:
        status = "KILLED"
        raise
    finally:
        run.end(status, asked)


def _tags(request: TrainingRequest, ranges: Mapping[str, Range], goal: Objective) -> dict[str, str]:
    return {
        "model.id": request.model.model_id,
        **{f"data.{name}": str(path) for name, path in request.channels.items()},
        **{f"tuning.range.{name}": str(span) for name, span in ranges.items()},
        "tuning.objective": goal.name,
        "version.ic_tf_sdk": __version__,
        "version.python": platform.python_version(),
    }


def _milliseconds(moment: datetime) -> int:
    return round(1000 * moment.timestamp())
