"""What an endpoint takes as a service: one process or several, with a token and a JSON log.

``python -m benchmarks.service MODEL IMAGES [--requests 2000]``, where MODEL is a model.tar.gz or
its folder and IMAGES a folder of photos. All ways get their requests in turns, so that a busy
machine slows all alike; the clients of several processes are spread over them. Every answer is
compared with the signature's own. Then one process is started several times until it is ready.
"""

import argparse
import os
import secrets
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from benchmarks.serving import (
    _IC_TF,
    HEADERS,
    Load,
    _megabytes,
    _processor_seconds,
    _run,
    _servers,
)
from ic_tf_sdk.inference import image_source
from ic_tf_sdk.inference.served_model import THREADPOOL_VARIABLE, ServedModel

CLIENTS = (1, 8, 64)
STARTS = 3

Server = tuple["subprocess.Popen[str]", str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("images", type=Path)
    parser.add_argument("--requests", type=int, default=2000, help="In all, to each way.")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    os.environ[THREADPOOL_VARIABLE] = "1"
    token = secrets.token_urlsafe(32)
    HEADERS["Authorization"] = f"Bearer {token}"
    model = ServedModel(given.model)
    bodies = [image.read() for image in image_source.find([str(given.images)])]
    expected = np.array([model.predict([body])[0]["probabilities"] for body in bodies])
    share = max(1, given.requests // (len(CLIENTS) * given.rounds))
    loads: dict[tuple[str, int], Load] = {}
    with tempfile.TemporaryDirectory() as folder:
        plain = [*_IC_TF, "serve", str(given.model), "--port", "0", "--quiet"]
        logged = [*plain, "--json-log", f"{folder}/log"]
        with _servers({"one": plain, "two": plain}) as started:
            os.environ["IC_TF_SDK_ENDPOINT_TOKEN"] = token
            with _servers({"logged": logged}) as with_token:
                del os.environ["IC_TF_SDK_ENDPOINT_TOKEN"]
                ways = {
                    "one process": [started["one"]],
                    "one, with token and JSON log": [with_token["logged"]],
                    "two processes": [started["one"], started["two"]],
                }
                for servers in ways.values():  # not counted: the first requests load code
                    _turn(Load(), servers, bodies, expected, 8, 100)
                for clients in CLIENTS:
                    for _ in range(given.rounds):
                        for name, servers in ways.items():
                            load = loads.setdefault((name, clients), Load())
                            _turn(load, servers, bodies, expected, clients, share)
        _report(loads)
        _report_starts([_seconds_to_ready(plain) for _ in range(STARTS)])


def _turn(
    load: Load,
    servers: list[Server],
    bodies: list[bytes],
    expected: np.ndarray,
    clients: int,
    count: int,
) -> None:
    """Requests of so many clients, as equally many to each server as can be."""
    servers = servers[:clients]
    parts = [Load() for _ in servers]
    before = sum(_processor_seconds(process) for process, _ in servers)
    threads = [
        threading.Thread(
            target=_run,
            args=(part, url, bodies, expected, clients // len(servers), count // len(servers)),
        )
        for part, (_, url) in zip(parts, servers, strict=True)
    ]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    load.seconds += time.perf_counter() - start
    load.processor_seconds -= before
    load.processor_seconds += sum(_processor_seconds(process) for process, _ in servers)
    load.megabytes.append(sum(_megabytes(process) for process, _ in servers))
    for part in parts:
        load.milliseconds += part.milliseconds
        load.errors += part.errors
        load.wrong += part.wrong


def _seconds_to_ready(command: list[str]) -> float:
    start = time.perf_counter()
    with _servers({"one": command}):
        return time.perf_counter() - start


def _report(loads: dict[tuple[str, int], Load]) -> None:
    print("| | clients | requests | errors | wrong | p50 | p99 | images/s | processor | memory |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for (name, clients), load in loads.items():
        count = len(load.milliseconds)
        slowest = np.percentile(load.milliseconds, 99)
        processor = 1000 * load.processor_seconds / count
        print(
            f"| {name} | {clients} | {count} | {load.errors} | {load.wrong} | {load.median:.1f} ms "
            f"| {slowest:.1f} ms | {load.images_per_second:.0f} | {processor:.1f} ms/image "
            f"| {max(load.megabytes)} MB |"
        )


def _report_starts(seconds: list[float]) -> None:
    print(f"\nFrom the start to /ping's first 200: {', '.join(f'{one:.1f}' for one in seconds)} s.")


if __name__ == "__main__":
    main()
