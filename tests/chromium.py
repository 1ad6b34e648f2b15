"""Headless Chromium, for the tests of what people look at in a browser."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")

needs_chromium = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="needs Debian's chromium and chromium-driver packages"
)

_FLAGS = ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu")
_AXE = """
const [without, done] = arguments;
axe.run(without ? {exclude: [[without]]} : document).then((found) => done(found.violations.map(
  (one) => [one.id, one.nodes.length, one.nodes[0].html, one.nodes[0].failureSummary])));
"""
# What is wider than the window though it lies in no frame that may be scrolled.
_WIDE = """
const frames = arguments[0];
return [...document.querySelectorAll("body *")]
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest(frames))
  .map((one) => one.outerHTML.slice(0, 120));
"""


@contextmanager
def started(*flags: str, asked: bool = False) -> Iterator[Any]:
    """A browser that keeps its console's lines, ``asked`` also what it asks for; closed at last."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*_FLAGS, *flags):
        options.add_argument(flag)
    kept = {"browser": "ALL", **({"performance": "ALL"} if asked else {})}
    options.set_capability("goog:loggingPrefs", kept)
    service = webdriver.ChromeService(executable_path=DRIVER)
    driver = webdriver.Chrome(options=options, service=service)
    driver.set_script_timeout(300)
    try:
        yield driver
    finally:
        driver.quit()


def look(browser: Any, width: int, scheme: str, *, height: int = 900, touch: bool = False) -> None:
    """Give the window a size, and the reader a taste."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": touch}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": touch})
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def sticks_out(browser: Any, *, frames: str = ".scroll") -> list[str]:
    """What makes the window scroll sideways; empty where it does not."""
    found: list[str] = browser.execute_script(_WIDE, frames)
    inner, page = browser.execute_script(
        "return [innerWidth, document.documentElement.scrollWidth]"
    )
    return found + [f"the page is {page} wide"] * (page > inner)


def violations(browser: Any, *, without: str = "") -> list[Any]:
    """What axe-core finds wrong with the page, contrast among its rules."""
    axe = pytest.importorskip("axe_core_python")
    script = (Path(next(iter(axe.__path__))) / "axe.min.js").read_text(encoding="utf-8")
    browser.execute_script(script)
    found: list[Any] = browser.execute_async_script(_AXE, without)
    return found
