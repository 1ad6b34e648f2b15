"""An endpoint as a service runs it: a process with a token, its log and what it answers."""

import contextlib
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tests.inference.servers import get
from tests.inference.test_callers import ask

TOKEN = "a-token-that-nobody-shall-see"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
_SECONDS = 300

# Paths and ids as nobody in his right mind sends them, each a whole line of a request.
UGLY_PATHS = (
    "/a%0A%7B%22status%22%3A200%7D", "/%1b[31m%1b]0;title%07", "/%e2%80%ae%e2%80%a8x",
    "/%ff%fe%00", "/'\"\\", "/" + "x" * 3000, "/%F0%9F%8C%B7%ED%A0%80", f"/{TOKEN}",
)  # fmt: skip
UGLY_IDS = ('a"b', "a b\tc", "x" * 4000, "\xe9\xff", "{}", "-", "one\x00two")


class Service(NamedTuple):
    """A process that answers.

    Attributes:
        process: It.
        url: Where.
        log: The file of its JSON lines.
        stderr: That of its standard error.
    """

    process: "subprocess.Popen[bytes]"
    url: str
    log: Path
    stderr: Path

    @property
    def said(self) -> str:
        """All that it wrote."""
        return "".join(path.read_text("utf-8", "replace") for path in (self.log, self.stderr))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextlib.contextmanager
def started(
    command: Sequence[str], port: int, folder: Path, environment: dict[str, str] | None = None
) -> Iterator[Service]:
    """A command in a process of its own, once ``/ping`` is true; killed at the end if need be."""
    # The log of those that have it on their standard output.
    out, err = folder / "log.jsonl", folder / "stderr"
    variables = {**os.environ, "NO_COLOR": "1"} if environment is None else environment
    with out.open("ab") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(command, stdout=stdout, stderr=stderr, env=variables)
    try:
        service = Service(process, f"http://127.0.0.1:{port}", out, err)
        _until_ready(service)
        yield service
    finally:
        process.kill()
        process.wait()


def _until_ready(service: Service) -> None:
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        assert service.process.poll() is None, service.said
        with contextlib.suppress(OSError):
            if get(f"{service.url}/ping").status == 200:
                return
        time.sleep(0.05)
    raise AssertionError(service.said)


def check_token(url: str, image: bytes) -> None:
    """Without it 401, with it an answer; probes need none."""
    sent: dict[str, Any] = {"body": image, "Content_Type": "image/png"}
    assert ask(url, **sent)[0] == 401
    assert ask(url, **sent, Authorization="Bearer another-token-of-nobody")[0] == 401
    status, text, headers = ask(url, **sent, **BEARER, X_Request_Id="first-1")
    assert status == 200, text
    assert headers["X-Request-Id"] == "first-1"
    assert len(json.loads(text)["probabilities"]) == 3
    for path in ("/ping", "/live", "/"):
        assert ask(url, "GET", path)[0] == 200


def load(url: str, image: bytes, requests: int = 160) -> list[str]:
    """Requests of eight clients at once, with ugly names among them; the ids that came back."""

    def one(number: int) -> str:
        if number % 3 == 0:
            path = UGLY_PATHS[number // 3 % len(UGLY_PATHS)]
            return _raw(url, path, UGLY_IDS[number % len(UGLY_IDS)])
        headers = {"Content_Type": "image/png", "X_Request_Id": f"load-{number}"}
        if number % 3 == 1:
            headers |= BEARER
        status, _, answered = ask(url, body=image, **headers)
        assert status == (200 if number % 3 == 1 else 401)
        return str(answered["X-Request-Id"])

    with ThreadPoolExecutor(8) as clients:
        return list(clients.map(one, range(requests)))


def _raw(url: str, path: str, name: str) -> str:
    """A request as no library would send it; the id in its answer, empty where it has none."""
    address = urlsplit(url)
    head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Request-Id: {name}"
    head += f"\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
    with socket.create_connection((address.hostname, address.port), timeout=60) as client:
        client.sendall(head.encode("latin-1"))
        answer = b"".join(iter(lambda: client.recv(65536), b"")).decode("latin-1")
    found = [line for line in answer.split("\r\n") if line.lower().startswith("x-request-id:")]
    return found[0].partition(": ")[2] if found else ""


def json_lines(path: Path) -> list[dict[str, Any]]:
    """Every line of a log, each of which must be an object by itself."""
    lines = path.read_text("ascii").splitlines()
    read = [json.loads(line) for line in lines]
    assert all(isinstance(line, dict) for line in read)
    return read
