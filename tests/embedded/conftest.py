"""The shipped archive, unpacked once."""

from pathlib import Path

import pytest

from ic_tf_sdk import embedded
from ic_tf_sdk.contract import archive

MODEL_ID = "tensorflow-ic-embedded-formulanet-96"


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("embedded") / "model"
    archive.extract(embedded.archive_path(MODEL_ID), folder)
    return folder
