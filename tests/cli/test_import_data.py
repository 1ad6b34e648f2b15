"""What ``ic-tf import-data`` prints of an import, beside a stand-in for the work."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ic_tf_sdk.cli import main
from ic_tf_sdk.launch.local.importing.imported import ImportedData, LeftOut

WORDS = ("import-data", "table.csv", "--out", "out")


def imported(left_out: int) -> ImportedData:
    rows = (LeftOut(n, f"{n}.jpg", "roses", f"reason {n}") for n in range(1, left_out + 1))
    return ImportedData(Path("out"), "csv", 30, {"": {"roses": 2}}, 2, left_out=tuple(rows))


def run(monkeypatch: pytest.MonkeyPatch, found: ImportedData, *words: str) -> tuple[Result, Any]:
    asked: dict[str, Any] = {}

    def work(source: str, out: Path, **given: Any) -> ImportedData:
        asked.update(given)
        return found

    # The module, which its function hides.
    module = importlib.import_module("ic_tf_sdk.cli.import_data")
    monkeypatch.setattr(module, "run", work)
    return CliRunner().invoke(main, [*WORDS, *words]), asked


def test_twenty_rows_that_were_left_out_are_told_and_the_others_counted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    report = tmp_path / "not yet" / "there" / "import.json"
    done, _ = run(monkeypatch, imported(22), "--report", str(report))
    assert done.exit_code == 0, done.output
    said = [line for line in done.output.splitlines() if "reason " in line]
    sentences = [f"1 left out: reason {n}." for n in range(1, 21)]
    assert said == [*sentences, *(f"  row {n}: {n}.jpg: reason {n}" for n in range(1, 21))]
    assert "  and 2 more; --report and --json have all of them\n" in done.output
    assert f"with its reason: {report}\n" in done.output
    assert json.loads(report.read_text()) == json.loads(json.dumps(imported(22).as_dict()))
    # The folder may be there.
    done, _ = run(monkeypatch, imported(1), "--report", str(report.with_name("other.json")))
    assert done.exit_code == 0, done.output


def test_what_is_told_whole_needs_no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    done, asked = run(monkeypatch, imported(20), "--link")
    assert "row 20: 20.jpg" in done.output
    assert "more;" not in done.output
    assert "with its reason:" not in done.output
    assert asked["link"] is True
    assert run(monkeypatch, imported(0))[1]["link"] is False


def test_it_needs_a_folder() -> None:
    done = CliRunner().invoke(main, WORDS[:2])
    assert done.exit_code == 2
    assert "Missing option '--out'" in done.output
