"""The local endpoint while costly images and slow senders come, beside itself without them.

``python -m benchmarks.serving_attacked MODEL IMAGES [--requests 20000]``, with MODEL and IMAGES as
of ``benchmarks.serving``. First the same clients ask with and without images that cost a
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

from benchmarks import load, record
from benchmarks.load import HEADERS, IC_TF, Command, Load, Questions
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
    parser.add_argument("--named", default="a network", help="What it is, for the heading.")
    record.option(parser)
    given = parser.parse_args()
    os.environ[THREADPOOL_VARIABLE] = "1"
    model = ServedModel(given.model)
    bodies = [image.read() for image in image_source.find([str(given.images)])]
    own = [model.predict([body])[0]["probabilities"] for body in bodies]
    questions = Questions(bodies, np.array(own))
    images = costly(given.side)
    command = [*IC_TF, "serve", str(given.model), "--port", "0", "--quiet"]
    table = record.Table(
        "Serving",
        f"Beside costly images and slow senders: {given.named}",
        *("clients", "", "requests", "errors", "wrong", "p50 ms", "p99 ms", "most MB"),
        about="The same clients alone and beside images that cost a decoder most, in turns; then a "
        f"mix of {given.clients} clients, {COSTLY_IN_MIX} costly images and {SLOW_SENDERS} clients "
        "that send a byte a second.",
    )
    with load.servers({"endpoint": Command(command)}) as servers:
        server = servers["endpoint"]

        def ask(one: Load, clients: int, count: int) -> None:
            load.turn(one, server, questions, clients, count)

        ask(Load(), 8, 200)
        notes = _beside(table, ask, server.url, images, given)
        notes.append(_mixed(table, ask, server.url, images, given))
    record.keep(given, table, note=" ".join(notes))
    sys.exit(any(row[3] != "0" or row[4] != "0" for row in table.rows))


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
    table: record.Table,
    ask: Callable[[Load, int, int], None],
    url: str,
    images: dict[str, bytes],
    given: argparse.Namespace,
) -> list[str]:
    """The same clients alone and with costly images, in turns; what is to be said of it."""
    notes = []
    for clients in (1, 8, given.clients):
        quiet, attacked = Load(), Load()
        share = max(clients * 4, given.requests // 20)
        for _ in range(ROUNDS):
            ask(quiet, clients, share)
            with _attackers(url, images, forever=True) as statuses:
                ask(attacked, clients, share)
        for name, one in (("alone", quiet), ("beside costly images", attacked)):
            _add(table, clients, name, one)
        notes.append(
            f"{clients} clients: p99 beside costly images over alone {attacked.p99 / quiet.p99:.2f}"
            f" (target at most 2), their statuses {dict(statuses)}."
        )
    return notes


def _mixed(
    table: record.Table,
    ask: Callable[[Load, int, int], None],
    url: str,
    images: dict[str, bytes],
    given: argparse.Namespace,
) -> str:
    quiet, mixed = Load(), Load()
    ask(quiet, given.clients, given.requests // 10)
    with _slow_senders(url), _attackers(url, images, forever=False) as statuses:
        for _ in range(10):
            ask(mixed, given.clients, given.requests // 10)
    _add(table, given.clients, "alone", quiet)
    name = f"beside {COSTLY_IN_MIX} costly, {SLOW_SENDERS} slow"
    _add(table, given.clients, name, mixed)
    return (
        f"p99 of the mix over alone (target: at most 2): {mixed.p99 / quiet.p99:.2f}; memory "
        f"{mixed.megabytes[0]} to {mixed.megabytes[-1]} MB; statuses of the costly: "
        f"{dict(statuses)}."
    )


def _add(table: record.Table, clients: int, name: str, one: Load) -> None:
    counts = (len(one.milliseconds), str(one.errors), str(one.wrong))
    table.add(str(clients), name, *counts, one.median, one.p99, max(one.megabytes))


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
