"""What clients do wrong: the endpoint lives on, and each answer has a status and a reason."""

import http.client
import io
import json
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from tests.inference.servers import serving
from tests.training.ugly_images import every

HEAD = b"POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
TYPES = ("application/x-image", "image/jpeg", "image/png", "application/json")


@pytest.fixture(scope="module")
def server(model_tar_gz: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple]:
    log = tmp_path_factory.mktemp("faults") / "log"
    with serving(log, model_tar_gz, "--quiet") as running:
        yield running


@pytest.fixture(scope="module")
def address(server: tuple) -> tuple[str, int]:
    found = urlsplit(server[1])
    return found.hostname, found.port


def raw(address: tuple[str, int], request: bytes) -> bytes:
    """What the server sends until it closes the connection."""
    with socket.create_connection(address, timeout=60) as client:
        client.sendall(request)
        return b"".join(iter(lambda: client.recv(65536), b""))


def test_a_body_too_large_is_413_by_its_header_before_it_is_sent(address: tuple[str, int]) -> None:
    head = HEAD + b"Connection: close\r\nExpect: 100-continue\r\nContent-Length: 105906176\r\n\r\n"
    answer = raw(address, head)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"larger than 104857600 bytes" in answer


@pytest.mark.parametrize("chunked", [False, True], ids=["declared", "chunked"])
def test_a_body_too_large_is_413_when_it_is_sent(
    address: tuple[str, int], server: tuple, chunked: bool
) -> None:
    """101 MiB, really sent; what is over the limit is read but not kept."""
    client = http.client.HTTPConnection(*address, timeout=120)
    block = b"\xff" * (1 << 20)
    body = (block for _ in range(101))
    headers = {"Content-Type": "image/jpeg"}
    if not chunked:
        headers["Content-Length"] = str(101 << 20)
    client.request("POST", "/invocations", body, headers, encode_chunked=chunked)
    answer = client.getresponse()
    assert answer.status == 413
    assert "larger than 104857600 bytes" in json.loads(answer.read())["description"]
    client.close()
    assert server[0].poll() is None


def test_a_content_length_that_is_wrong_hurts_nobody_else(
    address: tuple[str, int], photos: list[Path]
) -> None:
    image = photos[0].read_bytes()
    close = b"Connection: close\r\n"
    short = raw(address, HEAD + close + b"Content-Length: 10\r\n\r\n" + image)
    assert short.startswith(b"HTTP/1.1 400")
    assert b"10 bytes begin like" in short
    for length in (b"-1", b"1e3", b"0x10", b"5, 6", b"99999999999999999999999"):
        answer = raw(address, HEAD + b"Content-Length: " + length + b"\r\n\r\n" + image)
        assert answer.startswith(b"HTTP/1.1 400"), length
    # Longer than what comes: the client gives up in the middle.
    with socket.create_connection(address, timeout=10) as client:
        client.sendall(HEAD + b"Content-Length: 1000000\r\n\r\n" + image)
    good = raw(address, HEAD + close + b"Content-Length: %d\r\n\r\n" % len(image) + image)
    assert good.startswith(b"HTTP/1.1 200")


