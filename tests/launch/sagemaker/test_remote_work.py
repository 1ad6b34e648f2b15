"""A job and an endpoint by their names: deployed, looked at, read, waited for and stopped."""

import json
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from click.testing import CliRunner, Result

from ic_tf_sdk.cli import main
from ic_tf_sdk.errors import StorageError, UserError
from ic_tf_sdk.launch.sagemaker import remote_log
from ic_tf_sdk.launch.sagemaker.deployment import deployment
from ic_tf_sdk.launch.sagemaker.endpoints import Serverless
from ic_tf_sdk.launch.sagemaker.remote_log import RemoteLog, is_metric
from ic_tf_sdk.launch.sagemaker.remote_work import RemoteWork
from tests.aws import REGION
from tests.rehearsal.control_plane import ControlPlane
from tests.rehearsal.hubs import RefusedError

ROLE = "arn:aws:iam::123456789012:role/serving"
MODEL = "s3://my-bucket/output/flowers-1/output/model.tar.gz"
LINES = [
    "Model: tiny 1.0.0",
    "Classes: ant, bee\x1b[2J",
    "Epoch 1/2 - 3.2s - loss: 0.5 - accuracy: 0.8",
    "Epoch 2/2 - 3.1s - loss: 0.4 - accuracy: 0.9",
    "- Test accuracy: 0.85",
]


def ic_tf(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


class Service:
    """Answers of the control plane that a test chooses.

    Args:
        plane: The control plane.
    """

    def __init__(self, plane: ControlPlane) -> None:
        self.job = {
            "TrainingJobName": "flowers-1",
            "TrainingJobStatus": "InProgress",
            "SecondaryStatus": "Training",
            "ResourceConfig": {"InstanceType": "ml.g5.xlarge", "InstanceCount": 1},
            "CreationTime": 1_700_000_000,
        }
        self.looks = 0
        self.ends_after: int | None = None
        self.refused_look: int | None = None
        self.end: dict[str, Any] = {
            "TrainingJobStatus": "Completed",
            "SecondaryStatus": "Completed",
        }
        for name in ("describe_training_job", "list_training_jobs", "stop_training_job"):
            setattr(plane, f"_{name}", getattr(self, name))
        plane._describe_endpoint = self.describe_endpoint  # type: ignore[method-assign]
        plane._delete_endpoint = self.delete_endpoint  # type: ignore[attr-defined]
        plane._list_endpoints = lambda _: {"Endpoints": []}  # type: ignore[attr-defined]
        self.endpoint = "InService"

    def describe_training_job(self, given: dict[str, Any]) -> dict[str, Any]:
        self._require(given["TrainingJobName"] == "flowers-1")
        self.looks += 1
        if self.looks == self.refused_look:
            raise RefusedError("AccessDeniedException", "You may not look any more.")
        if self.ends_after is not None and self.looks > self.ends_after:
            self.job |= self.end
        return self.job

    def list_training_jobs(self, _: dict[str, Any]) -> dict[str, Any]:
        names = ("flowers-1", "animals-7")
        return {"TrainingJobSummaries": [{"TrainingJobName": name} for name in names]}

    def stop_training_job(self, given: dict[str, Any]) -> dict[str, Any]:
        self._require(given["TrainingJobName"] == "flowers-1")
        if self.job["TrainingJobStatus"] == "Completed":
            raise RefusedError("ValidationException", "The job is in status Completed.")
        return {}

    def describe_endpoint(self, given: dict[str, Any]) -> dict[str, Any]:
        self._require(given["EndpointName"] == "flowers")
        return {"EndpointName": "flowers", "EndpointStatus": self.endpoint, "CreationTime": 1}

    def delete_endpoint(self, given: dict[str, Any]) -> dict[str, Any]:
        self._require(given["EndpointName"] == "flowers")
        return {}

    @staticmethod
    def _require(known: bool) -> None:
        if not known:
            raise RefusedError("ValidationException", "Requested resource not found.")


@pytest.fixture
def service(plane: ControlPlane) -> Service:
    """A SageMaker with the job ``flowers-1`` and the endpoint ``flowers``."""
    return Service(plane)


@pytest.fixture
def cloudwatch(aws: str) -> Iterator[Any]:
    """Moto's CloudWatch, with the log of ``flowers-1``, and of a job of a name that begins so."""
    client = boto3.client("logs", region_name=REGION)
    group = "/aws/sagemaker/TrainingJobs"
    client.create_log_group(logGroupName=group)

    def put(stream: str, lines: list[str], start: int = 1) -> None:
        now = int(time.time() * 1000)
        events = [{"timestamp": now + at, "message": one} for at, one in enumerate(lines, start)]
        client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)

    for stream, lines in (("flowers-1/algo-1-17", LINES), ("flowers-12/algo-1-18", ["other"])):
        client.create_log_stream(logGroupName=group, logStreamName=stream)
        put(stream, lines)
    yield SimpleNamespace(client=client, group=group, put=put)
    client.delete_log_group(logGroupName=group)


