"""What failed for the change before runs first, and what fails is written down."""

from pathlib import Path

import pytest

from tests.mutation.likely_first import LikelyFirst

TESTS = "def test_a(): pass\ndef test_b(): raise ValueError\ndef test_c(): raise ValueError\n"


@pytest.mark.parametrize(
    ("likely", "failed"), [([], "test_b"), (["test_c"], "test_c"), (["test_c", "test_a"], "test_c")]
)
def test_the_likely_ones_run_first(tmp_path: Path, likely: list[str], failed: str) -> None:
    (tmp_path / "test_x.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]")
    order = LikelyFirst([f"test_x.py::{name}" for name in likely], tmp_path / "failed")
    options = [
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        "--import-mode=importlib",
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    assert pytest.main(options, plugins=[order]) == pytest.ExitCode.TESTS_FAILED
    assert (tmp_path / "failed").read_text() == f"test_x.py::{failed}"
