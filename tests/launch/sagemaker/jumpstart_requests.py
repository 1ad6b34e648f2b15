"""The plain requests of this package as the SDK's own JumpStart classes send them.

Everything in which they differ stands here, and nothing else may.
"""

from typing import Any

from ic_tf_sdk import environment_variables, specs
from ic_tf_sdk.launch.sagemaker.job import SageMakerJob

HUB = "our-models"
HUB_ARN = f"arn:aws:sagemaker:us-west-2:123456789012:hub/{HUB}"


def tags(job_model_id: str, *, hub: bool) -> list[dict[str, str]]:
    """What the SDK says of a JumpStart job."""
    version = specs.get(job_model_id).version
    said = {
        "sagemaker-sdk:jumpstart-model-id": job_model_id,
        "sagemaker-sdk:jumpstart-model-version": version,
    }
    if hub:
        content = HUB_ARN.replace(":hub/", ":hub-content/")
        said["sagemaker-sdk:hub-content-arn"] = f"{content}/Model/{job_model_id}/{version}"
    return [{"Key": key, "Value": value} for key, value in said.items()]


def trained_by_v2(
    job: SageMakerJob, name: str, channels: dict[str, str], *, hub: bool
) -> dict[str, Any]:
    """A training job as SDK v2's ``JumpStartEstimator`` sends it."""
    request = job.create_training_job(job_name=name, channels=channels)
    output = request["OutputDataConfig"]["S3OutputPath"]
    # Its debugger and profiler are on.
    request["DebugHookConfig"] = {"S3OutputPath": output, "CollectionConfigurations": []}
    request["ProfilerConfig"] = {"S3OutputPath": output, "DisableProfiler": False}
    request["Tags"] = tags(job.model_id, hub=hub)
    if hub:
        # It looks for both under other names than the document of a hub has.
        request["StoppingCondition"] = {"MaxRuntimeInSeconds": 24 * 60 * 60}
        del request["EnableInterContainerTrafficEncryption"]
    return request


def trained_by_v3(request: dict[str, Any], model_id: str) -> dict[str, Any]:
    """A job of the helper's ``ModelTrainer`` as ``from_jumpstart_config`` makes it."""
    del request["AlgorithmSpecification"]["MetricDefinitions"]
    # It drops what the document says of both.
    request["StoppingCondition"] = {"MaxRuntimeInSeconds": 60 * 60}
    del request["EnableInterContainerTrafficEncryption"]
    request["Environment"] = {"SM_LOG_LEVEL": "20"}
    request["Tags"] = tags(model_id, hub=False)
    model, training, *others = request["InputDataConfig"]
    # The value that it says is the default.
    request["InputDataConfig"] = [training, {**model, "CompressionType": "None"}, *others]
    return request


def variables(model_id: str) -> dict[str, str]:
    """The environment of a JumpStart endpoint, as the retrieve function has it for models."""
    return environment_variables.retrieve_default(
        model_id=model_id, model_version="*", include_aws_sdk_env_vars=False
    )