def test_deploy_prints_the_requests_the_costs_and_the_delete_commands(plane: ControlPlane) -> None:
    words = ("deploy", MODEL, "--role", ROLE, "--name", "flowers", "--region", REGION)
    done = ic_tf(*words)
    assert done.exit_code == 0, done.output
    requests = json.loads(done.stdout)
    assert list(requests) == ["create_model", "create_endpoint_config", "create_endpoint"]
    assert requests["create_model"]["PrimaryContainer"]["ModelDataUrl"] == MODEL
    said = done.stderr
    assert "1 machine of ml.m5.xlarge (family m5, no accelerator): paid by the hour" in said
    assert f"ic-tf stop flowers --endpoint --region {REGION}" in said
    assert "aws sagemaker delete-model --model-name flowers" in said
    assert "Nothing was sent" in said
    assert plane.requests == []
    told = json.loads(ic_tf(*words, "--instance-type", "ml.g5.xlarge", "--json").stdout)
    assert "NVIDIA A10G" in told["costs"]
    assert told["requests"]["create_endpoint_config"]["ProductionVariants"][0]["InstanceType"] == (
        "ml.g5.xlarge"
    )
    quiet = ic_tf(*words, "--quiet", "--serverless")
    assert quiet.stderr == ""
    variant = json.loads(quiet.stdout)["create_endpoint_config"]["ProductionVariants"][0]
    assert variant["ServerlessConfig"]["MemorySizeInMB"] == 2048


def test_deploy_sends_them_in_order_when_it_is_told_to(plane: ControlPlane) -> None:
    done = ic_tf("deploy", MODEL, "--role", ROLE, "--name", "flowers", "--run")
    assert done.exit_code == 0, done.output
    assert [name for name, _ in plane.requests] == [
        "CreateModel",
        "CreateEndpointConfig",
        "CreateEndpoint",
    ]
    assert done.stdout.startswith("arn:aws:sagemaker:")
    assert "It is deleted by:" in done.stderr
    assert "ic-tf wait flowers --endpoint" in done.stderr


def test_where_one_request_is_refused_what_the_others_made_is_deleted(plane: ControlPlane) -> None:
    def refuse(_: dict[str, Any]) -> dict[str, Any]:
        raise RefusedError("ResourceLimitExceeded", "The account-level service limit is 0.")

    plane._create_endpoint = refuse  # type: ignore[method-assign]
    done = ic_tf("deploy", MODEL, "--role", ROLE, "--name", "flowers", "--run")
    assert done.exit_code == 1
    assert "The account-level service limit is 0." in done.stderr
    assert [name for name, _ in plane.requests][2:] == [
        "CreateEndpoint",
        "DeleteEndpointConfig",
        "DeleteModel",
    ]
    plane._delete_model = refuse  # type: ignore[attr-defined]
    done = ic_tf("deploy", MODEL, "--role", ROLE, "--name", "flowers", "--run")
    assert "What create_model made is still there" in done.stderr
    assert "delete-model --model-name flowers" in done.stderr


