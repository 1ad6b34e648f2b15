"""Requests of each kind of endpoint against what the real SDK v2 sends, field by field."""

from typing import Any

import pytest

from ic_tf_sdk import launch
from ic_tf_sdk.contract import container_handler
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch import endpoints
from tests.aws import BUCKET
from tests.launch.sagemaker.job_options import MODEL_ID, ROLE
from tests.rehearsal.control_plane import ControlPlane

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

DATA = f"s3://{BUCKET}/output/job/output/model.tar.gz"
TYPE = "ml.m5.xlarge"


def session() -> Any:
    import sagemaker

    return sagemaker.Session(default_bucket=BUCKET)


def model(**options: Any) -> Any:
    where = {"role": ROLE, "instance_type": TYPE, "session": session(), "name": "flowers"}
    return launch.model(DATA, MODEL_ID, **where, **options)


def sent(plane: ControlPlane, operation: str) -> dict[str, Any]:
    [request] = plane.sent(operation)
    return {name: value for name, value in request.items() if name != "Tags" or value}


VPC: dict[str, Any] = {"subnets": ["subnet-1"], "security_group_ids": ["sg-1"]}


@pytest.mark.parametrize(
    "options", [{}, VPC, {"network_isolation": False, "environment": {"A": "b"}}]
)
def test_a_model_is_what_the_sdk_sends(plane: ControlPlane, options: dict[str, Any]) -> None:
    model(**options).create(instance_type=TYPE)
    assert sent(plane, "CreateModel") == endpoints.create_model(
        DATA, MODEL_ID, name="flowers", role=ROLE, region="us-west-2", **options
    )


def test_a_model_of_many_archives_is_what_the_sdk_sends(plane: ControlPlane) -> None:
    from sagemaker.multidatamodel import MultiDataModel

    folder = f"s3://{BUCKET}/models/"
    many = MultiDataModel("garden", folder, model=model(), sagemaker_session=session())
    predictor = many.deploy(initial_instance_count=1, instance_type=TYPE, wait=False)
    expected = endpoints.create_model(
        folder, MODEL_ID, name="garden", role=ROLE, region="us-west-2", multi_model=True
    )
    found = sent(plane, "CreateModel")
    assert found["PrimaryContainer"] == expected["PrimaryContainer"]
    assert found.get("EnableNetworkIsolation") == expected["EnableNetworkIsolation"]
    assert predictor.content_type == "application/x-image"


def deployed(plane: ControlPlane, **options: Any) -> tuple[Any, dict[str, Any]]:
    """The SDK's predictor, and the CreateEndpointConfig request."""
    predictor = model().deploy(endpoint_name="flowers", wait=False, **options)
    return predictor, sent(plane, "CreateEndpointConfig")


def test_an_endpoint_with_machines_is_what_the_sdk_sends(plane: ControlPlane) -> None:
    _, found = deployed(plane, initial_instance_count=2, instance_type=TYPE)
    assert found == endpoints.create_endpoint_config(
        "flowers", instance_type=TYPE, instance_count=2
    )


def test_a_serverless_endpoint_is_what_the_sdk_sends_and_takes_bytes(plane: ControlPlane) -> None:
    from sagemaker.serverless import ServerlessInferenceConfig

    config = ServerlessInferenceConfig(memory_size_in_mb=4096, max_concurrency=7)
    predictor, found = deployed(plane, serverless_inference_config=config)
    assert found == endpoints.create_endpoint_config(
        "flowers", serverless=endpoints.Serverless(4096, 7)
    )
    plane.endpoints["flowers"] = lambda body, kind, _: (200, f"{kind} {body!r}".encode(), "a/b")
    assert predictor.predict(b"photo") == b"application/x-image b'photo'"


