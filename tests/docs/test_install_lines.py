"""Each install line that a reader meets is one of ``install_line``: it works, and it is enough."""

import json
import re
from pathlib import Path

import pytest

from ic_tf_sdk.install_line import TUTORIAL_EXTRAS, from_repository, in_clone
from tests.cli.usual_calls import CALLS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(
    page
    for page in (*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "examples").iterdir())
    if page.suffix in {".md", ".py", ".ipynb"} and "_build" not in page.parts
)
# Pages which are read from the first install line on.
FIRST_PAGES = ("install", "first-model", "read-the-report", "serve")


def text_of(page):
    text = page.read_text(encoding="utf-8")
    if page.suffix != ".ipynb":
        return text
    return "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])


def known_extras():
    tomllib = pytest.importorskip("tomllib")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return set(project["optional-dependencies"])


def test_every_install_line_is_one_that_works_today():
    count = 0
    for page in PAGES:
        for line in re.findall(r"(?<!uv )pip install .*", text_of(page)):
            extras = re.search(r"\[([\w,-]+)\]", line)
            # The tutorial shows the sentence of an error.
            # Nothing of ours, and what was carried over to a machine without a network.
            if "tensorflow[and-cuda]" in line or "--no-index --find-links wheels" in line:
                continue
            if "/home/me/" in line or line.startswith("pip install ic-tf-sdk` finds nothing"):
                continue
            assert extras, f"{page.name}: {line}"
            names = extras[1].split(",")
            assert line.startswith((in_clone(*names), from_repository(*names))), line
            assert set(names) <= known_extras(), line
            count += 1
    assert count >= 10


def test_the_first_pages_install_what_their_commands_need():
    for page in (ROOT / "README.md", DOCS / "tutorial" / "install.md"):
        text = page.read_text(encoding="utf-8")
        assert text.index(in_clone(*TUTORIAL_EXTRAS)) < text.index(
            from_repository(*TUTORIAL_EXTRAS)
        )
    needs = {}
    for call in reversed(CALLS):
        needs[call.words[0]] = set(filter(None, call.extra.split(",")))
    readme = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Ask for")[0]
    texts = [readme, *((DOCS / "tutorial" / f"{page}.md").read_text() for page in FIRST_PAGES)]
    for text in texts:
        typed = re.findall(r"^(?:\$ )?ic-tf ([a-z]\S*)", text, re.MULTILINE)
        for command in typed:
            assert needs[command] <= set(TUTORIAL_EXTRAS), command


def test_the_package_writes_its_install_lines_in_one_module():
    package = ROOT / "ic_tf_sdk"
    writing = {
        module.relative_to(package).as_posix()
        for module in package.rglob("*.py")
        if "pip install" in module.read_text(encoding="utf-8")
    }
    assert writing == {"install_line.py"}
