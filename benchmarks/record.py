"""What a benchmark found, as a table that is printed line by line and kept as JSON.

Every benchmark prints a ``Table``. With ``--record NAME`` it is kept as
``benchmarks/results/NAME.json``, with the machine, the versions, the date and the command, and
``python tools/generate.py`` makes ``docs/benchmarks.md`` of all that is kept. Without the option
nothing is written, so that a trial run changes no figure.
"""

import argparse
import os
import platform
import re
import subprocess
import sys
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
LOAD = os.getloadavg()[0]
"""Of the last minute before the benchmark began: what else the machine did."""

Section: TypeAlias = Literal[
    "Training", "Choosing", "Prediction", "Serving", "The command line and Python", "On a GPU"
]


class Machine(BaseModel):
    """Where something was measured; None is what an early note does not say.

    Attributes:
        processor: Its name as the system gives it.
        cores: Those that the benchmark had.
        memory_gib: Of the whole machine.
        kernel: The version of Linux, or the system and its version.
        load: Processes that wanted a core in the minute before, on average.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    processor: str
    cores: int
    memory_gib: float | None = None
    kernel: str | None = None
    load: float | None = None


class Record(BaseModel):
    """One table, as it is kept.

    Attributes:
        benchmark: The module of ``benchmarks/`` that printed it.
        section: The part of the page that it stands in.
        title: What was measured, in a few words; its heading.
        about: What the columns and rows are, in a sentence or two.
        command: As it is typed, paths shortened.
        date: ``2026-11-26``.
        machine: Where.
        versions: Name -> version, ``commit`` this repository's; empty where they were not written
            down.
        columns: The head of the table.
        rows: As many cells each.
        note: What the figures say or leave open, and what else was so.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    benchmark: str
    section: Section
    title: str
    about: str = ""
    command: str
    date: str
    machine: Machine
    versions: dict[str, str]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


class Table:
    """Rows that are printed as they come.

    Args:
        section: The part of the page.
        title: What is measured.
        columns: The head.
        about: What the columns and rows are.
    """

    def __init__(self, section: Section, title: str, *columns: str, about: str = "") -> None:
        self.section, self.title, self.columns, self.about = section, title, columns, about
        self.rows: list[tuple[str, ...]] = []

    def add(self, *cells: object) -> None:
        """One more row; numbers with three digits that count."""
        if not self.rows:
            print(
                f"\n{self.title}\n{_line(self.columns)}{_line(['---'] * len(self.columns))}", end=""
            )
        row = tuple(cell if isinstance(cell, str) else shortly(cell) for cell in cells)
        if len(row) != len(self.columns):
            raise ValueError(f"{len(row)} cells in a table of {len(self.columns)} columns: {row}")
        self.rows.append(row)
        print(_line(row), end="", flush=True)


def shortly(value: object) -> str:
    """A number with about three digits that count; nothing for None."""
    if value is None:
        return ""
    if not isinstance(value, float):
        return f"{value:,}" if isinstance(value, int) else str(value)
    for bound, form in ((100, ",.0f"), (10, ".1f"), (0.01, ".2f")):
        if abs(value) >= bound:
            return f"{value:{form}}"
    return "0" if value == 0 else f"{value:.1e}"


def _line(cells: "tuple[str, ...] | list[str]") -> str:
    return f"| {' | '.join(cells)} |\n"


def option(parser: argparse.ArgumentParser) -> None:
    """Give a benchmark its ``--record`` and ``--note``."""
    parser.add_argument("--record", metavar="NAME", help="Keep it as benchmarks/results/NAME.json.")
    parser.add_argument("--note", default="", help="What else is to be said of this run.")


def keep(given: argparse.Namespace, *tables: Table, note: str = "") -> None:
    """Write the tables, if that was asked for: as NAME, NAME-2, NAME-3.

    Args:
        given: What the parser with ``option`` read.
        tables: What was found.
        note: What the benchmark itself says of the figures.
    """
    if note:
        print(f"\n{note}")
    for number, table in enumerate(tables if given.record else (), 1):
        name = given.record if number == 1 else f"{given.record}-{number}"
        notes = [note, given.note] if number == 1 else [given.note]
        made = Record(
            benchmark=benchmark(),
            section=table.section,
            title=table.title,
            about=table.about,
            command=command(sys.argv),
            date=datetime.now(timezone.utc).date().isoformat(),
            machine=machine(),
            versions=versions(),
            columns=table.columns,
            rows=tuple(table.rows),
            note=" ".join(one for one in notes if one),
        )
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"{name}.json"
        path.write_text(made.model_dump_json(indent=1) + "\n", encoding="utf-8")
        print(f"Kept as {path.relative_to(ROOT)}; `python tools/generate.py` makes the page.")


def benchmark() -> str:
    """The module that is running."""
    return Path(sys.argv[0]).stem


def command(argv: list[str]) -> str:
    """The command line, as on any machine: of a path its last part alone."""
    words, skip = ["python", "-m", f"benchmarks.{Path(argv[0]).stem}"], False
    for word in argv[1:]:
        # What is said of the record is no part of what was measured.
        if skip or word in {"--record", "--note"}:
            skip = not skip
            continue
        words.append(f"…/{Path(word).name}" if "/" in word and Path(word).exists() else word)
    return " ".join(f'"{word}"' if " " in word else word for word in words)


def machine() -> Machine:
    """This one."""
    text = _read("/proc/cpuinfo")
    facts = dict(re.findall(r"^([\w ]+?)\s*: (.+)$", text.partition("\n\n")[0], re.MULTILINE))
    family = f"family {facts['cpu family']}, model {facts['model']}" if "model" in facts else ""
    name = facts.get("model name") or platform.processor() or platform.machine()
    memory = re.search(r"MemTotal:\s+(\d+)", _read("/proc/meminfo"))
    version = re.match(r"[\d.]+", platform.release())
    return Machine(
        processor=f"{name} ({family})" if family else name,
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        memory_gib=round(int(memory[1]) / 2**20, 1) if memory else None,
        kernel=f"{platform.system()} {version[0] if version else platform.release()}",
        load=round(LOAD, 1),
    )


def versions(*further: str) -> dict[str, str]:
    """Python, what a benchmark stands on, and the commit of this repository."""
    own = ("tensorflow", "tf-keras", "onnxruntime", "ai-edge-litert", "pyspark", "ray")
    names = (*own, *further)
    found = {name: version for name in names if (version := _version(name))}
    return {"python": platform.python_version(), **found, "commit": commit(ROOT)}


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def commit(tree: Path) -> str:
    """The commit of a checkout, and whether its package was changed since."""
    ask = ["git", "-C", str(tree)]
    try:
        found = subprocess.run(
            [*ask, "rev-parse", "--short=7", "HEAD"], check=True, capture_output=True, text=True
        ).stdout.strip()
        parts = [*ask, "diff", "--quiet", "HEAD", "--", "ic_tf_sdk"]
        changed = subprocess.run(parts, check=False, capture_output=True).returncode
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{found} with changes" if changed else found


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