def test_an_asynchronous_endpoint_is_what_the_sdk_sends(plane: ControlPlane) -> None:
    from sagemaker.async_inference import AsyncInferenceConfig

    config = AsyncInferenceConfig(
        output_path=f"s3://{BUCKET}/answers",
        failure_path=f"s3://{BUCKET}/failures",
        max_concurrent_invocations_per_instance=4,
    )
    where = {"initial_instance_count": 1, "instance_type": TYPE}
    predictor, found = deployed(plane, async_inference_config=config, **where)
    ours = endpoints.Asynchronous(f"s3://{BUCKET}/answers", f"s3://{BUCKET}/failures", 4)
    assert found == endpoints.create_endpoint_config(
        "flowers", instance_type=TYPE, asynchronous=ours
    )
    assert type(predictor).__name__ == "AsyncPredictor"
    container_handler.check_content_type(predictor.predictor.content_type)


def test_boto3_takes_the_requests(plane: ControlPlane) -> None:
    import boto3

    client = boto3.client("sagemaker")
    made = endpoints.create_model(DATA, MODEL_ID, name="flowers", role=ROLE, region="us-west-2")
    client.create_model(**made)
    config = endpoints.create_endpoint_config(
        "flowers",
        name="other",
        serverless=endpoints.Serverless(),
        kms_key="alias/mine",
        tags=[{"Key": "team", "Value": "vision"}],
    )
    client.create_endpoint_config(**config)
    assert plane.sent("CreateEndpointConfig") == [config]
    assert config["Tags"] == [{"Key": "team", "Value": "vision"}]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "Give instance_type, or serverless"),
        ({"instance_type": TYPE, "serverless": endpoints.Serverless()}, "Give instance_type, or"),
        ({"serverless": endpoints.Serverless(1000)}, "it is one of 1024, 2048, 3072, 4096, 5120"),
        ({"serverless": endpoints.Serverless(max_concurrency=201)}, "it is 1 to 200"),
        ({"instance_type": TYPE, "asynchronous": endpoints.Asynchronous("/a")}, "not an S3 URI"),
        (
            {
                "serverless": endpoints.Serverless(),
                "asynchronous": endpoints.Asynchronous("s3://b"),
            },
            "has machines: give instance_type",
        ),
    ],
)
def test_an_endpoint_that_cannot_be_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as refused:
        endpoints.create_endpoint_config("flowers", **options)
    assert said in str(refused.value)


def test_all_that_is_wrong_with_a_model_is_said_at_once() -> None:
    with pytest.raises(UserError) as refused:
        endpoints.create_model(
            "s3://my-bucket/m", MODEL_ID, name="x", role="r", multi_model=True, subnets=["s"]
        )
    text = str(refused.value)
    assert "model_data: s3://my-bucket/m must end in '/'" in text
    assert "role cannot be 'r'" in text
    assert "subnets without security_group_ids" in text


def test_all_that_is_wrong_with_an_endpoint_is_said_at_once() -> None:
    tag = {"Key": "team", "Value": "vision"}
    with pytest.raises(UserError) as refused:
        endpoints.create_endpoint_config(
            "flowers",
            instance_count=0,
            serverless=endpoints.Serverless(1000, 201),
            asynchronous=endpoints.Asynchronous("/a", "/b", 0),
            kms_key="?",
            tags=[tag, tag],
        )
    said = str(refused.value).splitlines()
    for part in (
        "has machines: give instance_type", "memory_size_in_mb cannot be 1000",
        "max_concurrency cannot be 201", "output_path: '/a'", "failure_path: '/b'",
        "max_concurrent_invocations cannot be 0; it is 1 to 1000", "kms_key cannot be '?'",
        "instance_count cannot be 0", "each name once; 'team' is there twice",
    ):  # fmt: skip
        assert sum(part in line for line in said) == 1, part


@pytest.mark.parametrize("tags", ["team", [{"Key": "team"}], 3])
def test_what_is_no_list_of_tags_is_refused_by_both_forms(tags: Any) -> None:
    with pytest.raises(UserError, match=r"tags cannot be .*it is a dictionary of names and values"):
        endpoints.create_endpoint_config("flowers", instance_type=TYPE, tags=tags)