def test_all_that_is_wrong_with_a_deployment_is_said_at_once() -> None:
    with pytest.raises(UserError) as caught:
        deployment("model.tar.gz", name="x", role="me", region=REGION, serverless=Serverless(7))
    for said in ("S3", "role", "memory_size_in_mb cannot be 7"):
        assert said in str(caught.value)


def test_the_state_of_a_job_and_of_an_endpoint(service: Service) -> None:
    service.job |= {"FinalMetricDataList": [{"MetricName": "test:accuracy", "Value": 0.85}]}
    done = ic_tf("status", "flowers-1")
    assert done.exit_code == 0, done.output
    for said in ("InProgress", "1 ml.g5.xlarge", "2023-11-14T", "test:accuracy", "0.85"):
        assert said in done.stdout
    told = json.loads(ic_tf("status", "flowers", "--endpoint", "--json").stdout)
    assert (told["name"], told["status"], told["region"]) == ("flowers", "InService", REGION)
    arn = f"arn:aws:sagemaker:{REGION}:123456789012:training-job/flowers-1"
    assert json.loads(ic_tf("status", arn, "--json").stdout)["name"] == "flowers-1"
    done = ic_tf("status", arn, "--endpoint")
    assert "is not the ARN of an endpoint" in done.stderr


@pytest.mark.parametrize("command", ["status", "logs", "wait", "stop"])
def test_a_name_that_is_not_there_is_told_with_the_nearest(service: Service, command: str) -> None:
    done = ic_tf(command, "flowers-2")
    assert done.exit_code == 1
    assert f"There is no training job 'flowers-2' in {REGION}. Did you mean" in done.stderr
    assert "'flowers-1'" in done.stderr
    done = ic_tf(command, "x", "--endpoint", "--json")
    assert "There is no endpoint 'x'" in json.loads(done.stdout)["error"]["message"]
    assert "--region" in done.stderr


