"""Who listens to a job: each line once, warnings as lines where nobody asks for them apart."""

import pytest

from ic_tf_sdk.contract.phases import PhaseReport
from ic_tf_sdk.launch.local.display.listener import SILENT, Listener
from ic_tf_sdk.launch.local.stop_signals import StopSignal

REPORT = PhaseReport("training")


def test_another_function_hears_each_line_and_warning_before() -> None:
    heard: list[str] = []
    for apart in (None, lambda text: heard.append(f"apart {text}")):
        heard.clear()
        both = Listener(lambda text: heard.append(f"line {text}"), on_warning=apart).also(
            lambda text: heard.append(f"also {text}")
        )
        both.on_line("a")
        both.warn("b")
        assert heard == ["also a", "line a", "also b", "line b" if apart is None else "apart b"]


def test_what_was_asked_to_end_ends_before_its_report_is_handed_on() -> None:
    reports: list[PhaseReport] = []
    listener = Listener(lambda _: None, on_phase=reports.append)
    listener.heed(REPORT)
    listener.heed()
    assert reports == [REPORT]
    ending = Listener(lambda _: None, on_phase=reports.append, asked=lambda: True)
    for report in (REPORT, None):
        with pytest.raises(StopSignal):
            ending.heed(report)
    assert reports == [REPORT]


def test_silence_goes_on() -> None:
    SILENT.on_line("a")
    SILENT.warn("b")
    SILENT.heed(REPORT)
