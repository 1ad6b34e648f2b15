"""Whether a job's script and model are in the bucket that it names, and putting them there."""

from typing import Any

from ic_tf_sdk import s3
from ic_tf_sdk.errors import StorageError, UserError
from ic_tf_sdk.launch.sagemaker.job import SageMakerJob
from ic_tf_sdk.specs.buckets import overrides_content
from ic_tf_sdk.specs.pipeline_variable import is_pipeline_variable

__all__ = ["ensure", "target"]

# A key with this package's name was made by `ic-tf publish`.
_OWN = "/ic-tf-sdk/"


def target(bucket: str | None, session: Any) -> str | None:
    """The bucket to publish to: the named one, the one in force, else the session's default.

    Args:
        bucket: As given to ``training_job``.
        session: A session of either line of the SDK.

    Returns:
        What to give to ``training_job``; None where the settings or the environment name one.
    """
    if bucket is not None or overrides_content():
        return bucket
    default: str = session.default_bucket()
    return default


def ensure(job: SageMakerJob, *, publish: bool) -> None:
    """Refuse a job whose content is missing, or publish what is missing.

    What cannot be asked for (a bucket that the caller may not read, as opposed to the role) is
    taken to be there; AWS's own content always is.

    Args:
        job: The job that is about to be sent.
        publish: Whether to publish this package's content that is missing; else it is refused.

    Raises:
        UserError: Something is missing; the text says the command.
        StorageError: S3 cannot be asked (no credentials, another region, no network), or refuses
            what is published.
        ArchiveError: A model or a vendored package is not to be had.
        MissingExtraError: boto3 is not installed.
    """
    # A model that an earlier step of a pipeline leaves is not there yet.
    known = [uri for uri in (job.source_uri, job.model_uri) if not is_pipeline_variable(uri)]
    uris = [uri for uri in known if "jumpstart-cache-prod-" not in uri]
    if not uris:
        return
    client = s3.Client(region=job.region)
    missing = [uri for uri in uris if not _is_there(client, uri)]
    foreign = [uri for uri in missing if _OWN not in uri]
    if foreign:
        raise UserError(f"Nothing is at {' and '.join(foreign)}; give the URI of an object.")
    if not missing:
        return
    bucket = s3.parse(missing[0]).bucket
    if not publish:
        raise UserError(
            f"Nothing is at {' and '.join(missing)}. Put it there with `ic-tf publish --bucket "
            f"{bucket} {job.model_id}`, or pass publish=True."
        )
    from ic_tf_sdk.content.publish import publish as put

    put(bucket=bucket, model_ids=[job.model_id], scopes=("training",), region=job.region)


def _is_there(client: s3.Client, uri: str) -> bool:
    try:
        return client.has_any(s3.parse(uri)) is not False
    except StorageError as error:
        if error.kind == "bucket":
            return False
        raise
