"""Processor seconds of cold retrieve calls, against importing the SageMaker SDK's module.

    python -m benchmarks.retrieve
    python -m benchmarks.retrieve TREE   this checkout against another one of the repository

Each figure is the median over fresh processes, interleaved, so that a busy machine slows all of
them alike. The SDK's import is only the start of its answer: it then needs a network. Two checkouts
are compared by the clock, which tells less than the 10 ms that processors' seconds are counted in.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

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
    """Print the medians as a table and as JSON."""
    seconds: dict[str, list[float]] = {name: [] for name in PEERS}
    for _ in range(ROUNDS):
        for name, code in PEERS.items():
            seconds[name].append(cpu_seconds(code))
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    for name, median in medians.items():
        print(f"{median:7.3f} s CPU  {name}")
    sdk = medians["from sagemaker import hyperparameters"]
    print(f"{sdk / medians['retrieve_default, one model']:7.1f} times faster than the SDK's import")
    print(json.dumps(medians))


def compare(tree: Path) -> None:
    """Print the median wall seconds of one cold call, here and in the other checkout."""
    trees = {"here": Path(__file__).resolve().parents[1], str(tree): tree.resolve()}
    seconds: dict[str, list[float]] = {name: [] for name in trees}
    # The first round reads the files from the disk.
    for number in range(1 + ROUNDS_OF_TREES):
        for name, path in trees.items():
            taken = wall_seconds(ONE, path)
            if number:
                seconds[name].append(taken)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    for name, median in medians.items():
        print(f"{median * 1000:7.2f} ms  {name}")
    print(f"{medians['here'] / medians[str(tree)]:7.2f} times that of {tree}")


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
    compare(Path(sys.argv[1])) if sys.argv[1:] else main()
