"""``model_info.json``: what an artifact says of itself, pretrained or fine-tuned.

It lies in every model archive beside the SavedModel, so that training and inference need no
catalogue, no network and no name to know the input size and the pixel range.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ic_tf_sdk.contract.pixel_range import PixelRange
from ic_tf_sdk.errors import ArchiveError

__all__ = ["FILE_NAME", "FineTuning", "ModelInfo", "digests", "read"]

FILE_NAME = "model_info.json"


class FineTuning(BaseModel):
    """What a fine-tuned artifact adds: its classes and how its images are prepared."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    labels: tuple[str, ...] = Field(description="Class names; the position is the class index.")
    binary_mode: bool = Field(description="One sigmoid output for the second label.")
    interpolation: str = Field(description="How images are resized.")
    hyperparameters: dict[str, str] = Field(description="All hyperparameters of the run.")
    package_version: str = Field(description="The ic_tf_sdk that wrote the artifact.")


class ModelInfo(BaseModel):
    """The self-description of a model archive."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    kind: Literal["pretrained", "fine_tuned"]
    model_id: str
    model_version: str
    input_height: int = Field(ge=1, description="Pixels.")
    input_width: int = Field(ge=1, description="Pixels.")
    pixel_range: PixelRange
    feature_vector_size: int | None = Field(None, ge=1)
    hub_handle: str | None = None
    files: dict[str, str] = Field(
        default_factory=dict, description="Relative path of each file -> its SHA-256."
    )
    fine_tuning: FineTuning | None = None

    def write(self, folder: Path) -> None:
        """Write ``model_info.json`` into a folder, in one step."""
        temporary = folder / f".{FILE_NAME}.tmp"
        temporary.write_text(self.model_dump_json(indent=2, exclude_none=True) + "\n")
        temporary.replace(folder / FILE_NAME)

    def verify(self, folder: Path) -> None:
        """Compare the files of an unpacked archive with their recorded digests.

        Raises:
            ArchiveError: Naming every file that is missing or has other bytes.
        """
        found = dict(digests(folder)) if self.files else {}
        wrong = [path for path, digest in self.files.items() if found.get(path) != digest]
        if wrong:
            raise ArchiveError(
                f"The archive is damaged: {', '.join(wrong)} missing or not as {FILE_NAME} "
                "records. Download or mirror it again."
            )


def read(folder: Path) -> ModelInfo | None:
    """The ``model_info.json`` of an unpacked archive, or None where there is none.

    Raises:
        ArchiveError: It is there but not readable as one.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        return None
    try:
        return ModelInfo.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (ValidationError, ValueError) as error:
        raise ArchiveError(f"{path} is not a model description: {error}") from error


def digests(folder: Path) -> Iterator[tuple[str, str]]:
    """Relative path and SHA-256 of every file below a folder but ``model_info.json``, sorted."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != FILE_NAME:
            yield path.relative_to(folder).as_posix(), _sha256(path)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
