"""Names, states and times of remote work, which need no service."""

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch.sagemaker import deployment as deployments
from ic_tf_sdk.launch.sagemaker import remote_log, remote_work
from ic_tf_sdk.launch.sagemaker.deployment import deployment
from ic_tf_sdk.launch.sagemaker.endpoints import Serverless
from ic_tf_sdk.launch.sagemaker.remote_log import RemoteLog
from ic_tf_sdk.launch.sagemaker.remote_work import RemoteWork
from tests.aws import REGION

JOB_ARN = f"arn:aws:sagemaker:{REGION}:123456789012:training-job/flowers-1"
ENDPOINT_ARN = f"arn:aws:sagemaker:{REGION}:123456789012:endpoint/flowers"


@pytest.mark.parametrize(
    ("stream", "host"),
    [
        ("flowers-1/algo-1-1700000000", "algo-1"),
        ("flowers-1/algo-12-1700000000", "algo-12"),
        ("algo-7/algo-2-17", "algo-2"),
        ("AllTraffic/i-0123", "AllTraffic"),
        ("alone", "alone"),
        ("x/algo-y", "algo-y"),
    ],
)
def test_a_host_is_what_wrote_the_stream(stream: str, host: str) -> None:
    assert remote_log._host(stream) == host


def test_an_arn_has_the_name_and_the_region() -> None:
    job = RemoteWork(JOB_ARN)
    assert (job.name, job.region, job.noun) == ("flowers-1", REGION, "training job")
    assert job.log_group == "/aws/sagemaker/TrainingJobs"
    assert RemoteWork(JOB_ARN, region="eu-west-1").region == "eu-west-1"
    endpoint = RemoteWork(ENDPOINT_ARN, endpoint=True)
    assert (endpoint.name, endpoint.noun) == ("flowers", "endpoint")
    assert endpoint.log_group == "/aws/sagemaker/Endpoints/flowers"


@pytest.mark.parametrize(
    ("arn", "endpoint", "said"),
    [
        (JOB_ARN, True, "is not the ARN of an endpoint"),
        (ENDPOINT_ARN, False, "is not the ARN of a training job"),
        (JOB_ARN.removesuffix("flowers-1"), False, "is not the ARN of a training job"),
        (f"{JOB_ARN}:x", False, "is not the ARN of a training job"),
        ("arn:aws:training-job/x", False, "is not the ARN of a training job"),
    ],
)
def test_an_arn_of_something_else_is_refused(arn: str, endpoint: bool, said: str) -> None:
    with pytest.raises(UserError, match=said):
        RemoteWork(arn, endpoint=endpoint)


@pytest.mark.parametrize(
    ("status", "done", "under_way"),
    [
        ("Completed", True, False),
        ("InProgress", False, True),
        ("Stopping", False, True),
        ("Failed", False, False),
        ("Stopped", False, False),
        ("InService", False, False),
    ],
)
def test_a_jobs_state_is_an_end_or_none(status: str, done: bool, under_way: bool) -> None:
    work, described = RemoteWork("x", region=REGION), {"TrainingJobStatus": status}
    assert work.status(described) == status
    assert (work.is_done(described), work.is_under_way(described)) == (done, under_way)
    assert work.status({}) == "Unknown"


@pytest.mark.parametrize(
    ("message", "unknown"),
    [
        ("Requested resource not found.", True),
        ('Could not find endpoint "flowers".', True),
        ("The endpoint does not exist.", True),
        ("You may not look.", False),
        ("", False),
    ],
)
def test_a_name_that_is_unknown_is_told_from_a_refusal(message: str, unknown: bool) -> None:
    error = ClientError({"Error": {"Code": "ValidationException", "Message": message}}, "Describe")
    assert remote_work._says_unknown(error) is unknown


class _Waiter:
    def __init__(self, work: RemoteWork) -> None:
        self.config: Any = None
        self.states = iter(["InProgress", "Completed"])
        work._client = self

    def describe_training_job(self, **_: str) -> dict[str, str]:
        return {"TrainingJobStatus": next(self.states)}

    def get_waiter(self, _: str) -> "_Waiter":
        return self

    def wait(self, WaiterConfig: Any, **_: str) -> None:  # noqa: N803
        self.config = WaiterConfig


@pytest.mark.parametrize(
    ("seconds", "between", "attempts"), [(600, 30, 20), (59, 30, 1), (10, 30, 1), (61, 30, 2)]
)
def test_it_is_looked_at_as_often_as_there_is_time_for(
    seconds: int, between: int, attempts: int
) -> None:
    work = RemoteWork("x", region=REGION)
    waiter = _Waiter(work)
    found = work.wait(seconds=seconds, between=between)
    assert found == {"TrainingJobStatus": "Completed"}
    assert waiter.config == {"Delay": between, "MaxAttempts": attempts}


