"""A line and a count for each answer, whatever becomes of it."""

import asyncio
import json
import logging
import re
from typing import Any

import pytest

from ic_tf_sdk._version import __version__
from ic_tf_sdk.contract.bearer_token import BearerTokens
from ic_tf_sdk.inference.endpoint import access_log
from ic_tf_sdk.inference.endpoint.access_log import AccessLog
from ic_tf_sdk.inference.endpoint.metrics import Metrics
from ic_tf_sdk.inference.endpoint.openapi import document

Counted = list[tuple[str, int, float]]
TOKEN = "a-token-that-nobody-shall-see"


def ask(*parts: dict[str, Any], path: str = "/ping", kind: str = "http", **scope: Any) -> Counted:
    """What is counted of one answer that consists of these messages."""
    counted: Counted = []
    sent: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for part in parts:
            await send(dict(part))
        if not parts:
            raise ZeroDivisionError

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError

    log = AccessLog(
        app,
        paths={"/ping"},
        on_answer=lambda *one: counted.append(one),
        model=lambda: {"model_id": "tiny", "model_version": "1.0.0"},
        hide=BearerTokens([TOKEN]).hidden,
    )
    whole = {"type": kind, "path": path, "method": "GET", "client": ("10.0.0.1", 7)}
    whole |= {"headers": [(b"x-request-id", b"one-7")], **scope}
    try:
        asyncio.run(log(whole, receive, send))
    finally:
        headers = [message.pop("headers", None) for message in sent]
        assert sent == list(parts)
        for message, found in zip(sent, headers, strict=True):
            if message["type"] == "http.response.start":
                assert dict(found) == {b"x-request-id": b"one-7", b"x-amzn-requestid": b"one-7"}
    return counted


START = {"type": "http.response.start", "status": 201}
BODY = {"type": "http.response.body", "body": b"abc"}


def test_an_answer_is_a_line_with_all_its_bytes(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="ic_tf_sdk.access")
    [(path, status, seconds)] = ask(START, BODY, BODY)
    assert (path, status) == ("/ping", 201)
    assert 0 <= seconds < 5
    [line] = caplog.messages
    said = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", said.pop("time"))
    milliseconds = said.pop("milliseconds")
    assert milliseconds == round(1000 * seconds, 2)
    assert said == {
        "client": "10.0.0.1", "method": "GET", "path": "/ping", "status": 201, "bytes": 6,
        "model_id": "tiny", "model_version": "1.0.0", "request_id": "one-7",
    }  # fmt: skip


def test_the_time_is_told_in_milliseconds(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO, logger="ic_tf_sdk.access")
    seconds = iter([10.0, 11.234567])
    monkeypatch.setattr(access_log.time, "perf_counter", lambda: next(seconds))
    [(_, _, took)] = ask(START)
    assert took == pytest.approx(1.234567)
    assert json.loads(caplog.messages[0])["milliseconds"] == 1234.57


def test_another_path_is_counted_as_other_and_logged_as_it_is(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, logger="ic_tf_sdk.access")
    [(path, _, _)] = ask(START, path="/a\nb", client=None)
    assert path == "other"
    assert "\n" not in caplog.messages[0]
    said = json.loads(caplog.messages[0])
    assert (said["path"], said["client"], said["bytes"]) == ("/a\nb", "-", 0)


def test_what_is_too_long_is_cut_and_leaves_no_part_of_a_token(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, logger="ic_tf_sdk.access")
    # As a proxy header says who asks, which a client can write.
    ask(START, path="/" + "x" * 490 + TOKEN, client=("y" * 9000, 0))
    said = json.loads(caplog.messages[0])
    assert said["path"] == "/" + "x" * 490 + "[token]"
    assert said["client"] == "y" * 500
    assert TOKEN[:5] not in caplog.text


def test_what_broke_is_a_500(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="ic_tf_sdk.access")
    with pytest.raises(ZeroDivisionError):
        ask()
    assert json.loads(caplog.messages[0])["status"] == 500


def test_quiet_it_counts_and_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="ic_tf_sdk.access")
    assert len(ask(START)) == 1
    assert caplog.messages == []


def test_what_is_no_request_passes(caplog: pytest.LogCaptureFixture) -> None:
    assert ask({"type": "lifespan.startup.complete"}, kind="lifespan") == []


def test_the_counters_are_in_prometheus_text() -> None:
    metrics = Metrics()
    metrics.request("/ping", 200, 0.003)
    metrics.request("/ping", 200, 7.0)
    metrics.batch(3)
    lines = metrics.text().decode().splitlines()
    assert 'ic_tf_requests_total{path="/ping",status="200"} 2.0' in lines
    bounds = ["0.002", "0.005", "0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1.0", "2.0", "5.0"]
    counts = [0, *[1] * 10]
    for bound, count in zip(bounds, counts, strict=True):
        assert f'ic_tf_request_seconds_bucket{{le="{bound}"}} {count}.0' in lines
    assert 'ic_tf_request_seconds_bucket{le="+Inf"} 2.0' in lines
    for bound, count in (("1.0", 0), ("2.0", 0), ("4.0", 1), ("8.0", 1)):
        assert f'ic_tf_batch_images_bucket{{le="{bound}"}} {count}.0' in lines
    # Of each endpoint its own.
    assert "ic_tf_requests_total{" not in Metrics().text().decode()


def test_the_process_its_model_and_whether_it_is_ready_are_in_it() -> None:
    ready = [False]
    metrics = Metrics(lambda: ready[0])
    before = _values(metrics)
    assert before["ic_tf_ready"] == 0
    assert before["process_resident_memory_bytes"] > 1e7
    assert before["process_cpu_seconds_total"] > 0
    assert before["process_open_fds"] >= 1
    assert before[f'ic_tf_sdk_info{{version="{__version__}"}}'] == 1
    ready[0] = True
    metrics.model({"model_id": 'a"b\nc', "model_version": None})
    assert _values(metrics)["ic_tf_ready"] == 1
    assert r'ic_tf_model_info{model_id="a\"b\nc",model_version=""}' in _values(metrics)


def _values(metrics: Metrics) -> dict[str, float]:
    lines = [line for line in metrics.text().decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_the_description_says_where_a_token_is_asked_for() -> None:
    plain, asking = document(), document(asks_token=True)
    assert "security" not in plain
    [scheme] = asking["components"]["securitySchemes"].values()
    assert scheme == {"type": "http", "scheme": "bearer"}
    assert asking["security"] == [{"token": []}]
    for path, methods in asking["paths"].items():
        [described] = methods.values()
        assert (described.get("security") == []) == (path in {"/ping", "/live"})


def test_the_description_has_what_is_answered_and_no_more() -> None:
    plain, more = document(), document(explains=True)
    assert set(more["paths"]) - set(plain["paths"]) == {"/explanations"}
    asked = plain["paths"]["/invocations"]["post"]
    assert asked["requestBody"]["required"] is True
    body = asked["requestBody"]["content"]["application/json"]["schema"]
    instances = body["properties"]["instances"]
    assert (instances["minItems"], instances["maxItems"]) == (1, 1)
    assert set(asked["requestBody"]["content"]) >= {"image/jpeg", "image/png", "application/json"}
    assert set(asked["responses"]["200"]["content"]) == {
        "application/json", "application/jsonlines", "text/csv",
    }  # fmt: skip
    [answer] = [asked["responses"]["200"]["content"]["application/json"]["schema"]]
    numbers = answer["properties"]["probabilities"]["items"]
    assert (numbers["minimum"], numbers["maximum"]) == (0, 1)
