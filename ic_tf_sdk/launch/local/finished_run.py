"""A training that has ended, as far as the files that it left tell."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ic_tf_sdk.contract import archive, history_record, model_info
from ic_tf_sdk.contract.history_record import HistoryRecord
from ic_tf_sdk.contract.model_info import ModelInfo
from ic_tf_sdk.errors import IcTfSdkError

__all__ = ["FinishedRun", "read"]

_MODEL = "model.tar.gz"
# Beside the model a job on SageMaker leaves its reports packed.
_PACKED = "output.tar.gz"
_EVALUATION, _HISTORY = "evaluation.json", "history.json"


@dataclass(frozen=True)
class FinishedRun:
    """One run.

    Attributes:
        name: The path that was given.
        info: What its model says of itself; None where that is not known.
        history: The course of the training; None where that is not known.
        evaluation: What ``evaluation.json`` says; empty where there is none.
        size: Bytes of the packed model; None where it is not packed, or not there.
        missing: What is not known of it and why, each a sentence.
    """

    name: str
    info: ModelInfo | None = None
    history: HistoryRecord | None = None
    evaluation: Mapping[str, Any] = field(default_factory=dict)
    size: int | None = None
    missing: tuple[str, ...] = ()

    @property
    def channel(self) -> str | None:
        """The images that it was measured on: ``test`` or ``validation``."""
        return self.evaluation.get("channel")

    @property
    def images(self) -> dict[str, int]:
        """How many images of each class it was measured on."""
        return {one["label"]: one["images"] for one in self.evaluation.get("classes", ())}

    @property
    def accuracy(self) -> float | None:
        """The share of them that it names rightly, 0 to 1."""
        metrics: Mapping[str, float] = self.evaluation.get("metrics", {})
        return metrics.get("accuracy")

    @property
    def standard_error(self) -> float | None:
        """That of the accuracy."""
        count, share = sum(self.images.values()), self.accuracy
        return None if share is None or not count else math.sqrt(share * (1 - share) / count)

    @property
    def seconds(self) -> float | None:
        """How long its epochs took, in seconds."""
        return None if self.history is None else sum(self.history.seconds)

    @property
    def settings(self) -> dict[str, str]:
        """Hyperparameters, the model that it started from, and its classes."""
        if self.info is None or self.info.fine_tuning is None:
            return {}
        trained = self.info.fine_tuning
        model = f"{self.info.model_id} {self.info.model_version}"
        labels = f"{len(trained.labels)}: {', '.join(trained.labels)}"
        return {"model": model, "classes": labels, **trained.hyperparameters}


def read(path: Path) -> FinishedRun:
    """Read what a training left; what is missing is told, and is no reason to leave the run out.

    Args:
        path: The output of ``ic-tf fit``, of a ``LocalEstimator``'s job or of a job on SageMaker,
            or a ``model.tar.gz``.
    """
    missing: list[str] = []
    folder = path if path.is_dir() else path.parent
    if not (folder / _MODEL).exists() and (folder / "output").is_dir():
        folder = folder / "output"
    model = folder / _MODEL if path.is_dir() and (folder / _MODEL).exists() else path
    info = _info(model, missing)
    # Another run's reports may lie beside a model that was copied.
    reports = folder if path.is_dir() or path.name == _MODEL else None
    evaluation = _json(reports, _EVALUATION, missing)
    size = model.stat().st_size if model.is_file() else None
    return FinishedRun(
        str(path), info, _history(reports, missing), evaluation, size, tuple(missing)
    )


def _info(model: Path, missing: list[str]) -> ModelInfo | None:
    try:
        info = model_info.read(model)
    except IcTfSdkError as error:
        missing.append(str(error))
        return None
    if info is None or info.fine_tuning is None:
        missing.append(f"There is no description of a trained model in {model}.")
    return info


def _history(folder: Path | None, missing: list[str]) -> HistoryRecord | None:
    content = _json(folder, _HISTORY, missing)
    if not content:
        return None
    try:
        return history_record.HistoryRecord.model_validate(content)
    except ValueError:
        missing.append(f"The {_HISTORY} of {folder} is no record of a training.")
        return None


def _json(folder: Path | None, name: str, missing: list[str]) -> dict[str, Any]:
    if folder is None:
        missing.append(f"There is no {name}: the model lies by itself.")
        return {}
    try:
        content = _content(folder, name)
        found = None if content is None else json.loads(content)
    except (OSError, ValueError, RecursionError, IcTfSdkError) as error:
        missing.append(f"The {name} of {folder} cannot be read: {error}")
        return {}
    if found is None:
        missing.append(f"There is no {name} in {folder}.")
    elif not isinstance(found, dict):
        missing.append(f"The {name} of {folder} is no JSON object.")
    return found if isinstance(found, dict) else {}


def _content(folder: Path, name: str) -> bytes | None:
    for place in (folder / "output_data" / name, folder / name):
        if place.is_file():
            return place.read_bytes()
    packed = folder / _PACKED
    return archive.read_member(packed, name) if packed.is_file() else None
