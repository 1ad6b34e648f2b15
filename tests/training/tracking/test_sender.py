"""A training waits for no server, and everything arrives that the server takes."""

import logging
import threading
import time
from typing import Any

import pytest

from ic_tf_sdk.training.tracking import sender
from ic_tf_sdk.training.tracking.sender import RefusedError, Sender


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> Sender:
    monkeypatch.setattr(sender, "_FIRST_PAUSE", 0.01)
    caplog.set_level(logging.INFO, logger="ic_tf_sdk")
    return Sender("MLflow at host", lambda error: type(error).__name__)


def test_everything_arrives_in_its_order_when_the_server_answers_again(
    made: Sender, caplog: Any
) -> None:
    failures, got = iter([OSError("http://me:secret@host"), OSError("again")]), []

    def unsteady() -> None:
        if error := next(failures, None):
            raise error
        got.append("first")

    made.send("the run", unsteady)
    made.send("metrics", lambda: got.append("second"))
    assert made.finish(5, 5)
    assert got == ["first", "second"]
    assert [record.getMessage().split(". ")[0] for record in caplog.records] == [
        "Warning: MLflow at host does not take the run (OSError)",
        "MLflow at host answers again.",
    ]


def test_what_the_server_refuses_is_told_and_holds_nothing_up(made: Sender, caplog: Any) -> None:
    def refused() -> None:
        raise RefusedError("INVALID_PARAMETER_VALUE, HTTP 400")

    got: list[str] = []
    made.send("the parameters", refused)
    made.send("metrics", lambda: got.append("metrics"))
    assert made.finish(5, 5)
    assert got == ["metrics"]
    [record] = caplog.records
    assert record.getMessage() == (
        "Warning: MLflow at host refuses the parameters: INVALID_PARAMETER_VALUE, HTTP 400."
    )


def test_a_server_that_never_answers_costs_a_bounded_time_and_is_told_once(
    made: Sender, caplog: Any
) -> None:
    never = threading.Event()
    for _ in range(3):
        made.send("metrics", never.wait)
    made.send("the model", lambda: None)
    started = time.monotonic()
    assert not made.finish(0.2, 5)
    assert time.monotonic() - started < 2
    [record] = caplog.records
    assert record.getMessage() == (
        "Warning: MLflow at host has not got metrics, the model. The training's own results are "
        "complete."
    )
    never.set()


def test_a_server_that_fails_is_waited_for_less_long(made: Sender) -> None:
    def down() -> None:
        raise OSError

    made.send("the run", down)
    started = time.monotonic()
    assert not made.finish(60, 0.3)
    assert time.monotonic() - started < 5


def test_a_process_that_was_asked_to_end_waits_for_a_moment_only(
    made: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "_ASKED_SECONDS", 0.2)
    never = threading.Event()
    made.send("metrics", never.wait)
    started = time.monotonic()
    assert not made.finish(60, 60, lambda: True)
    assert time.monotonic() - started < 5
    never.set()


def test_a_process_that_was_not_asked_waits_for_what_is_on_its_way(
    made: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "_ASKED_SECONDS", 0.0)
    release = threading.Event()
    made.send("metrics", lambda: pytest.fail("late") if not release.wait(10) else None)
    threading.Timer(0.05, release.set).start()
    assert made.finish(10, 10)


def test_giving_a_message_takes_no_time(made: Sender) -> None:
    never = threading.Event()
    made.send("the run", never.wait)
    started = time.monotonic()
    for _ in range(1000):
        made.send("metrics", lambda: None)
    assert time.monotonic() - started < 1
    never.set()
    assert made.finish(5, 5)


def test_pauses_are_doubled_up_to_half_a_minute_and_begin_anew(
    monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    pauses = list[float]()
    monkeypatch.setattr(Sender, "_wait", lambda _, seconds: pauses.append(seconds))
    caplog.set_level(logging.INFO, logger="ic_tf_sdk")
    failures = iter([True] * 7 + [False] + [True] * 2)

    def unsteady() -> None:
        if next(failures, False):
            raise OSError

    made = Sender("MLflow", lambda error: "down")
    made.send("the run", unsteady)
    made.send("metrics", unsteady)
    assert made.finish(5, 5)
    made._thread.join(10)
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 1, 2]
    # Once each time that it begins to fail, and once each time that it is over.
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"] * 2
    assert "does not take metrics (down). The training goes on; it is tried again." in (
        caplog.records[2].getMessage()
    )


def test_the_thread_ends_with_what_it_does_and_holds_no_process_up(
    made: Sender, caplog: Any
) -> None:
    release, begun = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        assert release.wait(10)
        raise OSError

    made.send("the run", slow)
    assert begun.wait(10)
    assert made._thread.daemon
    assert not made.finish(0.05, 0.05)
    said = len(caplog.records)
    release.set()
    made._thread.join(10)
    assert not made._thread.is_alive()
    # What fails afterwards is not tried again, and nobody is told that it will be.
    assert len(caplog.records) == said == 1


def test_a_message_that_arrives_when_the_time_is_over_ends_the_thread_in_order(
    made: Sender,
) -> None:
    release, begun = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        assert release.wait(10)

    made.send("the run", slow)
    made.send("metrics", lambda: pytest.fail("was given up"))
    assert begun.wait(10)
    assert not made.finish(0.05, 0.05)
    release.set()
    made._thread.join(10)
    assert not made._thread.is_alive()


def test_nothing_to_send_is_no_wait(made: Sender, caplog: Any) -> None:
    started = time.monotonic()
    assert made.finish(60, 60)
    assert time.monotonic() - started < 5
    assert caplog.records == []
