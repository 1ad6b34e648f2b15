"""What an endpoint takes as a service: one process or several, with a token and a JSON log.

``python -m benchmarks.service MODEL IMAGES [--requests 2000]``, where MODEL is a model.tar.gz or
its folder and IMAGES a folder of photos. All ways get their requests in turns, so that a busy
machine slows all alike; the clients of several processes are spread over them. Every answer is
compared with the signature's own. Then one process is started several times until it is ready.
"""

import argparse
import os
import secrets
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from benchmarks import load, record
from benchmarks.load import HEADERS, IC_TF, Command, Load, Questions, Server
from ic_tf_sdk.inference import image_source
from ic_tf_sdk.inference.served_model import THREADPOOL_VARIABLE, ServedModel

CLIENTS = (1, 8, 64)
STARTS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("images", type=Path)
    parser.add_argument("--requests", type=int, default=2000, help="In all, to each way.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--named", default="a network", help="What it is, for the heading.")
    record.option(parser)
    given = parser.parse_args()
    os.environ[THREADPOOL_VARIABLE] = "1"
    token = secrets.token_urlsafe(32)
    HEADERS["Authorization"] = f"Bearer {token}"
    model = ServedModel(given.model)
    bodies = [image.read() for image in image_source.find([str(given.images)])]
    own = [model.predict([body])[0]["probabilities"] for body in bodies]
    questions = Questions(bodies, np.array(own))
    share = max(1, given.requests // (len(CLIENTS) * given.rounds))
    loads: dict[tuple[str, int], Load] = {}
    with tempfile.TemporaryDirectory() as folder:
        plain = [*IC_TF, "serve", str(given.model), "--port", "0", "--quiet"]
        logged = [*plain, "--json-log", f"{folder}/log"]
        with_token = Command(logged, {"IC_TF_SDK_ENDPOINT_TOKEN": token})
        commands = {"one": Command(plain), "two": Command(plain), "logged": with_token}
        with load.servers(commands) as started:
            ways = {
                "one process": [started["one"]],
                "one, with token and JSON log": [started["logged"]],
                "two processes": [started["one"], started["two"]],
            }
            for servers in ways.values():  # not counted: the first requests load code
                _turn(Load(), servers, questions, 8, 100)
            for clients in CLIENTS:
                for _ in range(given.rounds):
                    for name, servers in ways.items():
                        one = loads.setdefault((name, clients), Load())
                        _turn(one, servers, questions, clients, share)
        starts = [_seconds_to_ready(plain) for _ in range(STARTS)]
    shown = ", ".join(f"{one:.1f}" for one in starts)
    note = f"From the start to the first 200 of /ping: {shown} s."
    record.keep(given, _report(given, loads), note=note)


def _turn(
    total: Load, servers: list[Server], questions: Questions, clients: int, count: int
) -> None:
    """Requests of so many clients, as equally many to each server as can be."""
    servers = servers[:clients]
    parts = [Load() for _ in servers]
    shares = (clients // len(servers), count // len(servers))
    threads = [
        threading.Thread(target=load.turn, args=(part, server, questions, *shares))
        for part, server in zip(parts, servers, strict=True)
    ]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total.seconds += time.perf_counter() - start
    total.megabytes.append(sum(max(part.megabytes) for part in parts))
    for part in parts:
        total.milliseconds += part.milliseconds
        total.processor_seconds += part.processor_seconds
        total.errors += part.errors
        total.wrong += part.wrong


def _seconds_to_ready(command: list[str]) -> float:
    start = time.perf_counter()
    with load.servers({"one": Command(command)}):
        return time.perf_counter() - start


def _report(given: argparse.Namespace, loads: dict[tuple[str, int], Load]) -> record.Table:
    table = record.Table(
        "Serving",
        f"As a service: {given.named}",
        *("", "clients", "requests", "errors", "wrong", "p50 ms", "p99 ms", "images/s"),
        *("processor ms/image", "most MB"),
        about="All ways in turns; the clients of two processes are spread over them.",
    )
    for (name, clients), one in loads.items():
        counts = (str(clients), len(one.milliseconds), str(one.errors), str(one.wrong))
        times = (one.median, one.p99, one.images_per_second, one.per_image(one.processor_seconds))
        table.add(name, *counts, *times, max(one.megabytes))
    return table


if __name__ == "__main__":
    main()