@pytest.mark.parametrize("command", ["status", "logs", "wait", "stop"])
def test_without_credentials_it_is_a_sentence(
    service: Service, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    # It keeps the credentials that it found first.
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    done = ic_tf(command, "flowers-1")
    assert done.exit_code == 1
    assert "There are no usable AWS credentials" in done.stderr


def test_waiting_ends_with_the_job_and_says_how(service: Service) -> None:
    service.ends_after = 1
    done = ic_tf("wait", "flowers-1", "--poll", "1", "--timeout", "20")
    assert done.exit_code == 0, done.output
    assert "Completed" in done.stdout
    service.job |= {"TrainingJobStatus": "InProgress"}
    service.looks, service.end = (
        0,
        {
            "TrainingJobStatus": "Failed",
            "FailureReason": "AlgorithmError: classes",
        },
    )
    done = ic_tf("wait", "flowers-1", "--poll", "1", "--timeout", "20", "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["why it failed"] == "AlgorithmError: classes"


def test_waiting_is_bounded(service: Service) -> None:
    done = ic_tf("wait", "flowers-1", "--poll", "1", "--timeout", "1")
    assert done.exit_code == 1
    assert "It is not over after 1 s." in done.stderr
    # Before, at most so often as there is time for, and once more to tell.
    assert service.looks <= 4
    service.endpoint = "Creating"
    threading.Timer(0.3, lambda: setattr(service, "endpoint", "InService")).start()
    done = ic_tf("wait", "flowers", "--endpoint", "--poll", "1", "--timeout", "20")
    assert done.exit_code == 0, done.output


def test_a_refusal_while_it_waits_is_a_sentence(service: Service) -> None:
    service.refused_look = 2
    done = ic_tf("wait", "flowers-1", "--poll", "1", "--timeout", "20")
    assert done.exit_code == 1
    assert "SageMaker did not describe the training job 'flowers-1'" in done.stderr
    assert "You may not look any more." in done.stderr


def test_a_name_that_is_not_there_is_told_where_names_may_not_be_listed(
    service: Service, plane: ControlPlane
) -> None:
    def refused(_: dict[str, Any]) -> dict[str, Any]:
        raise RefusedError("AccessDeniedException", "You may not list.")

    plane._list_training_jobs = refused  # type: ignore[attr-defined]
    done = ic_tf("status", "flowers-2")
    assert done.exit_code == 1
    assert f"There is no training job 'flowers-2' in {REGION}. Another region" in done.stderr


def test_stopping_and_deleting(service: Service, plane: ControlPlane) -> None:
    done = ic_tf("stop", "flowers-1")
    assert done.exit_code == 0, done.output
    assert "is stopping" in done.stdout
    assert "ic-tf wait flowers-1" in done.stderr
    assert ic_tf("stop", "flowers", "--endpoint", "--json").exit_code == 0
    assert [name for name, _ in plane.requests] == ["StopTrainingJob", "DeleteEndpoint"]
    service.job |= {"TrainingJobStatus": "Completed"}
    done = ic_tf("stop", "flowers-1")
    assert done.exit_code == 1
    assert "in status Completed" in done.stderr


def test_the_log_is_read_to_its_end_and_metrics_are_picked(
    service: Service, cloudwatch: Any
) -> None:
    done = ic_tf("logs", "flowers-1")
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == [line.replace("\x1b", "\\x1b") for line in LINES]
    done = ic_tf("logs", "flowers-1", "--metrics", "--json")
    told = json.loads(done.stdout)
    assert [one["text"] for one in told] == LINES[2:]
    assert told[0]["host"] == "algo-1"
    assert ic_tf("logs", "flowers-1", "--tail", "1").stdout == f"{LINES[-1]}\n"
    service.job |= {"ResourceConfig": {"InstanceType": "ml.g5.xlarge", "InstanceCount": 2}}
    assert ic_tf("logs", "flowers-1").stdout.startswith("algo-1: Model: tiny")


def test_every_page_is_read_once(
    service: Service, cloudwatch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_log, "_PAGE", 2)
    log = RemoteLog(RemoteWork("flowers-1"))
    assert [line.text for line in log.new()] == LINES
    assert list(log.new()) == []
    cloudwatch.put("flowers-1/algo-1-17", ["one more"], start=50)
    assert [line.text for line in log.new()] == ["one more"]


def test_following_ends_with_the_job_and_is_bounded(service: Service, cloudwatch: Any) -> None:
    service.ends_after = 1
    done = ic_tf("logs", "flowers-1", "--follow", "--poll", "1", "--timeout", "30")
    assert done.exit_code == 0, done.output
    assert len(done.stdout.splitlines()) == len(LINES)
    service.job |= {"TrainingJobStatus": "InProgress"}
    service.ends_after = None
    log = RemoteLog(RemoteWork("flowers-1"))
    found = list(log.follow(lambda: False, seconds=0.3, between=0.1))
    assert len(found) == len(LINES)


def test_a_log_that_is_not_there_yet_is_told(service: Service, cloudwatch: Any) -> None:
    done = ic_tf("logs", "flowers", "--endpoint")
    assert done.exit_code == 0, done.output
    assert done.stdout == ""
    assert "CloudWatch has no line of flowers (yet)." in done.stderr


def test_a_refusal_of_cloudwatch_is_a_sentence(
    service: Service, cloudwatch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(StorageError, match="CloudWatch has no answer on the log of 'flowers-1'"):
        list(RemoteLog(RemoteWork("flowers-1")).new())


def test_metrics_are_the_lines_that_sagemaker_reads() -> None:
    assert [is_metric(line) for line in LINES] == [False, False, True, True, True]
