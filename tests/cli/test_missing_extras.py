"""Without an extra each command does its work, or says in one sentence which extra to add."""

import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ic_tf_sdk.cli.group import COMMANDS
from tests.cli.usual_calls import CALLS, Call, check, lay_out

# What `pip install ic-tf-sdk` brings, and what this interpreter needs to run it from a clone.
BASE = {
    "ic_tf_sdk", "annotated_types", "click", "pydantic", "pydantic_core", "typing_extensions",
    "typing_inspection", "platformdirs", "coverage",
}  # fmt: skip

# An import of the others fails as if they were not there, and so does looking for them.
CHILD = """
import json, sys
sys.modules.update(dict.fromkeys(json.loads(sys.argv[1])))
from ic_tf_sdk.cli import main
main(sys.argv[2:], prog_name="ic-tf")
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("without-extras")
    lay_out(folder)
    return folder


@pytest.fixture(scope="module")
def others() -> str:
    """The modules of everything else that is installed, as JSON."""
    names = {name.partition("/")[0] for name in importlib.metadata.packages_distributions()}
    others = {name for name in names - BASE if not name.startswith("_")}
    assert {"numpy", "tensorflow", "boto3", "rich", "PIL", "starlette", "pyarrow"} <= others
    return json.dumps(sorted(others))


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_the_extra_that_is_missing_is_named(call: Call, folder: Path, others: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, others, *call.words],
        cwd=folder, env={**os.environ, "AWS_DEFAULT_REGION": "us-west-2"}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    check(call, done.returncode, done.stderr)


def test_every_command_has_its_usual_call() -> None:
    assert {call.words[0] for call in CALLS} == set(COMMANDS)
