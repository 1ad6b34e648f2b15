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

import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ic_tf_sdk import s3
from ic_tf_sdk.contract import image_names
from ic_tf_sdk.contract.container_handler import MAX_BODY_BYTES
from ic_tf_sdk.contract.scratch_folder import scratch_folder
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch.keywords import explicit
from ic_tf_sdk.launch.open_values import Count, Text
from ic_tf_sdk.launch.sagemaker.pipeline_session import sdk_module
from ic_tf_sdk.launch.sagemaker.transform_request import read_outputs, request
from ic_tf_sdk.specs.pipeline_variable import is_pipeline_variable

if TYPE_CHECKING:
    from sagemaker import Session
    from sagemaker.model import Model
    from sagemaker.serve import ModelBuilder
    from sagemaker.transformer import Transformer

__all__ = [
    "answers",
    "batch_transform",
    "create_transform_job",
    "largest_image_bytes",
]


def largest_image_bytes(images: Text) -> int:
    """The size of the largest image below a prefix, which decides a transform job's payload.

    Args:
        images: S3 prefix that ends in ``/``, of image files and nothing else: a transform job
            sends every object below it to the model. Of a pipeline variable nothing can be known
            now, and the most that a request carries is taken.

    Raises:
        UserError: Nothing is there, or other files are.
        StorageError: S3 refuses, or is not there.
        MissingExtraError: boto3 is not installed.

    Example:
        >>> largest_image_bytes("s3://my-bucket/photos/")
        48213
    """
    if is_pipeline_variable(images):
        return MAX_BODY_BYTES
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
    images: Text,
    output: Text,
    instance_type: Text,
    instance_count: Count = 1,
    accept: Text = "application/json;verbose",
) -> dict[str, Any]:
    """Parameters of boto3's ``create_transform_job``, the payload limit from the images' sizes.

    Args:
        job_name: Name of the transform job.
        model_name: Name of a SageMaker model.
        images: S3 prefix of the images; ends in ``/``.
        output: S3 prefix; the answer to ``<images>a.jpg`` is written to ``<output>/a.jpg.out``.
        instance_type: For example ``"ml.m5.xlarge"``.
        instance_count: How many instances share the files.
        accept: Form of the answers: ``application/json``, ``application/jsonlines`` or
            ``text/csv``, each with ``;verbose`` or ``;n_predictions=K`` behind it, or without.

    Raises:
        UserError: The images are not there, not only images, or too large; or the model has no
            answers of this form.
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
    model: "Model | ModelBuilder | Text",
    *,
    images: Text,
    output: Text,
    instance_type: Text,
    instance_count: Count = 1,
    accept: Text = "application/json;verbose",
    job_name: str | None = None,
    session: "Session | None" = None,
    wait: bool = True,
) -> "Transformer":
    """Run a transform job through the SageMaker SDK.

    Args:
        model: SDK v2's ``Model`` of ``launch.model``, or SDK v3's ``ModelBuilder`` of
            ``launch.model_builder`` after its ``build()``; or the name of a SageMaker model, as
            a pipeline's step gives it.
        images: S3 prefix of the images; ends in ``/``.
        output: S3 prefix; the answer to ``<images>a.jpg`` is written to ``<output>/a.jpg.out``.
        instance_type: For example ``"ml.m5.xlarge"``.
        instance_count: How many instances share the files.
        accept: Form of the answers, as of :func:`create_transform_job`.
        job_name: Name of the transform job; None lets the SDK make one.
        session: A session of the SDK, of either line; for a model's name only.
        wait: Whether to return when the job has ended.

    Returns:
        The SDK's ``Transformer``, its job started; in a pipeline session the arguments of a
        ``TransformStep``.

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
    transformer = _transformer(model, session, parameters)
    kinds = _kinds(parameters["TransformInput"])
    # A pipeline session starts nothing.
    step = transformer.transform(images, **kinds, job_name=job_name, wait=wait, logs=False)
    return transformer if step is None else step


def _kinds(inputs: dict[str, Any]) -> dict[str, str]:
    """How the SDK is told what the objects are."""
    return {
        "content_type": inputs["ContentType"],
        "split_type": inputs["SplitType"],
        "compression_type": inputs["CompressionType"],
    }


def _transformer(model: Any, session: Any, request: dict[str, Any]) -> "Transformer":
    """The SDK's transformer that sends what a plain request says."""
    make = model.transformer if hasattr(model, "transformer") else _of_name(model, session)
    output, machines = request["TransformOutput"], request["TransformResources"]
    transformer: Transformer = make(
        instance_count=machines["InstanceCount"],
        instance_type=machines["InstanceType"],
        strategy=request["BatchStrategy"],
        assemble_with=output["AssembleWith"],
        output_path=output["S3OutputPath"],
        accept=output["Accept"],
        max_payload=request["MaxPayloadInMB"],
        max_concurrent_transforms=request["MaxConcurrentTransforms"],
    )
    return transformer


def _of_name(model_name: Text, session: Any) -> Callable[..., Any]:
    if session is None:
        raise UserError("The name of a model needs a session of the SageMaker SDK: give `session`.")
    transformer = sdk_module(session, "transformer").Transformer
    return functools.partial(transformer, model_name, sagemaker_session=session)


def answers(output: str) -> Iterator[dict[str, Any]]:
    """The answers of a transform job that has ended, each with the name of its image.

    Args:
        output: The job's output prefix.

    Yields:
        ``image``, its path relative to the images' prefix, and the fields of its answer, whichever
        form of it the job accepted: ``probabilities``, and where they were asked for ``labels``
        and ``predicted_label``; sorted.

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
