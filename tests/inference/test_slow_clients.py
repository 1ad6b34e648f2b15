"""Clients that are slow, that stall or never end: over real sockets, as the server is started."""

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn

from ic_tf_sdk.inference.endpoint import bodies, connection
from ic_tf_sdk.inference.endpoint.app import Endpoint
from tests.inference.servers import get, post, until_loaded

HEAD = b"POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"


@pytest.fixture(scope="module")
def url(model_tar_gz: Path) -> Iterator[str]:
    config = uvicorn.Config(
        Endpoint(model_tar_gz, max_body_bytes=1_000_000).app,
        port=0,
        http=connection.Connection,
        log_level="error",
        access_log=False,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    until_loaded(address)
    yield address
    server.should_exit = True
    thread.join(30)


@pytest.fixture
def connect(url: str) -> Iterator[Any]:
    """Opens connections that are closed at the end."""
    address = urlsplit(url)
    with contextlib.ExitStack() as opened:

        def one() -> socket.socket:
            made = socket.create_connection((address.hostname, address.port), timeout=20)
            return opened.enter_context(made)

        yield one


def rest(client: socket.socket) -> bytes:
    """What comes until the server closes the connection."""
    answer = b""
    with contextlib.suppress(ConnectionResetError):
        while part := client.recv(65536):
            answer += part
    return answer


def answers(url: str, photo: Path) -> bool:
    return bool(
        post(f"{url}/invocations", photo.read_bytes(), Content_Type="image/png").status == 200
    )


@pytest.mark.parametrize("sent", [b"", b"POST /invo", HEAD, b"\r\n\r\n"], ids=len)
def test_headers_that_do_not_come_end_the_connection(
    url: str, photos: list[Path], connect: Any, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(connection, "HEADER_SECONDS", 0.5)
    client = connect()
    client.sendall(sent)
    assert answers(url, photos[0])
    assert rest(client).startswith(b"HTTP/1.1 408 ")


def test_headers_in_drops_do_not_put_the_deadline_off(
    connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "HEADER_SECONDS", 0.6)
    client, start = connect(), time.monotonic()
    with contextlib.suppress(OSError):
        for byte in HEAD * 9:
            client.sendall(bytes([byte]))
            time.sleep(0.05)
    assert time.monotonic() - start < 3


@pytest.mark.parametrize("kept", [False, True], ids=["first", "second"])
def test_headers_without_end_are_refused(connect: Any, kept: bool) -> None:
    client = connect()
    if kept:
        client.sendall(b"GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 200")
    client.sendall(HEAD)
    with contextlib.suppress(OSError):
        for number in range(100_000):
            client.sendall(b"X-%d: %s\r\n" % (number, b"a" * 1000))
    # What is on its way takes some more than was accepted.
    assert number < 10_000


def test_a_body_in_drops_is_given_up_long_before_its_deadline(
    url: str, photos: list[Path], connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "_FIRST_SECONDS", 0.5)
    client = connect()
    client.sendall(HEAD + b"Content-Length: 100000\r\n\r\n")
    start = time.monotonic()
    with contextlib.suppress(OSError):
        for _ in range(200):
            client.sendall(b"x")
            time.sleep(0.02)
            if time.monotonic() - start > 1:
                break
    answer = rest(client)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer.lower()
    assert b"faster than 1000 bytes a second" in answer
    assert answers(url, photos[0])


def test_a_body_that_comes_steadily_has_its_time(
    photos: list[Path], connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "_FIRST_SECONDS", 0.3)
    client, body = connect(), photos[0].read_bytes()
    head = HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % (len(body) + 3000)
    client.sendall(head + body)
    for _ in range(6):
        client.sendall(bytes(500))
        time.sleep(0.1)
    assert rest(client).startswith(b"HTTP/1.1 200")


def test_thirty_slow_senders_change_nothing_and_are_gone_at_once(
    url: str, photos: list[Path], connect: Any
) -> None:
    clients = [connect() for _ in range(30)]
    for number, client in enumerate(clients):
        client.sendall(HEAD + (b"Content-Length: 5000\r\n\r\nx" if number % 2 else b""))
    start = time.monotonic()
    for _ in range(10):
        assert answers(url, photos[0])
    assert time.monotonic() - start < 5
    for client in clients:
        client.close()
    assert answers(url, photos[0])


def test_one_unfinished_body_too_many_ends_the_oldest(
    url: str, photos: list[Path], connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "MOST_UNFINISHED", 5)
    clients = [connect() for _ in range(6)]
    for client in clients:
        client.sendall(HEAD + b"Content-Length: 5000\r\n\r\nx")
        time.sleep(0.05)
    assert rest(clients[0]).startswith(b"HTTP/1.1 408 ")
    assert answers(url, photos[0])


def test_more_bytes_than_can_be_held_are_refused_and_given_back(
    model_tar_gz: Path, url: str, photos: list[Path], connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = bodies.Bodies._hold

    def hold(self: bodies.Bodies, request: Any, count: int) -> None:
        self._most_held = 1_500_000
        held(self, request, count)

    monkeypatch.setattr(bodies.Bodies, "_hold", hold)
    first, second = connect(), connect()
    for client in (first, second):
        client.sendall(HEAD + b"Connection: close\r\nContent-Length: 1000000\r\n\r\n")
        client.sendall(bytes(900_000))
        time.sleep(0.3)
    assert rest(second).startswith(b"HTTP/1.1 503 ")
    first.close()
    for _ in range(3):
        assert answers(url, photos[0])


def test_one_connection_too_many_ends_the_longest_idle(
    url: str, photos: list[Path], connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MOST_CONNECTIONS", 8)
    idle = []
    for _ in range(20):
        idle.append(connect())
        time.sleep(0.02)
    assert answers(url, photos[0])
    assert rest(idle[0]) == b""
    assert get(f"{url}/ping").status == 200


def test_what_is_sent_after_an_answer_does_not_hold_the_connection(
    connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "LINGER_SECONDS", 0.5)
    client, start = connect(), time.monotonic()
    client.sendall(b"POST /ping HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n")
    assert client.recv(65536).startswith(b"HTTP/1.1 405")
    with contextlib.suppress(OSError):
        for _ in range(100):
            client.sendall(b"x")
            time.sleep(0.1)
    assert time.monotonic() - start < 5


def test_whoever_does_not_read_is_let_go(connect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "LINGER_SECONDS", 0.5)
    client = connect()
    client.settimeout(3)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    asked = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 200
    start = time.monotonic()
    with contextlib.suppress(OSError):
        while time.monotonic() - start < 15:
            client.sendall(asked)
            time.sleep(0.05)
    with contextlib.suppress(ConnectionError):
        while client.recv(1 << 20):
            pass
    assert time.monotonic() - start < 15


def test_requests_on_one_connection_are_answered_one_after_another(
    url: str, photos: list[Path]
) -> None:
    address = urlsplit(url)
    client = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
    for photo in photos[:3]:
        client.request("POST", "/invocations", photo.read_bytes(), {"Content-Type": "image/png"})
        answer = client.getresponse()
        assert answer.status == 200
        assert answer.read()
        time.sleep(0.2)
    client.close()
