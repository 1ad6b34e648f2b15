"""What a run was asked for: what differs from the defaults, and the command that does the same."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from ic_tf_sdk.contract.model_info import ModelInfo
from ic_tf_sdk.errors import UnknownModelError
from ic_tf_sdk.specs import catalogue
from ic_tf_sdk.specs import hyperparameters as schema
from ic_tf_sdk.specs.hyperparameters import Hyperparameters, as_text

__all__ = ["changed", "command"]


def changed(hyperparameters: Hyperparameters, info: ModelInfo) -> list[tuple[str, str, str]]:
    """Hyperparameter, its value, the model's default, where the two differ as values.

    Args:
        hyperparameters: Those of the run.
        info: The description of the model that it started from.
    """
    own = schema.parse(_defaults(info.model_id) or {}).model_dump()
    return [
        (name, as_text(value), as_text(own[name]))
        for name, value in hyperparameters.model_dump().items()
        if value != own[name]
    ]


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


def _defaults(model_id: str) -> Mapping[str, str] | None:
    """None of a model that the catalogue does not have."""
    try:
        return catalogue.record(model_id, "*").hyperparameters
    except UnknownModelError:
        return None
