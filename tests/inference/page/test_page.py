"""The page, in headless Chromium: which model it is, and what the model says of pictures."""

import csv
import json
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ic_tf_sdk.contract import model_info
from ic_tf_sdk.inference import prediction_table
from ic_tf_sdk.inference.endpoint.app import Endpoint
from ic_tf_sdk.inference.endpoint.corrections import Collecting
from ic_tf_sdk.inference.predictor import LocalPredictor
from tests import chromium
from tests.inference.page.window import Before, Window
from tests.inference.servers import running, until_loaded

pytestmark = chromium.needs_chromium
FLOATS = ("probabilities", "unknown_score")


@pytest.fixture(scope="module")
def served(
    model_tar_gz: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SimpleNamespace]:
    """An endpoint that collects, its address, its folder and what stands before it."""
    folder = tmp_path_factory.mktemp("collected")
    before = Before(Endpoint(model_tar_gz, explain=True, collect=Collecting(folder)).app)
    with running(before) as url:
        until_loaded(url)
        yield SimpleNamespace(url=url, before=before, folder=folder)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium.started(
        "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"
    ) as driver:
        yield driver


@pytest.fixture(scope="module")
def predictor(model_tar_gz: Path) -> LocalPredictor:
    return LocalPredictor(model_tar_gz)


@pytest.fixture
def window(browser: Any, served: SimpleNamespace) -> Window:
    chromium.look(browser, 1280, "light")
    served.before.answers.clear()
    opened = Window(browser, served.url)
    opened.wait("model", "tiny")
    return opened


def test_it_says_which_model_it_is_how_good_and_since_when(
    window: Window, model_tar_gz: Path
) -> None:
    info = model_info.read(model_tar_gz)
    assert info is not None
    tuned = info.fine_tuning
    assert tuned is not None
    assert tuned.evaluation is not None
    assert tuned.finished is not None
    assert window.text("model") == "tiny 1.0.0, fine-tuned"
    accuracy, images = 100 * tuned.evaluation.accuracy, tuned.evaluation.images
    assert f"{accuracy:.1f} % of {images} validation images are right" in window.text("accuracy")
    assert f"3 classes: dots, plain, stripes; trained {tuned.finished:%Y-%m-%d %H:%M} UTC." in (
        window.text("about")
    )
    assert "flatters the figure" in window.text("about")


def test_an_image_is_shown_with_its_labels_time_json_and_command(
    window: Window, served: SimpleNamespace, photos: list[Path], predictor: LocalPredictor
) -> None:
    window.choose(photos[0])
    window.wait("status", "Answered in ")
    expected = predictor.predict(
        photos[0].read_bytes(), {"Accept": "application/json;verbose;unknown=true"}
    )
    answer, shown = json.loads(expected), json.loads(window.text("json"))
    assert window.text("json") == json.dumps(shown)
    # The endpoint runs whichever graph was faster when it started, and they round apart.
    near = {name: pytest.approx(answer.pop(name), abs=1e-5) for name in FLOATS}
    assert {name: shown.pop(name) for name in FLOATS} == near
    assert shown == answer
    assert window.text("best") == answer["predicted_label"] == "dots"
    rows = window.all_texts("#labels tr")
    assert len(rows) == 3
    assert rows[0].startswith("dots")
    assert rows[0].endswith("%")
    # Of three labels all are there already.
    assert not window.shown("every")
    assert f"'@{photos[0].name}' {served.url}/invocations" in window.text("curl")
    window.wait("name", photos[0].name)
    assert int(window.element("picture").get_property("naturalWidth")) > 1


def test_several_pictures_at_once_each_have_their_answer(
    window: Window, served: SimpleNamespace, photos: list[Path], predictor: LocalPredictor
) -> None:
    served.before.most_open = 0
    # A busy browser sends the next one after a while.
    served.before.together = 3
    window.choose(*photos[:4])
    window.drop([("notes.txt", b"plain words"), (photos[4].name, photos[4].read_bytes())])
    window.paste("pasted.png", photos[5].read_bytes())
    window.wait("told", "6 pictures answered, 1 refused.")
    at_once = window.browser.execute_script("return GIVEN.at_once")
    assert 1 < served.before.most_open <= at_once
    served.before.together = 0
    # The newest stand first, those that came together in their own order.
    names = ["pasted.png", "notes.txt", photos[4].name, *(path.name for path in photos[:4])]
    cards = window.cards()
    assert [card.splitlines()[0] for card in cards] == names
    for card, path in zip(cards[3:], photos[:4], strict=True):
        answer = json.loads(
            predictor.predict(path.read_bytes(), {"Accept": "application/json;verbose"})
        )
        assert f"{answer['predicted_label']} {100 * max(answer['probabilities']):.1f} %" in card
    assert "begin like text" in cards[1]
    assert len(window.browser.find_elements("css selector", ".card img")) == 6
    # What is clicked is looked at; the newest was.
    assert window.text("name") == "pasted.png"
    window.browser.find_elements("css selector", ".card")[1].click()
    assert window.text("name") == "notes.txt"
    assert "begin like text" in window.text("status")
    assert window.element("status").get_attribute("class") == "wrong"
    assert window.text("best") == ""
    # An answer that would be the same again is not asked for again.
    assert not window.shown("again")
    assert not window.shown("retry")


