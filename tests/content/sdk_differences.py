"""Compares this package with the unmodified SageMaker SDK, both pointed at a published bucket.

Run as a program, with the environment that decides where both look. Prints JSON: how many answers
were compared, and those that differ.
"""

import importlib
import itertools
import json
import os
import sys
from types import SimpleNamespace
from typing import Any

MODULES = (
    "environment_variables",
    "hyperparameters",
    "image_uris",
    "instance_types",
    "metric_definitions",
    "model_uris",
    "script_uris",
)

SCOPES = ("training", "inference")


def implementation(package: str) -> Any:
    """The modules of one implementation."""
    return SimpleNamespace(
        **{name: importlib.import_module(f"{package}.{name}") for name in MODULES}
    )


def the_sdk() -> Any:
    """The SageMaker SDK that is installed: v2, or v3, which has them a level below."""
    try:
        return implementation("sagemaker")
    except ModuleNotFoundError:
        return implementation("sagemaker.core")


def answers(root: Any, model_id: str) -> dict[str, Any]:
    """What one implementation says of a model."""
    common: dict[str, Any] = {"model_id": model_id, "model_version": "*"}
    found: dict[str, Any] = {
        "hyperparameters": root.hyperparameters.retrieve_default(**common),
        "container": root.hyperparameters.retrieve_default(
            **common, include_container_hyperparameters=True
        ),
        "environment": root.environment_variables.retrieve_default(**common),
        "metrics": root.metric_definitions.retrieve_default(**common),
    }
    for scope, region in itertools.product(SCOPES, ("us-west-2", "cn-north-1")):
        place = {**common, "region": region}
        key = f"{scope} {region}"
        found[f"script {key}"] = root.script_uris.retrieve(**place, script_scope=scope)
        found[f"model {key}"] = root.model_uris.retrieve(**place, model_scope=scope)
        found[f"instances {key}"] = root.instance_types.retrieve(**place, scope=scope)
        for instance_type in ("ml.g5.xlarge", "ml.m5.large"):
            found[f"image {key} {instance_type}"] = root.image_uris.retrieve(
                framework=None, **place, image_scope=scope, instance_type=instance_type
            )
    return found


def main() -> None:
    """Compare and print."""
    compared = 0
    differences = []
    sdk, package = the_sdk(), implementation("ic_tf_sdk")
    for model_id in sys.argv[1:]:
        theirs, ours = answers(sdk, model_id), answers(package, model_id)
        compared += len(theirs)
        differences += [
            {"model": model_id, "what": name, "sdk": theirs[name], "ic_tf_sdk": ours.get(name)}
            for name in theirs
            if theirs[name] != ours.get(name)
        ]
    sys.stderr.write(json.dumps({"compared": compared, "differences": differences}))


if __name__ == "__main__":
    assert os.environ["AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE"]
    main()
