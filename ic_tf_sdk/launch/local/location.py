"""Where data lies, brought to this machine: a path, a ``file://`` URI, or S3."""

import shutil
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from ic_tf_sdk import s3
from ic_tf_sdk._quoted import quoted
from ic_tf_sdk.contract import archive
from ic_tf_sdk.errors import StorageError, UserError

__all__ = ["fetch", "local_path", "upload_output"]


def local_path(location: str | Path) -> Path:
    """The path that a local location means.

    Raises:
        UserError: A URI of another kind.
    """
    text = str(location)
    s3.require_local(location, instead="LocalEstimator fetches it from there.")
    if text.startswith("file://"):
        # It brings http and ssl along, which `import ic_tf_sdk.launch` does without.
        from urllib.request import url2pathname

        return Path(url2pathname(urlsplit(text).path))
    if "://" in text:
        raise UserError(f"{quoted(text)} is neither a path, nor a file:// nor an s3:// URI.")
    return Path(location)


def fetch(location: str | Path, folder: Path) -> Path:
    """A local path of what lies at a location; from S3 it is downloaded.

    Args:
        location: A path, a ``file://`` URI, an S3 object, or an S3 prefix that ends in ``/``.
        folder: Where objects are put, under their names behind the prefix.

    Returns:
        The path itself; of an S3 object its copy, of a prefix ``folder``.

    Raises:
        UserError: Nothing is there, or a URI of another kind.
        StorageError: S3 refuses, or is not there.
        MissingExtraError: An S3 URI without boto3.
    """
    if s3.is_uri(location):
        return s3.Client().fetch(s3.parse(location), folder)
    path = local_path(location)
    if not path.exists():
        raise UserError(f"{path} does not exist.")
    return path


def upload_output(model_data: Path, output_data: Path, folder: s3.S3Uri) -> None:
    """Upload what a job left, and remove it here; what S3 does not take stays on this machine.

    Args:
        model_data: The job's ``model.tar.gz``.
        output_data: The folder of its reports, beside it; it becomes ``output.tar.gz``.
        folder: URI of the folder in S3; ends in ``/``.

    Raises:
        StorageError: S3 refuses, or is not there; the text says where the files are kept.
    """
    local = model_data.parent
    reports = local / "output.tar.gz"
    archive.pack(output_data, reports)
    client = s3.Client()
    try:
        for path in (reports, model_data):
            client.upload(path, folder.below(path.name))
    except StorageError as error:
        text = f"{error} The trained model is kept in {local}."
        raise StorageError(text, kind=error.kind) from error
    shutil.rmtree(local)
    with suppress(OSError):
        # The job's folder, and that of all jobs, where nothing else is in them.
        local.parent.rmdir()
        local.parent.parent.rmdir()
