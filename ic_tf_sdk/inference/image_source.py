"""Where images to classify lie: files, folders and S3 prefixes."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from ic_tf_sdk import s3
from ic_tf_sdk.contract import folder_names, image_names, regular_file
from ic_tf_sdk.errors import UserError

__all__ = ["SourceImage", "find"]


class SourceImage(NamedTuple):
    """One image.

    Attributes:
        name: The image's path or S3 URI.
        read: Returns the image file's bytes; raises OSError where the file cannot be read,
            UserError where the object has gone, StorageError where S3 refuses.
        state: Returns what changes when the image is replaced under its name: of a file its size
            and the time of its last change, of an object its ETag. It raises OSError where there
            is no file any more.
    """

    name: str
    read: Callable[[], bytes]
    state: Callable[[], str] = lambda: ""


def find(locations: Iterable[str]) -> list[SourceImage]:
    """The images at files, below folders and in S3, sorted.

    Below folders ``contract.image_names`` says which names are images; a file or an object that is
    named is taken as it is.

    Args:
        locations: Paths, or URIs ``s3://bucket/key``: of an object, or of a folder, with or without
            ``/`` at its end.

    Raises:
        UserError: One or more do not exist, or hold no image; all of them are named.
        StorageError: S3 refuses, or is not there.
        MissingExtraError: An S3 URI without boto3.
    """
    images: list[SourceImage] = []
    empty: list[str] = []
    for location in locations:
        here = list(_at(location))
        images += here
        if not here:
            empty.append(location)
    if empty:
        raise UserError(
            f"No image at {', '.join(empty)}; give image files, folders or S3 prefixes with "
            f"{', '.join(image_names.SUFFIXES)} files."
        )
    return images


def _at(location: str) -> Iterator[SourceImage]:
    if s3.is_uri(location):
        return _in_s3(s3.parse(location))
    path = Path(location)
    if path.is_file():
        return iter([_of_file(path, location)])
    return _in_folder(path)


def _of_file(path: Path, name: str) -> SourceImage:
    return SourceImage(name, partial(regular_file.read, path), partial(_state, path))


def _state(path: Path) -> str:
    status = path.stat()
    # The last changes with every change, also where a copy took over the time of its original.
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"


def _in_folder(folder: Path) -> Iterator[SourceImage]:
    if not folder.is_dir():
        return
    images = filter(image_names.is_image, folder_names.below(folder))
    # A link that leads nowhere and a named pipe are rows with a reason: training refuses them, and
    # neither leaves anything out in silence.
    for path in sorted(folder / name for name in images):
        yield _of_file(path, str(path))


def _in_s3(uri: s3.S3Uri) -> Iterator[SourceImage]:
    client = s3.Client()
    if uri.key and not uri.key.endswith("/") and (headers := client.head(uri)) is not None:
        yield SourceImage(str(uri), partial(client.get, uri), partial(str, headers["ETag"]))
        return
    folder = uri.as_folder()
    for entry in client.entries(folder):
        if image_names.is_image(entry.uri.key[len(folder.key) :]):
            read = partial(client.get, entry.uri)
            yield SourceImage(str(entry.uri), read, partial(str, entry.etag))
