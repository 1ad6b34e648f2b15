"""Takes the pictures that the documentation shows: ``python -m tools.pictures``.

It draws the sample data, trains the model of the tutorial, and opens the report, the page of
``ic-tf serve`` and that of ``ic-tf select`` in headless Chromium, as the tests do. No photo of
anybody's is in them. It takes some minutes; ``--only`` takes those whose names begin so.
"""

import argparse
import base64
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests import chromium
from tests.inference.page.window import Window
from tests.inference.servers import serving

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
MOST_BYTES = 150_000
"""Of a picture, which a reader on a phone loads."""

QUALITY = 82
MODELS = (
    "tensorflow-ic-embedded-formulanet-96",
    "tensorflow-ic-efficientnet-lite0-classification-2",
    "tensorflow-ic-efficientnet-lite1-classification-2",
)


def _report_head(browser: Any, here: Path) -> None:
    _open_report(browser, here)
    _take(browser, here / "report-head.webp", height=585)


def _report_confusion(browser: Any, here: Path) -> None:
    _open_report(browser, here)
    browser.find_element("css selector", ".matrix .miss a").click()
    section = browser.find_element("id", "confusions")
    _take(browser, here / "report-confusion.webp", of=section, height=900)


def _report_mistakes(browser: Any, here: Path) -> None:
    _open_report(browser, here)
    section = browser.find_element("xpath", "//section[h2[contains(., 'the surest first')]]")
    _take(browser, here / "report-mistakes.webp", of=section, height=480)


def _page(browser: Any, here: Path) -> None:
    with _served(browser, here, width=860) as window:
        window.browser.find_elements("css selector", ".card")[3].click()
        window.element("explain").click()
        window.wait("explained", "Red is what")
        _take(browser, here / "page.webp", height=900)


def _page_phone(browser: Any, here: Path) -> None:
    with _served(browser, here, width=390, scheme="dark") as window:
        window.browser.find_elements("css selector", ".card")[0].click()
        _take(browser, here / "page-phone.webp", height=1000)


def _select(browser: Any, here: Path) -> None:
    named = [word for model in MODELS for word in ("-m", model)]
    _call(here, "select", "pictures/training", "--page", "select.html", *named)
    chromium.look(browser, 1240, "light")
    browser.get((here / "select.html").as_uri())
    _take(browser, here / "select.webp", height=800)


PICTURES: dict[str, Callable[[Any, Path], None]] = {
    "report-head": _report_head,
    "report-confusion": _report_confusion,
    "report-mistakes": _report_mistakes,
    "page": _page,
    "page-phone": _page_phone,
    "select": _select,
}
"""Name of the file, less ``.webp`` -> what takes it, in a folder where the model was trained."""


def take(target: Path, names: list[str]) -> None:
    """Take pictures and put them into a folder, over those of the same names.

    Args:
        target: The folder.
        names: Of ``PICTURES``.
    """
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, chromium.started("--hide-scrollbars") as browser:
        here = Path(folder)
        _call(here, "sample-data", "pictures", "--split")
        _call(here, "fit", "pictures/training", "--test", "pictures/test", "--output", "first",
              "--set", "train_only_on_top=True", "--set", "epochs=5")  # fmt: skip
        for name in names:
            PICTURES[name](browser, here)
            content = (here / f"{name}.webp").read_bytes()
            if len(content) > MOST_BYTES:
                raise SystemExit(f"{name} has {len(content)} bytes, more than {MOST_BYTES}.")
            (target / f"{name}.webp").write_bytes(content)
            print(f"{target / name}.webp: {len(content)} bytes")


def _call(here: Path, *words: str) -> None:
    # Times are those of a first run.
    variables = {**os.environ, "IC_TF_SDK_FEATURE_CACHE": str(here / "features")}
    command = [sys.executable, "-m", "ic_tf_sdk", *words, "--quiet"]
    subprocess.run(command, cwd=here, check=True, env=variables)


def _open_report(browser: Any, here: Path) -> None:
    chromium.look(browser, 860, "light")
    browser.get((here / "first" / "output_data" / "report.html").as_uri())


@contextmanager
def _served(browser: Any, here: Path, *, width: int, scheme: str = "light") -> Iterator[Window]:
    """The endpoint's page with one test picture of each class."""
    photos = [sorted(folder.iterdir())[4] for folder in sorted((here / "pictures/test").iterdir())]
    with serving(here / "serve.log", here / "first" / "model.tar.gz") as (_, url):
        chromium.look(browser, width, scheme, touch=width < 500)
        window = Window(browser, url)
        window.wait("about", "classes: ")
        window.choose(*photos)
        window.wait("told", f"{len(photos)} pictures answered.")
        yield window


def _take(browser: Any, path: Path, *, height: int, of: Any = None) -> None:
    """A picture of the top of the page, or of an element with some room around it."""
    width = browser.execute_script("return innerWidth")
    top = 0 if of is None else max(0, of.rect["y"] - 12)
    page = browser.execute_script("return document.documentElement.scrollHeight")
    tall = min(height, page - top) if of is None else min(height, of.rect["height"] + 24)
    # Sharp on a fine screen, and no wider than 1,300 pixels.
    scale = min(1.5, 1300 / width)
    clip = {"x": 0, "y": top, "width": width, "height": tall, "scale": scale}
    taken = browser.execute_cdp_cmd(
        "Page.captureScreenshot",
        {"format": "webp", "quality": QUALITY, "clip": clip, "captureBeyondViewport": True},
    )
    path.write_bytes(base64.b64decode(taken["data"]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="the beginning of the names")
    given = parser.parse_args()
    take(FOLDER, [name for name in PICTURES if name.startswith(given.only)])
