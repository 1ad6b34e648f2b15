"""The catalogue in JumpStart's own format, for the unmodified SageMaker SDK, v2 and v3."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ic_tf_sdk.contract import file_access, output_files
from ic_tf_sdk.enums import Scope
from ic_tf_sdk.errors import EmbeddedModelError, OutputExistsError
from ic_tf_sdk.specs import catalogue
from ic_tf_sdk.specs.container_images import image_regions, processor_image
from ic_tf_sdk.specs.hyperparameter_table import Row, rows
from ic_tf_sdk.specs.model_spec import ModelSpec
from ic_tf_sdk.specs.source import ContentSource, in_force

__all__ = ["MANIFEST", "PROPRIETARY_MANIFEST", "export_catalogue", "jumpstart_spec"]

MANIFEST = "models_manifest.json"
PROPRIETARY_MANIFEST = "proprietary-sdk-manifest.json"

# The SDK fails on an empty list; a header for an SDK that never comes is hidden from everyone.
_HIDDEN = {"model_id": "none", "version": "0.0.0", "min_version": "999.0.0", "spec_key": "none"}

_ALIASES = {"cpu": "cpu_ecr_uri_1", "gpu": "gpu_ecr_uri_2"}

Json = dict[str, Any]


def export_catalogue(folder: Path, *, source: ContentSource | None = None) -> int:
    """Write the catalogue to a folder that does not exist yet, or is empty.

    The SDK reads it when ``AWS_JUMPSTART_MANIFEST_LOCAL_ROOT_DIR_OVERRIDE`` and
    ``AWS_JUMPSTART_SPECS_LOCAL_ROOT_DIR_OVERRIDE`` both name the folder, or from a bucket that
    holds its files. Either everything is written, or nothing.

    Args:
        folder: Where to; its parents are made.
        source: Which content the specs point to; None takes the one in force.

    Returns:
        How many specs were written.

    Raises:
        OutputExistsError: The folder holds something.
        FileAccessError: The folder cannot be written.
    """
    with file_access.refusals(folder):
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise OutputExistsError(f"{folder} already exists; give a folder that does not.")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with output_files.replacing(folder) as temporary:
            return _write(temporary, source or in_force())


def jumpstart_spec(record: ModelSpec, source: ContentSource) -> Json:
    """One model as a JumpStart spec.

    Args:
        record: The model in one version.
        source: Which content it points to.

    Raises:
        EmbeddedModelError: The source has no files for the model.
    """
    source.require_content(record)
    facts = record.to_json()
    spec = {name: source.value(record, name) for name in source.body}
    for name in ("version", "deprecated", "min_sdk_version", *_VULNERABILITIES):
        spec[name] = facts[name]
    spec |= {
        "model_id": record.model_id,
        "url": record.classification_handle,
        "hyperparameters": _hyperparameters(record),
        "metrics": source.metrics(),
        "resource_name_base": source.resource_name_base(record.model_id),
    }
    for scope, name in _VARIANTS.items():
        spec[name] = _instance_variants(source, scope)
    return spec | {name: facts[name] for name in _MESSAGES if facts[name]}


_VARIANTS: dict[Scope, str] = {
    "training": "training_instance_type_variants",
    "inference": "hosting_instance_type_variants",
}
_VULNERABILITIES = (
    "training_vulnerable",
    "training_vulnerabilities",
    "inference_vulnerable",
    "inference_vulnerabilities",
)
_MESSAGES = ("deprecated_message", "deprecate_warn_message")


def _write(folder: Path, source: ContentSource) -> int:
    headers = []
    for model_id in catalogue.model_ids():
        for version in catalogue.record(model_id).versions:
            try:
                spec = jumpstart_spec(catalogue.record(model_id, version), source)
            except EmbeddedModelError:
                continue
            key = source.spec_key(model_id, version)
            _write_json(folder / key, spec)
            headers.append(_header(spec, key))
    _write_json(folder / MANIFEST, headers)
    _write_json(folder / PROPRIETARY_MANIFEST, [_HIDDEN])
    return len(headers)


def _header(spec: Json, key: str) -> Json:
    return {
        "model_id": spec["model_id"],
        "version": spec["version"],
        # The SDK refuses a header without one; an embedded model works with any.
        "min_version": spec["min_sdk_version"] or "0.0.0",
        "spec_key": key,
    }


def _write_json(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


def _hyperparameters(record: ModelSpec) -> list[Json]:
    container = catalogue.container_hyperparameters().items()
    return [
        *(_hyperparameter(row, record.hyperparameters) for row in rows(include_additions=False)),
        *(
            {"name": name, "type": "text", "default": default, "scope": "container"}
            for name, default in container
        ),
    ]


def _hyperparameter(row: Row, defaults: Mapping[str, str]) -> Json:
    kind = {"int": int, "float": float, "text": str}[row.type]
    entry = {"name": row.name, "type": row.type, "default": kind(defaults[row.name])}
    if row.options:
        entry["options"] = list(row.options)
    if row.minimum is not None:
        entry["min"] = int(row.minimum)
    if row.maximum is not None:
        entry["max"] = int(row.maximum)
    return entry | {"scope": "algorithm"}


def _instance_variants(source: ContentSource, scope: Scope) -> Json:
    families = {
        family: processor for processor, names in source.families().items() for family in names
    }
    return {
        "regional_aliases": {
            region: {
                alias: processor_image(source, region, processor, scope)
                for processor, alias in _ALIASES.items()
            }
            for region in image_regions(source)
        },
        "variants": {
            family: {"regional_properties": {"image_uri": f"${_ALIASES[families[family]]}"}}
            for family in sorted(families)
        },
    }
