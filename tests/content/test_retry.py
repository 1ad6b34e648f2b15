"""Downloads are tried again, unless the host said no."""

import urllib.request
from collections.abc import Callable

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
            retry.until_done(url, lambda: fetch(url), remedies="Do this.")
        assert host.requests[path] == count


def test_a_missing_package_is_not_waited_for() -> None:
    def fetch() -> None:
        raise MissingExtraError("kagglehub", "kaggle")

    with pytest.raises(MissingExtraError):
        retry.until_done("x", fetch, remedies="")
