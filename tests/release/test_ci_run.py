"""``.ci/run`` says how long each stage took, and takes no longer than it may."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def clone(tmp_path):
    """A clone whose stages do nothing, but the one that is named, which fails."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    for program in ("bin/make", "bin/chromedriver", ".venv/bin/nox"):
        path = tmp_path / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('#!/bin/sh\nsleep ${SECONDS_EACH:-0}\n[ "$1" != "$FAILING" ]\n')
        path.chmod(0o755)
    return tmp_path


def ci(clone, **settings):
    environment = {"PATH": f"{clone / 'bin'}:{os.environ['PATH']}", **settings}
    return subprocess.run(
        [str(clone / ".ci" / "run")], env=environment, capture_output=True, text=True, check=False
    )


def stages(done):
    return [line.split()[0] for line in done.stdout.splitlines() if " min " in line]


def test_each_stage_is_named_with_its_minutes(clone):
    done = ci(clone)
    assert done.returncode == 0, done.stderr
    assert stages(done) == [
        *("install", "lint", "types", "docs", "licences", "pip"),
        *("sdk_v2", "sdk_v3", "lowest", "newest", "notebooks", "test", "merge", "total"),
    ]


def test_a_stage_that_fails_ends_it_and_the_minutes_are_still_there(clone):
    done = ci(clone, FAILING="types")
    assert done.returncode == 1
    assert stages(done) == ["install", "lint", "types", "total"]
    assert "failed" in done.stdout


def test_too_long_is_a_failure(clone):
    done = ci(clone, SECONDS_EACH="0.3", LIMIT_MINUTES="0")
    assert done.returncode == 1
    assert stages(done)[-1] == "total"
    assert "above 0 minutes" in done.stdout
