"""Artifacts that are built once for all tests of this folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from ic_tf_sdk.content import script_archive
from ic_tf_sdk.content import wheels as vendored


@pytest.fixture(scope="session")
def training_script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The training script archive, its wheels from the package registry."""
    return script_archive.build("training", tmp_path_factory.mktemp("script"))


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The vendored wheels, downloaded once."""
    folder = tmp_path_factory.mktemp("wheels")
    for listed in sorted(Path(vendored.__file__).with_name("vendored").glob("*.txt")):
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder)]
        command += ["--only-binary=:all:", "-r", str(listed)]
        subprocess.run(command, check=True, capture_output=True)
    return folder
