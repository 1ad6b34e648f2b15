"""Processor seconds of cold retrieve calls, against importing the SageMaker SDK's module.

    python -m benchmarks.retrieve
    python -m benchmarks.retrieve --before TREE   beside another checkout of the repository

Each figure is the median over fresh processes, interleaved, so that a busy machine slows all of
them alike. The SDK's import is only the start of its answer: it then needs a network. Two checkouts
are compared by the clock, which tells less than the 10 ms that processors' seconds are counted in.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import record

ROUNDS = 7
ROUNDS_OF_TREES = 21
MODEL_ID = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
ONE = (
    "from ic_tf_sdk import hyperparameters;"
    f"hyperparameters.retrieve_default(model_id={MODEL_ID!r}, model_version='*')"
)
ALL = (
    "import warnings; warnings.simplefilter('ignore');"
    "from ic_tf_sdk import hyperparameters, specs;"
    "[hyperparameters.retrieve_default(model_id=i, model_version='*') for i in specs.model_ids()]"
)
CHECK = (
    "from ic_tf_sdk import hyperparameters;"
    f"hyperparameters.validate(model_id={MODEL_ID!r}, model_version='*',"
    "hyperparameters={'epochs': '3'})"
)
PEERS = {
    "python -c pass": "pass",
    "retrieve_default, one model": ONE,
    "retrieve_default, every model": ALL,
    "validate, one model": CHECK,
    "specs.get, one model": f"from ic_tf_sdk import specs; specs.get({MODEL_ID!r})",
    "from sagemaker import hyperparameters": "from sagemaker import hyperparameters",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--before", type=Path, help="Another checkout of the repository.")
    record.option(parser)
    given = parser.parse_args()
    record.keep(given, compare(given.before) if given.before else calls())


def calls() -> record.Table:
    """The medians of each call."""
    table = record.Table(
        "The command line and Python",
        "A retrieve call from a cold process",
        *("", "processor s", "ratio to the first call"),
        about=f"The whole process, Python's start included; medians of {ROUNDS}, in turns.",
    )
    seconds: dict[str, list[float]] = {name: [] for name in PEERS}
    for _ in range(ROUNDS):
        for name, code in PEERS.items():
            seconds[name].append(cpu_seconds(code))
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    for name, median in medians.items():
        table.add(f"`{name}`", median, median / medians["retrieve_default, one model"])
    return table


def compare(tree: Path) -> record.Table:
    """The median wall seconds of one cold call, here and in the other checkout."""
    table = record.Table(
        "The command line and Python",
        "A retrieve call, beside an earlier checkout",
        *("", "wall ms", "ratio"),
        about=f"The whole process; medians of {ROUNDS_OF_TREES}, in turns.",
    )
    trees = {f"before ({record.commit(tree)})": tree.resolve(), "now": record.ROOT}
    seconds: dict[str, list[float]] = {name: [] for name in trees}
    # The first round reads the files from the disk.
    for number in range(1 + ROUNDS_OF_TREES):
        for name, path in trees.items():
            taken = wall_seconds(ONE, path)
            if number:
                seconds[name].append(taken)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    for name, median in medians.items():
        table.add(name, median * 1000, median / next(iter(medians.values())))
    return table


def wall_seconds(code: str, tree: Path) -> float:
    """Seconds of a fresh interpreter that runs the code with a checkout's package."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        cwd=tree,
        env=os.environ | {"PYTHONPATH": str(tree)},
    )
    return time.perf_counter() - start


def cpu_seconds(code: str) -> float:
    """User and system seconds of a fresh interpreter that runs the code."""
    before = os.times()
    subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        env=os.environ | {"SAGEMAKER_SUPPRESS_V2_WARNING": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    after = os.times()
    return (
        after.children_user + after.children_system - before.children_user - before.children_system
    )


if __name__ == "__main__":
    main()
