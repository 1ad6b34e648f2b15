"""`make demo`: a result, and no line of TensorFlow's in its log."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_terminals import OF_TENSORFLOW

DEMO = Path(__file__).parents[2] / "examples" / "demo.py"


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_demo_shows_its_results_and_no_line_of_tensorflow_s(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TF_")}
    done = subprocess.run(
        [sys.executable, DEMO],
        env=environment, cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert not OF_TENSORFLOW.search(done.stdout), done.stdout
    rows = re.findall(r"^(before|after) .*? ([01]\.\d{3}) ", done.stdout, re.MULTILINE)
    accuracies = [float(accuracy) for _, accuracy in rows]
    assert len(accuracies) == 3
    assert accuracies[0] < 0.5 < accuracies[1]
    assert (tmp_path / "demo" / "trained-further" / "output" / "model.tar.gz").is_file()
