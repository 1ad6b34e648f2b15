"""The two content sources as data: AWS's by the public spec, ours as ``ic-tf publish`` fills it."""

import json
from pathlib import Path
from typing import Any

from provenance import REAL_SPEC

__all__ = ["contents"]

Record = dict[str, Any]

CPU = "c4 c5 c5d c5n c6i c6id c7i local m4 m5 m5d m6i m6id m7i r5 r5d r6i r6id r7i t2 t3"
GPU = "g4dn g5 g6 g6e local_gpu p2 p3 p3dn p4d p4de p5"

# What the AWS page names beyond the lists of the public spec.
TRAINING_TYPES = ["ml.g5.48xlarge"]
INFERENCE_TYPES = [
    *("ml.m5.2xlarge", "ml.m5.4xlarge", "ml.m5.12xlarge", "ml.m5.24xlarge"),
    *("ml.p2.16xlarge", "ml.p3.16xlarge", "ml.g4dn.16xlarge", "ml.g5.xlarge", "ml.g5.48xlarge"),
]


def contents(shared: Path) -> dict[str, Record]:
    """Both content sources: the body of a JumpStart spec, with what a model decides left open."""
    spec = json.loads((shared / "reference" / "spec_v4.0.6.json").read_text(encoding="utf-8"))
    body = json.loads(json.dumps(spec).replace(REAL_SPEC, "{model_id}"))
    for name in ("url", "version", "resource_name_base", "hyperparameters", *VARIANTS, *FLAGS):
        body[name] = None
    body["supported_training_instance_types"] += TRAINING_TYPES
    body["supported_inference_instance_types"] += INFERENCE_TYPES
    return {"jumpstart": _jumpstart(body), "published": _published(body)}


VARIANTS = ("hosting_instance_type_variants", "training_instance_type_variants")
FLAGS = (
    *("deprecated", "training_vulnerable", "training_vulnerabilities"),
    *("inference_vulnerable", "inference_vulnerabilities", "min_sdk_version"),
)


def _jumpstart(body: Record) -> Record:
    return {
        "provenance": (
            "documented: spec 4.0.6 of bit-m-r101x1-ilsvrc2012-classification-1; its instance "
            "lists joined with those on the AWS page. derived: every other model by its pattern."
        ),
        "accounts": "jumpstart_images",
        "families": {"cpu": CPU.split(), "gpu": GPU.split()},
        "end_of_patch": {"training": None, "inference": None},
        "spec": body,
    }


def _published(body: Record) -> Record:
    folder = "ic-tf-sdk/v{package_version}"
    ours = {
        "hosting_ecr_specs": _ecr("2.20", "py312"),
        "hosting_artifact_key": f"{folder}/models/infer-{{model_id}}.tar.gz",
        "hosting_script_key": f"{folder}/inference/sourcedir.tar.gz",
        "hosting_prepacked_artifact_key": f"{folder}/models/infer-{{model_id}}.tar.gz",
        "hosting_prepacked_artifact_version": "{package_version}",
        "training_dependencies": [],
        "training_script_key": f"{folder}/training/sourcedir.tar.gz",
        "training_prepacked_script_key": f"{folder}/training/sourcedir.tar.gz",
        "training_prepacked_script_version": "{package_version}",
        "training_ecr_specs": _ecr("2.21", "py312"),
        "training_artifact_key": f"{folder}/models/train-{{model_id}}.tar.gz",
        "metrics": None,
        "default_training_instance_type": "ml.g4dn.xlarge",
        "default_inference_instance_type": "ml.g4dn.xlarge",
    }
    spec = {name: ours.get(name, value) for name, value in body.items() if name not in PREFIX}
    for name in ("supported_training_instance_types", "supported_inference_instance_types"):
        types = [kind for kind in spec[name] if not kind.startswith(("ml.p2.", "ml.p3."))]
        spec[name] = ["ml.g4dn.xlarge", *(kind for kind in types if kind != "ml.g4dn.xlarge")]
    return {
        "provenance": (
            "derived: what `ic-tf publish` writes. Images lie in the 38 regions' accounts of "
            "the SDK's table for TensorFlow 2.19, 2.20 and 2.21. documented: training 2.21, and "
            "TensorFlow Serving 2.20 (GA 2026-08-20), the first that AWS made for SavedModels "
            "of TensorFlow 2.21; 2.19's patches ended on 2026-03-11. P2 and "
            "P3 are left out of the lists: AWS takes them out of service."
        ),
        "accounts": "published_images",
        # Every family of instance_families.json that has an image.
        "families": None,
        "end_of_patch": {"training": "2027-07-10", "inference": "2027-08-20"},
        "spec": spec,
    }


PREFIX = ("hosting_artifact_s3_data_type", "hosting_artifact_compression_type")


def _ecr(version: str, python: str) -> Record:
    return {"framework": "tensorflow", "framework_version": version, "py_version": python}
