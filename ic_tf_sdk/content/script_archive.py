"""The script archives that jobs and endpoints run: ``sourcedir.tar.gz`` for either scope.

The same package gives the same bytes. Neither archive has a ``setup.py`` or a
``requirements.txt``, either of which would make the container call pip.
"""

import shutil
from pathlib import Path

import ic_tf_sdk
from ic_tf_sdk.content import entry_point, wheels
from ic_tf_sdk.contract import archive, handler_file
from ic_tf_sdk.contract.scratch_folder import scratch_folder
from ic_tf_sdk.enums import SCOPES
from ic_tf_sdk.errors import UnsupportedScopeError

__all__ = ["ARCHIVE_NAME", "build"]

ARCHIVE_NAME = "sourcedir.tar.gz"
"""What the training toolkit looks for in the ``code`` channel of a network-isolated job."""

# Training and the floors below it: nothing of the user's side, no weights that ship in the wheel.
_NEEDED = (
    *("__init__.py", "_lazy.py", "_quoted.py", "_version.py", "enums.py", "errors.py"),
    *("install_line.py", "py.typed", "settings.py"),
    *("contract", "pages", "specs", "training"),
)


def build(scope: str, folder: str | Path, *, wheel_folder: str | Path | None = None) -> Path:
    """Build a script archive.

    Args:
        scope: ``"training"`` or ``"inference"``.
        folder: Where ``sourcedir.tar.gz`` is written; created where it is missing.
        wheel_folder: Take the vendored wheels of the training archive from here instead of the
            package registry; see ``wheels.unpack``.

    Returns:
        The archive's path.

    Raises:
        UnsupportedScopeError: Another scope.
        ArchiveError: The vendored packages are not to be had.
    """
    if scope not in SCOPES:
        raise UnsupportedScopeError(scope, SCOPES)
    target = Path(folder) / ARCHIVE_NAME
    target.parent.mkdir(parents=True, exist_ok=True)
    with scratch_folder("script") as content:
        if scope == "training":
            _training(content, None if wheel_folder is None else Path(wheel_folder))
        else:
            handler_file.write(content)
        archive.pack(content, target)
    return target


def _training(content: Path, wheel_folder: Path | None) -> None:
    package = Path(ic_tf_sdk.__file__).parent
    shutil.copyfile(entry_point.__file__, content / "transfer_learning.py")
    for name in _NEEDED:
        _copy(package / name, content / package.name / name)
    wheels.unpack(content / "vendor", wheels=wheel_folder)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        return
    target.parent.mkdir(exist_ok=True)
    shutil.copyfile(source, target)
