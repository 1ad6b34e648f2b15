"""``docs/benchmarks.md`` and the README's table, of what ``benchmarks/`` has kept as JSON."""

import json
import re
from typing import get_args

from benchmarks.record import RESULTS, Machine, Record, Section

__all__ = ["README_RECORD", "anchor", "page", "readme", "records", "unmeasured"]

README_RECORD = "training-loops"
"""The one whose table the README shows, too."""

_BEGIN, _END = "<!-- speed -->", "<!-- end of speed -->"
_HEAD = """# Benchmarks

<!-- Written by tools/generate.py from benchmarks/results/*.json; do not edit. -->

Every figure of speed and memory that this documentation gives, with the machine, the versions, the
date and the command. They were measured where other work often ran, too: ratios of what ran in
turns say more than seconds. Accuracy, and how far answers are apart, is in the
[notes](measurements/index.md).

`make bench` measures a short set anew on your machine, in about ten minutes on two cores: photos of
your own with `make bench PHOTOS=FOLDER`, a folder of class folders, drawn pictures without. Every
benchmark is a module of `benchmarks/`, and `python -m benchmarks.NAME --help` says what it takes;
with `--record NAME` it keeps what it found, and `python tools/generate.py` writes this page.
"""


def records() -> dict[str, Record]:
    """Name of its file -> each record."""
    return {
        path.stem: Record.model_validate_json(path.read_text(encoding="utf-8"))
        for path in sorted(RESULTS.glob("*.json"))
        if path.name != "unmeasured.json"
    }


def unmeasured() -> dict[str, str]:
    """Module of ``benchmarks/`` -> why there is no record of it."""
    found: dict[str, str] = json.loads((RESULTS / "unmeasured.json").read_text(encoding="utf-8"))
    return found


def page() -> str:
    """The text of ``docs/benchmarks.md``."""
    every = records()
    machines = list(dict.fromkeys(_without_load(one.machine) for one in every.values()))
    parts = [_HEAD]
    for section in get_args(Section):
        of_it = [one for one in every.values() if one.section == section]
        parts += [f"\n## {section}\n"] if of_it else []
        for title in dict.fromkeys(one.title for one in of_it):
            several = [_record(one, machines) for one in of_it if one.title == title]
            parts += [f"\n### {title}\n", *several]
    parts += ["\n## Machines\n\n", _machines(machines), "\n## Without a record\n\n"]
    parts += [f"- `benchmarks.{name}`: {why}\n" for name, why in sorted(unmeasured().items())]
    return "".join(parts)


def readme(text: str) -> str:
    """The README with its table.

    Args:
        text: What it is now, with the two marks.
    """
    one = records()[README_RECORD]
    link = f"docs/benchmarks.md#{anchor(one.title)}"
    links = f"[Where, when and how]({link}); [every other figure](docs/benchmarks.md). "
    links += "`make bench` measures a short set here."
    block = f"{_table(one)}\n{one.about} {links}\n"
    before, _, rest = text.partition(_BEGIN)
    after = rest.partition(_END)[2]
    return f"{before}{_BEGIN}\n{block}{_END}{after}"


def anchor(title: str) -> str:
    """As the code hosts and MyST make it of a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _record(one: Record, machines: list[Machine]) -> str:
    number = machines.index(_without_load(one.machine)) + 1
    said = [f"`{one.command}`" if "`" not in one.command else one.command, one.date]
    said.append(f"[machine {number}](#machines)")
    if one.machine.load is not None:
        said.append(f"load {one.machine.load:g}")
    said += [f"{name} {version}" for name, version in one.versions.items()]
    parts = [one.about, _table(one), one.note, f"*{', '.join(said)}*"]
    return "".join(f"\n{part.rstrip()}\n" for part in parts if part)


def _table(one: Record) -> str:
    lines = [one.columns, tuple("---" for _ in one.columns), *one.rows]
    return "".join(f"| {' | '.join(c.replace('|', '/') for c in line)} |\n" for line in lines)


def _machines(machines: list[Machine]) -> str:
    lines = []
    for number, one in enumerate(machines, 1):
        memory = None if one.memory_gib is None else f"{one.memory_gib:g} GiB"
        facts = [one.processor, f"{one.cores} cores", memory, one.kernel]
        lines.append(f"{number}. {', '.join(fact for fact in facts if fact)}\n")
    return "".join(lines)


def _without_load(machine: Machine) -> Machine:
    return machine.model_copy(update={"load": None})
