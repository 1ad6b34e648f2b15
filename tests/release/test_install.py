"""The install lines of the README, and those that errors print, with each pip that a user may have.

They need the package registry, and an environment of its own for each pip.
"""

import functools
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ic_tf_sdk.install_line import REPOSITORY, TUTORIAL_EXTRAS, from_repository, in_clone
from tests.cli.usual_calls import CALLS, check, lay_out

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
# The oldest with which the lines are promised, those of Python 3.11 and of early 3.12, the last one
# that refuses `name @ git+file://`, and the newest.
PIPS = ("22.3", "23.2", "24.0", "newest")


class Environment:
    """A virtual environment with nothing in it but pip."""

    def __init__(self, folder: Path, pip: str) -> None:
        self.bin = folder / "bin"
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        self.run(f"pip install -q --upgrade pip{'' if pip == 'newest' else f'=={pip}'}", folder)

    def run(self, line: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Type a line there."""
        program, *words = shlex.split(line)
        hidden = ("PYTHONPATH", "COVERAGE_PROCESS_START", "AWS_PROFILE")
        environment = {name: value for name, value in os.environ.items() if name not in hidden}
        command = [str(self.bin / "python"), str(self.bin / program), *words]
        return subprocess.run(
            command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="module", params=PIPS)
def environment(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Environment:
    if request.param == "22.3" and sys.version_info >= (3, 12):
        pytest.skip("pip 22.3 does not start on Python 3.12")
    return Environment(tmp_path_factory.mktemp("fresh") / "venv", request.param)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The repository as a host shows it, for ``git+http``; the last commit of this clone."""
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("needs a clone")
    folder = tmp_path_factory.mktemp("host")
    bare = folder / "ic_tf_sdk.git"
    subprocess.run(["git", "clone", "-q", "--bare", str(ROOT), str(bare)], check=True)
    subprocess.run(["git", "update-server-info"], cwd=bare, check=True)
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"git+http://127.0.0.1:{server.server_port}/ic_tf_sdk.git"
        server.shutdown()


def succeeded(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stdout + done.stderr
    assert "does not provide the extra" not in done.stdout + done.stderr


def readme_lines() -> list[str]:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^pip install .*", readme, re.MULTILINE)


def test_the_lines_of_the_readme_are_accepted(environment: Environment, address: str) -> None:
    in_the_clone, hosted = readme_lines()
    assert in_the_clone == in_clone(*TUTORIAL_EXTRAS)
    assert hosted == from_repository(*TUTORIAL_EXTRAS)
    succeeded(environment.run(f"{in_the_clone} --dry-run --no-deps", ROOT))
    hosted = hosted.replace(REPOSITORY, address)
    succeeded(environment.run(f"{hosted} --dry-run --no-deps", ROOT.parent))


def test_what_the_readme_installs_resolves(environment: Environment) -> None:
    succeeded(environment.run(f"{readme_lines()[0]} --dry-run", ROOT))


def test_an_extra_is_added_by_the_line_that_is_printed(
    environment: Environment, tmp_path: Path
) -> None:
    succeeded(environment.run("pip install .", ROOT))
    refused = environment.run("ic-tf sample-data pictures/", tmp_path)
    (line,) = re.findall(r"pip install .*", refused.stderr)
    succeeded(environment.run(line, tmp_path))
    succeeded(environment.run("ic-tf sample-data pictures/ --images-per-class 1", tmp_path))
    assert (tmp_path / "pictures").is_dir()


def test_the_base_installation_does_its_work_or_names_the_extra(tmp_path: Path) -> None:
    environment = Environment(tmp_path / "venv", "newest")
    succeeded(environment.run("pip install .", ROOT))
    lay_out(tmp_path)
    for call in CALLS:
        done = environment.run(shlex.join(["ic-tf", *call.words]), tmp_path)
        check(call, done.returncode, done.stderr)
