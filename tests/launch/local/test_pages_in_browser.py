"""The pages of evaluate, compare, select, tune and check-data in headless Chromium.

Nothing sticks out and all of it can be read, on a phone and on a desk, light and dark; and none of
them asks anybody for anything.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from ic_tf_sdk import launch
from ic_tf_sdk.launch import Selection, Tuning
from ic_tf_sdk.launch.candidate import Candidate
from ic_tf_sdk.launch.local import model_comparison
from ic_tf_sdk.launch.local.label_check import LabelCheck
from ic_tf_sdk.launch.local.labelled_images import LabelledImages
from ic_tf_sdk.launch.local.model_evaluation import ModelEvaluation
from ic_tf_sdk.launch.local.suspects import Kind, Suspect
from ic_tf_sdk.launch.local.tuning_result import Status, TuningTrial
from tests import chromium
from tests.launch.local.test_compare import run
from tests.training.results.report import runs

pytestmark = [chromium.needs_chromium, pytest.mark.slow]

UGLY = "<b>a name & of much text, without a blank_" + "x" * 80 + ".jpg"


def evaluation(folder: Path) -> Path:
    """A model beside another one, on images of which some were left out."""
    from ic_tf_sdk.training.graph.preprocessing import Preprocessing

    channel = runs.folder(folder / "images", runs.names(5), 12)
    one, other = (runs.evaluated(channel, margin=margin) for margin in (2.0, 1.0))
    notes = ("The models' classes are in another order; answers are compared by name.",)
    against = model_comparison.compare(one, other, name=f"old/{UGLY}", notes=notes)
    images = LabelledImages(channel, left_out={UGLY: "it is cut"})
    before = Preprocessing(96, 96, "bilinear", "0..1")
    found = ModelEvaluation("new/model.tar.gz", f"mine {UGLY}", one, images, against, before)
    found.write(folder / "out")
    return folder / "out" / "report.html"


def comparison(folder: Path) -> Path:
    """Six trainings, one of which lacks most."""
    several = [
        run(folder / f"training-{number}-{'y' * 60}", rate=f"0.{number}", right=90 - number)
        for number in range(1, 6)
    ]
    (folder / UGLY).mkdir()
    launch.compare(*several, folder / UGLY).write(folder / "compare.html")
    return folder / "compare.html"


def selection(folder: Path) -> Path:
    """Six backbones, among them ties and one that failed."""
    candidates = tuple(
        Candidate(
            f"tensorflow-ic-imagenet-model-{number}-feature-vector-4" if number else f"m/{UGLY}",
            0.9 - number / 50,
            0.01,
            0.89,
            3.0 * (6 - number),
            2_000_000 * (number + 1),
            8_000_000 * (number + 1),
            20.0,
            (),
            "m/",
        )
        for number in range(6)
    )
    failures = {f"broken/{UGLY}": f"{UGLY} cannot be loaded: it is damaged."}
    found = Selection(candidates, failures, f"flowers {UGLY}", images=1000, classes=5)
    found.write(folder / "select.html")
    return folder / "select.html"


def tuning(folder: Path) -> Path:
    """Thirty trials of every kind."""
    begun = datetime(2026, 1, 2, tzinfo=timezone.utc)
    statuses: tuple[Status, ...] = ("Completed", "Stopped", "Failed")
    trials = tuple(
        TuningTrial(
            f"trial-{number:03d}",
            {"learning_rate": f"{10 ** -(1 + number % 5)}", "optimizer": "adam", "batch_size": "8"},
            None if status == "Failed" else 0.7 + number / 100,
            status,
            5,
            begun,
            1.5,
            UGLY if status == "Failed" else "",
        )
        for number in range(1, 31)
        for status in [statuses[0 if number % 7 else number % 3]]
    )
    share = {"learning_rate": 0.7, "optimizer": 0.2, "batch_size": 0.1}
    best = trials[-1].hyperparameters
    Tuning(trials, "validation:accuracy", False, share, best, None).write(folder / "tuning.html")
    return folder / "tuning.html"


def suspects(folder: Path) -> Path:
    """Wrong labels, leaks and duplicates, with pictures, and one whose picture is gone."""
    from ic_tf_sdk.launch.local import suspects_page

    channels = {name: runs.folder(folder / name, runs.names(3), 4) for name in ("training", "test")}
    files = channels["training"].files
    kinds: tuple[Kind, ...] = ("label", "leak", "duplicate")
    found = [
        Suspect("training", files[number], "a", "b", number / 10, kind, f"test/{files[number + 1]}")
        for kind in kinds
        for number in range(3)
    ]
    found.insert(0, Suspect("training", UGLY, UGLY, "<i>b", 0.0, "label", f"training/{files[0]}"))
    check = LabelCheck(tuple(found), 24, 12, f"model {UGLY}")
    suspects_page.write(folder / "out", check, channels)
    return folder / "out" / suspects_page.PAGE_NAME


PAGES = {one.__name__: one for one in (evaluation, comparison, selection, tuning, suspects)}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium.started() as driver:
        yield driver


@pytest.mark.parametrize("make", PAGES.values(), ids=PAGES)
def test_no_page_sticks_out_or_cannot_be_read_or_asks_anybody(
    browser: Any, tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    page = make(tmp_path)
    assert "<b>a name" not in page.read_text()
    for width in (390, 1280):
        for scheme in ("light", "dark"):
            chromium.look(browser, width, scheme)
            browser.get(page.as_uri())
            opened = "for (const one of document.querySelectorAll('details')) one.open = true"
            browser.execute_script(opened)
            assert chromium.sticks_out(browser) == [], (width, scheme)
            assert chromium.violations(browser) == [], (width, scheme)
    asked = "return performance.getEntriesByType('resource').map((entry) => entry.name)"
    assert all(name.startswith("data:") for name in browser.execute_script(asked))
    assert browser.execute_script("return document.scripts.length") == 0
