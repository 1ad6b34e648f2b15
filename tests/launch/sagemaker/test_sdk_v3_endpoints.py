"""Requests of each kind of endpoint against what the real SDK v3 sends; ``nox -s sdk_v3``.

As ``test_endpoints.py`` has them of v2.
"""

from importlib import metadata
from typing import Any

import pytest

from ic_tf_sdk.launch import endpoints
from ic_tf_sdk.launch.sagemaker import sdk_v3
from tests.aws import BUCKET
from tests.launch.sagemaker.job_options import MODEL_ID, ROLE
from tests.rehearsal.control_plane import ControlPlane

if not metadata.version("sagemaker").startswith("3."):
    pytest.skip("needs the SageMaker SDK v3: nox -s sdk_v3", allow_module_level=True)

from tests.launch.sagemaker.test_sdk_v3 import session

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

DATA = f"s3://{BUCKET}/output/job/output/model.tar.gz"
TYPE = "ml.m5.xlarge"
VPC: dict[str, Any] = {"subnets": ["subnet-1"], "security_group_ids": ["sg-1"]}


@pytest.fixture
def plane(v3_plane: ControlPlane) -> ControlPlane:
    return v3_plane


def built(**options: Any) -> Any:
    """The helper's builder, its model ``flowers`` made."""
    where = {"role": ROLE, "instance_type": TYPE, "session": session()}
    builder = sdk_v3.model_builder(DATA, MODEL_ID, **where, **options)
    builder.build(model_name="flowers")
    return builder


def deployed(plane: ControlPlane, **options: Any) -> tuple[Any, dict[str, Any]]:
    """The SDK's endpoint, and the CreateEndpointConfig request but for v3's own tag."""
    endpoint = built().deploy(endpoint_name="flowers", wait=False, **options)
    [config] = plane.sent("CreateEndpointConfig")
    # It names a folder of its own making, to find the endpoint of the same model again.
    [tag] = config.pop("Tags")
    assert tag["Key"] == "sagemaker.amazonaws.com/model-source"
    [sent] = plane.sent("CreateEndpoint")
    assert sent == {"EndpointName": "flowers", "EndpointConfigName": "flowers", "Tags": [tag]}
    return endpoint, config


@pytest.mark.parametrize(
    "options", [{}, VPC, {"network_isolation": False, "environment": {"A": "b"}}]
)
def test_a_model_is_what_the_sdk_sends(plane: ControlPlane, options: dict[str, Any]) -> None:
    built(**options)
    [sent] = plane.sent("CreateModel")
    assert sent == endpoints.create_model(
        DATA, MODEL_ID, name="flowers", role=ROLE, region="us-west-2", **options
    )


def test_an_endpoint_with_machines_is_what_the_sdk_sends(plane: ControlPlane) -> None:
    _, sent = deployed(plane, initial_instance_count=2)
    assert sent == endpoints.create_endpoint_config("flowers", instance_type=TYPE, instance_count=2)


def test_a_serverless_endpoint_is_what_the_sdk_sends_and_takes_bytes(plane: ControlPlane) -> None:
    from sagemaker.core.inference_config import ServerlessInferenceConfig

    config = ServerlessInferenceConfig(memory_size_in_mb=4096, max_concurrency=7)
    endpoint, sent = deployed(plane, inference_config=config)
    assert sent == endpoints.create_endpoint_config(
        "flowers", serverless=endpoints.Serverless(4096, 7)
    )
    plane.endpoints["flowers"] = lambda body, kind, _: (200, f"{kind} {body!r}".encode(), "a/b")
    assert endpoint.invoke(b"photo").body == b"application/x-image b'photo'"


def test_an_asynchronous_endpoint_is_what_the_sdk_sends(plane: ControlPlane) -> None:
    from sagemaker.core.inference_config import AsyncInferenceConfig

    config = AsyncInferenceConfig(
        output_path=f"s3://{BUCKET}/answers",
        failure_path=f"s3://{BUCKET}/failures",
        max_concurrent_invocations_per_instance=4,
    )
    endpoint, sent = deployed(plane, inference_config=config, initial_instance_count=1)
    ours = endpoints.Asynchronous(f"s3://{BUCKET}/answers", f"s3://{BUCKET}/failures", 4)
    assert sent == endpoints.create_endpoint_config(
        "flowers", instance_type=TYPE, asynchronous=ours
    )
    # Without a content type the container takes the image for JSON.
    endpoint.invoke_async(f"s3://{BUCKET}/photos/a.jpg")
    [asked] = plane.sent("InvokeEndpointAsync")
    assert asked == {
        "ContentType": "application/x-image",
        "InputLocation": f"s3://{BUCKET}/photos/a.jpg",
    }


def test_a_model_of_many_archives_is_what_the_sdk_sends(plane: ControlPlane) -> None:
    """SDK v3 has no class for it, as v2 has: its session sends it."""
    from sagemaker.core.helper.session_helper import container_def

    folder = f"s3://{BUCKET}/models/"
    ours = endpoints.create_model(
        folder, MODEL_ID, name="garden", role=ROLE, region="us-west-2", multi_model=True
    )
    image = ours["PrimaryContainer"]["Image"]
    container = container_def(image, folder, container_mode="MultiModel")
    session().create_model("garden", ROLE, container, enable_network_isolation=True)
    assert plane.sent("CreateModel") == [ours]


def test_an_endpoint_of_many_archives_takes_the_name_of_one(plane: ControlPlane) -> None:
    from sagemaker.core.resources import Endpoint

    plane.endpoints["garden"] = lambda body, kind, _: (200, f"{kind} {body!r}".encode(), "a/b")
    endpoint = Endpoint.model_construct(endpoint_name="garden")
    answer = endpoint.invoke(
        b"photo", content_type="application/x-image", target_model="flowers.tar.gz"
    )
    assert answer.body.read() == b"application/x-image b'photo'"
