"""``model_info.json``: what an artifact says of itself, pretrained or fine-tuned.

It lies in every model archive beside the SavedModel, so that training and inference need no
catalogue, no network and no name to know the input size and the pixel range.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from ic_tf_sdk._version import __version__
from ic_tf_sdk.contract import archive, output_files, regular_file, validation
from ic_tf_sdk.contract.calibration import Calibration
from ic_tf_sdk.contract.evaluation_record import EvaluationRecord
from ic_tf_sdk.contract.pixel_range import PixelRange
from ic_tf_sdk.contract.stream_digest import digest_of
from ic_tf_sdk.contract.unknown_record import UnknownRecord
from ic_tf_sdk.errors import ArchiveError

__all__ = [
    "FILE_NAME",
    "FORMAT",
    "FineTuning",
    "ModelInfo",
    "digests",
    "parse",
    "read",
]

FILE_NAME = "model_info.json"

FORMAT = 1
"""Raised when a reader of this version would misunderstand a file of the next one. A new field
that may be ignored does not raise it."""


class FineTuning(BaseModel):
    """What a fine-tuned artifact adds: its classes and how its images are prepared."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    labels: tuple[str, ...] = Field(description="Class names; the position is the class index.")
    binary_mode: bool = Field(description="One sigmoid output for the second label.")
    interpolation: str = Field(description="How images are resized.")
    hyperparameters: dict[str, str] = Field(description="All hyperparameters of the run.")
    package_version: str = Field(description="The ic_tf_sdk that wrote the artifact.")
    calibration: Calibration | None = Field(
        None, description="None in an archive of before there was calibration."
    )
    unknown: UnknownRecord | None = Field(None, description="None in an archive of before.")
    evaluation: EvaluationRecord | None = Field(
        None, description="None where nothing was measured, and in an archive of before."
    )
    finished: AwareDatetime | None = Field(
        None, description="When it was written, in UTC; None in an archive of before."
    )


class ModelInfo(BaseModel):
    """The self-description of a model archive; fields of newer versions are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=())

    format: int = Field(FORMAT, description="Of this file; without it, the first.")
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
        text = self.model_dump_json(indent=2, exclude_none=True)
        output_files.write_text(folder / FILE_NAME, text + "\n")

    def recording(self, folder: Path) -> "ModelInfo":
        """The same description with the digests of all files of a folder."""
        return self.model_copy(update={"files": dict(digests(folder))})

    def verify(self, folder: Path, name: Path | None = None) -> None:
        """Compare the files of an unpacked archive with their recorded digests.

        Args:
            folder: The folder that the recorded paths begin at.
            name: The path that the user knows it by; None says ``folder``.

        Raises:
            ArchiveError: Naming every file that is missing or has other bytes.
        """
        present = dict(_files(folder)) if self.files else {}
        wrong = [
            path
            for path, digest in self.files.items()
            if path not in present or _sha256(present[path]) != digest
        ]
        if wrong:
            raise ArchiveError(
                f"{name or folder} is damaged: {', '.join(wrong)} missing or not as {FILE_NAME} "
                "records. Download or mirror it again, or take the copy that the job wrote."
            )


def read(path: Path, name: Path | None = None) -> ModelInfo | None:
    """The ``model_info.json`` of an archive or of an unpacked one; None where there is none.

    Args:
        path: A ``.tar`` or ``.tar.gz``, or the folder that it was unpacked into.
        name: The path that the user knows it by; None says ``path``.

    Raises:
        ArchiveError: It is there and cannot be used, or the archive cannot be read.
    """
    if path.is_dir():
        content = _content(path / FILE_NAME, name or path)
    else:
        content = archive.find_file(path, FILE_NAME)
    return None if content is None else parse(content, name or path)


def _content(file: Path, name: Path) -> bytes | None:
    if not file.is_file():
        return None
    try:
        return regular_file.read(file, most=archive.MAX_MEMBER_BYTES)
    except OSError as error:
        raise ArchiveError(
            f"The {FILE_NAME} of {name} cannot be read: {error.strerror}. Take the archive as it "
            "was written."
        ) from error


def parse(content: bytes, name: Path) -> ModelInfo:
    """A description from the bytes of its file.

    Args:
        content: The file: a JSON object in UTF-8.
        name: The archive or folder that it came from, for the message.

    Raises:
        ArchiveError: One sentence that names every field that is missing or wrong, or the format
            that a newer version wrote.
    """
    try:
        fields = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ArchiveError(
            f"The {FILE_NAME} of {name} is no JSON in UTF-8; it is damaged, or was edited. Take "
            "the archive as it was written."
        ) from error
    if isinstance(fields, dict):
        _check_format(fields, name)
    try:
        info = ModelInfo.model_validate(fields)
    except ValidationError as error:
        raise _unusable(name, validation.problems(error, ModelInfo)) from error
    if (info.kind == "fine_tuned") != (info.fine_tuning is not None):
        raise _unusable(name, [f"'kind' is {info.kind!r}, which 'fine_tuning' contradicts"])
    return info


def _check_format(fields: Mapping[str, object], name: Path) -> None:
    number = fields.get("format", FORMAT)
    if isinstance(number, int) and number > FORMAT:
        raise ArchiveError(
            f"{name} was written by a newer ic-tf-sdk (format {number} of {FILE_NAME}; this one, "
            f"{__version__}, reads format {FORMAT}); install that version or newer."
        )
    if type(number) is not int or number < 1:
        raise _unusable(name, [f"'format' is {number!r}; it must be a whole number from 1"])


def _unusable(name: Path, problems: list[str]) -> ArchiveError:
    return ArchiveError(
        f"The {FILE_NAME} of {name} cannot be used: {'; '.join(problems)}. Take the archive as it "
        "was written."
    )


def digests(folder: Path) -> Iterator[tuple[str, str]]:
    """Relative path and SHA-256 of every file below a folder but ``model_info.json``, sorted."""
    for name, path in _files(folder):
        yield name, _sha256(path)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != FILE_NAME:
            yield path.relative_to(folder).as_posix(), path


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return digest_of(stream).hexdigest()
