"""A job of this machine by its name: whether it runs, how it ended, and waiting for it."""

import threading
from contextlib import nullcontext

import pytest

from ic_tf_sdk.errors import DatasetError
from ic_tf_sdk.launch.local.display import Listener
from ic_tf_sdk.launch.local.local_run import LocalRun, wanted
from ic_tf_sdk.launch.local.running_job import RunningJob


@pytest.mark.parametrize(
    ("logs", "are_wanted"),
    [(True, True), ("All", True), (["Training"], True), ("None", False), (False, False),
     ("", False)],
)  # fmt: skip
def test_logs_are_asked_for_as_the_sdk_asks(logs: object, are_wanted: bool) -> None:
    assert wanted(logs) is are_wanted


def test_what_it_says_of_itself_is_how_it_ended_and_why() -> None:
    run = LocalRun("mine")
    assert repr(run) == "LocalRun mine, InProgress"
    run.fail("no \x1b images")
    assert repr(run) == "LocalRun mine, Failed: no \\x1b images"
    stopped = LocalRun("mine")
    stopped.interrupted()
    assert repr(stopped) == "LocalRun mine, Stopped"


def test_one_that_does_not_run_beside_the_program_is_not_waited_for_and_not_stopped() -> None:
    run = LocalRun("mine")
    assert run.is_running is False
    run.wait()
    run.stop()
    assert run.status == "InProgress"


def test_one_that_runs_beside_the_program_is_waited_for_with_its_log_where_that_is_wanted() -> None:
    run, go_on, lines = LocalRun("mine"), threading.Event(), list[str]()

    def work(listener: Listener) -> None:
        assert go_on.wait(60)
        listener.on_line("a line")
        raise DatasetError("no images")

    running = RunningJob("mine", work, lambda: nullcontext(Listener(lines.append)))
    running.start()
    run.follow(running)
    assert run.is_running is True
    go_on.set()
    for logs, count in (("None", 0), ("All", 1)):
        with pytest.raises(DatasetError, match="no images"):
            run.wait(logs)
        assert len(lines) == count
    assert run.is_running is False


def test_one_that_runs_beside_the_program_is_stopped() -> None:
    run, begun = LocalRun("mine"), threading.Event()

    def work(listener: Listener) -> None:
        begun.set()
        while not listener.asked():
            begun.wait(0.01)

    running = RunningJob("mine", work)
    running.start()
    run.follow(running)
    assert begun.wait(60)
    run.stop()
    assert run.is_running is False
