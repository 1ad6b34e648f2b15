"""What a run was asked for, what it made of that, and the command that does the same."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from ic_tf_sdk.contract.model_info import ModelInfo
from ic_tf_sdk.errors import UnknownModelError
from ic_tf_sdk.specs import catalogue
from ic_tf_sdk.specs import hyperparameters as schema
from ic_tf_sdk.specs.hyperparameters import Hyperparameters, as_text

__all__ = ["changed", "chosen", "command"]


def changed(hyperparameters: Hyperparameters, info: ModelInfo) -> list[tuple[str, str, str]]:
    """Hyperparameter, its value, the model's default, where the two differ as values.

    Args:
        hyperparameters: Those of the run.
        info: The description of the model that it started from.
    """
    return _differences(hyperparameters, schema.parse(_defaults(info.model_id) or {}))


def chosen(trained_with: Hyperparameters, given: Hyperparameters) -> dict[str, str]:
    """Hyperparameter -> the value that a run trained with, where it was given another.

    Args:
        trained_with: What it came to: an ``auto`` is what was chosen for it.
        given: Those of the run.
    """
    return {name: value for name, value, _ in _differences(trained_with, given)}


def command(
    model: Path,
    info: ModelInfo,
    channels: Mapping[str, Path | None],
    settings: list[tuple[str, str, str]],
) -> str:
    """``ic-tf fit`` of the same model, folders and hyperparameters.

    Args:
        model: The archive, or the folder, of the model that the run started from.
        info: Its description. A pretrained model of the catalogue is named by its id.
        channels: Option -> folder: ``training``, and others or None.
        settings: From ``changed``.
    """
    by_id = info.kind == "pretrained" and _defaults(info.model_id) is not None
    words = ["ic-tf", "fit", str(channels["training"])]
    words += ["--model", info.model_id if by_id else str(model)]
    for name, folder in channels.items():
        if name != "training" and folder is not None:
            words += [f"--{name}", str(folder)]
    for name, value, _ in settings:
        words += ["--set", f"{name}={value}"]
    return shlex.join(words)


def _differences(ones: Hyperparameters, others: Hyperparameters) -> list[tuple[str, str, str]]:
    other = others.model_dump()
    return [
        (name, as_text(value), as_text(other[name]))
        for name, value in ones.model_dump().items()
        if value != other[name]
    ]


def _defaults(model_id: str) -> Mapping[str, str] | None:
    """None of a model that the catalogue does not have."""
    try:
        return catalogue.record(model_id, "*").hyperparameters
    except UnknownModelError:
        return None
