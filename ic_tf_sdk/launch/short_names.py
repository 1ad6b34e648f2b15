"""Names for a picture that has no room for paths."""

from collections.abc import Iterator, Sequence
from pathlib import PurePath

__all__ = ["short_names"]


def short_names(names: Sequence[str]) -> list[str]:
    """Of each path the last part in which it differs from the other paths.

    Args:
        names: Paths or other names.

    Example:
        >>> short_names(["jobs/one/output", "jobs/two/output"])
        ['one', 'two']
    """
    paths = [PurePath(name).parts[::-1] for name in names]
    return [
        next(_own_parts(path, paths), path[0] if path else name)
        for name, path in zip(names, paths, strict=True)
    ]


def _own_parts(path: tuple[str, ...], paths: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """The parts of a path, the last first, from which on no other path ends alike."""
    for place, part in enumerate(path):
        end = path[: place + 1]
        if sum(other[: place + 1] == end for other in paths) == 1:
            yield part
