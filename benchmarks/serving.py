"""The local endpoint under load, beside a naive server and the bare call of the model.

``python -m benchmarks.serving MODEL IMAGES [--requests 20000]``, where MODEL is a model.tar.gz or
its folder and IMAGES a folder of photos. The naive server does what a first version does: one
request, one call of the signature, in a thread. All servers run at once; each gets its requests in
turns, so that a busy machine slows all alike, and the bare calls are timed between them. Every
answer is compared with the signature's own. Prints a table, and what it says of the targets.
"""

import argparse
import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from ic_tf_sdk.inference import image_source
from ic_tf_sdk.inference.served_model import THREADPOOL_VARIABLE, ServedModel

TOLERANCE = 1e-5
HEADERS = {"Content-Type": "application/x-image", "Accept": "application/json"}
CONCURRENCY = (1, 8, 64)
BARE_CALLS = 60
# The other servers get a share of the endpoint's requests: enough for a median, in less time.
OTHERS_SHARE = 4

Loads = dict[tuple[str, int], "Load"]


@dataclass
class Load:
    """What one server did at one concurrency."""

    milliseconds: list[float] = field(default_factory=list)
    seconds: float = 0.0
    processor_seconds: float = 0.0
    errors: int = 0
    wrong: int = 0
    megabytes: list[int] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Of the milliseconds."""
        return float(np.median(self.milliseconds))

    @property
    def images_per_second(self) -> float:
        """All clients together."""
        return len(self.milliseconds) / self.seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("images", type=Path)
    parser.add_argument("--requests", type=int, default=20_000, help="To the endpoint, in all.")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    os.environ[THREADPOOL_VARIABLE] = "1"
    model = ServedModel(given.model)
    bodies = [image.read() for image in image_source.find([str(given.images)])]
    expected = np.array([model.predict([body])[0]["probabilities"] for body in bodies])
    serve = [*_IC_TF, "serve", str(given.model), "--port", "0", "--quiet"]
    commands = {
        "endpoint": serve,
        "endpoint --graph folded": [*serve, "--graph", "folded"],
        "naive server": [sys.executable, "-m", "benchmarks.serving", "naive", str(given.model)],
    }
    share = max(1, given.requests // (len(CONCURRENCY) * given.rounds))
    calls = _bare_calls(model)
    bare: dict[str, list[float]] = {name: [] for name in calls}
    loads: Loads = {}
    with _servers(commands) as servers:
        for process, url in servers.values():  # not counted: the first requests load code
            _turn(Load(), process, url, bodies, expected, 8, 100)
        for concurrency in CONCURRENCY:
            for _ in range(given.rounds):
                for name, call in calls.items():
                    bare[name] += _time(call, bodies)
                for name, (process, url) in servers.items():
                    load = loads.setdefault((name, concurrency), Load())
                    count = share if name == "endpoint" else max(1, share // OTHERS_SHARE)
                    _turn(load, process, url, bodies, expected, concurrency, count)
            print(f"concurrency {concurrency} done", file=sys.stderr, flush=True)
    _report(loads, {name: float(np.median(found)) for name, found in bare.items()})


def _turn(
    load: Load,
    process: "subprocess.Popen[str]",
    url: str,
    bodies: list[bytes],
    expected: np.ndarray,
    concurrency: int,
    count: int,
) -> None:
    before = _processor_seconds(process)
    _run(load, url, bodies, expected, concurrency, count)
    load.processor_seconds += _processor_seconds(process) - before
    load.megabytes.append(_megabytes(process))


def _bare_calls(model: ServedModel) -> dict[str, Callable[[bytes], object]]:
    """From an encoded image to probabilities without a server, unfolded and folded."""
    folded = model.folded()
    return {
        "bare call": lambda body: model.predict([body]),
        "bare call, folded": lambda body: folded(model.load_image(body)[None]),
    }


def _time(call: Callable[[bytes], object], bodies: list[bytes]) -> list[float]:
    found = []
    for number in range(BARE_CALLS):
        start = time.perf_counter()
        call(bodies[number % len(bodies)])
        found.append(1000 * (time.perf_counter() - start))
    return found


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


def _report(loads: Loads, bare: dict[str, float]) -> None:
    print("| | concurrency | requests | errors | wrong | p50 ms | p99 ms | images/s | processor |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, median in bare.items():
        print(f"| {name} | | | | | {median:.1f} | | | |")
    for (name, concurrency), load in loads.items():
        count = len(load.milliseconds)
        print(
            f"| {name} | {concurrency} | {count} | {load.errors} | {load.wrong} | "
            f"{load.median:.1f} | {np.percentile(load.milliseconds, 99):.1f} | "
            f"{load.images_per_second:.0f} | {1000 * load.processor_seconds / count:.1f} ms/image |"
        )
    endpoint = {count: loads["endpoint", count] for count in CONCURRENCY}
    folded = {count: loads["endpoint --graph folded", count] for count in CONCURRENCY}
    naive = {count: loads["naive server", count] for count in CONCURRENCY}
    faster = [one[8].images_per_second / naive[8].images_per_second for one in (endpoint, folded)]
    memory = [
        f"{load.megabytes[0]} to {load.megabytes[-1]} MB at {count}"
        for count, load in endpoint.items()
    ]
    print(
        f"\nThroughput at concurrency 8 over the naive server's (target 1.5): {faster[0]:.2f}, "
        f"folded {faster[1]:.2f}.\n"
        f"p50 at concurrency 1, naive {naive[1].median:.1f} ms (target: no worse): "
        f"{endpoint[1].median:.1f} ms, folded {folded[1].median:.1f} ms.\n"
        f"Over the bare call at concurrency 1 (target: at most 2 ms): "
        f"{endpoint[1].median - bare['bare call']:.1f} ms, folded over folded "
        f"{folded[1].median - bare['bare call, folded']:.1f} ms.\n"
        f"Folded over HTTP against the bare unfolded call (target: no slower): "
        f"{folded[1].median:.1f} ms and {bare['bare call']:.1f} ms.\n"
        f"Resident memory of the endpoint, first round to last: {', '.join(memory)}."
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
