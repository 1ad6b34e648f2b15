"""The page of figures is made of what the benchmarks kept, and no figure stands elsewhere."""

import io
import json
import re
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest
from pydantic import ValidationError

from benchmarks import record
from tools import benchmarks_page

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
# Made of the records, or of the catalogue with what it says of them.
GENERATED = {"docs/benchmarks.md", "docs/reference/models.md", "docs/llms.txt"}

NUMBER = r"(?<![\w.-])\d[\d,]*(?:\.\d+)?"
TIME = r"(?:ms|µs|us|s|seconds|milliseconds|minutes)\b"
FIGURES = [
    re.compile(
        rf"{NUMBER}(?:\s(?:to|and)\s{NUMBER})?\s*(?:images|photos|pictures)(?:/s| a second\b)"
    ),
    re.compile(rf"{NUMBER}\s*(?:ms|µs)\b"),
    re.compile(rf"{NUMBER}\s*(?:x|times)\s+(?:as (?:fast|slow|long|much time)|faster|slower)"),
    re.compile(
        rf"\b(?:takes?|took|taking|median|measured|processor time|waits?)\b[^.|]{{0,60}}?"
        rf"{NUMBER}\s*{TIME}"
    ),
    re.compile(rf"{NUMBER}\s*{TIME} (?:of processor time|instead of|in place of|where)"),
]
# File, a part of the line -> why this is no figure of a benchmark.
EXCEPTIONS = {
    ("docs/guides/several-gpus-and-hosts.md", "is named after 600 seconds"): "a limit",
    ("docs/guides/where-the-model-looks.md", "no longer than 30 seconds"): "a limit",
    ("docs/reference/requests.md", "SIGTERM"): "a limit",
    ("docs/tutorial/own-weights.md", "7.8 MB in 4.2 s"): "what a command printed, as an example",
    ("docs/guides/service.md", '"milliseconds": 6.7'): "a line of a log, as an example",
    ("CONTRIBUTING.md", ""): "how long the project's own checks take, for who runs them",
}


def texts() -> dict[str, str]:
    """Path -> prose: pages, and what is said in code, outside of what tests and tries."""
    found = {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "pyproject.toml"]
        if "_build" not in path.parts
    }
    for folder in ("ic_tf_sdk", "tools", "examples"):
        for path in (ROOT / folder).rglob("*.py"):
            found[path.relative_to(ROOT).as_posix()] = said(path.read_text(encoding="utf-8"))
    # A generated block of the README is the page's own.
    found["README.md"] = re.sub(
        r"<!-- speed -->.*?<!-- end of speed -->", "", found["README.md"], flags=re.DOTALL
    )
    return {name: text for name, text in found.items() if name not in GENERATED}


def said(code: str) -> str:
    """The comments and texts of a module, one behind the other."""
    kinds = (tokenize.COMMENT, tokenize.STRING)
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    return "\n".join(one.string.lstrip("# ") for one in tokens if one.type in kinds)


def figures(text: str) -> list[str]:
    """Each figure of speed with what stands around it, on one line."""
    flat = re.sub(r"\s+", " ", text)
    matches = (match for pattern in FIGURES for match in pattern.finditer(flat))
    return [flat[max(0, match.start() - 60) : match.end() + 60] for match in matches]


def test_page_says_what_every_record_has():
    records = benchmarks_page.records()
    assert len(records) > 20
    for one in records.values():
        assert f"\n### {one.title}\n" in PAGE
        assert one.date in PAGE
        assert all(len(row) == len(one.columns) for row in one.rows)
        for row in one.rows:
            assert f"| {' | '.join(cell.replace('|', '/') for cell in row)} |\n" in PAGE
    titles = {one.title for one in records.values()}
    assert len(re.findall("^### ", PAGE, re.MULTILINE)) == len(titles)
    # Links are made of them.
    assert len({benchmarks_page.anchor(title) for title in titles}) == len(titles)


def test_every_benchmark_has_a_record_or_a_reason():
    modules = {path.stem for path in (ROOT / "benchmarks").glob("*.py")}
    kept = {one.benchmark for one in benchmarks_page.records().values()} - {"by hand"}
    reasons = benchmarks_page.unmeasured()
    assert kept <= modules
    assert kept | set(reasons) == modules
    assert not kept & set(reasons)
    assert all(reason.endswith(".") for reason in reasons.values())


def test_no_figure_of_speed_stands_outside_of_the_page():
    found = [
        f"{name}: {figure}"
        for name, text in texts().items()
        for figure in figures(text)
        if not any(name == file and part in figure for file, part in EXCEPTIONS)
    ]
    assert not found, "Keep it as a record, and link to docs/benchmarks.md:\n" + "\n".join(found)


@pytest.mark.parametrize(
    "sentence",
    [
        "It took 13 seconds instead of 8.",
        "The endpoint answers 395 photos a second.",
        "a step is 15 times slower",
        "takes 1.07 ms of processor time",
        "405 to 430 images/s",
        "A pass takes 11.0\nmilliseconds.",
    ],
)
def test_search_for_figures_can_find_one(sentence):
    assert figures(f"Prose before. {sentence} And after.")


def test_a_record_says_where_when_and_how_and_trial_runs_keep_nothing(tmp_path, monkeypatch):
    program = (
        "import argparse, sys\n"
        "from benchmarks import record\n"
        "from pathlib import Path\n"
        "record.RESULTS, record.ROOT = Path(sys.argv.pop(1)), Path(sys.argv.pop(1))\n"
        "sys.argv[0] = '/somewhere/benchmarks/second_fit.py'\n"
        "parser = argparse.ArgumentParser()\n"
        "parser.add_argument('photos')\n"
        "record.option(parser)\n"
        "table = record.Table('Training', 'A title', '', 'ms')\n"
        "table.add('first', 1234.5)\n"
        "table.add('second', 0.5)\n"
        "record.keep(parser.parse_args(), table, note='Said.')\n"
    )
    folder = tmp_path / "photos"
    folder.mkdir()
    words = [sys.executable, "-c", program, str(tmp_path / "results"), str(tmp_path), str(folder)]
    done = subprocess.run(words, check=True, capture_output=True, text=True, cwd=ROOT)
    assert "| first | 1,234 |" in done.stdout
    assert not (tmp_path / "results").exists()
    more = ["--record", "mine", "--note", "More."]
    subprocess.run([*words, *more], check=True, capture_output=True, cwd=ROOT)
    kept = record.Record.model_validate_json((tmp_path / "results" / "mine.json").read_text())
    assert kept.benchmark == "second_fit"
    assert kept.command == "python -m benchmarks.second_fit …/photos"
    assert str(tmp_path) not in (tmp_path / "results" / "mine.json").read_text()
    assert kept.rows == (("first", "1,234"), ("second", "0.50"))
    assert kept.note == "Said. More."
    assert kept.machine.cores >= 1
    assert kept.machine.processor
    assert kept.versions["python"] == ".".join(map(str, sys.version_info[:3]))
    assert "commit" in kept.versions


def test_a_row_of_another_length_is_refused():
    table = record.Table("Training", "A title", "", "ms")
    with pytest.raises(ValueError, match="3 cells in a table of 2 columns"):
        table.add("one", 2, 3)


def test_a_record_of_an_unknown_form_is_refused():
    kept = json.loads(next(iter(benchmarks_page.records().values())).model_dump_json())
    with pytest.raises(ValidationError, match="speed"):
        record.Record.model_validate({**kept, "speed": 1})