def test_the_table_is_the_one_that_predict_writes(
    window: Window, photos: list[Path], predictor: LocalPredictor, tmp_path: Path
) -> None:
    named = [("=1+1.png", photos[0].read_bytes()), ('a "b", c.jpg', photos[1].read_bytes())]
    window.drop(named)
    window.wait("told", "2 pictures answered.")
    rows = []
    for name, body in named:
        answer = json.loads(
            predictor.predict(body, {"Accept": "application/json;verbose;unknown=true"})
        )
        rows.append({"image": name, **answer})
    target = tmp_path / "predictions.csv"
    prediction_table.convert(iter(rows), target, ("dots", "plain", "stripes"), unknown=True)
    with target.open(newline="", encoding="utf-8") as stream:
        expected = list(csv.reader(stream))
    found = window.table()
    assert found[0] == expected[0]
    assert found[1][0] == "'=1+1.png"
    for ours, theirs in zip(found[1:], expected[1:], strict=True):
        assert ours[:2] == theirs[:2]
        assert [float(cell) for cell in (ours[2], *ours[4:7])] == pytest.approx(
            [float(cell) for cell in (theirs[2], *theirs[4:7])], abs=1e-5
        )
        assert ours[7] == theirs[7]
    # Saved, and not only made.
    window.browser.execute_cdp_cmd(
        "Page.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path / "saved")}
    )
    window.element("save-csv").click()
    window.element("save-lines").click()
    window.wait("told", "predictions.jsonl: 2 pictures.")
    saved = tmp_path / "saved" / "predictions.jsonl"
    until(saved.is_file)
    lines = [json.loads(line) for line in saved.read_text(encoding="utf-8").splitlines()]
    assert [line["image"] for line in lines] == ["=1+1.png", 'a "b", c.jpg']
    assert lines[0].keys() == rows[0].keys()


def until(true: Any) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_what_had_no_answer_can_be_tried_again(
    window: Window, served: SimpleNamespace, photos: list[Path]
) -> None:
    window.browser.execute_script("GIVEN.at_once = 1")
    busy = json.dumps({"title": "Service Unavailable", "description": "Too much; send it again."})
    served.before.answers += [
        (503, busy, 0),
        (429, "<html>slow down</html>", 0),
        (200, "<html>Please log in</html>", 0),
        (200, busy, 5),
    ]
    window.choose(*photos[:3])
    window.wait("told", "0 pictures answered, 3 refused.")
    sentences = window.all_texts(".card .said")
    assert sentences[0] == "Service Unavailable: Too much; send it again."
    assert sentences[1].startswith("429")
    assert "something in between" in sentences[1]
    assert "something in between" in sentences[2]
    window.browser.execute_script("GIVEN.seconds = 0.2")
    window.element("again").click()
    window.wait("status", "There was no answer in 0.2 seconds.")
    # The button has gone; the keyboard goes on from the result.
    assert window.browser.switch_to.active_element.get_attribute("id") == "result"
    window.browser.execute_script("GIVEN.seconds = 30")
    assert window.text("retry") == "Try 3 pictures again"
    window.element("retry").click()
    window.wait("told", "3 pictures answered.")
    assert not window.shown("retry")
    assert window.text("best") == "dots"


def test_a_session_holds_so_many_pictures_and_is_cleared(
    window: Window, photos: list[Path]
) -> None:
    window.browser.execute_script("GIVEN.pictures = 3")
    window.choose(*photos[:5])
    window.wait("told", "3 pictures answered. 2 pictures left out: 3 are taken at most")
    assert len(window.cards()) == 3
    window.element("clear").click()
    assert window.cards() == []
    assert not window.shown("session")
    assert window.text("status") == "No image yet."
    assert not window.shown("picture")
    assert window.browser.switch_to.active_element.get_attribute("id") == "file"
    window.choose(photos[0])
    window.wait("told", "1 picture answered.")


def test_cleared_while_it_asks_it_shows_nothing_of_before(
    window: Window, served: SimpleNamespace, photos: list[Path]
) -> None:
    served.before.answers += [(503, "{}", 0.3)] * 2
    window.choose(*photos[:3])
    window.element("clear").click()
    window.choose(photos[3])
    window.wait("told", "1 picture")
    assert len(window.cards()) == 1


