"""What a job prints: its metrics at every level, and nothing else that could be read as one."""

import contextlib
import io
import logging
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ic_tf_sdk.contract import job_log, metric_lines, phases
from ic_tf_sdk.contract.metric_lines import METRIC_DEFINITIONS, METRIC_NAMES, SUMMARY_NAMES
from ic_tf_sdk.contract.metric_lines import test_line as line_of_test
from ic_tf_sdk.errors import DatasetError
from ic_tf_sdk.training import plan
from ic_tf_sdk.training.data import channel_report, duplicates, image_scan
from ic_tf_sdk.training.data.image_folder import ImageFolder
from ic_tf_sdk.training.transfer_learning import main

# Those of the definitions, and those of notebooks, which leave the dash out.
EXPRESSIONS = [definition["Regex"] for definition in METRIC_DEFINITIONS] + [
    r"val_accuracy: ([0-9\.]+)", r"val_loss: ([0-9\.]+)", r"accuracy: ([0-9\.]+)",
]  # fmt: skip

PARTS = [
    *METRIC_NAMES, *SUMMARY_NAMES, "val_", "Test ", "- ", " - ", ":", ": ", " ", "0.999", "1", ".",
    "\n", "\r", "\u2028", "\x85", "\x1b[2K", ",", "\\", "é",
]  # fmt: skip
names = st.lists(st.sampled_from(PARTS), min_size=1, max_size=8).map("".join) | st.text(min_size=1)


@pytest.fixture(autouse=True)
def loggers() -> Iterator[None]:
    logs = (logging.getLogger("ic_tf_sdk"), metric_lines.logger, phases.logger)
    kept = [(log, log.level, log.handlers, log.propagate) for log in logs]
    yield
    for log, level, handlers, propagate in kept:
        log.level, log.handlers, log.propagate = level, handlers, propagate
        log.manager._clear_cache()  # type: ignore[attr-defined]


def channel(label: str, file: str) -> ImageFolder:
    files = (f"{label}/{file}", f"{label}/2.jpg")
    return ImageFolder(
        Path("/photos"), (label, "bee"), files, (0, 0), {f".{file}": 1}, strays=(file,)
    )


def printed(label: str, file: str) -> str:
    """Everything that a job prints of the names of a class and of a file."""
    folder = channel(label, file)
    report = channel_report.report(folder, [], {0: "0 bytes"})
    place = duplicates.Place("training", label, file)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        job_log.start({})
        plan._log_report(folder, report)
        image_scan.without(folder, {0: "0.5 of it is missing"})
        for sentence in duplicates.warnings([[place, duplicates.Place("test", "bee", "1.jpg")]]):
            logging.getLogger("ic_tf_sdk.training.plan").warning("Warning: %s", sentence)
        logging.getLogger("ic_tf_sdk.training.job").info("Classes: %s", ", ".join(folder.labels))
    with contextlib.redirect_stderr(io.StringIO()) as err:
        try:
            image_scan.refuse(folder, {0: "0.5 of it is missing"})
        except DatasetError as error:
            job_log.to_stderr(f"Error: {error}")
    return out.getvalue() + err.getvalue()


@given(names, names)
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_name_of_a_class_or_file_is_read_as_a_metric(label: str, file: str) -> None:
    text = printed(label, file)
    for expression in EXPRESSIONS:
        assert re.search(expression, text) is None, text
    usual = printed("ant", "1.jpg")
    assert len(text.splitlines()) == len(usual.splitlines()), text


@given(st.sampled_from(EXPRESSIONS), names, names)
def test_what_stands_around_a_forged_metric_does_not_matter(
    expression: str, before: str, after: str
) -> None:
    forged = expression.replace(r"([0-9\.]+)", "0.999")
    assert re.search(expression, forged)
    text = metric_lines.without_metrics(f"{before}{forged}{after}")
    assert not [one for one in EXPRESSIONS if re.search(one, text)]


