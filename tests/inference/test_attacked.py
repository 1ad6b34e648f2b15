"""The short version of ``benchmarks/serving_attacked.py``."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_good_requests_are_answered_rightly_beside_costly_images_and_slow_senders(
    model_tar_gz: Path, photos: list[Path]
) -> None:
    script = ["-m", "benchmarks.serving_attacked"]
    words = ["--requests", "1200", "--clients", "16", "--side", "3000"]
    done = subprocess.run(
        [sys.executable, *script, model_tar_gz, photos[0].parents[1], *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=600,
        check=False,
    )
    print(done.stdout)
    # An error or a wrong answer ends it with 1.
    assert done.returncode == 0, done.stderr[-2000:]
    assert "p99 of the mix over alone" in done.stdout
    # Costly images of both kinds were answered and refused, and none was dropped.
    mixed = done.stdout.rpartition("statuses of the costly: ")[2]
    assert "200: " in mixed
    assert "400: " in mixed
    assert "0: " not in mixed.replace("00: ", "")
