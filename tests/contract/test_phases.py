"""What a job says of its phases reaches the program that asked, and nobody else."""

import contextlib
import io
import logging
from collections.abc import Callable, Iterator
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ic_tf_sdk.contract import job_log, phases
from ic_tf_sdk.contract.phases import PhaseName, PhaseReport

REPORTS = st.builds(
    PhaseReport,
    name=st.sampled_from(get_args(PhaseName)),
    done=st.floats(0, 1e9),
    total=st.none() | st.floats(0, 1e9),
    unit=st.sampled_from(["", "images"]),
    detail=st.text(),
    ended=st.booleans(),
)


def test_work_in_this_process_is_heard_by_who_asks_and_within_that_by_nobody_else() -> None:
    heard: list[PhaseReport] = []
    inner: list[PhaseReport] = []
    with phases.heard_by(heard.append):
        with phases.phase("reading", total=2) as advance:
            advance(1)
            with phases.heard_by(inner.append), phases.phase("copies"):
                pass
        with phases.phase("export", say=inner.append):
            pass
    with phases.phase("opening"):
        pass
    assert [report.name for report in heard] == ["reading", "reading"]
    assert heard[-1].ended
    assert {report.name for report in inner} == {"copies", "export"}


@given(REPORTS)
def test_a_line_is_read_back_as_its_report(report: PhaseReport) -> None:
    line = report.line()
    assert "\n" not in line
    assert phases.read(line + "\n") == report
    assert job_log.read_warning(line) is None
    assert job_log.read_refusal(line) is None


@given(st.text())
def test_no_text_of_a_log_is_taken_for_a_report_or_a_warning(text: str) -> None:
    record = logging.LogRecord("ic_tf_sdk.x", logging.INFO, "", 0, "%s", (text,), None)
    line = job_log._Lines("%(message)s").format(record)
    assert phases.read(line) is None
    assert job_log.read_warning(line) is None


@pytest.fixture
def loggers() -> Iterator[None]:
    names = ("ic_tf_sdk", "ic_tf_sdk.metrics", "ic_tf_sdk.phases")
    logs = [logging.getLogger(name) for name in names]
    kept = [(log, log.level, log.handlers, log.propagate) for log in logs]
    yield
    for log, level, handlers, propagate in kept:
        log.level, log.handlers, log.propagate = level, handlers, propagate
        log.manager._clear_cache()  # type: ignore[attr-defined]


def said(*asked: Callable[[], None]) -> list[str]:
    """The lines of a job that was asked for some things and has a phase and a warning."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        job_log.start({})
        for ask in asked:
            ask()
        with phases.phase("features", total=2) as advance:
            advance(2)
        logging.getLogger("ic_tf_sdk.x").warning("Warning: a class is small")
    # Not splitlines, which parts at the mark, too.
    return out.getvalue().rstrip("\n").split("\n")


@pytest.mark.usefixtures("loggers")
def test_a_container_s_log_has_none_of_its_lines() -> None:
    assert said() == ["Warning: a class is small"]


@pytest.mark.usefixtures("loggers")
def test_who_asks_gets_reports_and_warnings_apart() -> None:
    *lines, warning = said(job_log.report_phases)
    assert [phases.read(line) for line in lines] == [
        PhaseReport("features", 0, 2, "images"),
        PhaseReport("features", 2, 2, "images", ended=True),
    ]
    assert phases.read(warning) is None
    assert job_log.read_warning(warning) == "Warning: a class is small"


@pytest.mark.usefixtures("loggers")
def test_who_asks_is_told_the_class_of_the_error_that_ends_it() -> None:
    def refuse() -> None:
        job_log.report_refusal("DatasetError")

    line, *_ = said(job_log.report_phases, refuse)
    assert job_log.read_refusal(f"{line}\n") == "DatasetError"
    assert phases.read(line) is None
    phases.logger.setLevel(logging.CRITICAL + 1)
    assert not [line for line in said(refuse) if job_log.read_refusal(line)]


@pytest.mark.usefixtures("loggers")
def test_a_host_beside_the_chief_says_nothing() -> None:
    assert said(job_log.report_phases, job_log.only_errors) == [""]


def test_a_thousand_steps_are_no_thousand_reports() -> None:
    reports: list[PhaseReport] = []
    with phases.phase("training", total=1000, say=reports.append) as advance:
        for _ in range(1000):
            advance(1)
    assert len(reports) < 20
    assert reports[-1] == PhaseReport("training", 1000, 1000, "images", ended=True)


def test_a_phase_that_breaks_is_not_said_to_have_ended() -> None:
    reports: list[PhaseReport] = []
    with pytest.raises(ValueError, match="broken"), phases.phase("export", say=reports.append):
        raise ValueError("broken")
    assert reports == [PhaseReport("export")]