def most(service: str, operation: str, member: str) -> int:
    """The greatest number that the API's own model allows."""
    import boto3

    api = boto3.client(service, region_name=REGION).meta.service_model
    return int(api.operation_model(operation).input_shape.members[member].metadata["max"])


def test_a_page_is_as_long_as_the_api_lets_it_be() -> None:
    assert most("logs", "GetLogEvents", "limit") == remote_log._PAGE
    for operation in ("ListTrainingJobs", "ListEndpoints"):
        assert most("sagemaker", operation, "MaxResults") == remote_work._LISTED


def test_a_line_has_the_time_at_which_it_was_written_and_no_line_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = RemoteLog(RemoteWork("x", region=REGION))
    event = {"timestamp": 1_767_312_001_500, "message": " Classes: ant \r\n"}
    monkeypatch.setattr(log, "_streams", lambda: ["x/algo-1-17"])
    asked: list[dict[str, Any]] = []

    class Pages:
        def get_log_events(self, **given: Any) -> dict[str, Any]:
            asked.append(given)
            return {"events": [event] if len(asked) == 1 else [], "nextForwardToken": "end"}

    monkeypatch.setattr(log, "_client", Pages())
    [line] = log.new()
    assert line == (
        "algo-1",
        datetime(2026, 1, 2, 0, 0, 1, 500_000, timezone.utc),
        " Classes: ant ",
    )
    assert [one.get("nextToken") for one in asked] == [None, "end"]
    assert all(one["startFromHead"] for one in asked)
    # What was read is asked for no more.
    assert list(log.new()) == []
    assert asked[-1]["nextToken"] == "end"


class _Clock:
    """A clock that moves when somebody sleeps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.slept = 100.0, list[float]()
        monkeypatch.setattr(remote_log.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(remote_log.time, "sleep", self.sleep)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_lines_are_followed_until_the_end_or_as_long_as_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log, looks = RemoteLog(RemoteWork("x", region=REGION)), iter(range(100))

    def new() -> Iterator[Any]:
        yield next(looks)

    monkeypatch.setattr(log, "new", new)
    clock = _Clock(monkeypatch)
    assert list(log.follow(lambda: False, seconds=25, between=10)) == [0, 1, 2, 3]
    assert clock.slept == [10, 10, 5]
    clock.slept.clear()
    ends = iter([False, True])
    # What came until it was over is read once more.
    assert list(log.follow(lambda: next(ends), seconds=25, between=10)) == [4, 5]
    assert clock.slept == [10]


def test_a_deployment_says_what_it_costs_and_how_it_is_taken_back() -> None:
    usual: dict[str, Any] = {
        "name": "flowers", "role": "arn:aws:iam::123456789012:role/serving", "region": REGION,
    }  # fmt: skip
    model = "s3://my-bucket/model.tar.gz"
    one = deployment(model, **usual)
    assert one.costs.startswith("1 machine of ml.m5.xlarge (family m5, no accelerator): paid")
    two = deployment(model, instance_count=2, instance_type="ml.g5.xlarge", **usual)
    assert two.costs.startswith("2 machines of ml.g5.xlarge (family g5, ")
    none = deployment(model, serverless=Serverless(2048), **usual)
    assert none.costs.startswith("Serverless, 2048 MB: paid by the requests")
    assert one.delete_commands == (
        f"ic-tf stop flowers --endpoint --region {REGION}",
        f"aws sagemaker delete-endpoint-config --endpoint-config-name flowers --region {REGION}",
        f"aws sagemaker delete-model --model-name flowers --region {REGION}",
    )
    assert list(one.requests) == ["create_model", "create_endpoint_config", "create_endpoint"]
    assert one.requests["create_endpoint"] == {
        "EndpointName": "flowers",
        "EndpointConfigName": "flowers",
    }


def test_what_is_left_of_a_deployment_is_named_with_the_commands_that_delete_that_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Service:
        def create_model(self, **_: Any) -> dict[str, str]:
            return {}

        def create_endpoint_config(self, **_: Any) -> None:
            raise UserError("Refused.")

        def delete_model(self, **_: Any) -> None:
            raise UserError("Refused, too.")

    monkeypatch.setattr(deployments.s3, "service", lambda *_: Service())
    one = deployment(
        "s3://my-bucket/model.tar.gz", name="flowers",
        role="arn:aws:iam::123456789012:role/serving", region=REGION,
    )  # fmt: skip
    with pytest.raises(UserError) as refused:
        one.create()
    assert str(refused.value) == (
        "Refused. What create_model made is still there and could not be deleted: "
        f"{'; '.join(one.delete_commands[1:])}."
    )
