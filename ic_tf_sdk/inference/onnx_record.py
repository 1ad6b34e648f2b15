"""What an ONNX file of `ic-tf export` says of itself, so that it answers by itself.

In the file's metadata, beside ONNX's own words for images: the labels, how pictures are resized,
the description of the model, and which archive it was made of.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from ic_tf_sdk.contract.stream_digest import digest_of
from ic_tf_sdk.errors import ArchiveError

__all__ = ["FORMAT", "OnnxRecord", "digest"]

FORMAT = "1"
"""Raised when a reader of this version would misunderstand a file of the next one."""

_PREFIX = "ic_tf_sdk."


class OnnxRecord(NamedTuple):
    """The record.

    Attributes:
        labels: Class names by class index.
        interpolation: One of the values of ``image_resize_interpolation``.
        source: From ``digest``, of the model that it was made of.
        info: The text of ``model_info.json``; "" where the archive has none.
    """

    labels: tuple[str, ...]
    interpolation: str
    source: str
    info: str

    def properties(self) -> dict[str, str]:
        """The entries of the file's metadata."""
        return {
            "labels": json.dumps(list(self.labels), ensure_ascii=False),
            f"{_PREFIX}format": FORMAT,
            f"{_PREFIX}interpolation": self.interpolation,
            f"{_PREFIX}source": self.source,
            f"{_PREFIX}model_info": self.info,
        }

    @classmethod
    def of(cls, metadata: Mapping[str, str], name: Path) -> "OnnxRecord":
        """Read the entries of a file's metadata.

        Args:
            metadata: Of the file.
            name: The file, for the message.

        Raises:
            ArchiveError: They are not there, or are those of a newer version.
        """
        found = metadata.get(f"{_PREFIX}format")
        if found is None:
            raise ArchiveError(
                f"{name} does not say how pictures are made ready for it: only what "
                "`ic-tf export MODEL --out model.onnx` of this version or a later one wrote "
                "answers by itself. Write it anew."
            )
        if found != FORMAT:
            raise ArchiveError(
                f"{name} is of a newer ic-tf-sdk (its format is {found!r}, and {FORMAT!r} is read "
                "here): install that, or write the file anew with this one."
            )
        try:
            return cls(
                tuple(map(str, json.loads(metadata["labels"]))),
                metadata[f"{_PREFIX}interpolation"],
                metadata[f"{_PREFIX}source"],
                metadata.get(f"{_PREFIX}model_info", ""),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ArchiveError(
                f"{name} is damaged: what it says of itself cannot be read ({error}). Write it "
                "anew: `ic-tf export MODEL --out model.onnx`."
            ) from error


def digest(model: Path) -> str:
    """What tells a model archive, or its folder, from another: SHA-256 in hexadecimal.

    Args:
        model: Any path that ``model_archive.opened`` takes.

    Raises:
        ArchiveError: There is no model.
        OSError: It cannot be read.
    """
    packed = model
    if not model.is_file():
        from ic_tf_sdk.contract import model_archive

        packed = model_archive.preview(model).path
    if packed.is_file():
        with packed.open("rb") as stream:
            return digest_of(stream).hexdigest()
    from ic_tf_sdk.contract import model_archive
    from ic_tf_sdk.inference.fingerprint import fingerprint

    with model_archive.opened(model) as opened:
        return fingerprint(opened.saved_model, opened.labels or ())
