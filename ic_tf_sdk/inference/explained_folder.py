"""A folder of pictures in which what the answers hang on is coloured in, complete or not there."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from ic_tf_sdk.contract import file_access, output_files
from ic_tf_sdk.contract.container_answer import RequestError
from ic_tf_sdk.errors import OutputExistsError, StorageError, UserError
from ic_tf_sdk.inference.answering_model import AnsweringModel
from ic_tf_sdk.inference.explanation import explain
from ic_tf_sdk.inference.image_source import SourceImage

__all__ = ["check", "write"]

# What a disk takes as a name, less the number and the suffix.
_LONGEST = 200


def check(folder: Path) -> None:
    """Refuse, before the work, a folder that is there, or that cannot be made.

    Raises:
        OutputExistsError: It exists.
        FileAccessError: It could not be created.
    """
    if folder.exists() or folder.is_symlink():
        raise OutputExistsError(f"{folder} already exists; give another folder (--explain).")
    file_access.require_folder(folder)


def write(model: AnsweringModel, images: Sequence[SourceImage], folder: Path) -> int:
    """Write a PNG for each image that can be answered, named after it.

    Args:
        model: Loaded.
        images: From ``image_source.find``.
        folder: The folder, which does not exist.

    Returns:
        How many images could not be answered.

    Raises:
        FileAccessError: It cannot be written.
        StorageError: S3 refuses, or is not there.
    """
    failed = 0
    with file_access.refusals(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with output_files.replacing(folder) as temporary:
            temporary.mkdir()
            for image, name in zip(images, _names(images), strict=True):
                picture = _picture(model, image)
                if picture is not None:
                    (temporary / name).write_bytes(picture)
                failed += picture is None
    return failed


def _picture(model: AnsweringModel, image: SourceImage) -> bytes | None:
    """The PNG; None of an image whose row says why there is no answer."""
    try:
        return explain(model, image.read()).png
    except StorageError:
        # S3 has failed, not the image.
        raise
    except (RequestError, UserError, OSError):
        return None


def _names(images: Sequence[SourceImage]) -> Iterator[str]:
    """A file name for each image: its own, with a number where another one has it already."""
    taken: set[str] = set()
    for image in images:
        name = image.name.replace("\\", "/").rpartition("/")[2].encode(errors="surrogateescape")
        stem = name[:_LONGEST].decode(errors="ignore")
        unique, number = stem, 1
        # Some disks take capitals and small letters for the same.
        while unique.lower() in taken:
            number += 1
            unique = f"{stem}-{number}"
        taken.add(unique.lower())
        yield f"{unique}.png"
