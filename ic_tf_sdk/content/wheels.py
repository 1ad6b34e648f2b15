"""The wheels that a training container lacks: which ones, and how they get into an archive.

Each file of ``vendored/`` is a list of pip requirements with hashes, and becomes a folder of the
script archive. They are downloaded when an archive is built, never in a job.
"""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from ic_tf_sdk.contract.scratch_folder import scratch_folder
from ic_tf_sdk.errors import ArchiveError

__all__ = ["unpack"]

_LISTS = Path(__file__).with_name("vendored")


def unpack(folder: Path, *, wheels: Path | None = None) -> None:
    """Put every vendored package, importable, into a folder of its list's name.

    Args:
        folder: Created; gets ``charts/``, ``hub/``, ``fallback/`` and one
            ``tensorflow-<version>/`` for each supported image.
        wheels: A folder of wheels to take them from, without network; their hashes are checked
            all the same. None asks the package registry that pip is configured for.

    Raises:
        ArchiveError: A wheel is not there, has other bytes than the list says, or this Python has
            no pip.
    """
    for listed in sorted(_LISTS.glob("*.txt")):
        with scratch_folder("wheels") as downloads:
            _download(listed, downloads, wheels)
            for wheel in downloads.glob("*.whl"):
                _unzip(wheel, folder / listed.stem)


def _download(listed: Path, target: Path, wheels: Path | None) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--require-hashes", "--no-deps", "--only-binary=:all:", "--dest", str(target)]
    if wheels is not None:
        command += ["--no-index", "--find-links", str(wheels)]
    command += ["--requirement", str(listed)]
    # What pip leaves when it is killed goes with the wheels.
    environment = {**os.environ, "TMPDIR": str(target)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode == 0:
        return
    if "No module named pip" in done.stderr:
        raise ArchiveError(
            "Building the training script needs pip, which this Python lacks; "
            "`python -m ensurepip` adds it."
        )
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    raise ArchiveError(
        f"The packages of {listed.name} could not be fetched: {' '.join(lines[-3:])}. Check the "
        "package registry that pip is configured for, or download these wheels elsewhere and name "
        "their folder (--wheels)."
    )


def _unzip(wheel: Path, folder: Path) -> None:
    with zipfile.ZipFile(wheel) as content:
        content.extractall(folder)
    # A start-up file of site-packages, which nothing reads outside of it.
    for startup in folder.glob("*.pth"):
        startup.unlink()
    # With a setup.py in it.
    shutil.rmtree(folder / "pkg_resources" / "tests", ignore_errors=True)
