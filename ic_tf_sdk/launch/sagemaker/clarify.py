"""SageMaker Clarify's analysis of an image classifier, and the processing job that makes it.

::

    from ic_tf_sdk.launch import clarify

    output = "s3://BUCKET/analysis"
    clarify.upload_analysis_config(clarify.analysis_config("flowers", labels=labels), output)
    request = clarify.create_processing_job(
        job_name="explain-flowers", images="s3://BUCKET/photos/", output=output, role=role
    )
    boto3.client("sagemaker").create_processing_job(**request)
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias, get_args

from typing_extensions import Unpack

from ic_tf_sdk import s3
from ic_tf_sdk.contract.container_answer import CSV
from ic_tf_sdk.contract.scratch_folder import scratch_folder
from ic_tf_sdk.launch import argument_names
from ic_tf_sdk.launch.keywords import explicit
from ic_tf_sdk.launch.sagemaker import processing_request
from ic_tf_sdk.launch.sagemaker.living_instances import warn_of_retired
from ic_tf_sdk.launch.sagemaker.processing_request import DEFAULTS, ProcessingOptions
from ic_tf_sdk.specs import source
from ic_tf_sdk.specs.clarify_image import clarify_image_uri
from ic_tf_sdk.specs.regions import chosen_region

__all__ = ["analysis_config", "create_processing_job", "upload_analysis_config"]

ImageType: TypeAlias = Literal["image/jpeg", "image/png"]
"""How Clarify sends images."""

AnswerType: TypeAlias = Literal["application/json", "application/jsonlines", "text/csv"]
"""What it reads."""

_FILE = "analysis_config.json"


@explicit()
def analysis_config(
    model_name: str,
    *,
    labels: Sequence[str],
    instance_type: str = "ml.m5.xlarge",
    instance_count: int = 1,
    content_type: ImageType = "image/jpeg",
    accept_type: AnswerType = "application/jsonlines",
    segments: int = 20,
    samples: int | None = None,
    seed: int | None = None,
) -> dict[str, Any]:
    """What a Clarify processing job is told to explain a model's answers with heat maps (SHAP).

    :func:`upload_analysis_config` writes it to S3, where :func:`create_processing_job` has it read.

    Args:
        model_name: Name of the SageMaker model; Clarify starts an endpoint of its own with it.
        labels: Class names by class index, as ``class_label_to_prediction_index.json`` has them.
        instance_type: What that endpoint runs on.
        instance_count: How many of them.
        content_type: What Clarify sends.
        accept_type: What it reads: the probabilities, by class index.
        segments: Into how many regions an image is cut, about.
        samples: How many images with covered regions it asks of each image; None leaves it to
            Clarify.
        seed: From 0; None leaves it to chance.

    Raises:
        UserError: There are no labels, or a value cannot be; all that is wrong at once.

    Example:
        >>> config = analysis_config("flowers", labels=["daisy", "rose"])
        >>> config["predictor"]["probability"], config["dataset_type"]
        ('probabilities', 'application/x-image')
    """
    problems = [] if labels else ["labels is empty; give the class names by class index."]
    problems += _wrong_counts(instance_count=instance_count, segments=segments, samples=samples)
    problems += [] if seed is None else _wrong_counts(0, seed=seed)
    problems += _wrong_types(content_type, accept_type)
    argument_names.refuse(problems)
    warn_of_retired(source.named(source.PUBLISHED), instance_type, "hosting")
    predictor = {
        "model_name": model_name,
        "instance_type": instance_type,
        "initial_instance_count": instance_count,
        "content_type": content_type,
        "accept_type": accept_type,
        "label_headers": list(labels),
    }
    # Of CSV it takes the whole row.
    where = {} if accept_type == CSV else {"probability": "probabilities"}
    return {
        "dataset_type": "application/x-image",
        "methods": {
            "report": {"name": "report", "title": "Analysis Report"},
            "shap": _shap(segments, samples, seed),
        },
        "predictor": predictor | where,
    }


def _shap(segments: int, samples: int | None, seed: int | None) -> dict[str, Any]:
    image = {"model_type": "IMAGE_CLASSIFICATION", "num_segments": segments}
    shap = {"use_logit": False, "save_local_shap_values": True, "image_config": image}
    given = {"num_samples": samples, "seed": seed}
    return shap | {name: value for name, value in given.items() if value is not None}


def _wrong_counts(least: int = 1, **counts: int | None) -> Iterator[str]:
    for name, value in counts.items():
        if value is not None and value < least:
            yield f"{name} cannot be {value}; it is a whole number from {least}."


def _wrong_types(content_type: str, accept_type: str) -> Iterator[str]:
    for name, value, kind in (
        ("content_type", content_type, ImageType),
        ("accept_type", accept_type, AnswerType),
    ):
        if value not in get_args(kind):
            yield f"{name} cannot be {value!r}; it is one of {', '.join(get_args(kind))}."


@explicit()
def upload_analysis_config(config: Mapping[str, Any], output: str) -> str:
    """Write an analysis's configuration to where the SDK and :func:`create_processing_job` have it.

    Args:
        config: From :func:`analysis_config`.
        output: S3 prefix of the analysis.

    Returns:
        Its URI: ``<output>/analysis_config.json``.

    Raises:
        UserError: The output is no S3 URI.
        StorageError: S3 refuses, or is not there.
        MissingExtraError: boto3 is not installed.

    Example:
        >>> config = analysis_config("flowers", labels=["daisy", "rose"])
        >>> upload_analysis_config(config, "s3://my-bucket/analysis")
        's3://my-bucket/analysis/analysis_config.json'
    """
    uri = s3.parse(_config_uri(output))
    with scratch_folder("clarify") as scratch:
        path = scratch / _FILE
        path.write_text(json.dumps(config), encoding="utf-8")
        s3.Client().upload(path, uri)
    return str(uri)


@explicit(ProcessingOptions, DEFAULTS)
def create_processing_job(
    *,
    job_name: str,
    images: str,
    output: str,
    role: str,
    analysis_config_uri: str | None = None,
    **options: Unpack[ProcessingOptions],
) -> dict[str, Any]:
    """Parameters of boto3's ``create_processing_job``: what the SDK sends for an explanation.

    That is ``SageMakerClarifyProcessor(...).run_explainability(...)``, of either line. The job asks
    an endpoint that it makes for itself, so that it cannot run in network isolation.

    Args:
        job_name: Name of the processing job.
        images: S3 prefix of the images, which ends in ``/``; or the URI of one image.
        output: S3 prefix of the report and of the heat maps.
        role: ARN of the execution role.
        analysis_config_uri: S3 URI of the configuration; None takes ``analysis_config.json`` below
            ``output``, where :func:`upload_analysis_config` puts it.
        **options: As of ``ProcessingOptions``.

    Raises:
        UserError: One of its subclasses in :mod:`ic_tf_sdk.errors`; all that is wrong at once.

    Example:
        >>> request = create_processing_job(
        ...     job_name="explain-flowers",
        ...     images="s3://my-bucket/photos/",
        ...     output="s3://my-bucket/analysis",
        ...     role=role,
        ... )
        >>> [one["InputName"] for one in request["ProcessingInputs"]]
        ['dataset', 'analysis_config']
    """
    every: ProcessingOptions = {**DEFAULTS, **options}
    places = {"images": images, "output": output}
    if analysis_config_uri is not None:
        places["analysis_config_uri"] = analysis_config_uri
    processing_request.refuse(job_name, role, places, every)
    inputs = {
        "dataset": (images, "data"),
        "analysis_config": (analysis_config_uri or _config_uri(output), "config"),
    }
    image = clarify_image_uri(chosen_region(every["region"]))
    result = "analysis_result", output
    return processing_request.request(job_name, image, role, inputs, result, every)


def _config_uri(output: str) -> str:
    return f"{output.rstrip('/')}/{_FILE}"
