"""A job is shown by what stands at the other end: a notebook, a terminal, or a pipe."""

import sys
from contextlib import nullcontext

import pytest

from ic_tf_sdk.launch.local.display import choice


@pytest.fixture(autouse=True)
def _places(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal, and names in place of the displays."""
    monkeypatch.setattr(choice, "is_notebook", lambda: False)
    monkeypatch.setattr(choice.extras, "has", lambda name: name == "rich")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(choice, "notebook", lambda: nullcontext("notebook"))
    monkeypatch.setattr(choice, "terminal", lambda: nullcontext("terminal"))
    monkeypatch.setattr(choice, "plain", lambda *given: nullcontext(given))


def shown(*given: object) -> object:
    with choice.shown(*given) as display:  # type: ignore[arg-type]
        return display


def test_a_terminal_that_can_be_written_over_has_a_display(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert shown() == "terminal"
    with monkeypatch.context() as patch:
        patch.setattr(choice, "is_notebook", lambda: True)
        assert shown() == "notebook"
    with monkeypatch.context() as patch:
        patch.setenv("TERM", "dumb")
        assert shown() == (print, print)
    with monkeypatch.context() as patch:
        patch.setattr(choice.extras, "has", lambda _: False)
        assert shown() == (print, print)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False, raising=False)
    assert shown() == (print, print)


def test_a_warning_is_a_line_as_others_unless_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False, raising=False)
    assert shown("line") == ("line", "line")
    assert shown("line", "warning") == ("line", "warning")
