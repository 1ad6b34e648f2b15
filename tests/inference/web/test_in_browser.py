"""The folder in headless Chromium, with every other host out of reach."""

import base64
import json
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ic_tf_sdk import embedded
from ic_tf_sdk.inference.predictor import LocalPredictor
from ic_tf_sdk.inference.served_model import ServedModel
from ic_tf_sdk.inference.web import folder
from ic_tf_sdk.inference.web.limits import MOST_DIFFERENCE, MOST_PIXELS
from tests import chromium
from tests.inference.conftest import train
from tests.inference.page.relabelled import ODD, relabelled
from tests.inference.page.window import Window
from tests.inference.web.conftest import serving
from tests.training import ugly_images

pytestmark = [chromium.needs_chromium, pytest.mark.slow]

PHONE, DESKTOP = 390, 1280
NOBODY_ELSE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
VERBOSE = {"Accept": "application/json;verbose"}
# A drop of what lies on this machine, folders among it.
_DROP = {"items": [], "dragOperationsMask": 1}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    camera = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    with chromium.started(NOBODY_ELSE, *camera) as driver:
        yield driver


@pytest.fixture(scope="module")
def served(
    model_tar_gz: Path, real_runtime: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SimpleNamespace]:
    """A folder below a path, on a server of static files."""
    root = tmp_path_factory.mktemp("static")
    target = root / "some where" / "page"
    folder.write(model_tar_gz, target, runtime=real_runtime)
    with serving(root) as server:
        url = f"{server.url}/some%20where/page/"
        yield SimpleNamespace(server=server, url=url, folder=target)


@pytest.fixture
def window(browser: Any, served: SimpleNamespace) -> Window:
    return opened(browser, served.url)


def opened(browser: Any, url: str, *, width: int = DESKTOP) -> Window:
    chromium.look(browser, width, "light")
    browser.get_log("browser")
    window = Window(browser, url)
    window.wait("about", "classes: ")
    return window


@pytest.fixture(scope="module")
def predictor(model_tar_gz: Path) -> LocalPredictor:
    return LocalPredictor(model_tar_gz)


def given(window: Window) -> list[dict[str, Any]]:
    """Name, sentence and answer of each picture, in the order in which they were given."""
    script = "return pictures.map(({name, said, answer}) => ({name, said, answer}))"
    found: list[dict[str, Any]] = window.browser.execute_script(script)
    return found


def test_it_answers_files_as_predict_does_and_asks_its_own_folder_alone(
    window: Window, served: SimpleNamespace, photos: list[Path], predictor: LocalPredictor
) -> None:
    assert window.text("model") == "tiny 1.0.0, fine-tuned"
    window.choose(*photos)
    window.wait("told", f"{len(photos)} pictures answered.")
    for one, photo in zip(given(window), photos, strict=True):
        accept = {"Accept": "application/json;verbose;unknown=true"}
        expected = json.loads(predictor.predict(photo.read_bytes(), accept))
        answer = one["answer"]
        assert answer.keys() == expected.keys()
        assert answer["predicted_label"] == expected["predicted_label"]
        assert answer["labels"] == expected["labels"]
        assert answer["unknown"] == expected["unknown"]
        np.testing.assert_allclose(answer["probabilities"], expected["probabilities"], atol=1e-5)
        assert answer["unknown_score"] == pytest.approx(expected["unknown_score"], abs=1e-3)
    assert {path.split("?")[0] for path in served.server.asked} <= {
        f"/some%20where/page/{name}"
        for name in ("", "page.css", "page.js", "served.js", "worker.js", "model.json",
                     "model.onnx", "runtime/ort.wasm.bundle.min.js",
                     "runtime/ort-wasm-simd-threaded.wasm")
    }  # fmt: skip
    assert window.browser.get_log("browser") == []


def test_its_rules_let_neither_the_page_nor_its_worker_ask_another_host(
    window: Window, served: SimpleNamespace, tmp_path: Path
) -> None:
    ask = """
        const [address, done] = arguments;
        const words = `fetch(${JSON.stringify(address)}, {mode: "no-cors"})
          .then(() => "asked", () => "refused").then((said) => postMessage(said))`;
        const worker = new Worker(URL.createObjectURL(new Blob([words])));
        worker.onmessage = ({data}) => fetch(address, {mode: "no-cors"})
          .then(() => "asked", () => "refused").then((said) => done([said, data]));
    """
    with serving(tmp_path) as other:
        said = window.browser.execute_async_script(ask, f"{other.url}/")
        assert said == ["refused", "refused"]
        assert other.asked == []
    log = [line["message"] for line in window.browser.get_log("browser")]
    assert any("Content Security Policy" in line for line in log)


def test_it_goes_on_without_a_network(
    browser: Any, served: SimpleNamespace, photos: list[Path]
) -> None:
    with serving(served.folder) as server:
        window = opened(browser, f"{server.url}/")
    window.choose(photos[0])
    window.wait("told", "1 picture answered.")
    assert window.text("best") == "dots"


