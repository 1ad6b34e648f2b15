"""Writes ic_tf_sdk/specs/data/ from the reference tables; for developers, never run for users.

    python tools/build_catalogue.py ../shared TENSORFLOW_JSON

TENSORFLOW_JSON is SDK v3's table, ``sagemaker/core/image_uri_config/tensorflow.json``; that of
Clarify's image is read beside it. The other facts come from ``reference/``; what they leave open or
contradict is decided in ``provenance.py``. The written files are the catalogue: literal, and
reviewed as a diff.
"""

import csv
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from content_sources import contents
from provenance import ALIAS_TARGET, REAL_SPEC, Row, provenance
from published_accuracy import published_accuracy

from ic_tf_sdk.backbones.weights_packages import EXTRA, PACKAGES
from ic_tf_sdk.specs import catalogue
from ic_tf_sdk.specs.record_check import problems
from ic_tf_sdk.specs.size_rule import default_overrides

DATA = Path(__file__).parents[1] / "ic_tf_sdk" / "specs" / "data"
ALIAS = "tensorflow-ic-imagenet-resnet-50-classification-4"
EMBEDDED = "tensorflow-ic-embedded-formulanet-96"

# As docs/benchmarks.md has them; why the others have none stands in common.json.
MS_PER_IMAGE = {
    "tensorflow-ic-efficientnet-lite0-classification-2": 18.6,
    "tensorflow-ic-efficientnet-lite1-classification-2": 20.9,
    "tensorflow-ic-efficientnet-lite2-classification-2": 31.9,
    "tensorflow-ic-imagenet-mobilenet-v1-025-224-classification-4": 3.0,
    "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4": 15.2,
}
MEASURED = (
    "derived: measured by benchmarks/select.py on two cores of a shared machine; "
    "docs/measurements/choosing.md has the figures."
)

NESTED = ("hyperparameters", "provenance")

Record = dict[str, Any]


