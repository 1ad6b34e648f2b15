"""Batch transform: a prefix of images in S3 classified by a job, its answers joined to their names.

::

    from ic_tf_sdk import launch
    from ic_tf_sdk.launch import transform

    model = launch.model(model_data, model_id, role=role, instance_type="ml.m5.xlarge")
    transform.batch_transform(model, images="s3://BUCKET/photos/", output="s3://BUCKET/answers/",
                              instance_type="ml.m5.xlarge")
    for row in transform.answers("s3://BUCKET/answers/"):
        print(row["image"], row["predicted_label"])
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ic_tf_sdk import s3
from ic_tf_sdk.contract import image_names
from ic_tf_sdk.contract.scratch_folder import scratch_folder
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch.keywords import explicit
from ic_tf_sdk.launch.sagemaker.transform_request import read_outputs, request

if TYPE_CHECKING:
    from sagemaker.model import Model
    from sagemaker.serve import ModelBuilder
    from sagemaker.transformer import Transformer

__all__ = [
    "answers",
    "batch_transform",
    "create_transform_job",
    "largest_image_bytes",
]


def largest_image_bytes(images: str) -> int:
    """The size of the largest image below a prefix, which decides a transform job's payload.

    Args:
        images: S3 prefix that ends in ``/``, of image files and nothing else: a transform job
            sends every object below it to the model.

    Raises:
        UserError: Nothing is there, or other files are.
        StorageError: S3 refuses, or is not there.
        MissingExtraError: boto3 is not installed.

    Example:
        >>> largest_image_bytes("s3://my-bucket/photos/")
        48213
    """
    if not images.endswith("/"):
        raise UserError(f"{images} must end in '/': a prefix also takes its neighbours in.")
    sizes = s3.Client().sizes(s3.parse(images))
    others = sorted(name for name in sizes if not image_names.is_image(name))
    if others:
        shown = ", ".join(others[:3]) + (" ..." if others[3:] else "")
        raise UserError(
            f"{len(others)} objects below {images} are no .jpg, .jpeg or .png: {shown}. A "
            "transform job would fail at them; move them away."
        )
    return max(sizes.values())


@explicit()
def create_transform_job(
    *,
    job_name: str,
    model_name: str,
    images: str,
    output: str,
    instance_type: str,
    instance_count: int = 1,
    accept: str = "application/json;verbose",
) -> dict[str, Any]:
    """Parameters of boto3's ``create_transform_job``, the payload limit from the images' sizes.

    Args:
        job_name: Name of the transform job.
        model_name: Name of a SageMaker model.
        images: S3 prefix of the images; ends in ``/``.
        output: S3 prefix; the answer to ``<images>a.jpg`` is written to ``<output>/a.jpg.out``.
        instance_type: For example ``"ml.m5.xlarge"``.
        instance_count: How many instances share the files.
        accept: Form of the answers.

    Raises:
        UserError: The images are not there, not only images, or too large.
        StorageError: S3 refuses, or is not there.

    Example:
        >>> request = create_transform_job(
        ...     job_name="photos",
        ...     model_name="flowers",
        ...     images="s3://my-bucket/photos/",
        ...     output="s3://my-bucket/answers",
        ...     instance_type="ml.m5.xlarge",
        ... )
        >>> request["MaxConcurrentTransforms"], request["MaxPayloadInMB"]
        (8, 1)
    """
    return request(
        job_name=job_name,
        model_name=model_name,
        images=images,
        output=output,
        largest_image_bytes=largest_image_bytes(images),
        instance_type=instance_type,
        instance_count=instance_count,
        accept=accept,
    )


@explicit()
def batch_transform(
    model: "Model | ModelBuilder",
    *,
    images: str,
    output: str,
    instance_type: str,
    instance_count: int = 1,
    accept: str = "application/json;verbose",
    job_name: str | None = None,
    wait: bool = True,
) -> "Transformer":
    """Run a transform job through the SageMaker SDK.

    Args:
        model: SDK v2's ``Model`` of ``launch.model``, or SDK v3's ``ModelBuilder`` of
            ``launch.model_builder`` after its ``build()``.
        images: S3 prefix of the images; ends in ``/``.
        output: S3 prefix; the answer to ``<images>a.jpg`` is written to ``<output>/a.jpg.out``.
        instance_type: For example ``"ml.m5.xlarge"``.
        instance_count: How many instances share the files.
        accept: Content type of the answers.
        job_name: Name of the transform job; None lets the SDK make one.
        wait: Whether to return when the job has ended.

    Returns:
        The SDK's ``Transformer``, its job started.

    Raises:
        UserError: As of :func:`create_transform_job`.
        StorageError: S3 refuses, or is not there.

    Example:
        >>> transformer = batch_transform(
        ...     model,
        ...     images="s3://my-bucket/photos/",
        ...     output="s3://my-bucket/answers",
        ...     instance_type="ml.m5.xlarge",
        ...     wait=False,
        ... )
        >>> transformer.output_path
        's3://my-bucket/answers'
    """
    parameters = create_transform_job(
        job_name=job_name or "",
        model_name="",
        images=images,
        output=output,
        instance_type=instance_type,
        instance_count=instance_count,
        accept=accept,
    )
    transformer = _transformer(model, parameters)
    kinds = _kinds(parameters["TransformInput"])
    transformer.transform(images, **kinds, job_name=job_name, wait=wait, logs=False)
    return transformer


def _kinds(inputs: dict[str, Any]) -> dict[str, str]:
    """How the SDK is told what the objects are."""
    return {
        "content_type": inputs["ContentType"],
        "split_type": inputs["SplitType"],
        "compression_type": inputs["CompressionType"],
    }


def _transformer(model: "Model | ModelBuilder", request: dict[str, Any]) -> "Transformer":
    """The SDK's transformer that sends what a plain request says."""
    output, machines = request["TransformOutput"], request["TransformResources"]
    return model.transformer(
        instance_count=machines["InstanceCount"],
        instance_type=machines["InstanceType"],
        strategy=request["BatchStrategy"],
        assemble_with=output["AssembleWith"],
        output_path=output["S3OutputPath"],
        accept=output["Accept"],
        max_payload=request["MaxPayloadInMB"],
        max_concurrent_transforms=request["MaxConcurrentTransforms"],
    )


def answers(output: str) -> Iterator[dict[str, Any]]:
    """The answers of a transform job that has ended, each with the name of its image.

    Args:
        output: The job's output prefix.

    Yields:
        ``image``, its path relative to the images' prefix, and the fields of its answer; sorted.

    Raises:
        UserError: Nothing is there, or something that is no answer.
        StorageError: S3 refuses, or is not there.

    Example:
        >>> [row["image"] for row in answers("s3://my-bucket/answers")]
        ['star-0000.jpg']
    """
    with scratch_folder("transform") as scratch:
        folder = s3.Client().fetch(s3.parse(output).as_folder(), scratch)
        yield from read_outputs(folder)
