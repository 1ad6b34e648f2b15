"""Finding out what a source is, and reading its rows."""

from collections.abc import Sequence
from pathlib import Path

from ic_tf_sdk import s3
from ic_tf_sdk.contract import regular_file
from ic_tf_sdk.contract.container_handler import MAX_BODY_BYTES
from ic_tf_sdk.errors import FileAccessError, UserError
from ic_tf_sdk.launch.local.importing import class_tree, manifest, record_list, table
from ic_tf_sdk.launch.local.importing.row import Source
from ic_tf_sdk.launch.local.importing.table import Columns

__all__ = ["KINDS", "opened", "roots"]

KINDS = ("csv", "manifest", "lst", "folder")
"""What a source may be."""

_MOST_BYTES = 1 << 30
_MANIFESTS = (".manifest", ".jsonl", ".json")


def opened(
    source: str,
    *,
    kind: str | None = None,
    columns: Columns | None = None,
    label_attribute: str | None = None,
    names: Sequence[str] = (),
) -> Source:
    """Read a source.

    Args:
        source: A folder or a file on this machine, or the S3 URI of a file.
        kind: One of ``KINDS``; None finds out.
        columns: Of a table.
        label_attribute: Of a manifest.
        names: Class names by number.

    Raises:
        UserError: It cannot be read as what it is.
        DatasetError: It is a folder without images.
        FileAccessError: It cannot be opened.
        StorageError: S3 refuses, or is not there.
    """
    if kind not in (None, *KINDS):
        raise UserError(f"A source is one of {', '.join(KINDS)}, not {kind!r}.")
    if not s3.is_uri(source) and (Path(source).is_dir() or kind == "folder"):
        if kind not in (None, "folder"):
            raise UserError(f"{source} is a folder, no {kind} file.")
        return class_tree.read(Path(source))
    content = _content(source)
    if not content.strip():
        raise UserError(f"{source} is empty.")
    found = kind or _kind(source, content)
    if found == "manifest":
        return manifest.read(content, source, attribute=label_attribute, names=names)
    if found == "lst":
        return record_list.read(content, source, names=names)
    return table.read(content, source, columns or Columns())


def roots(source: str, images: str | None) -> list[str]:
    """What relative paths of a source begin at.

    Args:
        source: The source.
        images: A folder or S3 URI that is given for them; None takes the source's own folder.
    """
    if images is not None:
        return [images]
    if s3.is_uri(source):
        return [source.rpartition("/")[0] + "/"]
    path = Path(source)
    return [str(path if path.is_dir() else path.parent)]


def _kind(source: str, content: bytes) -> str:
    suffix = Path(source).suffix.lower()
    if suffix == ".lst":
        return "lst"
    return "manifest" if suffix in _MANIFESTS or manifest.is_manifest(content) else "csv"


def _content(source: str) -> bytes:
    if s3.is_uri(source):
        content = s3.Client().get(s3.parse(source))
        if len(content) > MAX_BODY_BYTES:
            raise UserError(
                f"{source} has more than {MAX_BODY_BYTES >> 20} MiB; copy it with `aws s3 cp` and "
                "give the copy."
            )
        return content
    try:
        return regular_file.read(Path(source), most=_MOST_BYTES)
    except OSError as error:
        raise FileAccessError(
            f"{source} cannot be read: {error.strerror}. Give a CSV, a manifest, a .lst or a "
            "folder."
        ) from error