def lines(level: str | None) -> list[str]:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        job_log.start({} if level is None else {"SM_LOG_LEVEL": level})
        metric_lines.log(line_of_test("accuracy", 0.5))
        log = logging.getLogger("ic_tf_sdk.training.job")
        for said in ("debug", "info", "warning", "error"):
            getattr(log, said)(said)
    return out.getvalue().splitlines()


@pytest.mark.parametrize(
    ("level", "said"),
    [
        (None, ["info", "warning", "error"]),
        ("20", ["info", "warning", "error"]),
        ("10", ["debug", "info", "warning", "error"]),
        ("1", ["debug", "info", "warning", "error"]),
        ("30", ["warning", "error"]),
        (" warning ", ["warning", "error"]),
        ("40", ["error"]),
        ("50", []),
        # What is no level counts as INFO.
        *((word, ["info", "warning", "error"]) for word in ("", "loud", "0", "-10", "51", "1e1")),
    ],
)
def test_metrics_are_printed_whatever_the_level(level: str | None, said: list[str]) -> None:
    assert lines(level) == ["- Test accuracy: 0.5", *said]


def test_hosts_beside_the_chief_print_errors_alone(capsys: pytest.CaptureFixture[str]) -> None:
    job_log.start({})
    job_log.only_errors()
    metric_lines.log(line_of_test("accuracy", 0.5))
    logging.getLogger("ic_tf_sdk.training.job").warning("a warning")
    logging.getLogger("ic_tf_sdk.training.job").error("an error")
    assert capsys.readouterr().out.splitlines() == ["an error"]


def said_by_a_job(*, reports: bool) -> list[str]:
    """The lines of a job that ends by a refusal; the process may be gone at once."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with contextlib.redirect_stdout(out):
        job_log.start({})
        if reports:
            job_log.report_phases()
        for level in ("info", "warning", "error"):
            getattr(logging.getLogger("ic_tf_sdk.training.job"), level)(f"an {level}?")
        job_log.report_refusal("DatasetError")
    # Of what Python takes for the end of a line one begins such a line.
    return out.buffer.getvalue().decode().split("\n")[:-1]  # type: ignore[attr-defined]


def test_warnings_and_the_kind_of_a_refusal_are_marked_for_who_asked() -> None:
    told = said_by_a_job(reports=True)
    assert list(map(job_log.read_warning, told)) == [None, "an warning?", "an error?", None]
    assert list(map(job_log.read_refusal, told)) == [None, None, None, "DatasetError"]


def test_who_did_not_ask_reads_the_lines_alone() -> None:
    assert said_by_a_job(reports=False) == ["an info?", "an warning?", "an error?"]


def test_a_job_with_an_unreadable_level_says_what_else_is_wrong_where_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SM_LOG_LEVEL", "INFO!")
    monkeypatch.setenv("SM_OUTPUT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SM_HPS", '{"- Test accuracy: 0.999\\u001b[2K": "1"}')
    for name in ("TRAINING", "MODEL"):
        monkeypatch.setenv(f"SM_CHANNEL_{name}", str(tmp_path))
    assert main([]) == 1
    err, reason = capsys.readouterr().err, (tmp_path / "failure").read_text()
    assert r"- Test accuracy:\x200.999\x1b[2K" in err
    assert r"- Test accuracy: 0.999\x1b[2K" in reason


def test_no_line_reaches_the_root_logger_and_any_name_can_be_written(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="ascii") for _ in range(2)]
    for name, stream in zip(("stdout", "stderr"), streams, strict=True):
        monkeypatch.setattr(sys, name, stream)
    job_log.start({})
    logging.getLogger("ic_tf_sdk.training.job").warning("pensée")
    metric_lines.log(line_of_test("accuracy", 0.5))
    job_log.to_stderr("pensée")
    for stream in streams:
        stream.flush()
    assert streams[0].buffer.getvalue() == b"pens\\xe9e\n- Test accuracy: 0.5\n"
    assert streams[1].buffer.getvalue() == b"pens\\xe9e\n"
    # There it would be printed a second time.
    assert not caplog.records
