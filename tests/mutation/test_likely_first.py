"""What failed for the change before runs first, and what fails is written down."""

from pathlib import Path

import pytest

from tests.mutation.likely_first import LikelyFirst

TESTS = "def test_a(): pass\ndef test_b(): raise ValueError\ndef test_c(): raise ValueError\n"


def test_the_likely_ones_run_first(tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]")
    order = LikelyFirst(["test_x.py::test_c", "test_x.py::test_a"], tmp_path / "failed")
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
    assert (tmp_path / "failed").read_text() == "test_x.py::test_c"
