"""A batch transform over images as a value, and its answers joined to their images."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ic_tf_sdk import s3
from ic_tf_sdk.contract.accept_header import read_accept
from ic_tf_sdk.contract.answer_text import read_answer
from ic_tf_sdk.contract.container_answer import RequestError
from ic_tf_sdk.contract.container_handler import MAX_BODY_BYTES
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch.open_values import Count, Text
from ic_tf_sdk.launch.sagemaker.living_instances import warn_of_retired
from ic_tf_sdk.specs import source as content
from ic_tf_sdk.specs.pipeline_variable import is_pipeline_variable

__all__ = ["read_outputs", "request"]

_SUFFIX = ".out"


def request(
    *,
    job_name: str,
    model_name: str,
    images: Text,
    output: Text,
    largest_image_bytes: int,
    instance_type: Text,
    instance_count: Count = 1,
    accept: Text = "application/json;verbose",
) -> dict[str, Any]:
    """The ``CreateTransformJob`` request for a prefix of image files.

    One file is one record and one request: images have no separator to split or join at. The
    payload limit is what the largest image needs, so that as many requests as possible may be open
    at once; SageMaker wants concurrency times payload to be at most 100 MB.

    Args:
        job_name: Name of the transform job.
        model_name: Name of the SageMaker model.
        images: S3 prefix of the image files, and of nothing else.
        output: S3 prefix; the answer to ``<images>/a.jpg`` is written to ``<output>/a.jpg.out``.
        largest_image_bytes: Size of the largest file, in bytes.
        instance_type: For example ``"ml.m5.xlarge"``.
        instance_count: How many instances share the files.
        accept: Form of the answers.

    Raises:
        UserError: An image is empty or larger than a transform job can send, a URI is not S3's, or
            the model has no answers of this form.
    """
    if not 0 < largest_image_bytes <= MAX_BODY_BYTES:
        raise UserError(
            f"largest_image_bytes is {largest_image_bytes}; it must be 1 to {MAX_BODY_BYTES}, the "
            "most that a transform job sends in one request. Shrink the image."
        )
    for uri in (images, output):
        if not is_pipeline_variable(uri) and (problem := s3.problem(uri)):
            raise UserError(problem)
    if not is_pipeline_variable(accept):
        _refuse_accept(accept)
    if not is_pipeline_variable(instance_type):
        warn_of_retired(content.named(content.PUBLISHED), instance_type, "transform")
    payload = -(-largest_image_bytes // (1 << 20))
    return {
        "TransformJobName": job_name,
        "ModelName": model_name,
        "BatchStrategy": "SingleRecord",
        "MaxPayloadInMB": payload,
        "MaxConcurrentTransforms": min(8, 100 // payload),
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": images}},
            "ContentType": "application/x-image",
            "SplitType": "None",
            "CompressionType": "None",
        },
        "TransformOutput": {"S3OutputPath": output, "Accept": accept, "AssembleWith": "None"},
        "TransformResources": {"InstanceType": instance_type, "InstanceCount": instance_count},
    }


def read_outputs(folder: str | Path) -> Iterator[dict[str, Any]]:
    """The answers of a transform job, each with the name of its image, sorted by name.

    Args:
        folder: Where the job's output prefix was downloaded to.

    Yields:
        ``image``, its path relative to the input prefix, and the fields of its answer, whichever
        form of it the job accepted.

    Raises:
        UserError: An output is no answer: the folder is not that of a transform job.
    """
    root = Path(folder)
    for path in sorted(root.rglob(f"*{_SUFFIX}")):
        name = path.relative_to(root).as_posix().removesuffix(_SUFFIX)
        try:
            answer = read_answer(path.read_text(encoding="utf-8"))
        except (ValueError, RecursionError) as error:
            raise UserError(
                f"{name}{_SUFFIX} is not the answer of a transform job: it is no JSON object and "
                "no CSV row of probabilities. Give the job's own output prefix."
            ) from error
        yield {"image": name, **answer}


def _refuse_accept(accept: str) -> None:
    """Refuse what each image of the job would be refused with."""
    try:
        read_accept(accept)
    except RequestError as error:
        raise UserError(str(error)) from error
