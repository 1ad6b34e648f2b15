"""The local endpoint over real HTTP: contract, refusals, faults, load and shutdown."""

import base64
import concurrent.futures
import contextlib
import http.client
import io
import json
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from ic_tf_sdk.errors import ArchiveError
from ic_tf_sdk.inference.endpoint.app import Endpoint
from ic_tf_sdk.inference.predictor import LocalPredictor
from tests.inference.servers import get, post, running, serving, until_loaded

VERBOSE = "application/json;verbose"


@pytest.fixture(scope="module")
def url(model_tar_gz: Path) -> Iterator[str]:
    with running(Endpoint(model_tar_gz).app) as address:
        until_loaded(address)
        yield address


@pytest.fixture(scope="module")
def exact(model_tar_gz: Path) -> Iterator[str]:
    with running(Endpoint(model_tar_gz, graph="exact").app) as address:
        until_loaded(address)
        yield address


@pytest.fixture(scope="module")
def predictor(model_tar_gz: Path) -> LocalPredictor:
    return LocalPredictor(model_tar_gz)


def ask(url: str, body: bytes, content_type: str = "application/x-image") -> SimpleNamespace:
    return post(f"{url}/invocations", body, Content_Type=content_type, Accept=VERBOSE)


@pytest.mark.parametrize("accept", ["*/*", VERBOSE, "application/json;n_predictions=1"])
def test_answers_are_byte_for_byte_the_containers(
    exact: str, predictor: LocalPredictor, photos: list[Path], accept: str
) -> None:
    """The local predictor's, which test_container compares with the container's."""
    for path in photos:
        answer = post(
            f"{exact}/invocations", path.read_bytes(), Content_Type="image/png", Accept=accept
        )
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.body == predictor.predict(path.read_bytes(), {"Accept": accept})


def test_the_containers_handler_refuses_in_the_same_words(
    url: str, predictor: LocalPredictor
) -> None:
    answer = ask(url, b"GIF89a")
    assert answer.status == 400
    with pytest.raises(ValueError, match="begin like a GIF image") as caught:
        predictor.predict(b"GIF89a")
    assert answer.json() == {"title": "Bad Request", "description": str(caught.value)}


def test_json_carries_an_image_too(url: str, photos: list[Path]) -> None:
    image = photos[0].read_bytes()
    body = json.dumps({"b64": base64.b64encode(image).decode()}).encode()
    assert ask(url, body, "application/json").body == ask(url, image).body


def test_ping_page_metrics_and_description_answer(url: str) -> None:
    assert get(f"{url}/ping").status == 200
    page = get(f"{url}/")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert b"http://" not in page.body
    assert b"https://" not in page.body
    document = get(f"{url}/openapi.json").json()
    assert set(document["paths"]) == {"/invocations", "/model", "/ping", "/live"}
    assert b"ic_tf_requests_total" in get(f"{url}/metrics").body


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/invocations", 405), ("POST", "/ping", 405), ("GET", "/other", 404)],
)
def test_another_path_or_method_is_refused_in_json(
    url: str, method: str, path: str, status: int
) -> None:
    answer = get(url + path) if method == "GET" else post(url + path, b"")
    assert answer.status == status
    assert set(answer.json()) == {"title", "description"}


def test_many_at_once_are_answered_in_batches_and_none_is_mistaken(
    url: str, predictor: LocalPredictor, photos: list[Path]
) -> None:
    bodies = [path.read_bytes() for path in photos] * 20
    expected = [json.loads(predictor.predict(body))["probabilities"] for body in bodies[:15]]
    with concurrent.futures.ThreadPoolExecutor(16) as clients:
        answers = list(clients.map(lambda body: ask(url, body), bodies))
    assert {answer.status for answer in answers} == {200}
    for row, answer in enumerate(answers):
        found = answer.json()["probabilities"]
        np.testing.assert_allclose(found, expected[row % 15], atol=1e-5, rtol=0)
    metrics = get(f"{url}/metrics").body.decode()
    assert _metric(metrics, "ic_tf_batch_images_sum") > _metric(metrics, "ic_tf_batch_images_count")


def _metric(text: str, name: str) -> float:
    return next(float(line.split()[1]) for line in text.splitlines() if line.startswith(name))


