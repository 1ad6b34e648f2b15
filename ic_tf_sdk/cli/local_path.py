"""Paths on the command line that must lie on this machine."""

import os
from pathlib import Path

import click

from ic_tf_sdk import s3

__all__ = ["LocalPath", "beside"]


class LocalPath(click.Path):
    """A path; an S3 URI is refused before pathlib makes a relative path of it.

    Args:
        instead: Sentence that says what to do with what lies in S3.
        path_type: What the command gets; ``str`` where a name may be given instead of a path.
    """

    def __init__(self, instead: str, *, path_type: type[Path] | type[str] = Path) -> None:
        super().__init__(path_type=path_type)
        self._instead = instead

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str | bytes | os.PathLike[str]:
        """The path.

        Raises:
            UserError: It lies in S3.
        """
        s3.require_local(os.fspath(value), instead=self._instead)
        return super().convert(value, param, ctx)


def beside(folder: Path, what: str) -> Path:
    """The folder that a command makes of another one where no name is given.

    Args:
        folder: The other one.
        what: The end of the new name: of ``flowers`` and ``"model"`` it is ``flowers-model``.
    """
    whole = folder.absolute()
    return folder.with_name(f"{whole.name}-{what}") if folder.name else Path(f"{whole}-{what}")