def test_the_button_shows_where_the_model_looks_and_the_picture_again(
    window: Window, photos: list[Path]
) -> None:
    assert not window.shown("explain")
    window.choose(photos[0])
    window.wait("status", "Answered in ")
    before = window.element("picture").get_attribute("src")
    window.element("explain").click()
    window.wait("explained", "Red is what the answer dots hangs on.")
    heat = window.element("picture").get_attribute("src")
    assert heat != before
    window.element("explain").click()
    assert window.element("picture").get_attribute("src") == before
    assert window.text("explained") == ""
    # Another image begins anew, and this one keeps its heat map.
    window.choose(photos[1])
    window.wait("name", photos[1].name)
    assert window.text("explain") == "Show where the model looks"
    window.browser.find_elements("css selector", ".card")[1].click()
    window.element("explain").click()
    assert window.element("picture").get_attribute("src") == heat


def test_a_wrong_answer_is_corrected_and_kept_under_its_class(
    window: Window, served: SimpleNamespace, photos: list[Path]
) -> None:
    assert "collects pictures for training" in window.text("collects")
    assert not window.shown("correct")
    window.choose(*photos[:2])
    window.wait("told", "2 pictures answered.")
    assert "stores those that you keep" in window.text("keeps")
    assert window.element("right").accessible_name == "It is"
    assert window.element("right").get_property("value") == "dots"
    window.pick("right", "stripes")
    window.element("keep").click()
    window.wait("kept", "Kept as stripes.")
    [kept] = (served.folder / "stripes").iterdir()
    assert kept.read_bytes() == photos[0].read_bytes()
    assert kept.name.startswith(f"{photos[0].stem}-")
    assert window.cards()[0].splitlines()[-1] == "kept as stripes"
    # The other picture was not asked about, and of the first the last word counts.
    window.browser.find_elements("css selector", ".card")[1].click()
    assert window.text("kept") == ""
    window.browser.find_elements("css selector", ".card")[0].click()
    assert window.element("right").get_property("value") == "stripes"
    window.pick("right", "plain")
    window.element("keep").click()
    window.wait("kept", "Kept as plain, no longer as stripes.")
    assert [path.name for path in served.folder.iterdir() if path.is_dir()] == ["plain"]
    # What could not be answered cannot be kept.
    window.drop([("notes.txt", b"plain words")])
    window.wait("told", "2 pictures answered, 1 refused.")
    assert not window.shown("correct")


def test_a_picture_of_the_camera_is_answered_where_the_browser_gives_one(window: Window) -> None:
    assert not window.shown("no-camera")
    window.element("open-camera").click()
    until(lambda: window.browser.execute_script("return at('video').videoWidth") > 0)
    assert window.browser.switch_to.active_element.get_attribute("id") == "shoot"
    window.element("shoot").click()
    window.wait("told", "1 picture answered.")
    assert window.text("name") == "camera-1.jpg"
    window.element("close-camera").click()
    assert not window.shown("camera")
    assert window.browser.execute_script("return stream") is None
    assert window.browser.switch_to.active_element.get_attribute("id") == "open-camera"


def test_it_is_usable_by_keyboard_and_named_for_screen_readers(
    window: Window, photos: list[Path]
) -> None:
    from selenium.webdriver.common.keys import Keys

    window.browser.find_element("tag name", "body").send_keys(Keys.TAB)
    first = window.browser.switch_to.active_element
    assert first.get_attribute("id") == "file"
    assert "Drop JPEGs or PNGs here" in first.accessible_name
    result = window.element("result")
    assert result.get_attribute("aria-live") == "polite"
    assert result.accessible_name == "Result"
    window.choose(*photos[:2])
    window.wait("told", "2 pictures answered.")
    second = window.browser.find_elements("css selector", ".card")[1]
    second.send_keys(Keys.ENTER)
    assert second.get_attribute("aria-current") == "true"
    assert photos[1].name in second.accessible_name
    assert window.text("name") == photos[1].name


@pytest.mark.parametrize("width", [390, 1280])
def test_it_follows_the_dark_scheme_sticks_out_nowhere_and_asks_nobody_else(
    window: Window, served: SimpleNamespace, photos: list[Path], width: int
) -> None:
    window.choose(*photos[:2])
    window.wait("told", "2 pictures answered.")
    grounds = []
    for scheme in ("light", "dark"):
        chromium.look(window.browser, width, scheme)
        body = window.browser.find_element("tag name", "body")
        grounds.append(body.value_of_css_property("background-color"))
        assert chromium.sticks_out(window.browser) == []
    assert grounds == ["rgba(246, 247, 249, 1)", "rgba(15, 19, 24, 1)"]
    script = "return performance.getEntriesByType('resource').map((entry) => entry.name)"
    asked = window.browser.execute_script(script)
    assert all(name.startswith(("data:", "blob:", served.url)) for name in asked)
    severe = [
        line for line in window.browser.get_log("browser") if "Content Security" in line["message"]
    ]
    assert severe == []