def test_an_undecodable_image_among_others_fails_alone(url: str, photos: list[Path]) -> None:
    bodies = [photos[0].read_bytes(), b"not an image"] * 10
    with concurrent.futures.ThreadPoolExecutor(8) as clients:
        statuses = [answer.status for answer in clients.map(lambda body: ask(url, body), bodies)]
    assert statuses == [200, 400] * 10


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=st.binary(max_size=2000), data=st.data())
def test_random_and_mutated_bodies_get_a_reason(
    url: str, photos: list[Path], body: bytes, data: st.DataObject
) -> None:
    if data.draw(st.booleans()):
        image = bytearray(data.draw(st.sampled_from(photos[:6])).read_bytes())
        start = data.draw(st.integers(0, len(image)))
        image[start : start + len(body) // 20] = body[: len(body) // 20]
        body = bytes(image)
    kind = data.draw(st.sampled_from(["application/x-image", "application/json", "image/jpeg"]))
    answer = ask(url, body, kind)
    assert answer.status in {200, 400}
    assert answer.json()["description" if answer.status == 400 else "predicted_label"]


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_an_image_bomb_is_refused_before_it_is_decoded(url: str, kind: str) -> None:
    stream = io.BytesIO()
    Image.new("L", (16, 16)).save(stream, kind)
    bomb = bytearray(stream.getvalue())
    if kind == "PNG":
        import zlib

        bomb[16:24] = (60_000).to_bytes(4, "big") * 2
        bomb[29:33] = zlib.crc32(bomb[12:29]).to_bytes(4, "big")
    else:
        at = bomb.index(b"\xff\xc0")
        bomb[at + 5 : at + 9] = (60_000).to_bytes(2, "big") * 2
    answer = ask(url, bytes(bomb))
    assert answer.status == 400
    assert "3600000000 pixels" in answer.json()["description"]


def test_a_body_over_the_limit_is_413(model_tar_gz: Path) -> None:
    with running(Endpoint(model_tar_gz, max_body_bytes=1_000_000).app) as url:
        until_loaded(url)
        answer = ask(url, b"\xff" * 3_000_000)
        assert answer.status == 413
        assert "larger than 1000000 bytes" in answer.json()["description"]
        assert get(f"{url}/ping").status == 200


def test_a_half_sent_body_leaves_the_endpoint_well(url: str, photos: list[Path]) -> None:
    address = urlsplit(url)
    for length in (b"100000", b"5", b"-3", b"x"):
        with socket.create_connection((address.hostname, address.port), timeout=10) as client:
            head = b"POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
            client.sendall(head + b"Content-Length: " + length + b"\r\n\r\nnot the whole")
            client.shutdown(socket.SHUT_WR)
            answer = client.recv(4096)
        assert not answer or answer.startswith(b"HTTP/1.1 4")
    assert ask(url, photos[0].read_bytes()).status == 200


def test_a_slow_sender_is_told_so_and_stops_nobody(
    url: str, photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ic_tf_sdk.inference.endpoint.bodies.BODY_SECONDS", 1.0)
    address = urlsplit(url)
    client = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
    client.putrequest("POST", "/invocations")
    client.putheader("Content-Type", "image/png")
    client.putheader("Content-Length", "1000")
    client.endheaders(b"slow")
    assert ask(url, photos[0].read_bytes()).status == 200
    answer = client.getresponse()
    assert answer.status == 408
    assert "it has 1 seconds" in json.loads(answer.read())["description"]
    client.close()


def test_ping_is_false_when_the_model_cannot_be_loaded(tmp_path: Path) -> None:
    failed = threading.Event()
    endpoint = Endpoint(tmp_path, on_failure=failed.set)
    with running(endpoint.app) as url:
        assert failed.wait(30)
        for answer in (get(f"{url}/ping"), get(f"{url}/model"), ask(url, b"x")):
            assert answer.status == 503
            assert "holds no SavedModel" in answer.json()["description"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (IndexError("Read less bytes than requested\nat node x"), "cannot be served: Read less b"),
        (MemoryError(), "cannot be served: MemoryError. It is damaged"),
        (ArchiveError("m has 5 labels."), "m has 5 labels."),
    ],
)
def test_whatever_loading_raises_ends_the_server_with_its_reason(
    error: Exception, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("ic_tf_sdk.inference.endpoint.app.opened", fail)
    failed = threading.Event()
    endpoint = Endpoint(tmp_path, on_failure=failed.set)
    with running(endpoint.app) as url:
        assert failed.wait(60)
        answer = get(f"{url}/ping")
    assert answer.status == 503
    assert said in answer.json()["description"]
    assert isinstance(endpoint.failure, ArchiveError)
    assert "\n" not in str(endpoint.failure)


def test_sigterm_lets_open_requests_finish(
    model_tar_gz: Path, photos: list[Path], tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with serving(log, model_tar_gz) as (server, url):
        body = photos[0].read_bytes()
        address = urlsplit(url)
        clients = []
        for _ in range(8):
            client = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
            client.putrequest("POST", "/invocations")
            client.putheader("Content-Type", "image/png")
            client.putheader("Content-Length", str(len(body)))
            client.endheaders(body[:100])
            clients.append(client)
        time.sleep(0.3)
        server.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        for client in clients:
            client.send(body[100:])
        assert [_finish(client) for client in clients] == [200] * 8
        assert server.wait(30) == 0
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    answered = [line for line in lines if line["path"] == "/invocations"]
    assert [line["status"] for line in answered] == [200] * 8
    # On a busy machine some may have been looked at only when the signal had come.
    assert max(line["milliseconds"] for line in answered) > 300


def _finish(client: http.client.HTTPConnection) -> int:
    with contextlib.closing(client), client.getresponse() as answer:
        answer.read()
        return answer.status


def test_a_model_id_is_served_without_training(photos: list[Path], tmp_path: Path) -> None:
    with serving(tmp_path / "log", "tensorflow-ic-embedded-formulanet-96") as (_, url):
        answer = ask(url, photos[0].read_bytes())
    assert answer.status == 200
    assert len(answer.json()["labels"]) == len(answer.json()["probabilities"]) == 240
