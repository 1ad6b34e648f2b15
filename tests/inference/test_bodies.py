"""Bodies and connections without a model: what is kept, what is refused, and what is given back."""

import contextlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import Response

from ic_tf_sdk.contract import container_answer
from ic_tf_sdk.contract.container_answer import RequestError
from ic_tf_sdk.inference.endpoint import bodies, connection
from ic_tf_sdk.inference.endpoint.bodies import Bodies

LIMIT = 1000
HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\n"
LAST = HEAD + b"Connection: close\r\n"


class Counting:
    """An application that answers how many bytes came, as the endpoint reads them."""

    def __init__(self, most_held: int) -> None:
        self.bodies = Bodies(LIMIT, most_held)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        if request.url.path == "/large":
            await Response(bytes(20 << 20))(scope, receive, send)
            return
        with self.bodies.held(request):
            try:
                answer = Response(str(len(await self.bodies.read(request))))
            except RequestError as error:
                status = int(error.status.split()[0])
                answer = Response(container_answer.error_body(error), status)
        await answer(scope, receive, send)


@contextlib.contextmanager
def serving(most_held: int = 10 * LIMIT) -> Iterator[SimpleNamespace]:
    """The application under uvicorn with this package's connections; its port, and itself."""
    app = Counting(most_held)
    config = uvicorn.Config(
        app, port=0, http=connection.Connection, log_level="error", access_log=False, lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield SimpleNamespace(port=port, bodies=app.bodies)
    server.should_exit = True
    thread.join(30)


@pytest.fixture(scope="module")
def server() -> Iterator[SimpleNamespace]:
    with serving() as found:
        yield found


@pytest.fixture
def connect(server: SimpleNamespace) -> Iterator[Any]:
    with contextlib.ExitStack() as opened:

        def one(port: int = server.port) -> socket.socket:
            made = socket.create_connection(("127.0.0.1", port), timeout=20)
            return opened.enter_context(made)

        yield one


def post(port: int, body: bytes, **headers: str) -> tuple[int, bytes]:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with contextlib.closing(client):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        client.request("POST", "/", body, named)
        answer = client.getresponse()
        return answer.status, answer.read()


def answered(client: socket.socket) -> bytes:
    """The body of one answer of a connection that stays open."""
    answer = http.client.HTTPResponse(client, method="POST")
    answer.begin()
    assert answer.status == 200
    return answer.read()


def rest(client: socket.socket) -> bytes:
    answer = b""
    with contextlib.suppress(ConnectionResetError):
        while part := client.recv(65536):
            answer += part
    return answer


@pytest.mark.parametrize(
    ("count", "status"), [(0, 200), (LIMIT, 200), (LIMIT + 1, 413), (4 * LIMIT, 413), (99_000, 413)]
)
def test_a_body_at_its_limit_is_read_and_one_byte_more_refused(
    server: SimpleNamespace, count: int, status: int
) -> None:
    found, said = post(server.port, bytes(count))
    assert found == status
    assert said == str(count).encode() or str(LIMIT).encode() in said


def test_one_too_large_is_not_kept_and_what_was_kept_is_given_back(
    server: SimpleNamespace,
) -> None:
    for count in (LIMIT, 3 * LIMIT, LIMIT):
        post(server.port, bytes(count))
    assert server.bodies._held == 0
    assert server.bodies._unfinished == {}


@pytest.mark.parametrize("more", [0, 1])
def test_of_one_too_large_four_times_the_limit_is_read_to_tell_it(
    connect: Any, monkeypatch: pytest.MonkeyPatch, more: int
) -> None:
    """Who sends more without end is answered before the end, and who sends less, at its end."""
    client = connect()
    client.sendall(LAST + b"Content-Length: %d\r\n\r\n" % (4 * LIMIT + 2))
    client.sendall(bytes(4 * LIMIT + more))
    client.settimeout(0.3 if more == 0 else 20)
    if more == 0:
        with pytest.raises(TimeoutError):
            client.recv(65536)
    else:
        assert client.recv(65536).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    ("length", "expected"),
    [(LIMIT, b"HTTP/1.1 100"), (LIMIT + 1, b"HTTP/1.1 413")],
)
def test_who_asks_for_leave_is_told_before_the_body_is_sent(
    connect: Any, length: int, expected: bytes
) -> None:
    client = connect()
    client.sendall(HEAD + b"Expect: 100-Continue\r\nContent-Length: %d\r\n\r\n" % length)
    assert client.recv(65536).startswith(expected)


def test_leave_for_a_body_of_unknown_length_is_given(connect: Any) -> None:
    client = connect()
    client.sendall(HEAD + b"Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n")
    assert client.recv(65536).startswith(b"HTTP/1.1 100")
    client.sendall(b"3\r\nabc\r\n0\r\n\r\n")
    assert answered(client) == b"3"


def test_as_much_as_can_be_held_is_and_one_byte_more_is_refused() -> None:
    with serving(most_held=LIMIT) as found:
        assert post(found.port, bytes(LIMIT))[0] == 200
    with serving(most_held=LIMIT - 1) as found:
        status, said = post(found.port, bytes(LIMIT))
        assert status == 503
        assert "send it again" in json.loads(said)["description"]
        assert post(found.port, bytes(LIMIT - 1))[0] == 200


def test_a_sender_has_the_first_seconds_and_one_more_for_each_thousand_bytes(
    connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "_FIRST_SECONDS", 0.2)
    client = connect()
    start = time.monotonic()
    client.sendall(LAST + b"Content-Length: 900\r\n\r\n" + bytes(400))
    answer = rest(client)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"faster than 1000 bytes a second" in answer
    assert 0.5 < time.monotonic() - start < 3


