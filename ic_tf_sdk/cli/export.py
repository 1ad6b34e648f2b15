"""``ic-tf export``: convert a fine-tuned model for embedded devices."""

import os
from pathlib import Path

import click

from ic_tf_sdk.cli.model_argument import model_argument
from ic_tf_sdk.cli.output import print_json, print_table
from ic_tf_sdk.content import classifier_archive
from ic_tf_sdk.inference import image_source, litert

__all__ = ["export"]


@click.command()
@model_argument
@click.option(
    "--format", "form", type=click.Choice(["litert"]), default="litert", show_default=True
)
@click.option("--out", "-o", required=True, type=click.Path(path_type=Path), help="File to write.")
@click.option(
    "--images",
    required=True,
    multiple=True,
    help="File, folder or S3 prefix of images to compare on, and to calibrate int8 with; may be "
    "repeated.",
)
@click.option("--int8", is_flag=True, help="Quantise weights and activations to 8 bits.")
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
def export(
    *,
    model: str,
    models: Path | None,
    form: str,
    out: Path,
    images: tuple[str, ...],
    int8: bool,
    as_json: bool,
) -> None:
    """Convert MODEL, a model.tar.gz, its folder or a model id, and compare the result with it.

    The converted model takes pixels (float32, 0 to 255, of the input size) and gives
    probabilities; the labels are in class_label_to_prediction_index.json of the archive.
    """
    del form  # LiteRT is the only one
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    found = image_source.find(images)
    with classifier_archive.locate(model, models=models) as path:
        parity = litert.convert(path, out, images=found, int8=int8)
    if as_json:
        print_json(parity._asdict())
        return
    rows: list[tuple[str, object]] = [
        ("file", out),
        ("bytes", parity.bytes),
        ("compared images", parity.images),
        ("same label", parity.same_label),
        ("largest difference of a probability", f"{parity.max_difference:.2e}"),
    ]
    print_table(("result", ""), rows)
