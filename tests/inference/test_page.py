"""The page, in headless Chromium: an image gets its label, a text file its reason."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ic_tf_sdk.backbones import imagenet
from ic_tf_sdk.inference.endpoint.app import Endpoint
from ic_tf_sdk.inference.predictor import LocalPredictor
from tests.inference.servers import running, until_loaded

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")

pytestmark = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="needs Debian's chromium and chromium-driver packages"
)

# A drop as the browser would make it, of a file that the test names.
DROP = """
const [name, type, base64] = arguments;
const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
const data = new DataTransfer();
data.items.add(new File([bytes], name, {type}));
document.getElementById("drop").dispatchEvent(
  new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
"""


@pytest.fixture(scope="module")
def url(model_tar_gz: Path) -> Iterator[str]:
    with running(Endpoint(model_tar_gz, explain=True).app) as address:
        until_loaded(address)
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator["object"]:
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"):
        options.add_argument(flag)
    options.add_argument("--window-size=1100,900")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(executable_path=DRIVER)
    driver = webdriver.Chrome(options=options, service=service)
    yield driver
    driver.quit()


def text_of(browser: object, name: str) -> str:
    return browser.find_element("id", name).text


def wait_for(browser: object, name: str, word: str) -> None:
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(browser, 30).until(lambda _: word in text_of(browser, name))


def choose(browser: object, path: Path) -> None:
    browser.find_element("id", "file").send_keys(str(path))


def test_an_image_is_shown_with_its_labels_time_json_and_command(
    browser: object, url: str, photos: list[Path], model_tar_gz: Path
) -> None:
    browser.get(url)
    choose(browser, photos[0])
    wait_for(browser, "status", "Answered in ")
    expected = LocalPredictor(model_tar_gz).predict(
        photos[0].read_bytes(), {"Accept": "application/json;verbose;unknown=true"}
    )
    answer = json.loads(expected)
    assert text_of(browser, "json") == expected.decode()
    assert text_of(browser, "best") == answer["predicted_label"] == "dots"
    rows = [row.text for row in browser.find_elements("css selector", "#labels tr")]
    assert len(rows) == 3
    assert rows[0].startswith("dots")
    assert rows[0].endswith("%")
    assert f"'@{photos[0].name}' {url}/invocations" in text_of(browser, "curl")
    shown = browser.find_element("id", "picture")
    assert shown.is_displayed()
    assert int(shown.get_property("naturalWidth")) > 1


def test_of_a_thousand_classes_the_five_best_are_named(browser: object, photos: list[Path]) -> None:
    model = imagenet.converted("tensorflow-ic-efficientnet-lite0-classification-2", "inference")
    with running(Endpoint(model).app) as address:
        until_loaded(address)
        browser.get(address)
        choose(browser, photos[0])
        wait_for(browser, "status", "Answered in ")
        rows = [row.text for row in browser.find_elements("css selector", "#labels tr")]
        assert len(rows) == 5
        assert rows[0].startswith(text_of(browser, "best"))
        assert text_of(browser, "more") == "and 995 other labels"


def test_a_dropped_text_file_is_told_its_reason(browser: object, url: str) -> None:
    import base64

    browser.get(url)
    text = base64.b64encode(b"plain words").decode()
    browser.execute_script(DROP, "notes.txt", "text/plain", text)
    wait_for(browser, "status", "begin like text")
    assert "wrong" in browser.find_element("id", "status").get_attribute("class")
    assert text_of(browser, "best") == ""


def test_a_label_with_markup_is_text(browser: object, url: str, tmp_path: Path) -> None:
    browser.get(url)
    path = tmp_path / "<b>'x'.txt"
    path.write_text("no image")
    choose(browser, path)
    wait_for(browser, "status", "begin like text")
    assert "<b>'\\''x'\\''.txt" in text_of(browser, "curl")


def test_it_is_usable_by_keyboard_and_named_for_screen_readers(browser: object, url: str) -> None:
    browser.get(url)
    from selenium.webdriver.common.keys import Keys

    browser.find_element("tag name", "body").send_keys(Keys.TAB)
    first = browser.switch_to.active_element
    assert first.get_attribute("id") == "file"
    assert "Drop a JPEG or PNG here" in first.accessible_name
    result = browser.find_element("id", "result")
    assert result.get_attribute("aria-live") == "polite"
    assert result.accessible_name == "Result"


def test_it_follows_the_dark_scheme_and_asks_nobody_else(browser: object, url: str) -> None:
    browser.get(url)
    grounds = []
    for scheme in ("light", "dark"):
        feature = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", feature)
        body = browser.find_element("tag name", "body")
        grounds.append(body.value_of_css_property("background-color"))
    assert grounds == ["rgba(246, 247, 249, 1)", "rgba(15, 19, 24, 1)"]
    script = "return performance.getEntriesByType('resource').map((entry) => entry.name)"
    assert all(name.startswith(("data:", "blob:", url)) for name in browser.execute_script(script))
    severe = [line for line in browser.get_log("browser") if "Content Security" in line["message"]]
    assert severe == []


def test_the_button_shows_where_the_model_looks(
    browser: object, url: str, photos: list[Path]
) -> None:
    browser.get(url)
    button = browser.find_element("id", "explain")
    assert not button.is_displayed()
    choose(browser, photos[0])
    wait_for(browser, "status", "Answered in ")
    before = browser.find_element("id", "picture").get_attribute("src")
    button.click()
    wait_for(browser, "explained", "Red is what the answer ")
    assert browser.find_element("id", "picture").get_attribute("src") != before
    assert not button.is_displayed()
    # Another image begins anew.
    choose(browser, photos[1])
    wait_for(browser, "hint", photos[1].name)
    assert text_of(browser, "explained") == ""
