"""With a token all but the page and the probes need it; a probe says what is true at any time."""

import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import PlainTextResponse

from ic_tf_sdk import settings
from ic_tf_sdk.contract.bearer_token import BearerTokens
from ic_tf_sdk.errors import ArchiveError
from ic_tf_sdk.inference.endpoint import app
from ic_tf_sdk.inference.endpoint.app import Endpoint
from ic_tf_sdk.inference.endpoint.authentication import Authentication
from ic_tf_sdk.inference.endpoint.logs import JsonLines
from tests.inference.servers import running, until_loaded
from tests.inference.test_callers import ask

TOKEN = "a-token-that-nobody-shall-see"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
OPEN = {"/", "/ping", "/live"}
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def endpoint(model_tar_gz: Path) -> Iterator[tuple[Endpoint, str]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "endpoint_token", TOKEN)
        made = Endpoint(model_tar_gz, explain=True)
    with running(made.app) as url:
        until_loaded(url)
        yield made, url


@pytest.fixture
def url(endpoint: tuple[Endpoint, str]) -> str:
    return endpoint[1]


def until(found: Callable[[], Any]) -> Any:
    """What is there a moment after the answer: a line of the log is written behind it."""
    end = time.monotonic() + 30
    while not (value := found()) and time.monotonic() < end:
        time.sleep(0.01)
    return value


def paths(endpoint: Endpoint) -> set[str]:
    return {route.path for route in endpoint.app.routes}  # type: ignore[attr-defined]


def test_all_but_the_page_and_the_probes_need_it(endpoint: tuple[Endpoint, str]) -> None:
    made, url = endpoint
    assert paths(made) > OPEN
    for path in (*paths(made), "/other", "/ping/", "//ping", "/PING", "/ping%2f..%2fmodel"):
        for method in ("GET", "POST", "HEAD", "OPTIONS"):
            status, text, headers = ask(url, method, path)
            if path in OPEN:
                assert status in {200, 405}, (method, path)
                continue
            assert status == 401, (method, path)
            assert headers["WWW-Authenticate"] == 'Bearer realm="ic-tf serve"'
            if method != "HEAD":
                assert json.loads(text)["title"] == "Unauthorized"
                assert "Authorization: Bearer TOKEN" in text


def test_the_guide_says_of_every_path_whether_it_needs_it(endpoint: tuple[Endpoint, str]) -> None:
    guide = (ROOT / "docs" / "guides" / "service.md").read_text(encoding="utf-8")
    rows = [line for line in guide.splitlines() if line.startswith("| `/")]
    told = {path: "401" in row for row in rows for path in re.findall(r"`(/[\w.]*)`", row)}
    assert told == {path: path not in OPEN for path in paths(endpoint[0])}


def test_with_it_everything_is_as_without_any(
    endpoint: tuple[Endpoint, str], photos: list[Path]
) -> None:
    made, url = endpoint
    for path in paths(made) - {"/invocations", "/explanations", "/corrections"}:
        assert ask(url, "GET", path, **BEARER)[0] == 200
    assert ask(url, "GET", "/other", **BEARER)[0] == 404
    image = photos[0].read_bytes()
    assert ask(url, body=image, Content_Type="image/png", **BEARER)[0] == 200
    described = json.loads(ask(url, "GET", "/openapi.json", **BEARER)[1])
    assert described["security"] == [{"token": []}]


@pytest.mark.parametrize("value", [f"Bearer {TOKEN}x", "Bearer x", f"Basic {TOKEN}", "Bearer", ""])
def test_another_one_is_told_so_and_never_repeated(url: str, value: str) -> None:
    status, text, headers = ask(url, Authorization=value)
    assert status == 401
    assert headers["WWW-Authenticate"] == 'Bearer realm="ic-tf serve", error="invalid_token"'
    assert "That is not the token" in text
    assert TOKEN not in text + str(headers)


def test_a_token_in_the_address_is_none(url: str) -> None:
    for path in (f"/model?token={TOKEN}", f"/model?access_token={TOKEN}"):
        assert ask(url, "GET", path)[0] == 401