def test_a_folder_is_chosen_or_dropped_and_its_pictures_are_called_by_their_paths(
    window: Window, photos: list[Path], tmp_path: Path
) -> None:
    below = tmp_path / "mine" / "dots" / "more"
    below.mkdir(parents=True)
    shutil.copy(photos[0], below / "a.JPG")
    shutil.copy(photos[1], tmp_path / "mine" / "b.png")
    (tmp_path / "mine" / "notes.txt").write_text("no picture")
    (tmp_path / "mine" / ".hidden").mkdir()
    shutil.copy(photos[1], tmp_path / "mine" / ".hidden" / "c.png")
    window.element("folder").send_keys(str(tmp_path / "mine"))
    window.wait("told", "2 pictures answered.")
    names = ["mine/b.png", "mine/dots/more/a.JPG"]
    assert [one["name"] for one in given(window)] == names
    assert window.table()[1][0] == names[0]
    window.element("clear").click()
    dropped(window, tmp_path / "mine", photos[2])
    window.wait("told", "3 pictures answered.")
    assert [one["name"] for one in given(window)] == [photos[2].name, *names]
    window.element("clear").click()
    # What is given by name is not hidden.
    shutil.copytree(tmp_path / "mine", tmp_path / ".mine")
    dropped(window, tmp_path / ".mine")
    window.wait("told", "2 pictures answered.")
    window.element("clear").click()
    (tmp_path / "none" / "deeper").mkdir(parents=True)
    dropped(window, tmp_path / "none")
    window.wait("told", "No image there: names of images end in .jpg, .jpeg, .png.")


def dropped(window: Window, *paths: Path) -> None:
    box = window.element("drop").rect
    place = {"x": box["x"] + 20, "y": box["y"] + 20}
    data = {**_DROP, "files": [str(path) for path in paths]}
    for kind in ("dragEnter", "dragOver", "drop"):
        event = {"type": kind, "data": data, **place}
        window.browser.execute_cdp_cmd("Input.dispatchDragEvent", event)


def test_the_camera_is_answered_as_predict_answers_its_file(
    window: Window, predictor: LocalPredictor
) -> None:
    window.element("open-camera").click()
    end = time.monotonic() + 10
    while not window.browser.execute_script("return at('video').videoWidth"):
        assert time.monotonic() < end
        time.sleep(0.05)
    window.element("shoot").click()
    window.wait("told", "1 picture answered.")
    script = """
        const done = arguments[0], reader = new FileReader();
        reader.onload = () => done(reader.result);
        reader.readAsDataURL(pictures[0].file);
    """
    address = window.browser.execute_async_script(script)
    body = base64.b64decode(address.partition(",")[2])
    expected = json.loads(predictor.predict(body, VERBOSE))["probabilities"]
    found = given(window)[0]["answer"]["probabilities"]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_ugly_files_have_the_same_answer_or_a_sentence_on_both_sides(
    window: Window, predictor: LocalPredictor
) -> None:
    every = ugly_images.every()
    window.drop([(ugly.name, ugly.content) for ugly in every])
    window.wait("told", "answered")
    for ugly, one in zip(every, given(window), strict=True):
        if ugly.reason is not None:
            assert one["answer"] is None, ugly.name
            assert one["said"].startswith("Refused: The image cannot be decoded: "), ugly.name
            assert f"Its {len(ugly.content)} bytes begin like " in one["said"]
            continue
        assert one["answer"] is not None, (ugly.name, one["said"])
        expected = json.loads(predictor.predict(ugly.content, VERBOSE))["probabilities"]
        np.testing.assert_allclose(one["answer"]["probabilities"], expected, atol=1e-5)
    assert not window.shown("retry")


def test_more_pixels_than_a_browser_holds_are_refused_by_their_number(
    window: Window, tmp_path: Path
) -> None:
    side = int(MOST_PIXELS**0.5) + 1
    large, full = tmp_path / "large.png", tmp_path / "full.jpg"
    Image.new("L", (side, side)).save(large)
    Image.new("RGB", (4000, 3000), "red").save(full)
    window.choose(large, full)
    window.wait("told", "1 picture answered, 1 refused.")
    assert f"image of {side * side} pixels; at most {MOST_PIXELS}" in given(window)[0]["said"]


def test_opened_as_a_file_it_says_what_to_do(browser: Any, served: SimpleNamespace) -> None:
    for width in (PHONE, DESKTOP):
        for scheme in ("light", "dark"):
            chromium.look(browser, width, scheme)
            browser.get((served.folder / "index.html").as_uri())
            text = browser.find_element("tag name", "body").text
            assert text.startswith("This page must be served\n")
            assert "python3 -m http.server" in text
            assert "Drop JPEGs" not in text
            assert chromium.sticks_out(browser) == []
            assert chromium.violations(browser) == []


