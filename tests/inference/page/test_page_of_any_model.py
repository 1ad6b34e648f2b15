"""The page of models of every size and of any names, at every width; over plain http, too."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ic_tf_sdk import embedded
from ic_tf_sdk.contract.plain_text import visible
from ic_tf_sdk.inference.endpoint.app import Endpoint
from ic_tf_sdk.inference.endpoint.callers import AllowedHosts
from tests import chromium
from tests.conftest import draw_dataset
from tests.inference.conftest import train
from tests.inference.page.relabelled import ODD, relabelled
from tests.inference.page.window import Window
from tests.inference.servers import running, until_loaded
from tests.training.results.report.runs import names

pytestmark = [chromium.needs_chromium, pytest.mark.slow]

PHONE, DESKTOP = 390, 1280
ELSEWHERE = "laptop.example"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium.started(f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1") as driver:
        yield driver


@contextmanager
def page_of(browser: Any, model: Path, **given: Any) -> Iterator[Window]:
    with running(Endpoint(model, explain=True, **given).app) as url:
        until_loaded(url)
        window = Window(browser, url)
        window.wait("about", "classes: ")
        yield window


def of_classes(folder: Path, backbone: Path, labels: tuple[str, ...]) -> Path:
    """A job's model of drawn pictures; how good it is does not matter."""
    draw_dataset(folder / "images", count=4, labels=labels)
    return train(folder, backbone, folder / "images", epochs=2)


@pytest.mark.parametrize("count", [2, 5, 40])
def test_no_size_sticks_out_or_cannot_be_read(
    browser: Any, tiny_archive: Path, tmp_path: Path, photos: list[Path], count: int
) -> None:
    labels = names(count)
    with page_of(browser, of_classes(tmp_path, tiny_archive, labels)) as window:
        window.choose(*photos[:6])
        window.drop([("a name that goes on and on " * 8 + ".jpg", b"no picture")])
        window.wait("told", "6 pictures answered, 1 refused.")
        browser.find_elements("css selector", ".card")[1].click()
        assert window.shown("every") == (count > 5)
        if count > 5:
            window.element("every-title").click()
            assert len(window.all_texts("#every-label tr")) == count
        for width in (PHONE, DESKTOP):
            for scheme in ("light", "dark"):
                chromium.look(browser, width, scheme)
                assert chromium.sticks_out(browser) == [], (width, scheme)
                assert chromium.violations(browser) == [], (width, scheme)


def test_names_of_anything_are_shown_and_run_nothing(
    browser: Any, fine_tuned: Path, tmp_path: Path, photos: list[Path]
) -> None:
    model = relabelled(fine_tuned, tmp_path / "odd", ODD)
    chromium.look(browser, PHONE, "light")
    with page_of(browser, model) as window:
        browser.get_log("browser")
        window.drop([(f"{label}.png", photos[0].read_bytes()) for label in ODD])
        window.wait("told", "3 pictures answered.")
        assert window.text("model") == f"{ODD[0]} 1.0.0, fine-tuned"
        seen = [visible(label).strip() for label in ODD]
        shown = {text.rpartition("\n")[0] or text for text in window.all_texts("#labels th")}
        assert shown == set(seen)
        assert window.text("best") in seen
        assert "\u202e" not in browser.find_element("tag name", "body").text
        # Neither an element nor an error comes of it.
        assert not browser.find_elements("css selector", "main img[src=x], main b")
        assert browser.get_log("browser") == []
        assert chromium.sticks_out(browser) == []
        assert chromium.violations(browser) == []
        rows = window.table()
        assert rows[1][0] == f"{ODD[0]}.png"
        assert rows[2][0] == f"'{ODD[1]}.png"
        assert rows[3][0] == f"'{ODD[2]}.png"
        assert rows[0][4:7] == [f"probability of {label}" for label in ODD]
        assert {row[1] for row in rows[1:]} <= {ODD[0], f"'{ODD[1]}", f"'{ODD[2]}"}


def test_all_labels_of_many_are_searched(browser: Any, photos: list[Path]) -> None:
    chromium.look(browser, DESKTOP, "light")
    with page_of(browser, embedded.archive_path(embedded.MODEL_IDS[0], "inference")) as window:
        assert window.text("model").endswith(", as it was published")
        assert "240 classes: " in window.text("about")
        assert "and 235 others; not trained further." in window.text("about")
        assert "How often it is right is not recorded." in window.text("about")
        window.element("every-title").click()
        # Before there is an answer the names alone; no more rows than can be looked through.
        assert "240 of 240 labels; the first 200 are shown" in window.text("found")
        assert len(window.all_texts("#every-label tr")) == 200
        window.choose(photos[0])
        window.wait("status", "Answered in ")
        rows = window.all_texts("#labels tr")
        assert len(rows) == 5
        assert rows[0].startswith(window.text("best"))
        assert window.text("more") == "and 235 other labels"
        window.element("search").send_keys("FLÀME")
        found = window.all_texts("#every-label tr")
        assert window.text("found") == f"{len(found)} of 240 labels"
        assert found
        assert all("flame" in row and row.endswith("%") for row in found)
        shares = [float(row.split()[-2]) for row in found]
        assert shares == sorted(shares, reverse=True)
        window.element("search").send_keys(" nowhere")
        assert window.text("found") == "0 of 240 labels"


def test_over_plain_http_a_phone_has_its_camera_app_and_the_page_says_what_is_not_possible(
    browser: Any, fine_tuned: Path
) -> None:
    endpoint = Endpoint(fine_tuned, hosts=AllowedHosts([ELSEWHERE]))
    with running(endpoint.app) as url:
        until_loaded(url)
        elsewhere = url.replace("127.0.0.1", ELSEWHERE)
        chromium.look(browser, PHONE, "light", touch=True)
        window = Window(browser, elsewhere)
        window.wait("model", "tiny")
        assert window.shown("snap")
        assert not window.shown("open-camera")
        assert "needs https, or a browser on the machine that serves it" in window.text("no-camera")
        assert "opens the camera app all the same" in window.text("no-camera")
        assert window.element("capture").get_attribute("capture") == "environment"
        assert not window.shown("explain")
        chromium.look(browser, DESKTOP, "light")
        window = Window(browser, elsewhere)
        assert not window.shown("snap")
        assert window.shown("no-camera")
        assert "camera app" not in window.text("no-camera")


def test_a_model_that_is_still_being_loaded_is_waited_for(
    browser: Any, fine_tuned: Path, photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    go_on = threading.Event()
    loaded = Endpoint._loaded

    def late(endpoint: Endpoint) -> Any:
        assert go_on.wait(60)
        return loaded(endpoint)

    monkeypatch.setattr(Endpoint, "_loaded", late)
    chromium.look(browser, DESKTOP, "light")
    with running(Endpoint(fine_tuned).app) as url:
        window = Window(browser, url)
        window.wait("about", "The model is being loaded.")
        # Not refused: it waits, too.
        window.choose(photos[0])
        go_on.set()
        window.wait("told", "1 picture answered.")
        assert window.text("model") == "tiny 1.0.0, fine-tuned"


def test_a_server_that_has_gone_is_told_for_each_picture(
    browser: Any, fine_tuned: Path, photos: list[Path]
) -> None:
    with page_of(browser, fine_tuned) as window:
        pass
    window.choose(*photos[:2])
    window.wait("told", "0 pictures answered, 2 refused.")
    assert window.text("status").startswith("The endpoint cannot be reached: ")
    assert window.text("retry") == "Try 2 pictures again"
