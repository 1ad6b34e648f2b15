"""How a local job that was stopped is told and taken up."""

import signal
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch.local import going_on
from ic_tf_sdk.launch.local.description import LocalTrainingJob
from ic_tf_sdk.launch.local.stop_signals import StopSignal
from ic_tf_sdk.launch.local.stopped_job import JobStoppedError

INPUTS = {"training": "flowers/"}


def job() -> LocalTrainingJob:
    return LocalTrainingJob(
        "flowers-1", hyperparameters={"epochs": "2"}, inputs=INPUTS, output_path="jobs"
    )


def test_the_same_call_takes_a_stopped_job_up_and_no_other() -> None:
    stopped, ended = job(), job()
    stopped.interrupted()
    ended.complete("model.tar.gz")
    same: dict[str, Any] = {"hyperparameters": {"epochs": "2"}, "inputs": INPUTS, "settings": {}}
    assert going_on.goes_on(None, **same) is None
    assert going_on.goes_on(stopped, **same) == "flowers-1"
    assert going_on.goes_on(ended, **same) is None
    assert going_on.goes_on(job(), **same) is None
    assert going_on.goes_on(stopped, {"epochs": "3"}, INPUTS, {}) is None
    assert going_on.goes_on(stopped, {"epochs": "2"}, {"training": "others/"}, {}) is None
    assert going_on.goes_on(stopped, **{**same, "settings": {"rehearse": "old/"}}) is None


def estimator(**given: Any) -> Any:
    return SimpleNamespace(**{"model_uri": "m", "exclude": None, "rehearse": None, **given})


def test_what_is_left_out_or_rehearsed_and_the_model_tell_jobs_apart(tmp_path: Path) -> None:
    table = tmp_path / "suspects.csv"
    table.write_text("channel,file\ntraining,a/1.jpg\n")
    files = iter(["a/1.jpg"])
    given: list[dict[str, Any]] = [
        {},
        {"model_uri": "n"},
        {"rehearse": tmp_path},
        {"exclude": table},
        {"exclude": "s3://bucket/suspects.csv"},
        {"exclude": ["a/1.jpg"]},
        {"exclude": ["a/1.jpg", "a/2.jpg"]},
        {"exclude": {"test": ["a/1.jpg"]}},
        {"exclude": files},
    ]
    told = [going_on.beside(estimator(**one)) for one in given]
    assert told == [going_on.beside(estimator(**one)) for one in given]
    assert all(one != other for one, other in combinations(told, 2))
    assert list(files) == ["a/1.jpg"]
    # A list of any length is told whole, and so is what a table says by now.
    many = [str(number) for number in range(5000)]
    before = going_on.beside(estimator(exclude=many)), going_on.beside(estimator(exclude=table))
    many[2500] = "other"
    table.write_text("channel,file\ntraining,a/2.jpg\n")
    after = going_on.beside(estimator(exclude=many)), going_on.beside(estimator(exclude=table))
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_checkpoints_lie_where_was_said_but_for_a_path_of_the_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(going_on, "_CONTAINER", tmp_path / "ml")
    assert going_on.checkpoint_folder(None) is None
    assert going_on.checkpoint_folder(tmp_path) == tmp_path
    assert going_on.checkpoint_folder(f"file://{tmp_path}") == tmp_path
    inside = tmp_path / "ml" / "checkpoints"
    assert going_on.checkpoint_folder(inside) is None
    assert going_on.checkpoint_folder(tmp_path / "mlx") == tmp_path / "mlx"
    # On a machine that has such a folder it is a place as any other.
    (tmp_path / "ml").mkdir()
    assert going_on.checkpoint_folder(inside) == inside
    with pytest.raises(UserError, match="s3://"):
        going_on.checkpoint_folder("s3://bucket/checkpoints")


def ended(error: BaseException, kind: type[BaseException]) -> tuple[LocalTrainingJob, Any]:
    """A job that this ended, and what was raised."""
    made = job()
    with pytest.raises(kind) as raised, going_on.recorded(made):
        raise error
    return made, raised.value


def test_a_job_that_succeeds_is_left_to_say_so() -> None:
    made = job()
    with going_on.recorded(made):
        made.complete("model.tar.gz")
    assert made.status == "Completed"


def test_an_error_is_the_jobs_reason_and_passes() -> None:
    made, error = ended(UserError("Not this."), UserError)
    assert (made.status, made.describe()["FailureReason"]) == ("Failed", "Not this.")
    assert str(error) == "Not this."


def test_an_interrupt_is_one_line_with_how_it_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    kept = JobStoppedError("Stopped.", number=2, model_data=Path("m.tar.gz"), kept=True)
    for error, line, model, stays in (
        (KeyboardInterrupt(), "Stopped before the training began.", None, False),
        (JobStoppedError("Stopped.", number=2), "Stopped.", None, False),
        (
            kept,
            "Stopped. The same call of fit goes on, or one with job_name='flowers-1'.",
            Path("m.tar.gz"),
            True,
        ),
    ):
        made, raised = ended(error, JobStoppedError)
        assert made.status == "Stopped"
        assert made.log == [line] == [str(raised)]
        assert (raised.number, raised.model_data, raised.kept) == (2, model, stays)
    assert capsys.readouterr().err == ""


def test_another_signal_ends_the_program_with_its_number(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for error in (
        StopSignal(signal.SIGTERM),
        JobStoppedError("Stopped before the training began.", number=signal.SIGTERM),
    ):
        made, raised = ended(error, SystemExit)
        assert made.status == "Stopped"
        assert raised.code == 143
        assert capsys.readouterr().err == "Stopped before the training began.\n"


def test_what_ends_it_otherwise_stops_it(capsys: pytest.CaptureFixture[str]) -> None:
    made, _ = ended(SystemExit(5), SystemExit)
    assert (made.status, made.log) == ("Stopped", [])
