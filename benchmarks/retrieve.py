"""Processor seconds of cold retrieve calls, against importing the SageMaker SDK's module.

    python benchmarks/retrieve.py

Each figure is the median over fresh processes, interleaved, so that a busy machine slows all of
them alike. The SDK's import is only the start of its answer: it then needs a network.
"""

import json
import os
import statistics
import subprocess
import sys

ROUNDS = 7
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
