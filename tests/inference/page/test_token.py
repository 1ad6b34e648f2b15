"""The page of an endpoint that asks for a token, in headless Chromium."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ic_tf_sdk import settings
from ic_tf_sdk.inference.endpoint.app import Endpoint
from tests import chromium
from tests.inference.page.window import Window
from tests.inference.servers import running, until_loaded

pytestmark = chromium.needs_chromium

TOKEN = "a-token-that-nobody-shall-see"


@pytest.fixture(scope="module")
def url(model_tar_gz: Path) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "endpoint_token", TOKEN)
        made = Endpoint(model_tar_gz)
    with running(made.app) as address:
        until_loaded(address)
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium.started() as driver:
        yield driver


def give(window: Window, token: str) -> None:
    window.element("token").send_keys(token)
    window.element("token").submit()


def test_the_page_asks_for_the_token_and_keeps_it_in_the_tab(
    browser: Any, url: str, photos: list[Path]
) -> None:
    chromium.look(browser, 1280, "light")
    window = Window(browser, url)
    window.wait("token-said", "This endpoint asks for a token.")
    # A picture that is given before waits for it.
    window.choose(photos[0])
    for wrong in ("another-token-of-nobody", "no token", "ü"):
        give(window, wrong)
        window.wait("token-said", "That is not the token.")
        window.element("token").clear()
    give(window, f" {TOKEN} ")
    window.wait("model", "tiny 1.0.0")
    window.wait("status", "Answered in ")
    assert not window.shown("token-form")
    assert "$IC_TF_SDK_ENDPOINT_TOKEN" in window.text("curl")
    shown = browser.execute_script("return document.documentElement.outerHTML")
    assert TOKEN not in shown
    assert TOKEN not in browser.current_url
    # Loaded anew in the same tab; in another one it is asked for again.
    again = Window(browser, url)
    again.wait("model", "tiny 1.0.0")
    assert not again.shown("token-form")
    assert browser.execute_script("return [localStorage.length, document.cookie]") == [0, ""]
    first = browser.current_window_handle
    browser.switch_to.new_window("tab")
    other = Window(browser, url)
    other.wait("token-said", "This endpoint asks for a token.")
    browser.close()
    browser.switch_to.window(first)


@pytest.mark.slow
def test_a_token_that_is_not_taken_any_more_is_asked_for_and_the_picture_then_answered(
    browser: Any, url: str, photos: list[Path]
) -> None:
    window = Window(browser, url)
    browser.execute_script("sessionStorage.clear()")
    window = Window(browser, url)
    window.wait("token-said", "asks for a token")
    give(window, TOKEN)
    window.wait("model", "tiny 1.0.0")
    browser.execute_script("keepToken('of-yesterday-of-yesterday')")
    window.choose(*photos[:3])
    window.wait("token-said", "That is not the token.")
    give(window, TOKEN)
    window.wait("status", "Answered in ")
    assert len(window.cards()) == 3


@pytest.mark.slow
def test_an_endpoint_without_one_shows_no_form(browser: Any, model_tar_gz: Path) -> None:
    with running(Endpoint(model_tar_gz).app) as address:
        until_loaded(address)
        window = Window(browser, address)
        window.wait("model", "tiny 1.0.0")
        assert not window.shown("token-form")
        assert "Authorization" not in window.text("curl")


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_question_is_readable_and_fits(browser: Any, url: str, width: int, scheme: str) -> None:
    chromium.look(browser, width, scheme)
    Window(browser, url)
    browser.execute_script("sessionStorage.clear()")
    window = Window(browser, url)
    window.wait("token-said", "asks for a token")
    give(window, "another-token-of-nobody")
    window.wait("token-said", "That is not the token.")
    assert chromium.violations(browser) == []
    assert chromium.sticks_out(browser) == []
