"""Builds the wheel and the sdist, checks and tries them, and cuts the changelog.

python tools/release.py         builds and checks into dist/, and shows what would be cut
python tools/release.py --cut   cuts CHANGELOG.md first, so that the sdist holds it

Run by ``nox -s release`` and ``make release``. It commits nothing and uploads nothing.
"""

import datetime as dt
import difflib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from changelog import cut  # noqa: E402

from ic_tf_sdk._version import __version__  # noqa: E402

DIST = ROOT / "dist"

NEXT = """\
{version} is built and tried; dist/ holds it. Nothing is committed or uploaded. Next:
  1. git commit CHANGELOG.md -m "Release {version}"
  2. git tag --sign v{version} -m v{version}, and push both. .github/workflows/release.yml then
     builds the tag again and publishes it to PyPI once the environment 'pypi' is approved.
  3. Raise the version in ic_tf_sdk/_version.py."""

# What somebody does first, with nothing but the wheel and what it depends on.
TRIAL = """\
import sys
before = set(sys.modules)
import ic_tf_sdk
from ic_tf_sdk import hyperparameters, specs
values = hyperparameters.retrieve_default(model_id=specs.list_models()[0], model_version="*")
assert values["epochs"], values
loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
allowed = {"ic_tf_sdk", "pydantic", "pydantic_core", "annotated_types", "typing_extensions",
           "typing_inspection"}
assert loaded <= allowed | sys.stdlib_module_names, loaded - allowed - sys.stdlib_module_names
print("retrieve_default answers;", "imported:", *sorted(loaded - sys.stdlib_module_names))
"""


def main(*, write: bool) -> None:
    """Do all of it; the first thing that is wrong ends it.

    Args:
        write: Whether the changelog is cut, or only shown as it would be.
    """
    cut_changelog(write=write)
    wheel = build()
    check_content(wheel, package_files())
    run("twine", "check", "--strict", *map(str, sorted(DIST.iterdir())))
    try_outside(wheel)
    if write:
        print(NEXT.format(version=__version__))


def cut_changelog(*, write: bool) -> None:
    """Cut CHANGELOG.md, or print the difference that it would make."""
    path = ROOT / "CHANGELOG.md"
    before = path.read_text(encoding="utf-8")
    try:
        after = cut(before, __version__, dt.datetime.now(dt.timezone.utc).date().isoformat())
    except ValueError as error:
        if write:
            raise SystemExit(str(error)) from None
        # A tag is built after its changelog was cut.
        print(f"Nothing to cut: {error}")
        return
    if write:
        path.write_text(after, encoding="utf-8")
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1)
    print("CHANGELOG.md is cut:" if write else "CHANGELOG.md would be cut:", *lines, sep="\n")


def build() -> Path:
    """Build twice, and keep the files where both are equal.

    Returns:
        The wheel in dist/.
    """
    shutil.rmtree(DIST, ignore_errors=True)
    with tempfile.TemporaryDirectory() as other:
        for folder in (str(DIST), other):
            run("python", "-m", "build", "--outdir", folder, quiet=True)
        for path in sorted(DIST.iterdir()):
            if path.read_bytes() != (Path(other) / path.name).read_bytes():
                raise SystemExit(f"{path.name} is built with other bytes each time.")
            print(f"dist/{path.name}: {path.stat().st_size:,} bytes, the same in both builds")
    return next(DIST.glob("*.whl"))


def package_files() -> set[str]:
    """What the wheel must hold of the package: what git tracks."""
    listed = run("git", "ls-files", "ic_tf_sdk", quiet=True)
    return set(listed.splitlines())


def check_content(wheel: Path, tracked: set[str]) -> None:
    """Refuse a wheel that holds more or less than the package.

    Args:
        wheel: The file.
        tracked: Paths of the package's files, relative to the repository.
    """
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    if held != tracked:
        missing, surplus = sorted(tracked - held), sorted(held - tracked)
        raise SystemExit(f"{wheel.name} lacks {missing} and has {surplus} too much.")
    print(f"{wheel.name}: the {len(held)} files of the package, and nothing else")


def try_outside(wheel: Path) -> None:
    """Install the wheel into an environment of its own, away from the clone, and use it there."""
    with tempfile.TemporaryDirectory() as folder:
        run("python", "-m", "venv", "venv", folder=folder, quiet=True)
        programs = Path(folder) / "venv" / "bin"
        run(str(programs / "pip"), "install", "--quiet", str(wheel), folder=folder)
        for command in (("ic-tf", "--version"), ("python", "-c", TRIAL)):
            run(str(programs / command[0]), *command[1:], folder=folder)
        models = run(str(programs / "ic-tf"), "models", folder=folder, quiet=True)
        print(f"ic-tf models: {len(models.splitlines()) - 1} models")


def run(*command: str, folder: str | Path = ROOT, quiet: bool = False) -> str:
    """Run a program; a failure ends the release with what it printed.

    Returns:
        What it wrote to standard output.
    """
    # No module of the clone may stand in for one of the wheel; files carry the commit's time.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["SOURCE_DATE_EPOCH"] = commit_seconds()
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:4])} failed:\n{done.stdout}{done.stderr}")
    if not quiet:
        print(done.stdout, end="")
    return done.stdout


def commit_seconds() -> str:
    """Seconds since 1970 of the last commit."""
    command = ("git", "log", "-1", "--format=%ct")
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


if __name__ == "__main__":
    main(write="--cut" in sys.argv[1:])
