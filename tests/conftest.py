"""Fixtures that many tests share."""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("IC_TF_SDK_SHARED", Path(__file__).parents[2] / "shared")).resolve()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real photos, weights and reference tables; the test skips where it is not."""
    if not (SHARED / "reference").is_dir():
        pytest.skip(f"needs the reference folder {SHARED} (set IC_TF_SDK_SHARED)")
    return SHARED
