"""``ic-tf export``: convert a fine-tuned model for embedded devices, or for browsers."""

import shlex
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

from ic_tf_sdk import extras
from ic_tf_sdk.cli.download import fetch
from ic_tf_sdk.cli.local_path import LocalPath
from ic_tf_sdk.cli.options import examples, json_option, model_argument
from ic_tf_sdk.cli.output import print_json, print_table
from ic_tf_sdk.content import find_classifier, web_runtime
from ic_tf_sdk.contract import file_access
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.inference import image_source, quiet_tensorflow
from ic_tf_sdk.inference.convert import conversion
from ic_tf_sdk.inference.convert.conversion import Comparison
from ic_tf_sdk.inference.web import folder

__all__ = ["export"]


@click.command(
    epilog=examples(
        "export out/model.tar.gz --out model.tflite --int8 --images photos/ --labelled test/",
        "export out/model.tar.gz --web page/",
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
    type=LocalPath("Write it here, then copy it with `aws s3 cp`."),
    help="File to write: .tflite for LiteRT, .onnx for ONNX.",
)
@click.option(
    "--web",
    metavar="DIR",
    type=LocalPath("Write it here, then copy it with `aws s3 sync`."),
    help="Folder to write instead: static files that classify pictures in a browser, without a "
    "network. Needs the extra onnx.",
)
@click.option(
    "--runtime",
    metavar="FOLDER",
    type=LocalPath("Copy it here with `aws s3 sync`."),
    help="With --web, where there is no network: a folder with what `npm pack onnxruntime-web` "
    "made. Default: the cache, filled once from npm's registry.",
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
    out: Path | None,
    web: Path | None,
    runtime: Path | None,
    images: tuple[str, ...],
    labelled: str | None,
    int8: bool,
    as_json: bool,
) -> None:
    """Convert a fine-tuned model for devices (LiteRT, ONNX) and browsers.

    MODEL is a model.tar.gz, its folder or a model id; the result is compared with it. The converted
    model takes pixels (float32, 0 to 255, of the input size) and gives probabilities; the file
    holds the labels and says what the pixels are. LiteRT needs --images or --labelled; else drawn
    pictures are compared without them. `ic-tf predict` and `serve` answer from an ONNX file, where
    TensorFlow is not installed too.

    With --web it is a folder for any server of static files: a page, the model and what runs it.
    """
    _check(out, web, runtime, form, int8=int8)
    place = out or web
    assert place is not None
    pictures = image_source.find(images) if images else []
    tests = image_source.find([labelled]) if labelled else []
    write: Callable[[Path], Comparison]
    if web is None:
        write = partial(conversion.convert, output=place, form=form, int8=int8)
    else:
        file_access.require_writable(web)
        extras.require("tensorflow", "tf2onnx", "onnx", "onnxruntime")
        write = partial(folder.write, target=place, runtime=web_runtime.find(runtime))
    if download:
        fetch(model, models, "inference")
    with find_classifier.locate(model, models=models) as path:
        quiet_tensorflow.load()
        comparison = write(path, images=pictures, labelled=tests)
    if as_json:
        print_json(comparison._asdict())
        return
    rows = _rows(place, comparison)
    if web is not None:
        rows.append(("serve it", f"python3 -m http.server --directory {shlex.quote(str(web))}"))
    print_table(("result", ""), rows)


def _check(
    out: Path | None,
    web: Path | None,
    runtime: Path | None,
    form: conversion.Format | None,
    *,
    int8: bool,
) -> None:
    """Refuse options that say different things; all of them at once."""
    problems = []
    if out is None and web is None:
        problems.append("Give --out FILE, or --web DIR for a folder that answers in a browser.")
    if out is not None and web is not None:
        problems.append("--out writes a file, and --web a folder: give one of them.")
    if web is not None and form == "litert":
        problems.append("A browser runs ONNX: leave --format litert out with --web.")
    if web is not None and int8:
        problems.append("--int8 makes a LiteRT file, which --web does not write: leave it out.")
    if web is None and runtime is not None:
        problems.append("--runtime is for --web.")
    if problems:
        raise UserError(" ".join(problems))


def _rows(out: Path, comparison: Comparison) -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = [
        ("written", out),
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
