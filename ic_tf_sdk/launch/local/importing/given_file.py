"""The bytes of an image that a table names: of a file on this machine, or of an object in S3."""

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ic_tf_sdk import s3
from ic_tf_sdk.contract import regular_file
from ic_tf_sdk.contract.container_handler import MAX_BODY_BYTES
from ic_tf_sdk.errors import StorageError, UserError

__all__ = ["GivenFiles", "UnusableError"]

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
# Of one object: the next one may be another bucket's.
_OF_ONE_OBJECT = ("denied", "bucket", "region", "other")


class UnusableError(Exception):
    """One image cannot be used; the text is the reason."""


class GivenFiles:
    """Opens what a table names.

    Args:
        roots: Folders, or S3 URIs that end in ``/``, that relative paths begin at: of several the
            first that has the file.
    """

    def __init__(self, roots: Sequence[str]) -> None:
        self._roots = roots
        self._client: s3.Client | None = None

    def place(self, image: str) -> Path | s3.S3Uri:
        """Where an image lies.

        Args:
            image: A path or URI, as it is written.

        Raises:
            UnusableError: It is at an address that is not read.
        """
        if s3.is_uri(image):
            return self._in_s3(image)
        if image.startswith("file://"):
            return Path(unquote(urlsplit(image).path))
        if _SCHEME.match(image):
            raise UnusableError(
                f"{image.partition('://')[0]} addresses are not fetched; download the images, then "
                "name the files"
            )
        places = [self._below(root, image) for root in self._roots]
        there = (one for one in places if isinstance(one, Path) and _is(one))
        return next(there, places[0])

    def read(self, place: Path | s3.S3Uri) -> bytes:
        """The bytes of an image.

        Args:
            place: From ``place``.

        Raises:
            UnusableError: It cannot be read, or is too large.
            StorageError: S3 is not there, or takes no credentials.
        """
        try:
            content = regular_file.read(place) if isinstance(place, Path) else self._s3().get(place)
        except StorageError as error:
            if error.kind in _OF_ONE_OBJECT:
                raise UnusableError(str(error).rstrip(".")) from error
            raise
        except UserError as error:
            raise UnusableError("there is no such object") from error
        except (OSError, ValueError) as error:
            raise UnusableError(_reason(error)) from error
        if len(content) > MAX_BODY_BYTES:
            raise UnusableError(f"more than {MAX_BODY_BYTES >> 20} MiB")
        return content

    def _below(self, root: str, image: str) -> Path | s3.S3Uri:
        if s3.is_uri(root):
            return self._in_s3(f"{root.rstrip('/')}/{image.lstrip('/')}")
        path = Path(root) / image
        # Of a table that was written on Windows.
        return Path(root) / image.replace("\\", "/") if "\\" in image and not _is(path) else path

    def _in_s3(self, uri: str) -> s3.S3Uri:
        try:
            place = s3.parse(uri)
        except UserError as error:
            raise UnusableError(str(error).rstrip(".")) from error
        if not place.key or place.key.endswith("/"):
            raise UnusableError("it is a folder of S3, not an object")
        return place

    def _s3(self) -> s3.Client:
        if self._client is None:
            self._client = s3.Client()
        return self._client


def _is(path: Path) -> bool:
    # Of a name that no disk takes, or in a folder that is closed, it raises.
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    return getattr(error, "strerror", None) or str(error)
