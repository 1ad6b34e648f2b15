"""What the operating system refuses of files and folders, as one sentence with the path."""

import errno
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ic_tf_sdk.errors import FileAccessError, IcTfSdkError, OutputExistsError

__all__ = ["is_refusal", "refusals", "require_folder", "require_writable", "sentence"]

# Kind of refusal -> what it means and what to do; {path} is the file or folder.
_SENTENCES = {
    errno.ENOSPC: "No space left for {path}. Free some on its disk and in the temporary "
    "folder {temporary}, or give another place (TMPDIR names another temporary folder).",
    errno.EFBIG: "{path} would be larger than this system lets a file be. Give another place, or "
    "raise the limit (`ulimit -f`, the file system's own).",
    errno.EACCES: "{path} is not accessible: permission denied. Give a place that you may read and "
    "write, or change its permissions.",
    errno.EROFS: "{path} lies on a file system that can only be read. Give another place.",
    errno.ENAMETOOLONG: "{path} is too long a name. Give a shorter one; most file systems take 255 "
    "bytes a name.",
    errno.ENOTDIR: "{path} cannot be written: it lies below a file, which is no folder. Give "
    "another place.",
    errno.EISDIR: "{path} is a folder, not a file. Give a file.",
    errno.ENOENT: "{path} does not exist. Give a place that does.",
    errno.EMFILE: "{path} cannot be opened, since too many files are open. Raise the limit "
    "(`ulimit -n`).",
    errno.ELOOP: "{path} is a link that leads to itself. Give another place.",
}
_SENTENCES[errno.EDQUOT] = _SENTENCES[errno.ENOSPC]
_SENTENCES[errno.EPERM] = _SENTENCES[errno.EACCES]

# TensorFlow writes files by itself, and says "/path/file; No space left on device".
_TENSORFLOW = re.compile(
    r"(?P<path>/[^\n;]*); (?P<reason>" + "|".join(os.strerror(code) for code in _SENTENCES) + ")"
)


@contextmanager
def refusals(place: str | Path | None = None) -> Iterator[None]:
    """Turn what the operating system refuses into a sentence.

    Args:
        place: What was being read or written, where the refusal does not name a path itself.

    Raises:
        FileAccessError: In place of an ``OSError``; errors of this package pass.
    """
    try:
        yield
    except (IcTfSdkError, BrokenPipeError):
        raise
    except OSError as error:
        raise FileAccessError(sentence(error, place)) from error


def require_writable(target: Path) -> None:
    """Refuse an output before the work: one that exists, or whose folder cannot be written.

    Args:
        target: The file or folder to create; its parents need not exist.

    Raises:
        OutputExistsError: It exists.
        FileAccessError: It could not be created.
    """
    with refusals(target):
        if target.exists() or target.is_symlink():
            raise OutputExistsError(f"{target} already exists; give one that does not.")
        _try_beside(target)


def require_folder(target: Path) -> None:
    """Refuse, before the work, a folder that could not be filled; it may exist.

    Args:
        target: The folder; its parents need not exist.

    Raises:
        FileAccessError: It could not be made, or nothing could be written into it.
    """
    with refusals(target):
        _try_beside(target / target.name if target.exists() else target)


def sentence(error: BaseException, place: str | Path | None = None) -> str:
    """What was refused, of which path, and what to do.

    Args:
        error: An ``OSError``, or an error of TensorFlow's about a file.
        place: The path, where the error names none.

    Returns:
        The sentence; the error's own text where it is no refusal that is known.
    """
    code, path = _read(error)
    text = _SENTENCES.get(code or 0)
    path = _known(path, place)
    if text is not None and path is not None:
        return text.format(path=path, temporary=tempfile.gettempdir())
    reason = getattr(error, "strerror", None) or str(error)
    return f"{reason}." if path is None else f"{path} cannot be read or written: {reason}."


def is_refusal(error: BaseException) -> bool:
    """Whether an error is the operating system's about a file, also as TensorFlow passes it on."""
    return isinstance(error, OSError) or _TENSORFLOW.search(str(error)) is not None


def _try_beside(target: Path) -> None:
    """Make and remove a folder where the target, or the first of its parents, would be made."""
    parent = next(path for path in target.absolute().parents if path.exists())
    # Only the attempt tells: permissions say nothing of root, of mounts and of network disks.
    Path(tempfile.mkdtemp(dir=parent, prefix=_private(target))).rmdir()


def _private(target: Path) -> str:
    """How the names begin under which this package writes what is not complete yet."""
    return f".{target.name[:100]}-"


def _known(path: str | None, place: str | Path | None) -> str | None:
    """The path that the caller knows: not a name that is there for the moment."""
    if path is None or place is None:
        return path if place is None else os.fspath(place)
    private = _private(Path(place))
    return os.fspath(place) if any(p.startswith(private) for p in Path(path).parts) else path


def _read(error: BaseException) -> tuple[int | None, str | None]:
    """The number and the path that an error names."""
    if isinstance(error, OSError):
        name = error.filename
        return error.errno, os.fsdecode(name) if isinstance(name, str | bytes) else None
    match = _TENSORFLOW.search(str(error))
    if match is None:
        return None, None
    return next(c for c in _SENTENCES if os.strerror(c) == match["reason"]), match["path"]
