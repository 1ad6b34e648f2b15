"""Phases are shown beside the answer, unless nothing but the answer is asked for."""

from contextlib import nullcontext
from typing import Any

import click
import pytest
from click.testing import CliRunner

from ic_tf_sdk.cli import display
from ic_tf_sdk.cli.display import phases_shown
from ic_tf_sdk.cli.options import json_option
from ic_tf_sdk.launch.local.display import SILENT


@pytest.mark.parametrize(
    ("silent", "words", "shown"),
    [(False, [], 1), (True, [], 0), (False, ["--quiet"], 0), (True, ["--quiet"], 0)],
)
def test_phases_are_shown_where_nobody_wants_silence(
    silent: bool, words: list[str], shown: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Any] = []

    def opens(*given: Any) -> Any:
        opened.append(given)
        return nullcontext(SILENT)

    monkeypatch.setattr(display, "shown", opens)

    @click.command()
    @json_option("x")
    def command(**_: object) -> None:
        with phases_shown(silent=silent):
            pass

    assert CliRunner().invoke(command, words).exit_code == 0
    assert len(opened) == shown
