"""Where a step of full fine-tuning spends its time, and what settings change it.

    python -m benchmarks.training_step operations PHOTOS [--images 240]
    python -m benchmarks.training_step onednn PHOTOS [--images 240]
    python -m benchmarks.training_step settings PHOTOS [--images 240] [--rounds 5]

PHOTOS is a folder of class folders; the whole network is trained, three epochs. ``operations`` asks
TensorFlow's profiler about the second one: the time of each kind of operation. ``onednn`` has
oneDNN say each primitive that it runs in the last one (``ONEDNN_VERBOSE``): its time, its code, and
in which order its images lie (``acdb`` is height, width, channels; ``Acdb16a`` and the like are
blocked). ``settings`` trains with others in turns: threads, layouts, bfloat16.
"""

import argparse
import logging
import os
import re
import shutil
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import backbone, processes, record, rows
from benchmarks.allocator import first
from ic_tf_sdk.contract import memory_allocator, metric_lines

EPOCHS = 3
SHOWN = 20
JOB = [sys.executable, "-m", "ic_tf_sdk.training.transfer_learning"]
SETTINGS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "as it is": ({}, {}),
    "one thread for an operation, two operations": (
        {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "2"},
        {},
    ),
    "two threads for an operation, one operation": (
        {"TF_NUM_INTRAOP_THREADS": "2", "TF_NUM_INTEROP_THREADS": "1"},
        {},
    ),
    "TensorFlow's own kernels, no oneDNN": ({"TF_ENABLE_ONEDNN_OPTS": "0"}, {}),
    "oneDNN's bfloat16 mode": (
        {"ONEDNN_DEFAULT_FPMATH_MODE": "BF16", "TF_SET_ONEDNN_FPMATH_MODE": "BF16"},
        {},
    ),
    "oneDNN with the system's allocator": ({"TF_ONEDNN_USE_SYSTEM_ALLOCATOR": "1"}, {}),
    "mixed_precision bfloat16": ({}, {"mixed_precision": "bfloat16"}),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=MEASURED)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--images", type=int, default=240)
    parser.add_argument("--rounds", type=int, default=5, help="Of the settings.")
    rows.option(parser)
    backbone.option(parser)
    record.option(parser)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        given.channel = backbone.channel(given, Path(scratch, "model"))
        given.photos = first(given.photos, given.images, Path(scratch, "photos"))
        record.keep(given, MEASURED[given.what](given, Path(scratch, "job")))


def flags(given: argparse.Namespace, folder: Path) -> dict[str, str]:
    """The hyperparameters and folders of a job."""
    return {
        "training": str(given.photos),
        "model": str(given.channel),
        "model_dir": str(folder / "model"),
        "output_data_dir": str(folder / "output"),
        "checkpoint_dir": str(folder / "checkpoints"),
        "epochs": str(EPOCHS),
        "train_only_on_top": "False",
    }


def train(
    given: argparse.Namespace, folder: Path, variables: dict[str, str], more: dict[str, str]
) -> processes.Ended:
    """A job as a process of its own, with the allocator's settings."""
    words = [f"--{name}={value}" for name, value in {**flags(given, folder), **more}.items()]
    environment = {**os.environ, **memory_allocator.variables(os.environ), **variables}
    return processes.run([*JOB, *words], environment, marks=_ends_an_epoch)


def _ends_an_epoch(line: str) -> bool:
    return metric_lines.read_epoch(line) is not None


def operations(given: argparse.Namespace, folder: Path) -> record.Table:
    """The second epoch's operations, by their kind."""
    import tensorflow as tf

    from ic_tf_sdk.training import environment, job, plan

    class Profile(logging.Handler):
        def emit(self, line: logging.LogRecord) -> None:
            epoch = metric_lines.read_epoch(line.getMessage())
            if epoch == 1:
                tf.profiler.experimental.start(str(folder / "profile"))
            if epoch == 2:
                tf.profiler.experimental.stop()

    metric_lines.logger.addHandler(Profile())
    metric_lines.logger.setLevel(logging.INFO)
    words = [f"--{name}={value}" for name, value in flags(given, folder).items()]
    job.run(plan.make(environment.read(words, {})))
    seconds, calls = by_kind(next((folder / "profile").rglob("*.xplane.pb")))
    whole = sum(seconds.values())
    table = record.Table(
        "Training",
        f"A later epoch by operations: {backbone.name(given.channel)}, {given.images} images",
        *("operation", "calls", "s", "share"),
        about="The whole network; time of TensorFlow's threads in each kind of operation, the "
        f"{SHOWN} that take most, validation included. Time that an operation waits counts.",
    )
    for kind, time in seconds.most_common(SHOWN):
        table.add(kind, calls[kind], time, f"{time / whole:.3f}")
    table.add("all", sum(calls.values()), whole, "1")
    return table


