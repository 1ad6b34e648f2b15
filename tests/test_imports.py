"""Importing the package and asking for defaults costs nothing: no framework, network or AWS."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    "tensorflow", "tf_keras", "keras", "tensorflow_hub", "boto3", "botocore", "sagemaker", "numpy",
    "rich", "PIL", "requests",
)  # fmt: skip

MODEL_ID = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"

# The child can reach nothing: any socket is an error.
PRELUDE = """
import socket, sys
def refuse(*args, **kwargs):
    raise AssertionError("a socket was opened")
socket.socket = socket.create_connection = refuse
"""
PRELUDE += f"MODEL_ID = {MODEL_ID!r}\n"

REPORT = f"""
loaded = [name for name in {HEAVY!r} if name in sys.modules]
assert not loaded, loaded
"""


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter without AWS variables, in an empty home folder."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "COV_"))
    }
    environment["HOME"] = str(folder)
    return subprocess.run(
        [sys.executable, "-c", PRELUDE + code + REPORT],
        env=environment, cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    "code",
    [
        "import ic_tf_sdk",
        "from ic_tf_sdk import hyperparameters as h\nh.retrieve_default(None, MODEL_ID, '*')",
        "from ic_tf_sdk import specs\nassert specs.get(MODEL_ID).input_height == 224",
        "from ic_tf_sdk.training import environment, plan",
        "from ic_tf_sdk.contract import archive, container_handler, metric_lines",
        "from ic_tf_sdk import cli, errors, embedded, launch",
        "from ic_tf_sdk.launch.local import job, request",
        "from ic_tf_sdk.launch.sagemaker import sdk, sdk_v2",
    ],
)
def test_nothing_heavy_is_loaded_printed_or_created(code: str, tmp_path: Path) -> None:
    done = run(code + "\n", tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_defaults_are_had_without_what_takes_as_long_as_they_do(tmp_path: Path) -> None:
    code = "from ic_tf_sdk import hyperparameters as h\nh.retrieve_default(None, MODEL_ID, '*')\n"
    slow = {"asyncio", "inspect", "pydantic", "typing_extensions"}
    done = run(f"{code}assert not {slow!r} & set(sys.modules)\n", tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_check_would_see_a_heavy_import(tmp_path: Path) -> None:
    done = run("import numpy\n", tmp_path)
    assert done.returncode != 0
    assert "numpy" in done.stderr
