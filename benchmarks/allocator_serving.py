"""What the settings of the memory allocator are worth to an endpoint and to batch prediction.

    python -m benchmarks.allocator_serving MODEL PHOTOS [--requests 2000] [--rounds 5]

MODEL is a model.tar.gz or its folder, PHOTOS a folder of photos. Two endpoints run at once, one as
glibc is by default and one with the settings that trainings start with, and get their requests in
turns. Then ``ic-tf predict`` classifies the folder, with and without, in turns.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks import exports, load, processes, record
from benchmarks.load import IC_TF, Command, Load, Questions
from ic_tf_sdk.contract import memory_allocator
from ic_tf_sdk.inference import image_source

CLIENTS = (1, 8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--requests", type=int, default=2000, help="In all, to each endpoint.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--named", default="a network", help="What it is, for the heading.")
    record.option(parser)
    given = parser.parse_args()
    for name in list(os.environ):
        if name.startswith(("MALLOC_", "GLIBC_", "LD_PRELOAD", memory_allocator.SWITCH)):
            del os.environ[name]
    ways = {
        "default": {memory_allocator.SWITCH: memory_allocator.OFF},
        "with the settings": memory_allocator.variables({}),
    }
    record.keep(given, endpoints(given, ways), batches(given, ways))


def endpoints(given: argparse.Namespace, ways: dict[str, dict[str, str]]) -> record.Table:
    """Two endpoints, in turns."""
    table = record.Table(
        "Serving",
        f"Memory allocator, the endpoint: {given.named}",
        *("", "clients", "errors", "wrong", "p50 ms", "p99 ms", "images/s"),
        *("processor ms/image", "system ms/image", "page faults/image", "most MB"),
        about=f"Requests in turns to two endpoints that run at once, in {given.rounds} rounds.",
    )
    bodies = [one.read() for one in image_source.find([str(given.photos)])]
    questions = Questions(bodies, exports.answers(given.model, bodies))
    words = [*IC_TF, "serve", str(given.model.resolve()), "--port", "0", "--quiet"]
    share = max(1, given.requests // (len(CLIENTS) * given.rounds))
    with load.servers({name: Command(words, added) for name, added in ways.items()}) as started:
        for server in started.values():  # not counted: the first requests load code
            load.turn(Load(), server, questions, 8, 100)
        for clients in CLIENTS:
            loads = {name: Load() for name in ways}
            for _ in range(given.rounds):
                for name, server in started.items():
                    load.turn(loads[name], server, questions, clients, share)
            for name, one in loads.items():
                used = (one.per_image(one.processor_seconds), one.per_image(one.system_seconds))
                faults = one.faults / len(one.milliseconds)
                counts = (str(clients), str(one.errors), str(one.wrong))
                times = (one.median, one.p99, one.images_per_second)
                table.add(name, *counts, *times, *used, faults, max(one.megabytes))
    return table


def batches(given: argparse.Namespace, ways: dict[str, dict[str, str]]) -> record.Table:
    """``ic-tf predict`` of the folder, in turns."""
    count = len(image_source.find([str(given.photos)]))
    table = record.Table(
        "Prediction",
        f"Memory allocator, `ic-tf predict` of {count:,} photos: {given.named}",
        *("", "wall s", "user s", "system s", "page faults", "peak MB"),
        about=f"The whole process; medians of {given.rounds}, in turns.",
    )
    found: dict[str, list[processes.Used]] = {name: [] for name in ways}
    with tempfile.TemporaryDirectory() as scratch:
        for number in range(given.rounds):
            for name, added in ways.items():
                out = Path(scratch, f"{number}-{len(name)}.csv")
                command = [
                    *IC_TF,
                    "predict",
                    str(given.model),
                    str(given.photos),
                    "--out",
                    str(out),
                ]
                found[name].append(processes.run(command, {**os.environ, **added}).whole)
            print(f"round {number + 1} of {given.rounds} done", file=sys.stderr, flush=True)
    for name, runs in found.items():
        table.add(name, *(median(one) for one in zip(*runs, strict=True)))
    return table


if __name__ == "__main__":
    main()
