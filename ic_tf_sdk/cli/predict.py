"""``ic-tf predict``: classify images with a fine-tuned model."""

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import click

from ic_tf_sdk.cli.local_path import LocalPath
from ic_tf_sdk.cli.options import examples, json_option, model_argument, runtime_option
from ic_tf_sdk.cli.output import is_quiet, print_json, print_table, tell
from ic_tf_sdk.contract.container_answer import Form
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.inference import batch, image_source, prediction_table
from ic_tf_sdk.inference.answering_model import AnsweringModel
from ic_tf_sdk.inference.image_source import SourceImage
from ic_tf_sdk.inference.runtime import Runtime, chosen, opened

__all__ = ["predict"]


@click.command(
    epilog=examples(
        "predict out/model.tar.gz photo.jpg s3://my-bucket/photos/ --out answers.csv",
        "predict out/model.tar.gz new/ --to-label 20 --out to-label.html",
    )
)
@model_argument
@click.argument("images", nargs=-1, required=True)
@click.option(
    "--out",
    "-o",
    type=LocalPath("Write it here, then copy it with `aws s3 cp`."),
    help="Write a .csv, .jsonl or .parquet file. A run that was interrupted goes on when it is "
    "started again. With --to-label: an .html page.",
)
@click.option(
    "--calibrated",
    is_flag=True,
    help="Give probabilities that say how often such an answer is right. The labels stay the same. "
    "A model that was trained without validation images has none.",
)
@click.option(
    "--unknown",
    is_flag=True,
    help="Say of each image whether it is perhaps of none of the model's classes.",
)
@click.option(
    "--explain",
    type=LocalPath("Write it here, then copy it with `aws s3 cp --recursive`."),
    metavar="DIR",
    help="Create a folder of the pictures with what the answer hangs on coloured in. It takes many "
    "times as long as the answer.",
)
@click.option(
    "--to-label",
    type=click.IntRange(min=1),
    metavar="N",
    help="List the N images whose labels would teach the model most: least sure, and unlike each "
    "other. With --out PAGE.html a page to look at.",
)
@runtime_option
@json_option("Print every probability, as JSON; with --out, how many were written.")
@click.pass_context
def predict(
    ctx: click.Context,
    *,
    model: str,
    models: Path | None,
    download: bool,
    images: tuple[str, ...],
    out: Path | None,
    calibrated: bool,
    unknown: bool,
    explain: Path | None,
    to_label: int | None,
    runtime: Runtime,
    as_json: bool,
) -> None:
    """Classify images with a fine-tuned model.

    MODEL is the model.tar.gz of `ic-tf fit` or of a job, here or in S3, a model id, or the ONNX
    file of `ic-tf export`. IMAGES are files and folders, here or in S3 (s3://bucket/folder/). The
    exit code is 1 if any image could not be classified.
    """
    _check_runtime(model, runtime, explain, to_label)
    if to_label is not None:
        from ic_tf_sdk.cli import to_label_run

        given = {"--calibrated": calibrated, "--unknown": unknown, "--explain": explain}
        to_label_run.check(out, [name for name, value in given.items() if value])
    else:
        _check(out, explain)
    pictures = image_source.find(images)
    if download:
        from ic_tf_sdk.cli.download import fetch

        fetch(model, models, "inference")
    with _located(model, models) as path:
        if to_label is not None:
            to_label_run.run(path, pictures, to_label, model=model, out=out, as_json=as_json)
            return
        loaded = opened(path, runtime, whole=explain is not None)
    form = batch.VERBOSE._replace(calibrated=calibrated, unknown=unknown)
    if out is None:
        failed = _print(loaded, pictures, form, as_json=as_json)
    else:
        failed = _write(loaded, pictures, out, form)
        if as_json:
            print_json({"out": str(out), "images": len(pictures), "failed": failed})
    if explain is not None:
        from ic_tf_sdk.inference import explained_folder

        explained_folder.write(loaded, pictures, explain)
        tell(f"{explain}: where the model looks, a picture for each image.")
    if failed:
        ctx.exit(1)


def _located(model: str, models: Path | None) -> AbstractContextManager[Path]:
    if Path(model).exists():
        return nullcontext(Path(model))
    # To import what finds the others takes a third of the time of a first answer by ONNX Runtime.
    from ic_tf_sdk.content import find_classifier

    return find_classifier.locate(model, models=models)


def _check_runtime(
    model: str, runtime: Runtime, explain: Path | None, to_label: int | None
) -> None:
    """Refuse what TensorFlow alone does, before anything is fetched."""
    if explain is None and to_label is None:
        return
    if chosen(model, runtime) == "onnx":
        option = "--explain" if to_label is None else "--to-label"
        raise UserError(
            f"{option} is worked out with TensorFlow: give the model.tar.gz where TensorFlow is "
            "installed, and leave --runtime out."
        )


def _check(out: Path | None, explain: Path | None) -> None:
    if out is not None:
        prediction_table.check(out)
    if explain is not None:
        from ic_tf_sdk.inference import explained_folder

        explained_folder.check(explain)


def _write(model: AnsweringModel, images: Sequence[SourceImage], out: Path, form: Form) -> int:
    with click.progressbar(
        length=len(images), label="Classifying", file=sys.stderr, hidden=is_quiet()
    ) as bar:
        failed = batch.write(model, images, out, form=form, on_row=lambda _: bar.update(1))
    tell(f"{out}: {len(images)} images, {failed} of them with an error.")
    return failed


def _print(
    model: AnsweringModel, images: Sequence[SourceImage], form: Form, *, as_json: bool
) -> int:
    rows = list(batch.predict(model, images, form))
    if as_json:
        print_json(rows)
    else:
        columns = ("image", "label", "probability", *(("unknown",) * form.unknown))
        print_table(columns, [_row(row)[: len(columns)] for row in rows])
    return sum("error" in row for row in rows)


def _row(row: dict[str, Any]) -> tuple[object, ...]:
    if "error" in row:
        return row["image"], row["error"], None, None
    unknown = "perhaps none of these" if row.get("unknown") else "no"
    return row["image"], row["predicted_label"], f"{prediction_table.best(row):.4f}", unknown
