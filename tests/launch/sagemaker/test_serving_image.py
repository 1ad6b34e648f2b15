"""The image that serves a model is the published content's; what it goes by is known now."""

import pytest

from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch.sagemaker.serving_image import serving_image
from tests.launch.sagemaker.job_options import MODEL_ID


class PipelineVariable:
    """Of this name is the base class of both lines of the SDK."""


@pytest.mark.parametrize(
    ("machine", "processor"), [("ml.m5.large", "cpu"), ("ml.g5.xlarge", "gpu")]
)
def test_the_image_goes_by_the_instance_type(machine: str, processor: str) -> None:
    uri = serving_image(MODEL_ID, "*", "us-west-2", machine)
    assert uri.endswith(f".us-west-2.amazonaws.com/tensorflow-inference:2.20-{processor}-py312")


@pytest.mark.parametrize("name", ["model_id", "model_version"])
def test_a_model_that_is_left_open_is_refused_by_name(name: str) -> None:
    given = {"model_id": MODEL_ID, "model_version": "*", name: PipelineVariable()}
    with pytest.raises(UserError, match=f"^{name} cannot be a pipeline variable"):
        serving_image(**given, region="us-west-2", instance_type="ml.m5.large")
