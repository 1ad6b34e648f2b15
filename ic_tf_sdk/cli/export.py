"""``ic-tf export``: convert a fine-tuned model for embedded devices."""

from pathlib import Path

import click

from ic_tf_sdk.cli.download import fetch
from ic_tf_sdk.cli.local_path import LocalPath
from ic_tf_sdk.cli.options import examples, json_option, model_argument
from ic_tf_sdk.cli.output import print_json, print_table
from ic_tf_sdk.content import find_classifier
from ic_tf_sdk.inference import image_source, quiet_tensorflow
from ic_tf_sdk.inference.convert import conversion
from ic_tf_sdk.inference.convert.conversion import Comparison

__all__ = ["export"]


@click.command(
    epilog=examples(
        "export out/model.tar.gz --out model.tflite --images photos/",
        "export out/model.tar.gz --out model.tflite --int8 --images photos/ --labelled test/",
    )
)
@model_argument
@click.option(
    "--format",
    "form",
    type=click.Choice(["litert", "onnx"]),
    help="Default: what the suffix of --out says. onnx needs the extra of that name.",
)
@click.option(
    "--out",
    "-o",
    required=True,
    type=LocalPath("Write it here, then copy it with `aws s3 cp`."),
    help="File to write: .tflite for LiteRT, .onnx for ONNX.",
)
@click.option(
    "--images",
    multiple=True,
    help="File, folder or S3 prefix of images to compare on, and to calibrate int8 with; may be "
    "repeated.",
)
@click.option(
    "--labelled",
    help="Folder or S3 prefix with one folder of images per label, none of them among --images: "
    "to compare on, and to count right answers.",
)
@click.option("--int8", is_flag=True, help="Quantise weights and activations to 8 bits (LiteRT).")
@json_option("Print the comparison as JSON.")
def export(
    *,
    model: str,
    models: Path | None,
    download: bool,
    form: conversion.Format | None,
    out: Path,
    images: tuple[str, ...],
    labelled: str | None,
    int8: bool,
    as_json: bool,
) -> None:
    """Convert a fine-tuned model for embedded devices (LiteRT, ONNX).

    MODEL is a model.tar.gz, its folder or a model id; the result is compared with it. The converted
    model takes pixels (float32, 0 to 255, of the input size) and gives probabilities; the file
    holds the labels and says what the pixels are. At least one of --images and --labelled is
    needed.
    """
    pictures = image_source.find(images) if images else []
    tests = image_source.find([labelled]) if labelled else []
    if download:
        fetch(model, models, "inference")
    with find_classifier.locate(model, models=models) as path:
        quiet_tensorflow.load()
        comparison = conversion.convert(
            path, out, form=form, images=pictures, labelled=tests, int8=int8
        )
    if as_json:
        print_json(comparison._asdict())
    else:
        print_table(("result", ""), _rows(out, comparison))


def _rows(out: Path, comparison: Comparison) -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = [
        ("file", out),
        ("bytes", comparison.bytes),
        ("compared images", comparison.images),
        ("same label", comparison.same_label),
        ("largest difference of a probability", f"{comparison.max_difference:.2e}"),
    ]
    if comparison.accuracy is not None and comparison.converted_accuracy is not None:
        rows += [
            ("accuracy", f"{comparison.accuracy:.4f}"),
            ("accuracy, converted", f"{comparison.converted_accuracy:.4f}"),
            ("drop", f"{comparison.accuracy - comparison.converted_accuracy:.4f}"),
        ]
    return rows
