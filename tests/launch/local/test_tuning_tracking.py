"""What a tracking server is told of a tuning; a real one is told the same in `nox -s mlflow`."""

import math
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from ic_tf_sdk.contract import archive, tracking_place
from ic_tf_sdk.launch import tuning
from ic_tf_sdk.launch.local import tuning_tracking
from ic_tf_sdk.launch.local.request import request
from ic_tf_sdk.launch.local.tuning_objective import objective
from ic_tf_sdk.launch.local.tuning_result import Status, Tuning, TuningTrial
from ic_tf_sdk.launch.local.tuning_tracking import TrackedTuning, tracked
from ic_tf_sdk.training.tracking.tracked_run import ChildRun
from tests.training.data.test_rehearsal import model_of

GOAL = objective("val:loss")
BEGUN = datetime(2026, 1, 2, tzinfo=timezone.utc)
# Of that moment, in milliseconds since 1970.
FIRST = 1_767_312_000_000


class Told:
    """A run that notes what it is told, by the names of a run's methods."""

    def __init__(self, *made_with: Any) -> None:
        self.made_with = made_with
        self.notes: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *given, **named: self.notes.append((name, *given, *named.values()))


def trial(value: float | None, status: Status = "Completed", reason: str = "") -> TuningTrial:
    return TuningTrial("tuned-007", {"epochs": "3"}, value, status, 3, BEGUN, 1.5, reason)


def test_a_trial_is_a_run_below_with_its_lines_its_time_and_its_objective() -> None:
    run = Told()
    lines = ["Epoch 1/2 - 3.2s - loss: 0.5", "Epoch 2/2 - 3.1s - loss: 0.4", "no metric"]
    TrackedTuning(run, GOAL).trial(trial(0.25), {"epochs": "3"}, lines)  # type: ignore[arg-type]
    (course, [of_tuning]), (kind, child) = run.notes
    assert (course, kind) == ("metrics", "child")
    # In the tuning's own course each trial is a step.
    assert of_tuning == ("objective", 0.25, 7, FIRST + 1500)
    assert isinstance(child, ChildRun)
    assert (child.called, child.status) == ("tuned-007", "FINISHED")
    assert (child.begun, child.ended) == (FIRST, FIRST + 1500)
    assert child.tags == {"tuning.objective": "val:loss"}
    assert child.parameters == {"epochs": "3"}
    assert [one[:3] for one in child.values] == [
        ("loss", 0.5, 1), ("loss", 0.4, 2), ("objective", 0.25, 0),
    ]  # fmt: skip


@pytest.mark.parametrize(("status", "sent"), [("Stopped", "KILLED"), ("Failed", "FAILED")])
def test_a_trial_without_a_value_says_how_it_ended_and_why_in_five_hundred_characters(
    status: Status, sent: str
) -> None:
    run = Told()
    TrackedTuning(run, GOAL).trial(trial(None, status, "x" * 501), {}, [])  # type: ignore[arg-type]
    [(_, child)] = run.notes
    assert (child.status, child.values) == (sent, [])
    assert child.tags["tuning.reason"] == "x" * 500


def result(model_data: Path | None) -> Tuning:
    return Tuning((trial(0.25),), "val:loss", True, {}, {"epochs": "3"}, model_data)


def test_the_best_trials_model_course_and_reports_are_the_tunings(tmp_path: Path) -> None:
    model_of(tmp_path / "content", ("ant", "bee"))
    archive.pack(tmp_path / "content", tmp_path / "model.tar.gz")
    (tmp_path / "training.log").write_text("Epoch 1/1 - 3.2s - loss: nan\n")
    run = Told()
    found = TrackedTuning(run, GOAL)  # type: ignore[arg-type]
    found.result(result(tmp_path / "model.tar.gz"), tmp_path, tmp_path / "scratch")
    tags, parameters, (_, [value]), reports, model = run.notes
    assert tags == ("tags", {"tuning.best": "tuned-007"})
    assert parameters == ("parameters", {"epochs": "3"})
    assert (value.name, value.step) == ("loss", 1)
    assert math.isnan(value.value)
    assert reports == ("reports", tmp_path / "output_data")
    assert model == ("model", tmp_path / "scratch" / "model", ("ant", "bee"), False)
    assert (tmp_path / "scratch" / "model" / "model_info.json").is_file()


def test_of_a_log_without_metrics_and_a_foreign_model_the_rest_is_told(tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "any").write_text("")
    archive.pack(tmp_path / "content", tmp_path / "model.tar.gz")
    (tmp_path / "training.log").write_bytes(b"\xff\n")
    run = Told()
    found = TrackedTuning(run, GOAL)  # type: ignore[arg-type]
    found.result(result(tmp_path / "model.tar.gz"), tmp_path, tmp_path / "scratch")
    assert [name for name, *_ in run.notes] == ["tags", "parameters", "reports"]
    # Without a trained model there is nothing to tell.
    run.notes.clear()
    found.result(result(None), tmp_path, tmp_path)
    assert run.notes == []


def test_where_nothing_is_tracked_nothing_is_told(tmp_path: Path) -> None:
    found = TrackedTuning(None, GOAL)
    found.trial(trial(0.25), {}, ["Epoch 1/2 - 3.2s - loss: 0.5"])
    found.result(result(tmp_path / "none.tar.gz"), tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("error", "status"),
    [(None, "FINISHED"), (KeyboardInterrupt, "KILLED"), (ValueError, "FAILED")],
)
def test_a_tuning_is_a_run_that_ends_as_it_does(
    error: type[BaseException] | None,
    status: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[Told] = []
    monkeypatch.setattr(
        tuning_tracking, "TrackedRun", lambda *given: made.append(Told(*given)) or made[0]
    )
    (tmp_path / "photos").mkdir()
    asked = lambda: True  # noqa: E731
    given: Any = (
        request(model=model_of(tmp_path / "m", ("ant", "bee")), training=tmp_path / "photos"),
        {"learning_rate": tuning.Real(1e-4, 0.1)}, GOAL, "study", tmp_path, asked,
    )  # fmt: skip

    def run() -> None:
        with tracked(*given) as found:
            assert (found._run is None) is not bool(made)
            if error is not None:
                raise error

    monkeypatch.delenv(tracking_place.VARIABLE, raising=False)
    for server in (None, "http://127.0.0.1:9"):
        if server is not None:
            monkeypatch.setenv(tracking_place.VARIABLE, server)
        if error is None:
            run()
        else:
            with pytest.raises(error):
                run()
        assert bool(made) is (server is not None)
    [told] = made
    study, called, tags, parameters, note = told.made_with
    assert (study, called, parameters) == ("study", "Tuning of tiny", {})
    assert note == tmp_path / tracking_place.RUN_FILE
    assert tags["model.id"] == "tiny"
    assert tags["data.training"] == str(tmp_path / "photos")
    assert "0.0001" in tags["tuning.range.learning_rate"]
    assert tags["tuning.objective"] == "val:loss"
    assert told.notes == [("end", status, asked)]
