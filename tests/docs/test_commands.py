"""Every command of ``ic-tf`` that a page shows can be read by the command, options and all."""

import re
import shlex
from pathlib import Path

import click
import pytest

from ic_tf_sdk.cli.group import COMMANDS
from tests.cli.test_help import command

ROOT = Path(__file__).parents[2]
PAGES = [
    page
    for pattern in ("*.md", "docs/**/*.md", "examples/*.md")
    for page in sorted(ROOT.glob(pattern))
    if "_build" not in page.parts
]
BLOCK = re.compile(r"^ *```(?:sh|bash|console)?\n(.*?)^ *```", re.MULTILINE | re.DOTALL)


def shown(text: str) -> list[str]:
    """The calls in blocks of code and between backticks, each on one line."""
    lines = [
        line.strip().removeprefix("$ ")
        for block in BLOCK.findall(text)
        for line in block.replace("\\\n", " ").splitlines()
    ]
    inline = re.findall(r"`(ic-tf [a-z-]+ [^`]+)`", re.sub(r"\s+", " ", text))
    return [line for line in (*lines, *inline) if line.startswith("ic-tf ")]


def words_of(line: str) -> list[str]:
    words = shlex.split(line, comments=True)[1:]
    ends = [words.index(end) for end in ("|", ">", "&&", ";") if end in words]
    return words[: min(ends, default=len(words))]


def problem(line: str) -> str:
    """Why a call cannot be read; empty where it can."""
    words = words_of(line)
    if words[0].startswith("-"):
        return ""
    if words[0] not in COMMANDS:
        return f"{line}: there is no such command"
    if words[-1] in ("...", "…"):
        words = words[:-1]
    called = command(words[0])
    with click.Context(called, info_name=words[0]) as ctx:
        try:
            called.make_parser(ctx).parse_args(words[1:])
        except click.UsageError as error:
            # Prose names an option without its value.
            known = "requires an argument" in error.message
            return "" if known else f"{line}: {error.message}"
    return ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_can_be_read(page: Path) -> None:
    problems = [said for line in shown(page.read_text(encoding="utf-8")) if (said := problem(line))]
    assert not problems


def test_the_check_would_see_a_wrong_one() -> None:
    text = "```sh\nic-tf fti x\nic-tf fit x \\\n  --outptu y  # why\n```\nand `ic-tf models --jsn`"
    assert len(shown(text)) == 3
    assert all(map(problem, shown(text)))
    assert "--outptu" in problem(shown(text)[1])