def test_a_retired_type_is_told_with_the_one_to_take() -> None:
    with pytest.warns(UserWarning, match=r"ml\.p2\.xlarge.*ml\.g") as told:
        config = endpoints.create_endpoint_config("flowers", instance_type="ml.p2.xlarge")
    assert config["ProductionVariants"][0]["InstanceType"] == "ml.p2.xlarge"
    assert told[0].filename == __file__


@pytest.mark.parametrize("memory", [1024, 2048, 3072, 4096, 5120, 6144])
@pytest.mark.parametrize("requests", [1, 200])
def test_a_serverless_endpoint_has_what_sagemaker_offers(memory: int, requests: int) -> None:
    serverless = endpoints.Serverless(memory, requests)
    [variant] = endpoints.create_endpoint_config("x", serverless=serverless)["ProductionVariants"]
    assert variant["ServerlessConfig"] == {"MemorySizeInMB": memory, "MaxConcurrency": requests}


def test_where_nothing_is_said_it_is_the_sdks_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAGEMAKER_SUPPRESS_V2_WARNING", "1")
    from sagemaker.serverless import ServerlessInferenceConfig

    theirs = ServerlessInferenceConfig()
    ours = endpoints.Serverless()
    assert ours.memory_size_in_mb == theirs.memory_size_in_mb
    assert ours.max_concurrency == theirs.max_concurrency


@pytest.mark.parametrize("memory", [0, 1023, 1025, 6145, 7168])
def test_another_memory_is_refused(memory: int) -> None:
    said = f"memory_size_in_mb cannot be {memory}; it is one of 1024, 2048, .*, 6144"
    with pytest.raises(UserError, match=said):
        endpoints.create_endpoint_config("flowers", serverless=endpoints.Serverless(memory))


@pytest.mark.parametrize("requests", [0, -1, 201])
def test_another_number_of_requests_is_refused(requests: int) -> None:
    with pytest.raises(UserError, match=f"max_concurrency cannot be {requests}; it is 1 to 200"):
        endpoints.create_endpoint_config(
            "flowers", serverless=endpoints.Serverless(max_concurrency=requests)
        )


@pytest.mark.parametrize("images", [1, 1000])
def test_an_asynchronous_endpoint_sends_one_image_to_a_thousand_at_a_time(images: int) -> None:
    def config(most: int) -> dict[str, Any]:
        ours = endpoints.Asynchronous("s3://b-1/a", max_concurrent_invocations=most)
        return endpoints.create_endpoint_config("x", instance_type=TYPE, asynchronous=ours)

    client = config(images)["AsyncInferenceConfig"]["ClientConfig"]
    assert client == {"MaxConcurrentInvocationsPerInstance": images}
    for most in (0, 1001):
        with pytest.raises(UserError, match=f"cannot be {most}; it is 1 to 1000"):
            config(most)


def test_an_asynchronous_endpoint_sends_what_was_given() -> None:
    assert endpoints.Asynchronous("s3://b-1/a").request() == {
        "OutputConfig": {"S3OutputPath": "s3://b-1/a"}
    }
    assert endpoints.Asynchronous("s3://b-1/a", "s3://b-1/f", 3).request() == {
        "OutputConfig": {"S3OutputPath": "s3://b-1/a", "S3FailurePath": "s3://b-1/f"},
        "ClientConfig": {"MaxConcurrentInvocationsPerInstance": 3},
    }
    with pytest.raises(UserError, match="'/f' is not an S3 URI"):
        endpoints.create_endpoint_config(
            "flowers",
            instance_type=TYPE,
            asynchronous=endpoints.Asynchronous("s3://b-1/a", "/f"),
        )


def test_one_machine_and_no_more_is_asked_for_where_nothing_is_said() -> None:
    config = endpoints.create_endpoint_config("flowers", instance_type=TYPE)
    assert config == {
        "EndpointConfigName": "flowers",
        "ProductionVariants": [
            {
                "VariantName": "AllTraffic",
                "ModelName": "flowers",
                "InitialVariantWeight": 1,
                "InitialInstanceCount": 1,
                "InstanceType": TYPE,
            }
        ],
    }