def test_no_body_has_longer_than_all_of_its_time(
    connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.2)
    for sent in (b"", bytes(400)):
        client, start = connect(), time.monotonic()
        client.sendall(LAST + b"Content-Length: 900\r\n\r\n" + sent)
        assert rest(client).startswith(b"HTTP/1.1 408 ")
        assert time.monotonic() - start < 3


def test_the_oldest_unfinished_body_makes_room_and_no_other(
    connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "MOST_UNFINISHED", 2)
    clients = [connect() for _ in range(3)]
    for client in clients:
        client.sendall(LAST + b"Content-Length: 4\r\n\r\nab")
        time.sleep(0.05)
    start = time.monotonic()
    assert rest(clients[0]).startswith(b"HTTP/1.1 408 ")
    # At once, and not when its own time is over.
    assert time.monotonic() - start < bodies._FIRST_SECONDS / 2
    for client in clients[1:]:
        client.sendall(b"cd")
        assert rest(client).endswith(b"\r\n\r\n4")


def test_a_body_that_breaks_off_is_no_error_of_the_server(
    connect: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    with serving() as found:
        client = connect(found.port)
        client.sendall(LAST + b"Content-Length: 4\r\n\r\nab")
        time.sleep(0.1)
        client.close()
        end = time.monotonic() + 10
        while found.bodies._unfinished and time.monotonic() < end:
            time.sleep(0.02)
        assert not found.bodies._unfinished
    assert capfd.readouterr().err == ""


def test_a_kept_connection_has_a_deadline_for_its_next_headers(
    connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "HEADER_SECONDS", 0.3)
    client = connect()
    client.sendall(HEAD + b"Content-Length: 2\r\n\r\n")
    # Neither a body has this deadline, nor the time between two requests.
    time.sleep(0.5)
    client.sendall(b"ab")
    assert answered(client) == b"2"
    time.sleep(0.5)
    client.sendall(HEAD + b"Content-Length: 2\r\n\r\nabPOST / HT")
    assert answered(client) == b"2"
    client.sendall(b"TP")
    assert rest(client).startswith(b"HTTP/1.1 408 ")


def test_the_bounds_are_those_of_the_documentation() -> None:
    assert connection.HEADER_BYTES == 65_536
    assert (connection.HEADER_SECONDS, connection.LINGER_SECONDS) == (10.0, 10.0)
    assert (bodies.BODY_SECONDS, bodies.MOST_UNFINISHED, connection.MOST_CONNECTIONS) == (
        60.0,
        128,
        512,
    )


def test_headers_within_their_length_are_read_and_longer_ones_refused(
    connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "HEADER_BYTES", 500)
    whole = HEAD + b"X: " + bytes(b"a" * 300) + b"\r\n"
    client = connect()
    for _ in range(3):
        # Counted anew for each request of a connection.
        client.sendall(whole)
        time.sleep(0.05)
        client.sendall(b"Content-Length: 1\r\n\r\na")
        assert answered(client) == b"1"
    client.sendall(whole + b"Y: " + b"b" * 300)
    assert rest(client).startswith(b"HTTP/1.1 431 ")


def test_what_is_no_http_is_refused_and_the_connection_closed(connect: Any) -> None:
    client = connect()
    client.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
    answer = rest(client)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"nosniff" in answer


def test_one_connection_too_many_takes_the_place_of_the_longest_idle(
    connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as found:
        monkeypatch.setattr(connection, "MOST_CONNECTIONS", 3)
        busy = connect(found.port)
        busy.sendall(LAST + b"Content-Length: 2\r\n\r\na")
        time.sleep(0.1)
        idle = []
        for _ in range(3):
            idle.append(connect(found.port))
            time.sleep(0.1)
        assert rest(idle[0]) == b""
        # What is being answered stays, and so do the later ones.
        busy.sendall(b"b")
        assert rest(busy).endswith(b"\r\n\r\n2")
        for client in idle[1:]:
            client.sendall(LAST + b"Content-Length: 0\r\n\r\n")
            assert rest(client).endswith(b"\r\n\r\n0")


def test_who_goes_on_sending_what_is_answered_is_cut_off(
    connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "LINGER_SECONDS", 0.2)
    client = connect()
    client.sendall(HEAD + b"Content-Length: 100000\r\n\r\n" + bytes(5 * LIMIT))
    assert client.recv(65536).startswith(b"HTTP/1.1 413 ")
    start = time.monotonic()
    rest(client)
    assert time.monotonic() - start < 3


def test_who_sends_the_rest_of_what_is_answered_may_ask_again(
    connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "LINGER_SECONDS", 0.3)
    client = connect()
    client.sendall(HEAD + b"Content-Length: 6000\r\n\r\n" + bytes(5 * LIMIT))
    answer = http.client.HTTPResponse(client, method="POST")
    answer.begin()
    assert answer.status == 413
    answer.read()
    client.sendall(bytes(LIMIT))
    time.sleep(0.6)
    client.sendall(HEAD + b"Content-Length: 2\r\n\r\nab")
    assert answered(client) == b"2"


def test_of_an_answer_that_is_left_unread_nothing_is_offered_any_more(
    connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the system would hold what it has taken of it, megabytes, for minutes."""
    monkeypatch.setattr(connection, "LINGER_SECONDS", 0.2)
    client = connect()
    client.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
    time.sleep(0.6)
    with pytest.raises(ConnectionResetError):
        list(iter(lambda: client.recv(1 << 20), b""))
