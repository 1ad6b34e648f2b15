"""SageMaker Clarify's analysis of an image classifier, as the job's ``analysis_config.json``."""

from collections.abc import Sequence
from typing import Any, Literal

from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch.keywords import explicit

__all__ = ["analysis_config"]


@explicit()
def analysis_config(
    model_name: str,
    *,
    labels: Sequence[str],
    instance_type: str = "ml.m5.xlarge",
    instance_count: int = 1,
    content_type: Literal["image/jpeg", "image/png"] = "image/jpeg",
    accept_type: Literal[
        "application/json", "application/jsonlines", "text/csv"
    ] = "application/jsonlines",
    segments: int = 20,
) -> dict[str, Any]:
    """What a Clarify processing job is told to explain a model's answers with heat maps (SHAP).

    It is written to S3 as the processing job's input ``analysis_config``; ``dataset`` is a prefix
    of images.

    Args:
        model_name: Name of the SageMaker model; Clarify starts an endpoint of its own with it.
        labels: Class names by class index, as ``class_label_to_prediction_index.json`` has them.
        instance_type: What that endpoint runs on.
        instance_count: How many of them.
        content_type: What Clarify sends.
        accept_type: What it reads: the probabilities, by class index.
        segments: Into how many regions an image is cut at most.

    Raises:
        UserError: There are no labels.

    Example:
        >>> config = analysis_config("flowers", labels=["daisy", "rose"])
        >>> config["predictor"]["probability"], config["dataset_type"]
        ('probabilities', 'application/x-image')
    """
    if not labels:
        raise UserError("labels is empty; give the class names by class index.")
    predictor: dict[str, Any] = {
        "model_name": model_name,
        "instance_type": instance_type,
        "initial_instance_count": instance_count,
        "content_type": content_type,
        "accept_type": accept_type,
        "label_headers": list(labels),
    }
    if accept_type != "text/csv":
        # Of CSV it takes the whole row.
        predictor["probability"] = "probabilities"
    image = {"model_type": "IMAGE_CLASSIFICATION", "num_segments": segments}
    return {
        "dataset_type": "application/x-image",
        "methods": {
            "report": {"name": "report", "title": "Analysis Report"},
            "shap": {"use_logit": False, "save_local_shap_values": True, "image_config": image},
        },
        "predictor": predictor,
    }