def main(shared: Path, sdk_table: Path) -> None:
    """Write one file per family, the index, regions, images and contents."""
    with (shared / "reference" / "models.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    families: dict[str, dict[str, Record]] = {}
    for row in rows:
        families.setdefault(row["architecture_family"], {})[row["model_id"]] = _record(row)
    # The embedded model stands in no reference table: families/embedded.json is written by hand.
    index = {EMBEDDED: "embedded"}
    for folder in ("families", "contents"):
        (DATA / folder).mkdir(parents=True, exist_ok=True)
    for family, models in families.items():
        name = family.lower().replace("-", "_")
        _write(DATA / "families" / f"{name}.json", _factored(family, models))
        index |= dict.fromkeys(models, name)
    _write(DATA / "index.json", dict(sorted(index.items())))
    _write(DATA / "regions.json", _regions(shared))
    _write(DATA / "framework_images.json", _framework_images(sdk_table))
    _write(DATA / "clarify_image.json", _clarify_image(sdk_table.with_name("clarify.json")))
    for name, content in contents(shared).items():
        _write(DATA / "contents" / f"{name}.json", content)
    _check()


def _check() -> None:
    """Refuse what was written where a record holds what it may not; all of it is told."""
    catalogue.read.cache_clear()
    wrong = [
        f"{record.model_id} {record.version}: {problem}"
        for model_id in catalogue.model_ids()
        for version in catalogue.record(model_id).versions
        for record in [catalogue.record(model_id, version)]
        for problem in problems(record)
    ]
    if wrong:
        raise SystemExit("\n".join(wrong))


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _factored(family: str, models: dict[str, Record]) -> Record:
    """Facts that all models of a family share stand once, under ``defaults``."""
    full = [model for model in models.values() if "alias_of" not in model]
    shared: Record = {"family": family}
    shared |= _common([{k: v for k, v in m.items() if k not in NESTED} for m in full])
    shared["provenance"] = _common([model["provenance"] for model in full])
    for model in full:
        _drop_shared(model, shared)
        _drop_shared(model["provenance"], shared["provenance"])
    return {"defaults": shared, "models": {k: _without_empty(v) for k, v in models.items()}}


def _common(records: list[Record]) -> Record:
    """What most of the records say, of the keys that all of them have."""
    if len(records) < 2:
        return {}
    common: Record = {}
    for key in records[0]:
        values = [json.dumps(record[key]) for record in records if key in record]
        most, count = Counter(values).most_common(1)[0]
        if len(values) == len(records) and 2 * count > len(records):
            common[key] = json.loads(most)
    return common


def _drop_shared(record: Record, shared: Record) -> None:
    for key in [k for k in record if k not in NESTED and record[k] == shared.get(k, record)]:
        del record[key]


def _without_empty(model: Record) -> Record:
    return {k: v for k, v in model.items() if v not in ({}, "")}


def _record(row: Row) -> Record:
    if row["model_id"] == ALIAS:
        return _alias()
    height, width = _input_size(row)
    parameters = float(row["parameters_millions"])
    overrides = dict(default_overrides(parameters_millions=parameters, pixels=height * width))
    if row["model_id"] == REAL_SPEC:
        overrides |= {"epochs": 5, "initial_accumulator_value": 0.1}
    accuracy, accuracy_source = published_accuracy(row["model_id"])
    milliseconds = MS_PER_IMAGE.get(row["model_id"])
    speed = {} if milliseconds is None else {"ms_per_image": milliseconds}
    return {
        "display_name": row["display_name"],
        "versions": _versions(row),
        "classification_handle": row["classification_handle"],
        "feature_vector_handle": row["feature_vector_handle"],
        "input_height": height,
        "input_width": width,
        "input_size": _size_policy(row),
        "pixel_range": row["pixel_range"],
        "num_classes": int(row["num_classes"]) if row["num_classes"] else None,
        "label_set": row["label_set"] or None,
        "feature_vector_size": int(row["feature_vector_size"]),
        "parameters_millions": parameters,
        "imagenet_top1": accuracy,
        **speed,
        "pretraining_dataset": row["pretraining_dataset"],
        "license": row["license"],
        **_module(row),
        "hyperparameters": overrides,
        "provenance": {
            **provenance(row),
            "imagenet_top1": accuracy_source,
            **dict.fromkeys(speed, MEASURED),
        },
    }


def _versions(row: Row) -> list[str]:
    versions = {"4.0.17": ["4.0.17", "4.0.2"], "2.0.17": ["2.0.17", "2.0.2"]}[row["latest_version"]]
    return [versions[0], "4.0.6", versions[1]] if row["model_id"] == REAL_SPEC else versions


def _input_size(row: Row) -> tuple[int, int]:
    return int(row["input_height"] or 224), int(row["input_width"] or 224)


def _size_policy(row: Row) -> str:
    notes = row["notes"]
    if "size: none documented" in notes or "size: flexible" in notes:
        return "any"
    return "default" if "size: default" in notes else "fixed"


def _module(row: Row) -> Record:
    """How the SavedModel is called, where that is not the common image API of TF Hub."""
    family, handle = row["architecture_family"], row["classification_handle"]
    module: Record = {}
    if family == "EfficientNetLite":
        module["module_format"] = "tf1_hub"
        if row["model_id"] in PACKAGES:
            module["weights_extra"] = EXTRA
    if family in ("DeiT", "CaiT"):
        module["module_output"] = "tuple"
    slim = "/google/imagenet/" in handle and "efficientnet_v2" not in handle
    if slim or "/google/tf2-preview/" in handle:
        module["module_arguments"] = ["batch_norm_momentum"]
    if "multi-label" in row["notes"]:
        module["head_activation"] = "sigmoid"
    return module


def _alias() -> Record:
    return {
        "alias_of": ALIAS_TARGET,
        "versions": ["4.0.17", "4.0.2"],
        "deprecate_warn_message": (
            f"Model id '{ALIAS}' stands only on one AWS page; no SDK table has it. "
            f"Use '{ALIAS_TARGET}'."
        ),
        "provenance": {
            "alias_of": (
                "derived: the AWS page calls this ResNet 50 and links google/imagenet/resnet_50/"
                "classification/1, which does not exist; every SDK table has the other id."
            )
        },
    }


def _regions(shared: Path) -> Record:
    """Region -> accounts of the TensorFlow images, and whether JumpStart is launched there."""
    with (shared / "reference" / "regions.csv").open(newline="") as file:
        return {row["region"]: _region(row) for row in csv.DictReader(file)}


def _region(row: Row) -> Record:
    return {
        # SDK 2.257.7 knows one region more than the reference table.
        "launched": row["jumpstart_launched_v2"] == "true" or row["region"] == "eusc-de-east-1",
        "account": row["tf_training_account_2_9"] or None,
        "published_images": bool(row["tf_training_account_2_19_0"]),
        "jumpstart_images": bool(row["tf_ic_spec_v4_0_6_training_account"]),
    }


def _framework_images(sdk_table: Path) -> Record:
    """SDK v3's table of TensorFlow images, each list of accounts stored once."""
    table = json.loads(sdk_table.read_text(encoding="utf-8"))
    registries: Record = {}
    scopes = {scope: _images(config, registries) for scope, config in table.items()}
    return {"registries": registries, "scopes": scopes}


def _clarify_image(sdk_table: Path) -> Record:
    """SDK v3's table of SageMaker Clarify's image, of which there is one version."""
    [scope] = json.loads(sdk_table.read_text(encoding="utf-8")).values()
    [(version, body)] = scope["versions"].items()
    return {"repository": body["repository"], "version": version, "registries": body["registries"]}


def _images(config: Record, registries: Record) -> list[Record]:
    aliases = {full: alias for alias, full in config["version_aliases"].items()}
    images = []
    for version, body in config["versions"].items():
        for image in [body] if "registries" in body else body.values():
            name = f"{len(image['registries'])} regions"
            assert registries.setdefault(name, image["registries"]) == image["registries"]
            images.append(
                {
                    "version": version,
                    "alias": aliases.get(version),
                    "repository": image["repository"],
                    "py_versions": image.get("py_versions", []),
                    "processors": config["processors"],
                    "container_version": image.get("container_version", {}).get("cpu"),
                    "registries": name,
                }
            )
            if "py_versions" not in image and body is not image:
                images[-1]["py_versions"] = [next(py for py in body if body[py] is image)]
    return images


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
