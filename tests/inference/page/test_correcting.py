"""Correcting on the page: two tabs, models of many classes and odd names; and the whole loop."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from PIL import Image, ImageOps

from ic_tf_sdk import embedded, sample_data
from ic_tf_sdk.cli import main
from ic_tf_sdk.inference.endpoint.app import Endpoint
from ic_tf_sdk.inference.endpoint.corrections import Collecting
from ic_tf_sdk.inference.predictor import LocalPredictor
from ic_tf_sdk.training.data import image_folder
from tests import chromium
from tests.inference.page.relabelled import ODD, relabelled
from tests.inference.page.window import Window
from tests.inference.servers import running, until_loaded

pytestmark = [chromium.needs_chromium, pytest.mark.slow]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium.started() as driver:
        yield driver


@contextmanager
def page_of(browser: Any, model: Path, folder: Path, **given: int) -> Iterator[Window]:
    folder.mkdir(exist_ok=True)
    with running(Endpoint(model, collect=Collecting(folder, **given)).app) as url:
        until_loaded(url)
        window = Window(browser, url)
        window.wait("about", "classes: ")
        yield window


def kept(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_two_tabs_that_correct_one_picture_leave_it_under_the_class_said_last(
    browser: Any, model_tar_gz: Path, photos: list[Path], tmp_path: Path
) -> None:
    with page_of(browser, model_tar_gz, tmp_path / "kept") as window:
        window.choose(photos[0])
        window.wait("told", "1 picture answered.")
        first = browser.current_window_handle
        browser.switch_to.new_window("tab")
        other = Window(browser, browser.execute_script("return arguments[0]", window_url(window)))
        other.wait("about", "classes: ")
        other.choose(photos[0])
        other.wait("told", "1 picture answered.")
        other.pick("right", "plain")
        other.element("keep").click()
        other.wait("kept", "Kept as plain.")
        browser.close()
        browser.switch_to.window(first)
        window.pick("right", "stripes")
        window.element("keep").click()
        window.wait("kept", "Kept as stripes, no longer as plain.")
        window.element("keep").click()
        window.wait("kept", "It is kept as stripes already.")
        [only] = kept(tmp_path / "kept")
        assert only.parent.name == "stripes"
        assert only.read_bytes() == photos[0].read_bytes()


def window_url(window: Window) -> str:
    return str(window.browser.current_url)


def test_a_full_folder_is_told_on_the_page_and_the_same_can_be_tried_again(
    browser: Any, model_tar_gz: Path, photos: list[Path], tmp_path: Path
) -> None:
    with page_of(browser, model_tar_gz, tmp_path / "kept", most_images=1) as window:
        window.choose(*photos[:2])
        window.wait("told", "2 pictures answered.")
        window.element("keep").click()
        window.wait("kept", "Kept as ")
        browser.find_elements("css selector", ".card")[1].click()
        window.element("keep").click()
        window.wait("kept", "is full: it has 1 of at most 1")
        assert window.element("kept").get_attribute("class") == "wrong"
        kept(tmp_path / "kept")[0].unlink()
        window.element("keep").click()
        window.wait("kept", "Kept as ")
        assert len(kept(tmp_path / "kept")) == 1


@pytest.mark.parametrize("width", [390, 1280])
def test_odd_names_and_many_classes_fit_and_run_nothing(
    browser: Any, fine_tuned: Path, photos: list[Path], tmp_path: Path, width: int
) -> None:
    models = (
        relabelled(fine_tuned, tmp_path / "odd", ODD),
        embedded.archive_path(embedded.MODEL_IDS[0], "inference"),
    )
    for number, model in enumerate(models):
        folder = tmp_path / f"kept-{number}"
        with page_of(browser, model, folder) as window:
            browser.get_log("browser")
            window.choose(*photos[:2])
            window.wait("told", "2 pictures answered.")
            label = ODD[0] if number == 0 else window.text("best")
            window.pick("right", label)
            window.element("keep").click()
            window.wait("kept", "Kept as ")
            assert not browser.find_elements("css selector", "main img[src=x], main b")
            assert browser.get_log("browser") == []
            for scheme in ("light", "dark"):
                chromium.look(browser, width, scheme)
                assert chromium.sticks_out(browser) == [], (width, scheme)
                assert chromium.violations(browser) == [], (width, scheme)
        [only] = kept(folder)
        # A class that no folder can be called has a folder of a safe name.
        assert "<" not in only.parent.name or only.parent.name == ODD[0]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Drawn pictures, and of one class a kind that no training has seen."""
    root = tmp_path_factory.mktemp("loop")
    sample_data.draw(directory=root / "old", images_per_class=100, seed=7, split=True)
    sample_data.draw(directory=root / "others", images_per_class=60, seed=8)
    kind = root / "kind"
    kind.mkdir()
    for path in sorted((root / "others" / KIND).iterdir()):
        with Image.open(path) as picture:
            negative = ImageOps.invert(ImageOps.grayscale(picture.convert("RGB")))
            negative.save(kind / f"{path.stem}.png")
    return SimpleNamespace(root=root, old=root / "old", kind=sorted(kind.iterdir()))


KIND = "star"


def right(model: Path, pictures: list[Path]) -> float:
    answers = LocalPredictor(model).classify(list(map(str, pictures)))
    return sum(one.label == KIND for one in answers) / len(answers)


def fit(*words: object) -> dict[str, Any]:
    done = CliRunner().invoke(main, ["fit", *map(str, words), "--json"])
    assert done.exit_code == 0, done.output
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def test_twenty_corrections_teach_a_kind_and_cost_the_others_nothing(
    browser: Any, drawn: SimpleNamespace, tmp_path: Path
) -> None:
    """Wrong answers, corrected on the page; trained further; right on others of the kind."""
    settings = ("--model", embedded.MODEL_IDS[0], "-s", "train_only_on_top=True")
    first = tmp_path / "first"
    report = fit(
        drawn.old / "training", "--test", drawn.old / "test", *settings, "-s", "epochs=5",
        "-o", first,
    )  # fmt: skip
    accuracy = report["test"]["accuracy"]
    model = first / "model.tar.gz"
    before = right(model, drawn.kind)
    wrong = [path for path in drawn.kind if right(model, [path]) == 0.0][:20]
    assert len(wrong) == 20
    held_out = [path for path in drawn.kind if path not in wrong]
    folder = tmp_path / "corrected"
    with page_of(browser, model, folder) as window:
        window.choose(*wrong)
        window.wait("told", "20 pictures answered.")
        for card in browser.find_elements("css selector", ".card"):
            card.click()
            assert window.text("best") != KIND
            window.pick("right", KIND)
            window.element("keep").click()
            window.wait("kept", f"Kept as {KIND}.")
    assert image_folder.look(folder)[0].counts == [20]
    assert sorted(path.read_bytes() for path in kept(folder)) == sorted(
        path.read_bytes() for path in wrong
    )
    second = fit(
        folder, "--model", model, "--rehearse", drawn.old, "-o", tmp_path / "second",
    )  # fmt: skip
    after = right(tmp_path / "second" / "model.tar.gz", held_out)
    old = second["test"]["accuracy"]
    print(
        f"kind before {before:.3f}, held out after {after:.3f} of {len(held_out)}; "
        f"old test before {accuracy:.4f}, after {old:.4f}"
    )
    assert second["test_accuracy_before"] == pytest.approx(accuracy, abs=1e-6)
    assert old >= accuracy - 0.01
    assert after >= 0.9