def test_a_part_that_is_missing_is_told(
    browser: Any, served: SimpleNamespace, photos: list[Path], tmp_path: Path
) -> None:
    shutil.copytree(served.folder, tmp_path / "page")
    (tmp_path / "page" / "model.onnx").unlink()
    chromium.look(browser, DESKTOP, "light")
    with serving(tmp_path) as server:
        window = Window(browser, f"{server.url}/page/")
        window.wait("about", "model.onnx cannot be loaded: 404")
        window.choose(photos[0])
        window.wait("told", "0 pictures answered, 1 refused.")
        assert "The model cannot answer: model.onnx cannot be loaded" in window.text("status")


def test_names_of_anything_are_shown_and_run_nothing(
    browser: Any,
    fine_tuned: Path,
    real_runtime: dict[str, Path],
    photos: list[Path],
    tmp_path: Path,
) -> None:
    model = relabelled(fine_tuned, tmp_path / "odd", ODD)
    folder.write(model, tmp_path / "root" / "page", runtime=real_runtime)
    with serving(tmp_path / "root") as server:
        window = opened(browser, f"{server.url}/page/", width=PHONE)
        window.choose(photos[0])
        window.wait("told", "1 picture answered.")
        assert given(window)[0]["answer"]["labels"] == list(ODD)
        assert not browser.find_elements("css selector", "main img[src=x], main b")
        assert chromium.sticks_out(browser) == []
        assert chromium.violations(browser) == []
        assert browser.get_log("browser") == []


def test_every_width_and_scheme_can_be_read(
    window: Window, photos: list[Path], tmp_path: Path
) -> None:
    window.choose(*photos[:6])
    window.drop([("a name that goes on and on " * 8 + ".jpg", b"no picture")])
    window.wait("told", "6 pictures answered, 1 refused.")
    window.browser.find_elements("css selector", ".card")[1].click()
    for width in (PHONE, DESKTOP):
        for scheme in ("light", "dark"):
            chromium.look(window.browser, width, scheme)
            assert chromium.sticks_out(window.browser) == [], (width, scheme)
            assert chromium.violations(window.browser) == [], (width, scheme)
            window.browser.save_screenshot(str(tmp_path / f"{width}-{scheme}.png"))


def answers_of_photos(
    browser: Any, runtime: dict[str, Path], model: Path, photos: Sequence[Path], scratch: Path
) -> tuple[float, list[float]]:
    """Largest difference of a probability, and milliseconds of each photo; labels are the same."""
    folder.write(model, scratch / "static" / "page", runtime=runtime)
    with serving(scratch / "static") as server:
        window = opened(browser, f"{server.url}/page/")
        window.choose(*photos)
        end = time.monotonic() + 300
        while f"{len(photos)} pictures answered." not in window.text("told"):
            assert time.monotonic() < end
            time.sleep(0.2)
        found = given(window)
    return compared(ServedModel(model), photos, found), [
        float(one["said"].removeprefix("Answered in ").split()[0]) for one in found
    ]


def compared(model: ServedModel, photos: Sequence[Path], found: list[dict[str, Any]]) -> float:
    apart, same = [], 0
    for photo, one in zip(photos, found, strict=True):
        [expected] = model.predict([photo.read_bytes()])
        same += one["answer"]["predicted_label"] == expected["predicted_label"]
        difference = np.subtract(one["answer"]["probabilities"], expected["probabilities"])
        apart.append(np.abs(difference).max())
    assert same == len(photos)
    return float(max(apart))


@pytest.mark.shared
@pytest.mark.parametrize("backbone", ["mobilenet_v2_100_224", "mobilenet_v1_025_224", "embedded"])
def test_200_photos_have_the_same_class_and_almost_the_same_probabilities(
    browser: Any, real_runtime: dict[str, Path], shared: Path, tmp_path: Path, backbone: str
) -> None:
    """docs/measurements/inference.md has the figures."""
    photos = sorted((shared / "flowers" / "test").rglob("*.jpg"))
    assert len(photos) == 200
    if backbone == "embedded":
        model = embedded.archive_path(embedded.MODEL_IDS[0], "inference")
    else:
        weights = shared / "weights" / backbone / "feature_vector" / "1"
        training = shared / "flowers" / "training"
        model = train(tmp_path, weights, training, epochs=5, learning_rate=0.003)
    difference, times = answers_of_photos(browser, real_runtime, model, photos, tmp_path)
    assert difference < MOST_DIFFERENCE
    low, middle, high = np.percentile(times, [5, 50, 95])
    print(
        f"\n{backbone}: 200 of 200 the same class, largest difference {difference:.1e}, "
        f"{middle:.0f} ms a photo (5 to 95 in 100: {low:.0f} to {high:.0f})"
    )
