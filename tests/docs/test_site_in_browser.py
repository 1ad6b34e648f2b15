"""The documentation's site in headless Chromium: nothing sticks out, all of it can be read.

It also asks no other host for anything, so that it is whole without a network.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests import chromium

pytestmark = [chromium.needs_chromium, pytest.mark.slow]

DOCS = Path(__file__).parents[2] / "docs"
# The front, text with blocks of code, pictures, wide tables, functions, and options.
PAGES = (
    *("index", "tutorial/index", "tutorial/first-model", "tutorial/read-the-report"),
    *("guides/choose-a-model", "guides/serve", "reference/hyperparameters", "reference/requests"),
    *("reference/api/retrieve", "reference/command-line", "architecture"),
)
# What may scroll by itself.
FRAMES = ".table-wrapper, .highlight, pre, .sidebar-drawer, .toc-drawer, dt.sig"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as `make docs` builds it."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-n", "-W", "-q", "-d", str(folder / "trees")]
    done = subprocess.run(
        [*command, str(DOCS), str(folder / "html")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder / "html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium.started(asked=True) as driver:
        driver.execute_cdp_cmd("Network.enable", {})
        yield driver


# What a browser fetches of what a page, a style or a script names; a link that is clicked is none.
FETCHED = re.compile(
    r"""(?:\bsrc(?:set)?\s*=\s*["']?|\burl\(\s*["']?|\bfrom\s*["']|\bimport\s*\(?\s*["']"""
    r"""|\bfetch\(\s*["']|<link\b[^>]*\bhref\s*=\s*["']|\bdata\s*=\s*["'])(https?:)?//[\w.-]+"""
)


def elsewhere(text: str) -> list[str]:
    """What of a file would be fetched from another host."""
    return [found.group() for found in FETCHED.finditer(text)]


def test_no_file_of_the_site_names_something_to_fetch_elsewhere(site: Path) -> None:
    files = [path for path in site.rglob("*") if path.suffix in (".html", ".css", ".js", ".mjs")]
    assert len(files) > 50
    found = {path.name: elsewhere(path.read_text(encoding="utf-8")) for path in files}
    assert {name: some for name, some in found.items() if some} == {}


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://cdn.example.com/a.js"></script>',
        "import mermaid from 'https://cdn.example.com/mermaid.mjs'",
        '<link rel="stylesheet" href="//fonts.example.com/a.css">',
        "@font-face { src: url(https://fonts.example.com/a.woff2) }",
    ],
)
def test_the_check_would_see_it(text: str) -> None:
    assert elsewhere(text)


def asked(browser: Any) -> set[str]:
    """The hosts that the browser has asked since it was last asked this; "" is a file."""
    lines = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [line["params"] for line in lines if line["method"] == "Network.requestWillBeSent"]
    # Chromium's own pages have addresses of their own.
    kept = ("file:", "http:", "https:", "ws:", "wss:")
    addresses = [one["request"]["url"] for one in sent]
    return {urlsplit(one).hostname or "" for one in addresses if one.startswith(kept)}


@pytest.mark.parametrize("name", PAGES)
def test_no_page_sticks_out_or_cannot_be_read(browser: Any, site: Path, name: str) -> None:
    for width in (390, 1280):
        for scheme in ("light", "dark"):
            chromium.look(browser, width, scheme)
            browser.get((site / f"{name}.html").as_uri())
            assert chromium.sticks_out(browser, frames=FRAMES) == [], (width, scheme)
            assert chromium.violations(browser) == [], (width, scheme)
    assert asked(browser) == {""}
