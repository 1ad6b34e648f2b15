"""What ``ic-tf models`` prints of the catalogue, and of what is on this machine."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ic_tf_sdk import specs
from ic_tf_sdk.backbones import at_hand
from ic_tf_sdk.cli import main

# The module, which its function hides.
models: Any = importlib.import_module("ic_tf_sdk.cli.models")
FIRST, SECOND = sorted(specs.list_models())[:2]


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["models", *words])


@pytest.mark.parametrize(("ids", "count"), [([FIRST], "1 model."), ([FIRST, SECOND], "2 models.")])
def test_models_are_counted_and_the_first_is_the_example(
    ids: list[str], count: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(specs, "list_models", lambda *_, **__: ids)
    done = run()
    assert f"\n{count} " in done.stderr
    assert f"ic-tf describe {FIRST}\n" in done.stderr
    assert f"ic-tf fit IMAGES/ -m {FIRST}\n" in done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()[1:]] == ids


def test_where_room_is_scarce_ids_are_without_their_common_beginning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    printed: list[Any] = []
    monkeypatch.setattr(models, "print_table", lambda _, rows: printed.extend(rows))
    spec = specs.get(FIRST)
    for is_room in (True, False):
        monkeypatch.setattr(models, "fits", lambda *_, is_room=is_room: is_room)
        models.print_models([spec])
    whole, short = printed
    assert whole[0] == FIRST
    assert short[0] == FIRST.removeprefix("tensorflow-ic-")
    assert short[0] != FIRST
    assert short[1:] == whole[1:]


def test_what_is_on_this_machine_is_told_and_where(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [at_hand.AtHand(FIRST, "training", "TF Hub", Path("/a/b"))]
    monkeypatch.setattr(at_hand, "available", lambda _: found)
    table = run("--available")
    assert table.stdout.splitlines()[1].split() == [FIRST, "training", "TF", "Hub", "/a/b"]
    row = {"model_id": FIRST, "scope": "training", "place": "TF Hub", "location": "/a/b"}
    assert json.loads(run("--available", "--json").stdout) == [row]
    found.clear()
    empty = run("--available")
    assert (empty.stdout, empty.stderr) == ("", "None of them is on this machine.\n")


def test_its_help_says_the_order_and_that_available_is_a_flag() -> None:
    text = " ".join(run("--help").output.split())
    assert "[default: name]" in text
    assert "--available Only" in text
