"""A SageMaker training job as a value: printable, comparable, not yet sent.

It turns into SDK v2's ``Estimator`` or into the plain parameters of boto3's
``create_training_job``; both describe the same job.
"""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ic_tf_sdk.launch.open_values import Count, Flag, Text
from ic_tf_sdk.launch.sagemaker import job_checks
from ic_tf_sdk.launch.sagemaker.job_options import InputMode
from ic_tf_sdk.launch.tag_list import as_list
from ic_tf_sdk.specs.pipeline_variable import is_pipeline_variable

__all__ = ["CHECKPOINTS", "CONTAINER_CODE", "ENTRY_POINT", "SageMakerJob"]

CONTAINER_CODE = "/opt/ml/input/data/code/sourcedir.tar.gz"
"""Where a network-isolated job finds its script: SageMaker downloads it as a channel."""

ENTRY_POINT = "transfer_learning.py"
"""The script in sourcedir.tar.gz."""

CHECKPOINTS = "/opt/ml/checkpoints"
"""The folder that SageMaker copies to ``checkpoint_s3_uri`` while a job runs, and back."""


class SageMakerJob(BaseModel):
    """Everything that decides a training job, but its data and its name.

    Example:
        >>> channels = {"training": "s3://my-bucket/flowers/"}
        >>> request = job.create_training_job(job_name="flowers-1", channels=channels)
        >>> request["TrainingJobName"], request["ResourceConfig"]["InstanceCount"]
        ('flowers-1', 1)
    """

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    model_id: str
    model_version: str
    region: str
    role: Text = Field(description="ARN of the execution role, or its name for the SDK.")
    image_uri: str
    source_uri: str = Field(description="S3 URI of sourcedir.tar.gz.")
    model_uri: Text = Field(description="S3 URI of the model to start from: a file or a prefix.")
    hyperparameters: dict[str, Text]
    instance_type: Text
    instance_count: Count = 1
    volume_size_gb: Count = 30
    max_run_seconds: Count
    max_wait_seconds: Count | None = Field(None, description="Spot: waiting and running together.")
    spot: Flag = False
    checkpoint_s3_uri: Text | None = None
    output_path: Text
    base_job_name: str = Field(max_length=36)
    network_isolation: Flag = True
    encrypt_inter_container_traffic: Flag = True
    metric_definitions: tuple[dict[str, str], ...]
    tags: dict[str, Text] = Field(default_factory=dict)
    subnets: tuple[Text, ...] = ()
    security_group_ids: tuple[Text, ...] = ()
    kms_key: Text | None = Field(None, description="KMS key of the volume and of the output.")
    environment: dict[str, Text] = Field(default_factory=dict)
    keep_alive_period_in_seconds: Count | None = Field(None, description="Of a warm pool.")
    input_mode: InputMode = "File"

    def estimator_arguments(self) -> dict[str, Any]:
        """Keyword arguments of SDK v2's ``sagemaker.estimator.Estimator``, less the session."""
        arguments = {
            "role": self.role,
            "image_uri": self.image_uri,
            "source_dir": self.source_uri,
            "model_uri": self.model_uri,
            "entry_point": ENTRY_POINT,
            "hyperparameters": dict(self.hyperparameters),
            "instance_type": self.instance_type,
            "instance_count": self.instance_count,
            "volume_size": self.volume_size_gb,
            "max_run": self.max_run_seconds,
            "max_wait": self.max_wait_seconds,
            "use_spot_instances": self.spot,
            "checkpoint_s3_uri": self.checkpoint_s3_uri,
            "checkpoint_local_path": CHECKPOINTS if self.checkpoint_s3_uri else None,
            "output_path": self.output_path,
            "base_job_name": self.base_job_name,
            "enable_network_isolation": self.network_isolation,
            "encrypt_inter_container_traffic": self.encrypt_inter_container_traffic,
            "metric_definitions": [dict(item) for item in self.metric_definitions],
            "tags": as_list(self.tags),
            "subnets": list(self.subnets),
            "security_group_ids": list(self.security_group_ids),
            "volume_kms_key": self.kms_key,
            "output_kms_key": self.kms_key,
            "environment": dict(self.environment) or None,
            "keep_alive_period_in_seconds": self.keep_alive_period_in_seconds,
            "input_mode": self.input_mode,
        }
        # SageMaker's Debugger hooks into the script's framework; ours has no use for it.
        arguments |= {"debugger_hook_config": False, "disable_profiler": True}
        return {name: value for name, value in arguments.items() if value not in (None, [])}

    def create_training_job(self, *, job_name: str, channels: Mapping[str, Text]) -> dict[str, Any]:
        """Parameters of boto3's ``create_training_job``: what the SDK would send.

        Args:
            job_name: Unique in the account and region, at most 63 characters.
            channels: Channel name -> S3 URI of a folder, with ``/`` at its end: ``training``, and
                ``validation`` and ``test``.

        Raises:
            UserError: The role is no ARN, there is no training channel, or a channel has another
                name or a URI that is not a folder's; all of them are named.
        """
        job_checks.refuse(job_checks.of_request(self.role, channels))
        request: dict[str, Any] = {
            "TrainingJobName": job_name,
            "RoleArn": self.role,
            "AlgorithmSpecification": {
                "TrainingImage": self.image_uri,
                "TrainingInputMode": self.input_mode,
                "MetricDefinitions": [dict(item) for item in self.metric_definitions],
            },
            "HyperParameters": self._sent_hyperparameters(job_name),
            "InputDataConfig": self._inputs(channels),
            "OutputDataConfig": {"S3OutputPath": self.output_path},
            "ResourceConfig": {
                "InstanceType": self.instance_type,
                "InstanceCount": self.instance_count,
                "VolumeSizeInGB": self.volume_size_gb,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": self.max_run_seconds},
            "ProfilerConfig": {"DisableProfiler": True},
        }
        self._add_options(request)
        return request

    def _add_options(self, request: dict[str, Any]) -> None:
        """What is sent only where it was asked for."""
        if self.network_isolation:
            request["EnableNetworkIsolation"] = self.network_isolation
        if self.encrypt_inter_container_traffic:
            encrypted = self.encrypt_inter_container_traffic
            request["EnableInterContainerTrafficEncryption"] = encrypted
        if self.spot:
            request["EnableManagedSpotTraining"] = self.spot
            request["StoppingCondition"]["MaxWaitTimeInSeconds"] = self.max_wait_seconds
        if self.checkpoint_s3_uri:
            place = {"S3Uri": self.checkpoint_s3_uri, "LocalPath": CHECKPOINTS}
            request["CheckpointConfig"] = place
        if self.subnets:
            request["VpcConfig"] = {
                "Subnets": list(self.subnets),
                "SecurityGroupIds": list(self.security_group_ids),
            }
        if self.environment:
            request["Environment"] = dict(self.environment)
        if self.keep_alive_period_in_seconds:
            kept = self.keep_alive_period_in_seconds
            request["ResourceConfig"]["KeepAlivePeriodInSeconds"] = kept
        if self.kms_key:
            request["OutputDataConfig"]["KmsKeyId"] = self.kms_key
            request["ResourceConfig"]["VolumeKmsKeyId"] = self.kms_key
        tags = {**self.tags, **self._jumpstart_tags()}
        if tags:
            request["Tags"] = as_list(tags)

    def _jumpstart_tags(self) -> dict[str, str]:
        """The tags that the SDK puts on jobs with AWS's public content."""
        uris = {"model": self.model_uri, "script": self.source_uri}
        return {
            f"aws-jumpstart-training-{kind}-uri": uri
            for kind, uri in uris.items()
            if not is_pipeline_variable(uri) and uri.startswith("s3://jumpstart-cache-prod-")
        }

    def _sent_hyperparameters(self, job_name: str) -> dict[str, Text]:
        """As the SDK sends them: each value JSON, and the toolkit's own beside them."""
        values: dict[str, object] = {
            **self.hyperparameters,
            "sagemaker_submit_directory": (
                CONTAINER_CODE if self.network_isolation else self.source_uri
            ),
            "sagemaker_program": ENTRY_POINT,
            "sagemaker_container_log_level": 20,
            "sagemaker_job_name": job_name,
            "sagemaker_region": self.region,
        }
        return {name: _sent(value) for name, value in values.items()}

    def _inputs(self, channels: Mapping[str, Text]) -> list[dict[str, Any]]:
        inputs = [_channel(name, uri) for name, uri in channels.items()]
        model = {**_channel("model", self.model_uri), "InputMode": "File"}
        inputs.append({**model, "ContentType": "application/x-sagemaker-model"})
        if self.network_isolation:
            inputs.append(_channel("code", self.source_uri))
        return inputs


def _sent(value: object) -> Text:
    """A hyperparameter's value as JSON; what is left open comes as text, which is read as well."""
    return value.to_string() if is_pipeline_variable(value) else json.dumps(value)


def _channel(name: str, uri: Text) -> dict[str, Any]:
    source = {
        "S3DataType": "S3Prefix",
        "S3Uri": uri,
        "S3DataDistributionType": "FullyReplicated",
    }
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}
