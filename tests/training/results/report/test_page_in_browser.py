"""The report in headless Chromium: nothing sticks out, all of it can be read, light and dark."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import chromium
from tests.training.results.report import runs

pytestmark = chromium.needs_chromium

# Everything that a click would open is open.
OPEN = """
for (const one of document.querySelectorAll("details")) one.open = true;
for (const one of document.querySelectorAll(".panel")) one.style.display = "block";
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium.started() as driver:
        yield driver


def written(folder: Path, classes: int) -> Path:
    """The report of a run with pictures."""
    from ic_tf_sdk.training.graph.preprocessing import Preprocessing
    from ic_tf_sdk.training.results import evaluation_files

    channel = runs.folder(folder / "images", runs.names(classes), max(2, 60 // classes))
    evaluation_files.write(
        folder / "out",
        runs.record(),
        runs.evaluated(channel, margin=2.0),
        runs.facts(channel),
        Preprocessing(96, 96, "bilinear", "0..1"),
    )
    return folder / "out" / "report.html"


@pytest.fixture(scope="module")
def five(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("five"), 5)


def show(browser: Any, page: Path, width: int, scheme: str) -> None:
    chromium.look(browser, width, scheme)
    browser.get(page.as_uri())


def check(browser: Any, page: Path, width: int, scheme: str, *, closed: bool = False) -> None:
    """No scroll, and no violation of axe-core, contrast among its rules.

    Tables of a thousand rows, which axe-core takes minutes for, may stay ``closed``; those of fewer
    are made alike.
    """
    show(browser, page, width, scheme)
    browser.execute_script(OPEN)
    assert chromium.sticks_out(browser) == []
    if closed:
        show(browser, page, width, scheme)
    assert chromium.violations(browser, without="details" if closed else "") == []


def test_on_a_phone_nothing_sticks_out_and_a_cell_opens_its_pictures(
    browser: Any, five: Path
) -> None:
    show(browser, five, 390, "light")
    assert chromium.sticks_out(browser) == []
    link = browser.find_element("css selector", ".matrix .miss a")
    panel = link.get_attribute("href").partition("#")[2]
    assert not browser.find_element("id", panel).is_displayed()
    link.click()
    shown = browser.find_element("id", panel)
    assert shown.is_displayed()
    image = shown.find_element("tag name", "img")
    assert int(image.get_property("naturalWidth")) > 20
    # It asks nobody, and runs nothing.
    asked = "return performance.getEntriesByType('resource').map((entry) => entry.name)"
    assert all(name.startswith("data:") for name in browser.execute_script(asked))
    assert browser.execute_script("return document.scripts.length") == 0
    assert browser.get_log("browser") == []


def test_it_follows_the_dark_scheme_with_the_endpoints_colours(browser: Any, five: Path) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        show(browser, five, 1280, scheme)
        body = browser.find_element("tag name", "body")
        grounds.append(body.value_of_css_property("background-color"))
        line = browser.find_element("css selector", ".chart .series path")
        grounds.append(line.value_of_css_property("stroke"))
    assert [re.sub("[a-z() ]", "", ground) for ground in grounds] == [
        "246,247,249,1", "11,92,173", "15,19,24,1", "127,184,245",
    ]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_the_page_of_five_classes_has_no_violation(browser: Any, five: Path, scheme: str) -> None:
    check(browser, five, 390, scheme)


@pytest.mark.slow
@pytest.mark.parametrize("classes", [2, 5, 40, 1000])
def test_no_size_sticks_out_or_cannot_be_read(browser: Any, tmp_path: Path, classes: int) -> None:
    page = written(tmp_path, classes)
    for width in (390, 1280):
        for scheme in ("light", "dark"):
            check(browser, page, width, scheme, closed=classes == 1000)
