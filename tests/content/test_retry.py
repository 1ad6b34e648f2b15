"""Downloads are tried again, unless the host said no."""

import gc
import urllib.error
import urllib.request
import weakref
from collections.abc import Callable
from http.client import HTTPException
from typing import Any

import pytest
import requests

from ic_tf_sdk.content import retry
from ic_tf_sdk.errors import DownloadError, MissingExtraError
from tests.content.hub_server import BAD_DAY, serving


def by_urllib(url: str) -> None:
    """As tensorflow_hub does."""
    with urllib.request.urlopen(url, timeout=30) as answer:
        answer.read()


def by_requests(url: str) -> None:
    """As kagglehub does."""
    requests.get(url, timeout=30).raise_for_status()


@pytest.mark.parametrize("fetch", [by_urllib, by_requests])
@pytest.mark.parametrize(("day", "count"), [("forbidden", 1), ("broken", 3), ("cut", 3)])
def test_a_refusal_is_asked_once_and_an_illness_three_times(
    fetch: Callable[[str], None], day: str, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "PAUSE_SECONDS", 0.01)
    with serving(b"some content") as host:
        path = f"/{day}/file"
        host.files[path] = BAD_DAY
        url = host.url_of(path)
        with pytest.raises(DownloadError, match=r"cannot be downloaded: .* Do this\."):
            retry.call(url, lambda: fetch(url), remedies="Do this.")
        assert host.requests[path] == count


def test_a_missing_package_is_not_waited_for() -> None:
    def fetch() -> None:
        raise MissingExtraError("kagglehub", "kaggle")

    with pytest.raises(MissingExtraError):
        retry.call("x", fetch, remedies="")


def test_the_pauses_are_two_and_four_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", pauses.append)

    def fetch() -> None:
        raise ConnectionResetError("gone")

    with pytest.raises(DownloadError, match="x cannot be downloaded: gone"):
        retry.call("x", fetch, remedies="")
    assert pauses == [2, 4]


def test_a_mistake_of_the_program_is_no_broken_download() -> None:
    with pytest.raises(AttributeError):
        retry.call("x", lambda: None.nothing, remedies="")  # type: ignore[attr-defined]


@pytest.mark.parametrize("day", ["forbidden", "broken", "cut"])
def test_a_failed_download_holds_no_connection(day: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a collection of garbage, which would warn of a socket that is still open."""
    monkeypatch.setattr(retry, "PAUSE_SECONDS", 0.01)
    with serving(b"some content") as host:
        host.files[f"/{day}/file"] = BAD_DAY
        answers: list[weakref.ref[Any]] = []

        def fetch() -> None:
            try:
                answer = urllib.request.urlopen(host.url_of(f"/{day}/file"), timeout=30)
            except urllib.error.HTTPError as error:
                answers.append(weakref.ref(error))
                raise
            answers.append(weakref.ref(answer))
            try:
                answer.read()
            except HTTPException:
                # As tensorflow_hub does: the error that it stands for holds the answer.
                raise OSError("cut off")  # noqa: B904

        gc.collect()
        gc.disable()
        try:
            with pytest.raises(DownloadError):
                retry.call("x", fetch, remedies="")
            assert [answer() for answer in answers if answer() is not None] == []
        finally:
            gc.enable()


def of_urllib(code: int) -> Exception:
    from email.message import Message

    return urllib.error.HTTPError("http://x", code, "said so", Message(), None)


def of_requests(code: int) -> Exception:
    response = requests.Response()
    response.status_code = code
    return requests.HTTPError("said so", response=response)


@pytest.mark.parametrize("refusal", [of_urllib, of_requests])
@pytest.mark.parametrize(
    ("code", "count"),
    [(400, 1), (401, 1), (403, 1), (404, 1), (410, 1), (408, 3), (429, 3), (500, 3), (503, 3)],
)
def test_what_will_not_change_is_asked_once(
    refusal: Callable[[int], Exception],
    code: int,
    count: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retry, "PAUSE_SECONDS", 0.001)
    asked: list[int] = []

    def fetch() -> None:
        asked.append(code)
        raise refusal(code)

    with pytest.raises(DownloadError):
        retry.call("x", fetch, remedies="")
    assert len(asked) == count


def test_what_comes_at_a_later_attempt_is_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "PAUSE_SECONDS", 0.001)
    days: list[Any] = [EOFError("half a file"), ValueError("half a number"), "content"]

    def fetch() -> str:
        day = days.pop(0)
        if isinstance(day, Exception):
            raise day
        return str(day)

    assert retry.call("x", fetch, remedies="") == "content"
    assert days == []
