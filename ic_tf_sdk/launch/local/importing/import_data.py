"""Making a folder of class folders of data in another form."""

from pathlib import Path

from ic_tf_sdk import extras, s3
from ic_tf_sdk.contract import file_access
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch.local.importing.given_file import GivenFiles
from ic_tf_sdk.launch.local.importing.imported import ImportedData
from ic_tf_sdk.launch.local.importing.numbered import names_of
from ic_tf_sdk.launch.local.importing.opening import opened, roots
from ic_tf_sdk.launch.local.importing.run import run
from ic_tf_sdk.launch.local.importing.table import Columns

__all__ = ["import_data"]


def import_data(
    source: str | Path,
    out: str | Path,
    *,
    kind: str | None = None,
    columns: Columns | None = None,
    label_attribute: str | None = None,
    class_names: str | None = None,
    images: str | Path | None = None,
    link: bool = False,
) -> ImportedData:
    r"""Make a folder of class folders, as training takes it, of data in another form.

    Images that are no JPEG or PNG are converted. Nothing is overwritten: called again it finds what
    is there, and adds what is new. A folder that is not there yet appears complete.

    Args:
        source: A CSV, a manifest of Ground Truth or a ``.lst``, here or in S3; or a folder here of
            class folders, with ``train/``, ``val/`` and ``test/`` above or within them or not.
        out: The folder.
        kind: ``csv``, ``manifest``, ``lst`` or ``folder``; None finds out.
        columns: Where a CSV has the image and the class; None finds out.
        label_attribute: Of a manifest with several labels.
        class_names: Class names for numbers: with commas between them, or a text file.
        images: A folder or S3 URI that relative paths begin at; None takes the source's folder.
        link: Whether images that are not converted become hard links instead of copies.

    Returns:
        Counts, and each row that is not there with its reason.

    Raises:
        UserError: The source cannot be read as what it is.
        DatasetError: None of its images can be used; with the reasons.
        FileAccessError: A file or the folder cannot be read or written.
        StorageError: S3 is not there, or takes no credentials.
        MissingExtraError: Pillow, or boto3 for S3, is not installed.

    Example:
        >>> from PIL import Image
        >>> from ic_tf_sdk import launch
        >>> Image.new("RGB", (60, 40), "red").save("one.webp")
        >>> _ = Path("table.csv").write_text("file;class\none.webp;roses\n")
        >>> found = launch.import_data("table.csv", "imported")
        >>> found.images, found.converted
        ({'': {'roses': 1}}, {'WebP': 1})
    """
    target = _checked(str(source), str(out))
    found = opened(
        str(source),
        kind=kind,
        columns=columns,
        label_attribute=label_attribute,
        names=names_of(class_names),
    )
    places = roots(str(source), None if images is None else str(images))
    with file_access.refusals(target):
        return run(found, target, GivenFiles(places), link=link)


def _checked(source: str, out: str) -> Path:
    """The folder to fill, after what can be refused before the work."""
    s3.require_local(out, instead="Write it here, then copy it with `aws s3 cp --recursive`.")
    target = Path(out)
    if target.exists() and not target.is_dir():
        raise UserError(f"{target} is a file; give a folder (--out).")
    if Path(source).is_dir() and target.absolute().is_relative_to(Path(source).absolute()):
        raise UserError(f"{target} lies in {source} itself; give another folder (--out).")
    extras.require("PIL")
    file_access.require_folder(target)
    return target
