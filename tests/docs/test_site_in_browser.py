"""The documentation's site in headless Chromium: nothing sticks out, all of it can be read."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
    with chromium.started() as driver:
        yield driver


@pytest.mark.parametrize("name", PAGES)
def test_no_page_sticks_out_or_cannot_be_read(browser: Any, site: Path, name: str) -> None:
    for width in (390, 1280):
        for scheme in ("light", "dark"):
            chromium.look(browser, width, scheme)
            browser.get((site / f"{name}.html").as_uri())
            assert chromium.sticks_out(browser, frames=FRAMES) == [], (width, scheme)
            assert chromium.violations(browser) == [], (width, scheme)
