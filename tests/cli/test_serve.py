"""The server of ``ic-tf serve``: how answers leave, who is told as the caller, how it ends."""

import asyncio
import socket
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ic_tf_sdk.cli import serve


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_an_answer_on_a_kept_connection_waits_for_no_acknowledgement(host: str) -> None:
    """Without TCP_NODELAY the body waits up to 40 ms after the head, from the second answer on."""

    async def no_delay() -> int:
        found: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def accepted(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            accepting: socket.socket = writer.get_extra_info("socket")
            found.set_result(accepting.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        listener = serve._listening(host, 0)
        async with await asyncio.start_server(accepted, sock=listener) as server:
            _, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
            value = await found
            writer.close()
        return value

    assert asyncio.run(no_delay()) == 1


Server = tuple[int, list[tuple[str, int]], Callable[[], None]]


@contextmanager
def running(seconds: float = 0.0) -> Iterator[Server]:
    """A server whose answers take so long: its port, its callers, and what ends it."""
    callers: list[tuple[str, int]] = []
    stops: list[Callable[[], None]] = []

    async def app(scope: dict[str, Any], _: Any, send: Any) -> None:
        assert scope["type"] == "http"
        callers.append(scope["client"])
        await asyncio.sleep(seconds)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def make(on_failure: Callable[[], None]) -> SimpleNamespace:
        stops.append(on_failure)
        return SimpleNamespace(app=app, failure=None)

    listener = serve._listening("127.0.0.1", 0)
    port = listener.getsockname()[1]
    server = threading.Thread(
        target=serve._run, args=(make, Path("m"), listener), kwargs={"as_json": False}
    )
    server.start()
    until(lambda: bool(stops) and _is_listening(port))
    try:
        yield port, callers, stops[0]
    finally:
        stops[0]()
        server.join(60)
        assert not server.is_alive()


def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _is_listening(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def asked(port: int, **headers: str) -> int:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return int(answer.status)


def test_the_caller_is_whom_a_proxy_on_this_machine_names() -> None:
    with running() as (port, callers, _):
        assert asked(port) == 200
        assert asked(port, **{"X-Forwarded-For": "10.0.0.7"}) == 200
    assert [host for host, _ in callers] == ["127.0.0.1", "10.0.0.7"]


def test_what_is_open_at_the_end_is_answered_and_given_up_after_its_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with running(0.5) as (port, callers, stop):
        answers: list[int] = []
        client = threading.Thread(target=lambda: answers.append(asked(port)))
        client.start()
        until(lambda: bool(callers))
        stop()
        client.join(60)
        assert answers == [200]
    monkeypatch.setattr(serve, "_GRACE_SECONDS", 0.2)
    begin = time.monotonic()
    with (
        running(50.0) as (port, callers, stop),
        socket.create_connection(("127.0.0.1", port)) as one,
    ):
        one.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        until(lambda: bool(callers))
        stop()
        # Nothing of an answer.
        one.settimeout(20)
        assert one.recv(1) in (b"", b"H")
    assert time.monotonic() - begin < 25
