"""The local endpoint under load, beside a naive server and the bare call of the model.

    python -m benchmarks.serving MODEL IMAGES [--requests 20000] [--rounds 5]
        [--before TREE --before-model ARCHIVE]

MODEL is a model.tar.gz or its folder and IMAGES a folder of photos. The naive server does what a
first version does: one request, one call of the signature, in a thread. With ``--before`` an
earlier checkout's endpoint answers, too, of an archive that it exported itself
(``benchmarks.exports``). All servers run at once; each gets its requests in turns, so that a busy
machine slows all alike, and the bare calls are timed between them. Every answer is compared with
the signature's own.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks import exports, load, record
from benchmarks.load import IC_TF, Command, Load, Questions
from ic_tf_sdk.inference import image_source
from ic_tf_sdk.inference.served_model import THREADPOOL_VARIABLE, ServedModel

CLIENTS = (1, 8, 64)
BARE_CALLS = 60
ENDPOINT, FOLDED, NAIVE = "endpoint", "endpoint --graph folded", "naive server"
# The other servers get a share of the endpoint's requests: enough for a median, in less time.
OTHERS_SHARE = 4

Loads = dict[tuple[str, int], Load]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("images", type=Path)
    parser.add_argument("--requests", type=int, default=20_000, help="To the endpoint, in all.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--before", type=Path, help="Another checkout, with --before-model.")
    parser.add_argument("--before-model", type=Path, help="What that one exported.")
    parser.add_argument("--named", default="a network", help="What it is, for the heading.")
    record.option(parser)
    given = parser.parse_args()
    os.environ[THREADPOOL_VARIABLE] = "1"
    model = ServedModel(given.model)
    bodies = [image.read() for image in image_source.find([str(given.images)])]
    own = [model.predict([body])[0]["probabilities"] for body in bodies]
    commands = servers(given)
    asked = {name: Questions(bodies, np.array(own)) for name in commands}
    for name in commands:
        if name.startswith("before"):
            asked[name] = Questions(bodies, exports.answers(given.before_model, bodies))
    calls = bare_calls(model)
    bare: dict[str, list[float]] = {name: [] for name in calls}
    loads = measured(given, commands, asked, lambda: _time_all(calls, bodies, bare))
    report(given, loads, {name: float(np.median(found)) for name, found in bare.items()})


def servers(given: argparse.Namespace) -> dict[str, Command]:
    """Name -> what starts it."""
    serve = [*IC_TF, "serve", str(given.model.resolve()), "--port", "0", "--quiet"]
    naive = [sys.executable, "-m", "benchmarks.naive_server", str(given.model.resolve())]
    found = {
        ENDPOINT: Command(serve),
        FOLDED: Command([*serve, "--graph", "folded"]),
        NAIVE: Command(naive),
    }
    if given.before:
        tree = given.before.resolve()
        words = [*IC_TF, "serve", str(given.before_model.resolve()), "--port", "0", "--quiet"]
        name = f"before ({record.commit(tree)})"
        found[name] = Command(words, {"PYTHONPATH": str(tree)}, tree)
    return found


def measured(
    given: argparse.Namespace,
    commands: dict[str, Command],
    asked: dict[str, Questions],
    between: Callable[[], None],
) -> Loads:
    """All servers at each number of clients, in turns."""
    share = max(1, given.requests // (len(CLIENTS) * given.rounds))
    loads: Loads = {}
    with load.servers(commands) as started:
        for name, server in started.items():  # not counted: the first requests load code
            load.turn(Load(), server, asked[name], 8, 100)
        for clients in CLIENTS:
            for _ in range(given.rounds):
                between()
                for name, server in started.items():
                    one = loads.setdefault((name, clients), Load())
                    count = share if name == ENDPOINT else max(1, share // OTHERS_SHARE)
                    load.turn(one, server, asked[name], clients, count)
            print(f"{clients} clients: done", file=sys.stderr, flush=True)
    return loads


def bare_calls(model: ServedModel) -> dict[str, Callable[[bytes], object]]:
    """From an encoded image to probabilities without a server, by either graph."""
    folded = model.folded()
    return {
        "bare call": lambda body: model.predict([body]),
        "bare call, folded": lambda body: folded(model.load_image(body)[None]),
    }


def _time_all(
    calls: dict[str, Callable[[bytes], object]], bodies: list[bytes], found: dict[str, list[float]]
) -> None:
    for name, call in calls.items():
        for number in range(BARE_CALLS):
            start = time.perf_counter()
            call(bodies[number % len(bodies)])
            found[name].append(1000 * (time.perf_counter() - start))


def report(given: argparse.Namespace, loads: Loads, bare: dict[str, float]) -> None:
    """Print the table, and the ratios that were asked for."""
    table = record.Table(
        "Serving",
        f"The endpoint: {given.named}",
        *("", "clients", "requests", "errors", "wrong", "p50 ms", "p99 ms", "images/s"),
        *("processor ms/image", "MB, first round to last"),
        about="Requests in turns to servers that run at once; the naive server makes one call of "
        "the signature for each request. Wrong is an answer that is more than 1e-5 off the "
        "signature's own. The bare calls ask no server.",
    )
    for name, median in bare.items():
        table.add(name, "", "", "", "", median, "", "", "", "")
    for (name, clients), one in loads.items():
        counts = (str(clients), f"{len(one.milliseconds):,}", str(one.errors), str(one.wrong))
        times = (one.median, one.p99, one.images_per_second, one.per_image(one.processor_seconds))
        table.add(name, *counts, *times, f"{one.megabytes[0]:,} to {one.megabytes[-1]:,}")
    record.keep(given, table, note=" ".join(ratios(loads)))


def ratios(loads: Loads) -> list[str]:
    """The endpoint beside each other server, in sentences."""
    found = []
    for other in dict.fromkeys(name for name, _ in loads if name != ENDPOINT):
        p50 = [loads[other, count].median / loads[ENDPOINT, count].median for count in CLIENTS]
        speed = [
            loads[ENDPOINT, count].images_per_second / loads[other, count].images_per_second
            for count in CLIENTS
        ]
        shown = (", ".join(f"{one:.2f}" for one in some) for some in (p50, speed))
        found.append("{}: p50 over the endpoint's {}; the endpoint's images/s over it {}.".format(
            other[0].upper() + other[1:], *shown))  # fmt: skip
    return [f"At {', '.join(map(str, CLIENTS))} clients:", *found]


if __name__ == "__main__":
    main()