def mutated(count: int, seed: int, images: list[bytes]) -> Iterator[bytes]:
    """Random bytes, and images with flipped, lost, doubled, swapped and overwritten parts."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        kind = int(rng.integers(0, 7))
        image = bytearray(images[rng.integers(len(images))])
        at, length = int(rng.integers(0, len(image) + 1)), int(rng.integers(1, 200))
        if kind == 0:
            image = bytearray(rng.bytes(int(rng.integers(0, 4000))))
        elif kind == 1:
            for place in rng.integers(0, len(image), int(rng.integers(1, 30))):
                image[place] ^= 1 << int(rng.integers(0, 8))
        elif kind == 2:
            del image[at:]
        elif kind == 3:
            image[at:at] = image[at : at + length]
        elif kind == 4:
            del image[at : at + length]
        elif kind == 5:
            image[at : at + length] = rng.bytes(length)
        else:
            # Where sizes, depths and component counts stand.
            for place in rng.integers(0, min(len(image), 64), 3):
                image[place] = int(rng.choice([0, 1, 2, 127, 128, 255]))
        yield bytes(image)


def seeds(photos: list[Path]) -> list[bytes]:
    """Images to mutate: every kind that the decoder knows, and those that it refuses."""
    found = [path.read_bytes() for path in photos[:6]]
    found += [image.content for image in every() if 0 < len(image.content) < 100_000]
    stream = io.BytesIO()
    Image.open(photos[0]).convert("RGB").resize((320, 240)).save(stream, "JPEG", progressive=True)
    return [*found, stream.getvalue()]


def ask_all(address: tuple[str, int], bodies: Iterator[bytes]) -> Counter[int]:
    """Send each over one connection; count the statuses, and check that each has its reason."""
    statuses: Counter[int] = Counter()
    client = http.client.HTTPConnection(*address, timeout=60)
    for number, body in enumerate(bodies):
        headers = {"Content-Type": TYPES[number % len(TYPES)]}
        client.request("POST", "/invocations", body, headers)
        answer = client.getresponse()
        content = json.loads(answer.read())
        assert content["probabilities" if answer.status == 200 else "description"], body
        statuses[answer.status] += 1
    client.close()
    return statuses


def test_mutated_images_get_an_answer_or_a_reason(
    server: tuple, address: tuple[str, int], photos: list[Path]
) -> None:
    statuses = ask_all(address, mutated(300, 1, seeds(photos)))
    assert set(statuses) == {200, 400}
    assert server[0].poll() is None


@pytest.mark.slow
def test_ten_thousand_mutated_images_get_an_answer_or_a_reason(
    server: tuple, address: tuple[str, int], photos: list[Path]
) -> None:
    statuses = ask_all(address, mutated(10_000, 2, seeds(photos)))
    print(dict(statuses))
    assert set(statuses) == {200, 400}
    assert statuses.total() == 10_000
    assert server[0].poll() is None


class Clients:
    """Threads that ask without pause, a connection for each request, until they are refused."""

    def __init__(self, address: tuple[str, int], body: bytes, count: int) -> None:
        self._address, self._body = address, body
        self.outcomes: Counter[str] = Counter()
        self._threads = [threading.Thread(target=self._run) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()

    def _run(self) -> None:
        outcome = ""
        while outcome not in {"refused", "not begun"}:
            outcome = self._ask()
            self.outcomes[outcome] += 1

    def _ask(self) -> str:
        client = http.client.HTTPConnection(*self._address, timeout=60)
        try:
            client.request("POST", "/invocations", self._body, {"Content-Type": "image/png"})
            answer = client.getresponse()
            answer.read()
        except ConnectionRefusedError:
            return "refused"
        except (ConnectionResetError, http.client.RemoteDisconnected):
            # It was still in the system's queue of connections when the server stopped listening.
            return "not begun"
        finally:
            client.close()
        return str(answer.status)


def test_sigterm_under_load_finishes_what_was_begun_and_refuses_the_rest(
    model_tar_gz: Path, photos: list[Path], tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with serving(log, model_tar_gz) as (server, url):
        found = urlsplit(url)
        clients = Clients((found.hostname, found.port), photos[0].read_bytes(), 16)
        time.sleep(1.5)
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) in {0, -signal.SIGTERM}
        clients.join()
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    begun = [line["status"] for line in lines if line["path"] == "/invocations"]
    assert set(begun) == {200}
    assert len(begun) > 50
    # Each request that the server began has its answer at a client; every client ends refused.
    assert clients.outcomes.pop("200") == len(begun)
    assert set(clients.outcomes) <= {"refused", "not begun"}
    assert clients.outcomes.total() == 16
