"""A line and a count for each answer, whatever becomes of it."""

import asyncio
import json
import logging
import re
from typing import Any

import pytest

from ic_tf_sdk.inference.endpoint.access_log import AccessLog
from ic_tf_sdk.inference.endpoint.metrics import Metrics
from ic_tf_sdk.inference.endpoint.openapi import document

Counted = list[tuple[str, int, float]]


def ask(*parts: dict[str, Any], path: str = "/ping", kind: str = "http", **scope: Any) -> Counted:
    """What is counted of one answer that consists of these messages."""
    counted: Counted = []
    sent: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for part in parts:
            await send(part)
        if not parts:
            raise ZeroDivisionError

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError

    log = AccessLog(app, paths={"/ping"}, on_answer=lambda *one: counted.append(one))
    whole = {"type": kind, "path": path, "method": "GET", "client": ("10.0.0.1", 7), **scope}
    try:
        asyncio.run(log(whole, receive, send))
    finally:
        assert sent == list(parts)
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
    }  # fmt: skip


def test_another_path_is_counted_as_other_and_logged_as_it_is(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, logger="ic_tf_sdk.access")
    [(path, _, _)] = ask(START, path="/a\nb", client=None)
    assert path == "other"
    assert "\n" not in caplog.messages[0]
    said = json.loads(caplog.messages[0])
    assert (said["path"], said["client"], said["bytes"]) == ("/a\nb", "-", 0)


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
