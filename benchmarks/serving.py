"""The local endpoint under load, beside a naive server.

``python benchmarks/serving.py MODEL IMAGES``, where MODEL is a model.tar.gz or its folder and
IMAGES a folder of photos. The naive server does what a first
version does: one request, one call of the signature, in a thread. All servers run at once; each
gets its requests in turns, so that a busy machine slows all alike. Every answer is compared with
the signature's own. Prints, for each server and concurrency, requests, errors, wrong answers,
median and 99th percentile in milliseconds, images per second, and the server's processor time per
image and memory.
"""

import argparse
import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from ic_tf_sdk.inference import image_source
from ic_tf_sdk.inference.served_model import ServedModel

TOLERANCE = 1e-5
HEADERS = {"Content-Type": "application/x-image", "Accept": "application/json"}


@dataclass
class Load:
    """What one server did at one concurrency."""

    milliseconds: list[float] = field(default_factory=list)
    seconds: float = 0.0
    processor_seconds: float = 0.0
    errors: int = 0
    wrong: int = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("images", type=Path)
    parser.add_argument("--requests", type=int, default=20_000, help="To the endpoint, in all.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--concurrency", type=int, nargs="+", default=[1, 8, 64])
    given = parser.parse_args()
    model = ServedModel(given.model)
    bodies = [image.read() for image in image_source.find([str(given.images)])]
    expected = np.array([model.predict([body])[0]["probabilities"] for body in bodies])
    commands = {
        "endpoint": [*_IC_TF, "serve", str(given.model), "--port", "0", "--quiet"],
        "endpoint --graph folded": [
            *_IC_TF, "serve", str(given.model), "--port", "0", "--quiet", "--graph", "folded",
        ],
        "naive": [sys.executable, __file__, "naive", str(given.model)],
    }  # fmt: skip
    share = given.requests // (2 * len(given.concurrency) * given.rounds)
    with _servers(commands) as servers:
        _bare(model, bodies, "before")
        for concurrency in given.concurrency:
            loads = {name: Load() for name in servers}
            memory = {name: _megabytes(process) for name, (process, _) in servers.items()}
            for _ in range(given.rounds):
                for name, (process, url) in servers.items():
                    before = _processor_seconds(process)
                    _run(loads[name], url, bodies, expected, concurrency, share)
                    loads[name].processor_seconds += _processor_seconds(process) - before
            for name, load in loads.items():
                grown = _megabytes(servers[name][0])
                _report(name, concurrency, load, memory[name], grown)
        _bare(model, bodies, "after")


def _bare(model: ServedModel, bodies: list[bytes], when: str) -> None:
    found = []
    for body in bodies[:100]:
        start = time.perf_counter()
        model.predict([body])
        found.append(1000 * (time.perf_counter() - start))
    print(f"bare signature call, {when}: p50 {np.median(found):.1f} ms", flush=True)


def _run(
    load: Load, url: str, bodies: list[bytes], expected: np.ndarray, concurrency: int, count: int
) -> None:
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
            _ask(load, connection, bodies, expected, number % len(bodies))
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(concurrency)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    load.seconds += time.perf_counter() - start


def _ask(
    load: Load,
    connection: http.client.HTTPConnection,
    bodies: list[bytes],
    expected: np.ndarray,
    row: int,
) -> None:
    start = time.perf_counter()
    try:
        connection.request("POST", "/invocations", bodies[row], HEADERS)
        answer = connection.getresponse()
        content = answer.read()
    except (OSError, http.client.HTTPException):
        load.errors += 1
        connection.close()
        return
    load.milliseconds.append(1000 * (time.perf_counter() - start))
    if answer.status != 200:
        load.errors += 1
    elif np.abs(json.loads(content)["probabilities"] - expected[row]).max() > TOLERANCE:
        load.wrong += 1


def _report(name: str, concurrency: int, load: Load, before: int, after: int) -> None:
    count = len(load.milliseconds)
    middle, high = np.percentile(load.milliseconds, [50, 99])
    print(
        f"{name:24} concurrency {concurrency:2}  {count:5} requests  {load.errors} errors  "
        f"{load.wrong} wrong  p50 {middle:7.1f} ms  p99 {high:7.1f} ms  "
        f"{count / load.seconds:6.1f} images/s  "
        f"processor {1000 * load.processor_seconds / count:5.1f} ms/image  "
        f"memory {before} -> {after} MB",
        flush=True,
    )


@contextmanager
def _servers(
    commands: dict[str, list[str]],
) -> Iterator[dict[str, tuple["subprocess.Popen[str]", str]]]:
    processes = {
        name: subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        for name, command in commands.items()
    }
    try:
        yield {name: (process, _address(process)) for name, process in processes.items()}
    finally:
        for process in processes.values():
            process.terminate()
            process.wait(60)


def _address(process: "subprocess.Popen[str]") -> str:
    assert process.stderr is not None
    for line in process.stderr:
        if "running on " in line:
            url = line.split("running on ")[1].split()[0]
            threading.Thread(target=process.stderr.read, daemon=True).start()
            _until_loaded(url)
            return url
    raise SystemExit("a server did not start")


def _until_loaded(url: str) -> None:
    address = urlsplit(url)
    while True:
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=120)
        connection.request("GET", "/ping")
        if connection.getresponse().status == 200:
            return
        time.sleep(0.1)


def _processor_seconds(process: "subprocess.Popen[str]") -> float:
    """User and system time so far; on a shared machine steadier than the clock."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _megabytes(process: "subprocess.Popen[str]") -> int:
    status = Path(f"/proc/{process.pid}/status").read_text()
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(resident.split()[1]) // 1024


def naive(model: str) -> None:
    """One request, one call."""
    import uvicorn
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from ic_tf_sdk.inference.predictor import LocalPredictor

    predictor = LocalPredictor(model)

    async def invocations(request: Request) -> Response:
        body = await run_in_threadpool(predictor.predict, await request.body())
        return Response(body, media_type="application/json")

    async def ping(_: Request) -> Response:
        return Response()

    routes = [Route("/invocations", invocations, methods=["POST"]), Route("/ping", ping)]
    uvicorn.run(Starlette(routes=routes), port=0, access_log=False)


_IC_TF = (sys.executable, "-c", "from ic_tf_sdk.cli import main; main()")

if __name__ == "__main__":
    if sys.argv[1:2] == ["naive"]:
        naive(sys.argv[2])
    else:
        main()
