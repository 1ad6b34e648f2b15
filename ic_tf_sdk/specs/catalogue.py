"""The catalogue's literal data: which model ids exist, and everything known about one of them.

Only the file of the family that is asked for is read, with the standard library alone: this is the
path of every ``retrieve`` function.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from ic_tf_sdk.errors import UnknownModelError, UnknownVersionError
from ic_tf_sdk.specs.model_spec import ModelSpec
from ic_tf_sdk.specs.versions import resolve

__all__ = [
    "container_hyperparameters",
    "display_names",
    "fitting",
    "identify",
    "model_ids",
    "only_fit",
    "read",
    "record",
]

Json = dict[str, Any]

_DATA = Path(__file__).parent / "data"


@cache
def read(name: str) -> Json:
    """One file of the catalogue's data, parsed once; treat it as read-only.

    Args:
        name: Path below the data folder without its ending, for example ``"families/swin"``.
    """
    value: Json = json.loads((_DATA / f"{name}.json").read_text(encoding="utf-8"))
    return value


def model_ids() -> list[str]:
    """Every id, in alphabetical order."""
    return list(read("index"))


def record(model_id: object, version: object = "*") -> ModelSpec:
    """Everything known about one version of a model.

    Args:
        model_id: For example ``"tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"``;
            anything else than an id of the catalogue is refused.
        version: Exact, or a prefix that ends in ``*``; the newest that it names is taken.

    Raises:
        UnknownModelError: No such id.
        UnknownVersionError: The model has no such version.
    """
    if not isinstance(model_id, str) or model_id not in read("index"):
        from ic_tf_sdk.specs.model_names import suggestions

        raise UnknownModelError(model_id, suggestions(str(model_id), display_names()))
    newest = _newest(model_id)
    resolved = resolve(version, newest.versions) if isinstance(version, str) else None
    if resolved is None:
        raise UnknownVersionError(model_id, version, newest.versions)
    return newest._replace(version=resolved)


def identify(name: object) -> str:
    """The one id that a person means by a model's name.

    Args:
        name: An id, or parts of one in any order and spelling: ``"mobilenet_v2_100_224"``,
            ``"EfficientNetB0"``.

    Raises:
        UnknownModelError: The name fits no model, or several; it lists the nearest.
    """
    if not isinstance(name, str) or name in read("index"):
        return record(name).model_id
    return only_fit(name) or record(name).model_id


def only_fit(name: str) -> str | None:
    """The one id that a model's name fits; None where it fits none or several.

    Args:
        name: As of :func:`identify`.
    """
    from ic_tf_sdk.specs.model_names import only_fit as fit

    return fit(name, display_names())


def fitting(name: str) -> list[str]:
    """Every id that a model's name fits, the nearest first; empty for an id, and for no fit.

    Args:
        name: As of :func:`identify`.
    """
    if name in read("index"):
        return []
    from ic_tf_sdk.specs.model_names import fitting as ids

    return ids(name, display_names())


def display_names() -> dict[str, str]:
    """Model id -> the model's name for people; reads the whole catalogue."""
    return {model_id: _newest(model_id).display_name for model_id in model_ids()}


def container_hyperparameters() -> dict[str, str]:
    """The three hyperparameters that configure SageMaker's container, with their defaults."""
    return dict(read("common")["container_hyperparameters"])


@cache
def _newest(model_id: str) -> ModelSpec:
    """The one place where the layers meet: common, family, alias target, model; the last wins."""
    family = read(f"families/{read('index')[model_id]}")
    model = family["models"][model_id]
    target = family["models"].get(model.get("alias_of"), {})
    layers = (read("common")["record"], family["defaults"], target, model)
    merged: Json = {"model_id": model_id}
    for layer in layers:
        merged |= layer
    for nested in ("hyperparameters", "provenance"):
        merged[nested] = {k: v for layer in layers for k, v in layer.get(nested, {}).items()}
    defaults = read("common")["hyperparameters"] | merged["hyperparameters"]
    # SageMaker sends strings only, and spells them as Python does.
    merged["hyperparameters"] = {name: str(value) for name, value in defaults.items()}
    return ModelSpec.from_json(merged | {"version": merged["versions"][0]})
