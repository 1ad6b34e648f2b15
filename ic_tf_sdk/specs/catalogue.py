"""The catalogue's literal data: which model ids exist, and everything known about one of them.

Only the file of the family that is asked for is read, with the standard library alone: this is the
path of every ``retrieve`` function.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from ic_tf_sdk.errors import UnknownModelError, UnknownVersionError, nearest
from ic_tf_sdk.specs.model_spec import ModelSpec
from ic_tf_sdk.specs.versions import resolve

__all__ = ["container_hyperparameters", "model_ids", "read", "record"]

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
        raise UnknownModelError(model_id, _suggestions(str(model_id)[:200].lower()))
    newest = _newest(model_id)
    resolved = resolve(version, newest.versions) if isinstance(version, str) else None
    if resolved is None:
        raise UnknownVersionError(model_id, version, newest.versions)
    return newest._replace(version=resolved)


def container_hyperparameters() -> dict[str, str]:
    """The three hyperparameters that configure SageMaker's container, with their defaults."""
    return dict(read("common")["container_hyperparameters"])


def _suggestions(text: str) -> list[str]:
    """Ids that hold what was typed, such as a network's name; else those most like it."""
    holding = [model_id for model_id in model_ids() if text in model_id] if len(text) > 2 else []
    return holding[:3] or nearest(text, model_ids())


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
