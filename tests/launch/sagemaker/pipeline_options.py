"""Options of a job that are left open, for the tests of both lines of the SDK.

Each is made of variables of one line, all called P: ``text``, ``machine``, ``whole``, ``real`` and
``flag``, a parameter of each kind; ``join``, a join of one; ``step``, the property of a step.
"""

import json
from collections.abc import Callable
from typing import Any

from tests.aws import BUCKET

OF_JOB: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "role": lambda p: {"role": p["text"]},
    "output_path": lambda p: {"output_path": p["join"]},
    "model_uri": lambda p: {"model_uri": p["step"]},
    "whole hyperparameter": lambda p: {"hyperparameters": {"epochs": p["whole"]}},
    "real hyperparameter": lambda p: {"hyperparameters": {"eps": p["real"]}},
    "flag hyperparameter": lambda p: {"hyperparameters": {"train-only-top-layer": p["flag"]}},
    "word hyperparameter": lambda p: {"hyperparameters": {"optimizer": p["text"]}},
    "step's hyperparameter": lambda p: {"hyperparameters": {"batch_size": p["step"]}},
    "instance_type": lambda p: {"instance_type": p["machine"]},
    "instance_count": lambda p: {"instance_count": p["whole"], "bucket": BUCKET},
    "volume_size_gb": lambda p: {"volume_size_gb": p["whole"]},
    "max_run_seconds": lambda p: {"max_run_seconds": p["whole"]},
    "spot": lambda p: {"spot": p["flag"]},
    "max_wait_seconds": lambda p: {"spot": True, "max_wait_seconds": p["whole"]},
    "checkpoint_s3_uri": lambda p: {"checkpoint_s3_uri": p["join"]},
    "network_isolation": lambda p: {"network_isolation": p["flag"]},
    "encryption": lambda p: {"encrypt_inter_container_traffic": p["flag"]},
    "tags": lambda p: {"tags": {"team": p["text"]}},
    "subnets": lambda p: {"subnets": [p["text"]], "security_group_ids": ["sg-0"]},
    "security_group_ids": lambda p: {"subnets": ["subnet-0"], "security_group_ids": [p["text"]]},
    "kms_key": lambda p: {"kms_key": p["text"]},
}

REGISTRATION: dict[str, Any] = {
    "content_types": ["application/x-image"],
    "response_types": ["application/json"],
    "inference_instances": ["ml.m5.xlarge"],
    "model_package_group_name": "flowers",
}


def leave_out_place_of_checkpoints(options: dict[str, Any], step: dict[str, Any]) -> None:
    """Of a spot job each request makes a folder of its own: in a pipeline, one an execution."""
    if options.get("spot"):
        checkpoints = step["CheckpointConfig"]["S3Uri"]
        assert checkpoints["Std:Join"]["Values"][-1] == {"Get": "Execution.PipelineExecutionId"}
        options["checkpoint_s3_uri"] = "s3://left/out"
        step["CheckpointConfig"]["S3Uri"] = "s3://left/out"


def resolved(value: Any) -> Any:
    """A request as a pipeline's definition has it."""
    return json.loads(json.dumps(value, default=lambda variable: variable.expr))