def by_kind(path: Path) -> tuple[Counter[str], Counter[str]]:
    """Seconds and calls of each kind of operation in a profile."""
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    space = xplane_pb2.XSpace.FromString(path.read_bytes())
    seconds, calls = Counter[str](), Counter[str]()
    for plane in space.planes:
        names = {number: data.name for number, data in plane.event_metadata.items()}
        for line in plane.lines:
            for event in line.events:
                # Operations are "name:Kind"; what else stands there are the runtime's own steps.
                name = names[event.metadata_id]
                kind = name.rpartition(":")[2]
                if ":" not in name or "::" in name or not re.fullmatch(r"_?[A-Z]\w+", kind):
                    continue
                seconds[kind] += event.duration_ps / 1e12
                calls[kind] += 1
    return seconds, calls


def onednn(given: argparse.Namespace, folder: Path) -> record.Table:
    """The last epoch's primitives, by kind, code and layout."""
    done = train(given, folder, {"ONEDNN_VERBOSE": "1", "DNNL_VERBOSE": "1"}, {})
    epochs = [number for number, line in enumerate(done.lines) if _ends_an_epoch(line)]
    found: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for line in done.lines[epochs[-2] + 1 : epochs[-1]]:
        if not re.match(r"onednn_verbose,.*\bexec,cpu,", line):
            continue
        key, milliseconds = primitive(line)
        found[key].append(milliseconds)
    whole = sum(map(sum, found.values())) / 1000
    if not whole:
        raise SystemExit("oneDNN said nothing: this TensorFlow does not use it here.")
    table = record.Table(
        "Training",
        f"A later epoch by oneDNN's primitives: {backbone.name(given.channel)}, "
        f"{given.images} images",
        *("primitive", "direction", "code", "images lie as", "calls", "s", "share"),
        about="The whole network; the kinds that take most. What is not oneDNN's is not in it.",
    )
    most = sorted(found.items(), key=lambda one: -sum(one[1]))
    for key, times in most[:SHOWN]:
        seconds = sum(times) / 1000
        table.add(*key, len(times), seconds, f"{seconds / whole:.3f}")
    calls = sum(map(len, found.values()))
    table.add("all", "", "", "", calls, whole, "1")
    return table


def primitive(line: str) -> tuple[tuple[str, str, str, str], float]:
    """Kind, direction, code and layout of a line of oneDNN, and its milliseconds.

    ``onednn_verbose,v1,primitive,exec,cpu,convolution,jit:avx512_core,forward_training,src:f32::
    blocked:acdb::f0 wei:...,...,mb32_ic3...,1.5``, with more parts before "primitive" in others.
    """
    parts = line.strip().split(",")
    start = parts.index("cpu")
    kind, code, direction, memory = parts[start + 1 : start + 5]
    layouts = re.findall(r"(?:src|dst|data)[\w:]*?:blocked:(\w+)", memory)
    return (kind, direction, code, ", ".join(dict.fromkeys(layouts))), float(parts[-1])


def settings(given: argparse.Namespace, folder: Path) -> record.Table:
    """Whole trainings with other settings, in turns."""
    chosen = {name: SETTINGS[name] for name in rows.chosen(SETTINGS, given.only)}
    found: dict[str, list[processes.Used]] = {name: [] for name in chosen}
    for number in range(given.rounds):
        for name, (variables, more) in chosen.items():
            done = train(given, folder, variables, more)
            found[name].append(done.marks[-1].since(done.marks[-2]))
            # The next would go on from its checkpoints, and train nothing.
            shutil.rmtree(folder)
        print(f"round {number + 1} of {given.rounds} done", file=sys.stderr, flush=True)
    count = sum(1 for _ in given.photos.glob("*/*"))
    table: Any = record.Table(
        "Training",
        f"Settings of a step: {backbone.name(given.channel)}, {count} images",
        *("", "images/s", "ratio", "processor s", "system s"),
        about=f"The last of {EPOCHS} epochs of the whole network, batches of 32, validation in "
        f"the time; medians of {given.rounds}, in turns.",
    )
    base = median(one.wall for one in next(iter(found.values())))
    for name, runs in found.items():
        wall = median(one.wall for one in runs)
        used = (median(one.processor for one in runs), median(one.system for one in runs))
        table.add(name, (count - int(0.2 * count)) / wall, f"{base / wall:.2f}", *used)
    return table


MEASURED = {"operations": operations, "onednn": onednn, "settings": settings}

if __name__ == "__main__":
    main()
