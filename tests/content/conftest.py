"""Artifacts that are built once for all tests of this folder."""

from pathlib import Path

import pytest

from ic_tf_sdk.content import script_archive


@pytest.fixture(scope="session")
def training_script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The training script archive, its wheels from the package registry."""
    return script_archive.build("training", tmp_path_factory.mktemp("script"))
