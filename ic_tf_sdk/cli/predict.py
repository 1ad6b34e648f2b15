"""``ic-tf predict``: classify images with a fine-tuned model."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ic_tf_sdk.cli.local_path import LocalPath
from ic_tf_sdk.cli.model_argument import model_argument
from ic_tf_sdk.cli.output import print_json, print_table
from ic_tf_sdk.content import find_classifier
from ic_tf_sdk.inference import batch, image_source, prediction_table
from ic_tf_sdk.inference.image_source import SourceImage
from ic_tf_sdk.inference.served_model import ServedModel

__all__ = ["predict"]


@click.command()
@model_argument
@click.argument("images", nargs=-1, required=True)
@click.option(
    "--out",
    "-o",
    type=LocalPath("Write it here, then copy it with `aws s3 cp`."),
    help="Write a .csv, .jsonl or .parquet file. A run that was interrupted goes on when it is "
    "started again.",
)
@click.option("--json", "as_json", is_flag=True, help="Print every probability, as JSON.")
@click.pass_context
def predict(
    ctx: click.Context,
    *,
    model: str,
    models: Path | None,
    images: tuple[str, ...],
    out: Path | None,
    as_json: bool,
) -> None:
    """Classify IMAGES with MODEL, the model.tar.gz of `ic-tf fit` or of a job, or a model id.

    IMAGES are files and folders, here or in S3 (s3://bucket/folder/); MODEL may be in S3 too. The
    exit code is 1 if any image could not be classified.
    """
    # TensorFlow warns of every image that does not decode; the rows say it.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if out is not None:
        prediction_table.check(out)
    found = image_source.find(images)
    with find_classifier.locate(model, models=models) as path:
        loaded = ServedModel(path)
    failed = _print(loaded, found, as_json=as_json) if out is None else _write(loaded, found, out)
    if failed:
        ctx.exit(1)


def _write(model: ServedModel, images: Sequence[SourceImage], out: Path) -> int:
    with click.progressbar(length=len(images), label="Classifying", file=sys.stderr) as bar:
        failed = batch.write(model, images, out, on_row=lambda _: bar.update(1))
    click.echo(f"{out}: {len(images)} images, {failed} of them with an error.", err=True)
    return failed


def _print(model: ServedModel, images: Sequence[SourceImage], *, as_json: bool) -> int:
    rows = list(batch.predict(model, images))
    if as_json:
        print_json(rows)
    else:
        print_table(("image", "label", "probability"), [_row(row) for row in rows])
    return sum("error" in row for row in rows)


def _row(row: dict[str, Any]) -> tuple[object, object, object]:
    if "error" in row:
        return row["image"], row["error"], None
    return row["image"], row["predicted_label"], f"{prediction_table.best(row):.4f}"
