"""The image that serves what this package trained."""

from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch.open_values import Text
from ic_tf_sdk.launch.sagemaker.living_instances import warn_of_retired
from ic_tf_sdk.specs import catalogue
from ic_tf_sdk.specs import source as content
from ic_tf_sdk.specs.container_images import image_uri
from ic_tf_sdk.specs.pipeline_variable import is_pipeline_variable, refusal, value_now
from ic_tf_sdk.specs.regions import chosen_region

__all__ = ["serving_image"]


def serving_image(
    model_id: str, model_version: str, region: str | None, instance_type: Text
) -> str:
    """URI of the TensorFlow Serving image for a job's ``model.tar.gz``.

    Args:
        model_id: The model that was trained.
        model_version: Exact, or ``"*"`` for the newest.
        region: AWS region; None asks the environment.
        instance_type: What it will run on: it decides for the CPU or the GPU image; a
            pipeline's parameter by its default value.

    Raises:
        UserError: One of its subclasses in :mod:`ic_tf_sdk.errors`.
    """
    for name, value in {"model_id": model_id, "model_version": model_version}.items():
        if is_pipeline_variable(value):
            raise UserError(refusal(name, value))
    machine = value_now("instance_type", instance_type)
    record = catalogue.record(model_id, model_version)
    # AWS's content holds AWS's older image; archives of this package want the newer one.
    source = content.named(content.PUBLISHED)
    warn_of_retired(source, machine, "hosting")
    return image_uri(source, record, chosen_region(region), machine, "inference")
