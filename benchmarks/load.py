"""Servers that are started, and clients that ask them and compare every answer."""

import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urlsplit

import numpy as np

from benchmarks import processes
from benchmarks.processes import Used

TOLERANCE = 1e-5
HEADERS = {"Content-Type": "application/x-image", "Accept": "application/json"}
IC_TF = (sys.executable, "-c", "from ic_tf_sdk.cli import main; main()")


class Command(NamedTuple):
    """What starts a server.

    Attributes:
        words: The command line; what it writes to stderr says where it is "running on".
        variables: Added to the environment.
        folder: Where it runs; None for here.
    """

    words: Sequence[str]
    variables: Mapping[str, str] = MappingProxyType({})
    folder: Path | None = None


class Server(NamedTuple):
    """One that is running."""

    process: "subprocess.Popen[str]"
    url: str

    def used(self) -> Used:
        """What it took so far; no wall time."""
        return processes.so_far(self.process.pid, 0.0)

    def megabytes(self) -> int:
        """Resident now."""
        return processes.megabytes(self.process.pid)


@dataclass
class Load:
    """What one server did for so many clients."""

    milliseconds: list[float] = field(default_factory=list)
    seconds: float = 0.0
    processor_seconds: float = 0.0
    system_seconds: float = 0.0
    faults: float = 0.0
    errors: int = 0
    wrong: int = 0
    megabytes: list[int] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Of the milliseconds."""
        return float(np.median(self.milliseconds))

    @property
    def p99(self) -> float:
        """The milliseconds that one request of a hundred takes longer than."""
        return float(np.percentile(self.milliseconds, 99))

    @property
    def images_per_second(self) -> float:
        """All clients together."""
        return len(self.milliseconds) / self.seconds

    def per_image(self, seconds: float) -> float:
        """Milliseconds for one image."""
        return 1000 * seconds / len(self.milliseconds)


class Questions(NamedTuple):
    """Encoded images, and the probabilities [images, units] that an answer must have."""

    bodies: list[bytes]
    expected: np.ndarray


def turn(load: Load, server: Server, questions: Questions, clients: int, count: int) -> None:
    """So many requests of so many clients; what the server took for them is added."""
    before = server.used()
    ask(load, server.url, questions, clients, count)
    used = server.used().since(before)
    load.processor_seconds += used.processor
    load.system_seconds += used.system
    load.faults += used.faults
    load.megabytes.append(server.megabytes())


def ask(load: Load, url: str, questions: Questions, clients: int, count: int) -> None:
    """So many requests, each client one after the other on a connection that is kept."""
    numbers = iter(range(count))
    lock = threading.Lock()

    def client() -> None:
        address = urlsplit(url)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=120)
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                break
            _one(load, connection, questions, number % len(questions.bodies))
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(clients)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    load.seconds += time.perf_counter() - start


def _one(
    load: Load, connection: http.client.HTTPConnection, questions: Questions, row: int
) -> None:
    start = time.perf_counter()
    try:
        connection.request("POST", "/invocations", questions.bodies[row], HEADERS)
        answer = connection.getresponse()
        content = answer.read()
    except (OSError, http.client.HTTPException):
        load.errors += 1
        connection.close()
        return
    load.milliseconds.append(1000 * (time.perf_counter() - start))
    if answer.status != 200:
        load.errors += 1
        return
    apart = np.abs(json.loads(content)["probabilities"] - questions.expected[row]).max()
    load.wrong += bool(apart > TOLERANCE)


@contextmanager
def servers(commands: Mapping[str, Command]) -> Iterator[dict[str, Server]]:
    """All of them at once, loaded; they end with the block."""
    started = {
        name: subprocess.Popen(
            command.words,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **command.variables},
            cwd=command.folder,
        )
        for name, command in commands.items()
    }
    try:
        yield {name: Server(process, _address(process)) for name, process in started.items()}
    finally:
        for process in started.values():
            process.terminate()
        for process in started.values():
            process.wait(60)


def _address(process: "subprocess.Popen[str]") -> str:
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if "running on " in line:
            url = line.split("running on ")[1].split()[0]
            threading.Thread(target=process.stderr.read, daemon=True).start()
            _until_loaded(url)
            return url
    raise SystemExit(f"A server did not start: {''.join(said[-20:])}")


def _until_loaded(url: str) -> None:
    address = urlsplit(url)
    while True:
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=120)
        connection.request("GET", "/ping")
        if connection.getresponse().status == 200:
            return
        time.sleep(0.1)
