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
    """

    name: str
    read: Callable[[], bytes]


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
        return iter([SourceImage(location, partial(regular_file.read, path))])
    return _in_folder(path)


def _in_folder(folder: Path) -> Iterator[SourceImage]:
    if not folder.is_dir():
        return
    images = filter(image_names.is_image, folder_names.below(folder))
    # A link that leads nowhere and a named pipe are rows with a reason: training refuses them, and
    # neither leaves anything out in silence.
    for path in sorted(folder / name for name in images):
        yield SourceImage(str(path), partial(regular_file.read, path))


def _in_s3(uri: s3.S3Uri) -> Iterator[SourceImage]:
    client = s3.Client()
    if uri.key and not uri.key.endswith("/") and client.head(uri) is not None:
        yield SourceImage(str(uri), partial(client.get, uri))
        return
    folder = uri.as_folder()
    for entry in client.entries(folder):
        if image_names.is_image(entry.uri.key[len(folder.key) :]):
            yield SourceImage(str(entry.uri), partial(client.get, entry.uri))
