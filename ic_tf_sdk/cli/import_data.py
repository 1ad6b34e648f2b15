"""``ic-tf import-data``: a folder of class folders, of a table, a manifest, a list or a folder."""

from pathlib import Path

import click

from ic_tf_sdk.cli.display import phases_shown
from ic_tf_sdk.cli.local_path import LocalPath
from ic_tf_sdk.cli.options import examples, json_option
from ic_tf_sdk.cli.output import print_json, print_table, say, tell
from ic_tf_sdk.contract import file_access, output_files
from ic_tf_sdk.launch.local.importing.import_data import import_data as run
from ic_tf_sdk.launch.local.importing.imported import ImportedData
from ic_tf_sdk.launch.local.importing.opening import KINDS
from ic_tf_sdk.launch.local.importing.table import Columns

__all__ = ["import_data"]

_SHOWN = 20
_OUT = LocalPath("Write it here, then copy it with `aws s3 cp --recursive`.")


@click.command(
    "import-data",
    epilog=examples(
        "import-data labels.csv --out flowers/ --report import.json",
        "import-data s3://my-bucket/labels/output.manifest --out flowers/",
    ),
)
@click.argument("source")
@click.option("--out", "-o", type=_OUT, required=True, help="The folder; what is there stays.")
@click.option("--kind", type=click.Choice(KINDS), help="What SOURCE is. Default: it is found out.")
@click.option(
    "--images", metavar="DIR", help="Where relative paths begin. Default: the folder of SOURCE."
)
@click.option("--image-column", help="Of a CSV: name, or number from 1, of the image's column.")
@click.option("--label-column", help="Of a CSV: name, or number from 1, of the class's column.")
@click.option(
    "--header/--no-header", default=None, help="Of a CSV: whether its first line has names."
)
@click.option("--delimiter", help="Of a CSV: what parts cells; \\t is a tab.")
@click.option("--label-attribute", help="Of a manifest: the label, where there are several.")
@click.option(
    "--class-names",
    help="Names for classes that are numbers: with commas between them, or a file of lines.",
)
@click.option("--link", is_flag=True, help="Hard links instead of copies, where none is converted.")
@click.option("--report", type=_OUT, help="JSON file to create: what --json prints.")
@json_option("Print counts, and each row that was left out with its reason, as JSON.")
def import_data(
    *,
    source: str,
    out: Path,
    kind: str | None,
    images: str | None,
    image_column: str | None,
    label_column: str | None,
    header: bool | None,
    delimiter: str | None,
    label_attribute: str | None,
    class_names: str | None,
    link: bool,
    report: Path | None,
    as_json: bool,
) -> None:
    """Make a folder of class folders of data in another form.

    SOURCE is a CSV with a column of paths or s3:// addresses and one of classes, an output manifest
    of Ground Truth, a RecordIO .lst, here or in S3; or a folder here, with train/ and val/ in it or
    not. WebP, HEIC, AVIF, TIFF, BMP, GIF and JPEG 2000 are converted. Nothing is overwritten: the
    same command again adds nothing. http addresses are not fetched.
    """
    if report is not None:
        file_access.require_writable(report)
    columns = Columns(image_column, label_column, header=header, delimiter=delimiter)
    with phases_shown(silent=as_json):
        found = run(
            source,
            out,
            kind=kind,
            columns=columns,
            label_attribute=label_attribute,
            class_names=class_names,
            images=images,
            link=link,
        )
    if report is not None:
        with file_access.refusals(report):
            report.parent.mkdir(parents=True, exist_ok=True)
            output_files.write_json(report, found.as_dict())
    if as_json:
        print_json(found.as_dict())
        return
    _print(found)
    if report is not None:
        tell(f"Each row that was left out, with its reason: {report}")
    tell(f"\nNext:\n  {found.fit_command}\n      train on it")


def _print(found: ImportedData) -> None:
    rows = [
        (*((part,) if part else ()), name, count)
        for part, classes in found.images.items()
        for name, count in classes.items()
    ]
    columns = ("part", "class", "images") if "" not in found.images else ("class", "images")
    print_table(columns, rows)
    say(
        f"\n{found.rows} rows: {found.added} added, {found.already_there} there already, "
        f"{found.repeated} repeated, {len(found.left_out)} left out."
    )
    for sentence in found.sentences()[:_SHOWN]:
        say(sentence)
    for one in found.left_out[:_SHOWN]:
        say(f"  row {one.row}: {one.image or '-'}: {one.reason}")
    if found.left_out[_SHOWN:]:
        say(f"  and {len(found.left_out) - _SHOWN} more; --report and --json have all of them")
