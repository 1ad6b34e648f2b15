"""What `predict --to-label` prints, beside a stand-in for the choice itself."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from ic_tf_sdk.cli import to_label_run
from ic_tf_sdk.errors import FileAccessError, UserError
from ic_tf_sdk.launch.local.to_label import Unsure


@pytest.fixture
def choosing(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    made = SimpleNamespace(asked=[], wrote=[], failed={}, required=0)
    unsure = Unsure("a.jpg", "dots", 0.51239, "plain", 0.40001, 0.1)

    def choose(*given: Any, pictures: bool) -> Any:
        made.asked.append((given[2], pictures))
        return SimpleNamespace(images=7, method="By margin.", found=[unsure], failed=made.failed)

    def require() -> None:
        made.required += 1

    stand_in = SimpleNamespace(to_label=choose, require=require)
    monkeypatch.setattr(to_label_run, "to_label", stand_in)
    monkeypatch.setattr(to_label_run.quiet_tensorflow, "load", lambda: None)
    page = SimpleNamespace(write=lambda *given: made.wrote.append(given[::2]))
    import ic_tf_sdk.launch.local as room

    monkeypatch.setitem(sys.modules, "ic_tf_sdk.launch.local.to_label_page", page)
    monkeypatch.setattr(room, "to_label_page", page, raising=False)
    return made


def run(out: Path | None = None, *, as_json: bool = False) -> Result:
    @click.command()
    def command() -> None:
        to_label_run.run(Path("m"), [], 3, model="my model", out=out, as_json=as_json)

    return CliRunner().invoke(command, [])


def test_the_pictures_are_a_table_and_what_to_do_next(choosing: SimpleNamespace) -> None:
    done = run()
    assert done.exit_code == 0, done.output
    lines = [line.split() for line in done.stdout.splitlines() if line.strip()]
    assert lines[-1] == ["a.jpg", "dots", "0.5124", "plain", "0.4000"]
    assert "By margin." in done.stderr
    assert "for a browser" not in done.stderr
    assert "fit LABELLED/ --model 'my model' --rehearse OLD/" in done.stderr
    assert choosing.asked == [(3, False)]
    assert choosing.wrote == []


def test_a_page_is_written_into_folders_that_are_made(
    choosing: SimpleNamespace, tmp_path: Path
) -> None:
    out = tmp_path / "deep" / "pages" / "page.html"
    for _ in range(2):
        done = run(out)
        assert done.exit_code == 0, done.output
        assert f"The same with pictures, for a browser: {out}" in done.stderr
    assert choosing.wrote == [(out, "my model")] * 2
    assert choosing.asked == [(3, True)] * 2
    assert out.parent.is_dir()


@pytest.mark.parametrize("failed", [{}, {"b\x1b.jpg": "It is \x1bbroken."}])
def test_json_has_all_of_it_and_a_failure_is_the_exit_code(
    failed: dict[str, str], choosing: SimpleNamespace, tmp_path: Path
) -> None:
    choosing.failed = failed
    for out in (None, tmp_path / "page.html"):
        done = run(out, as_json=True)
        assert done.exit_code == bool(failed)
        told = json.loads(done.stdout)
        assert told["out"] == (None if out is None else str(out))
        assert (told["images"], told["method"], told["failed"]) == (7, "By margin.", failed)
        assert told["to_label"][0]["image"] == "a.jpg"
    plain = run()
    assert plain.exit_code == bool(failed)
    assert ("b\\x1b.jpg: It is \\x1bbroken." in plain.stderr) is bool(failed)
    assert "broken" not in plain.stdout


def test_what_can_be_known_before_is_refused_at_once(
    choosing: SimpleNamespace, tmp_path: Path
) -> None:
    to_label_run.check(None, [])
    to_label_run.check(tmp_path / "page.html", [])
    to_label_run.check(tmp_path / "page.htm", [])
    assert choosing.required == 3
    with pytest.raises(UserError) as caught:
        to_label_run.check(Path("page.csv"), ["--top-k", "--explain"])
    assert str(caught.value).splitlines() == [
        "Leave out --top-k, --explain with --to-label.",
        "With --to-label --out is a page, whose name ends in .html; not page.csv.",
    ]
    (tmp_path / "file").touch()
    with pytest.raises(FileAccessError):
        to_label_run.check(tmp_path / "file" / "page.html", [])
