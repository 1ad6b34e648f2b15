"""The local endpoint while costly images and slow senders come, beside itself without them.

``python -m benchmarks.serving_attacked MODEL IMAGES [--requests 20000]``, with MODEL
and IMAGES as in ``serving.py``. First the same clients ask with and without images that cost a
decoder most, some refused and some just below each limit, one after another, in turns: p99 of the
good requests may at most double. Then a mix: 64 clients, ten costly images and thirty slow senders.
Every answer is compared with the signature's own. Exits with 1 where an answer was wrong.
"""

import argparse
import http.client
import io
import os
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from PIL import Image

from benchmarks.serving import _IC_TF, HEADERS, Load, _megabytes, _run, _servers
from ic_tf_sdk.inference import image_source
from ic_tf_sdk.inference.served_model import THREADPOOL_VARIABLE, ServedModel
from tests import costly_images

SLOW_SENDERS = 30
COSTLY_IN_MIX = 10
ROUNDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("images", type=Path)
    parser.add_argument("--requests", type=int, default=20_000, help="Of the mix.")
    parser.add_argument("--clients", type=int, default=64, help="Of the mix.")
    parser.add_argument("--side", type=int, default=10_000, help="Of the largest that is served.")
    given = parser.parse_args()
    os.environ[THREADPOOL_VARIABLE] = "1"
    model = ServedModel(given.model)
    bodies = [image.read() for image in image_source.find([str(given.images)])]
    expected = np.array([model.predict([body])[0]["probabilities"] for body in bodies])
    images = costly(given.side)
    command = [*_IC_TF, "serve", str(given.model), "--port", "0", "--quiet"]
    with _servers({"endpoint": command}) as servers:
        process, url = servers["endpoint"]

        def ask(load: Load, clients: int, count: int) -> None:
            _run(load, url, bodies, expected, clients, count)
            load.megabytes.append(_megabytes(process))

        ask(Load(), 8, 200)
        print("| clients | | requests | errors | wrong | p50 ms | p99 ms | MB |")
        print("|---|---|---|---|---|---|---|---|")
        wrong = _beside(ask, url, images, given)
        wrong += _mixed(ask, url, images, given)
    sys.exit(wrong > 0)


def costly(side: int) -> dict[str, bytes]:
    """Images that cost most: of these more than are served, then just below each limit."""
    over = side * 13 // 10
    return {
        "1000 scans": costly_images.progressive_jpeg(over, over, 1000),
        "PNG with transparency, too large": costly_images.png(over, over, colour=6),
        "turned JPEG, too large": _turned(over),
        "100 scans": costly_images.progressive_jpeg(side, side, 100),
        "PNG with transparency": costly_images.png(side, side, colour=6),
        "turned JPEG": _turned(side),
        "16 texts": costly_images.png(16, 16, before=costly_images.compressed_texts(16)),
        "40,000 chunks": costly_images.png(16, 16, before=_chunks()),
    }


def _turned(side: int) -> bytes:
    stream, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (side, side), (90, 120, 30)).save(stream, "JPEG", exif=exif)
    return stream.getvalue()


def _chunks() -> bytes:
    # The mark for which all of them are walked.
    return costly_images.chunk(b"tEXt", b"eXIfII") + costly_images.chunk(b"teSt", b"") * 40_000


def _beside(
    ask: Callable[[Load, int, int], None],
    url: str,
    images: dict[str, bytes],
    given: argparse.Namespace,
) -> int:
    """The same clients alone and with costly images, in turns."""
    wrong = 0
    for clients in (1, 8, given.clients):
        quiet, attacked = Load(), Load()
        share = max(clients * 4, given.requests // 20)
        for _ in range(ROUNDS):
            ask(quiet, clients, share)
            with _attackers(url, images, forever=True) as statuses:
                ask(attacked, clients, share)
        for name, load in (("alone", quiet), ("beside costly images", attacked)):
            _line(clients, name, load)
            wrong += load.wrong + load.errors
        ratio = _p99(attacked) / _p99(quiet)
        print(f"\np99 beside costly images over alone (target: at most 2): {ratio:.2f}; their "
              f"statuses: {dict(statuses)}.\n", flush=True)  # fmt: skip
    return wrong


def _mixed(
    ask: Callable[[Load, int, int], None],
    url: str,
    images: dict[str, bytes],
    given: argparse.Namespace,
) -> int:
    quiet, mixed = Load(), Load()
    ask(quiet, given.clients, given.requests // 10)
    with _slow_senders(url), _attackers(url, images, forever=False) as statuses:
        for _ in range(10):
            ask(mixed, given.clients, given.requests // 10)
    _line(given.clients, "alone", quiet)
    _line(given.clients, f"beside {COSTLY_IN_MIX} costly, {SLOW_SENDERS} slow", mixed)
    print(
        f"\np99 of the mix over alone (target: at most 2): {_p99(mixed) / _p99(quiet):.2f}; "
        f"statuses of the costly: {dict(statuses)}; memory {mixed.megabytes[0]} to "
        f"{mixed.megabytes[-1]} MB."
    )
    return mixed.wrong + mixed.errors


def _line(clients: int, name: str, load: Load) -> None:
    print(
        f"| {clients} | {name} | {len(load.milliseconds)} | {load.errors} | {load.wrong} | "
        f"{load.median:.1f} | {_p99(load):.1f} | {max(load.megabytes)} |",
        flush=True,
    )


def _p99(load: Load) -> float:
    return float(np.percentile(load.milliseconds, 99))


@contextmanager
def _attackers(url: str, images: dict[str, bytes], *, forever: bool) -> Iterator[Counter[int]]:
    """Costly images, one after another: all the time, or a few."""
    statuses: Counter[int] = Counter()
    ended = threading.Event()
    some = list(images.values())

    def send() -> None:
        number = 0
        while not ended.is_set() and (forever or number < COSTLY_IN_MIX):
            statuses[_status(url, some[number % len(some)])] += 1
            number += 1

    thread = threading.Thread(target=send)
    thread.start()
    yield statuses
    ended.set()
    thread.join()


def _status(url: str, image: bytes) -> int:
    address = urlsplit(url)
    client = http.client.HTTPConnection(address.hostname, address.port, timeout=120)
    try:
        client.request("POST", "/invocations", image, HEADERS)
        return client.getresponse().status
    except OSError:
        return 0
    finally:
        client.close()


@contextmanager
def _slow_senders(url: str) -> Iterator[None]:
    """Clients that send a byte a second of a body or of headers, and come again when let go."""
    ended = threading.Event()
    address = urlsplit(url)
    head = b"POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\n"

    def send(number: int) -> None:
        while not ended.is_set():
            with (
                suppress(OSError),
                socket.create_connection((address.hostname, address.port)) as client,
            ):
                client.sendall(head + (b"Content-Length: 100000\r\n\r\n" if number % 2 else b""))
                while not ended.wait(1):
                    client.sendall(b"x")

    threads = [threading.Thread(target=send, args=[number]) for number in range(SLOW_SENDERS)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    yield
    ended.set()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