def test_nothing_of_it_is_in_the_log_the_metrics_or_an_answer(
    url: str, caplog: pytest.LogCaptureFixture, photos: list[Path]
) -> None:
    caplog.set_level(logging.INFO)
    image = photos[0].read_bytes()
    named = {"X_Request_Id": "of-this-test"}
    answers = [
        ask(url, body=image, Content_Type="image/png", **BEARER, **named),
        ask(url, body=b"none", Content_Type="image/png", **BEARER, **named),
        ask(url, Authorization=f"Bearer {TOKEN}x", **named),
        ask(url, "GET", "/", **BEARER, **named),
        ask(url, "GET", "/metrics", **BEARER, **named),
    ]

    def lines() -> list[dict[str, Any]]:
        said = [json.loads(line) for line in caplog.messages if line.startswith("{")]
        # The line of an earlier test's request may still come.
        return [line for line in said if line["request_id"] == "of-this-test"]

    assert until(lambda: len(lines()) == 5)
    assert sorted(line["status"] for line in lines()) == [200, 200, 200, 400, 401]
    for text in (caplog.text, *(f"{text}{headers}" for _, text, headers in answers)):
        assert TOKEN not in text


def test_without_a_token_nobody_is_asked_for_one() -> None:
    fine = Authentication(PlainTextResponse("fine"), tokens=BearerTokens(), open_paths=())
    with running(fine) as url:
        assert ask(url, "GET", "/model")[0] == 200
        assert ask(url, "GET", "/model", Authorization="Bearer anything")[0] == 200


def test_probes_say_whether_it_lives_and_whether_it_is_to_be_asked(
    endpoint: tuple[Endpoint, str], model_tar_gz: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_load, failed = threading.Event(), threading.Event()

    def slow(*_: Any, **__: Any) -> Any:
        assert may_load.wait(60)
        return endpoint[0]._model

    monkeypatch.setattr(app, "opened", slow)
    stopping: list[bool] = []
    made = Endpoint(model_tar_gz, graph="exact")
    made.is_stopping = lambda: bool(stopping)

    def probes(url: str) -> tuple[int, int]:
        return ask(url, "GET", "/live")[0], ask(url, "GET", "/ping")[0]

    with running(made.app) as url:
        assert probes(url) == (200, 503)
        may_load.set()
        until_loaded(url)
        assert probes(url) == (200, 200)
        assert "\nic_tf_ready 1.0\n" in ask(url, "GET", "/metrics")[1]
        stopping.append(True)
        assert probes(url) == (200, 503)
        assert "the endpoint ends" in ask(url, "GET", "/ping")[1]
        assert "\nic_tf_ready 0.0\n" in ask(url, "GET", "/metrics")[1]

    def broken(*_: Any, **__: Any) -> Any:
        raise ArchiveError("It is damaged.")

    monkeypatch.setattr(app, "opened", broken)
    with running(Endpoint(model_tar_gz, on_failure=failed.set).app) as url:
        assert failed.wait(60)
        assert probes(url) == (200, 503)


def test_an_id_comes_back_with_every_answer_and_stands_in_its_line(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for path, status in (("/ping", 200), ("/model", 401), ("/other", 401)):
        caplog.clear()
        headers = ask(url, "GET", path, X_Request_Id="one-7")[2]
        assert headers.get_all("X-Request-Id") == ["one-7"]
        assert headers.get_all("X-Amzn-RequestId") == ["one-7"]
        [said] = until(lambda: caplog.messages)
        line = json.loads(said)
        assert (line["request_id"], line["status"]) == ("one-7", status)
        assert (line["model_id"], line["model_version"]) == ("tiny", "1.0.0")
    caplog.clear()
    assert ask(url, "GET", "/ping", Host="evil.example", X_Request_Id="one-8")[0] == 403
    [said] = until(lambda: caplog.messages)
    assert json.loads(said)["request_id"] == "one-8"


def test_a_failure_names_the_request_in_its_answer_and_its_traceback(
    url: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError(f"of {TOKEN}")

    monkeypatch.setattr(app, "model_facts", broken)
    lines: list[str] = []
    handler = logging.Handler()
    handler.setFormatter(JsonLines(BearerTokens([TOKEN])))
    handler.emit = lambda record: lines.append(handler.format(record))  # type: ignore[method-assign]
    logging.getLogger("uvicorn.error").addHandler(handler)
    try:
        status, text, headers = ask(url, "GET", "/model", X_Request_Id="one-9", **BEARER)
        until(lambda: any("traceback" in line for line in lines))
    finally:
        logging.getLogger("uvicorn.error").removeHandler(handler)
    assert status == 500
    assert "of the request one-9" in json.loads(text)["description"]
    assert headers["X-Request-Id"] == "one-9"
    assert TOKEN not in text
    [line] = [json.loads(line) for line in lines if "traceback" in line]
    assert line["request_id"] == "one-9"
    assert "ZeroDivisionError: of [token]" in line["traceback"]
