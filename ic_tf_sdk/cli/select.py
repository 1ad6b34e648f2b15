"""``ic-tf select``: which backbone suits a folder of images."""

import os
from pathlib import Path

import click

from ic_tf_sdk.cli import fit_run, next_steps
from ic_tf_sdk.cli.local_path import LocalPath
from ic_tf_sdk.cli.options import cache_option, examples, json_option, models_option
from ic_tf_sdk.cli.output import print_json, print_table, say, tell
from ic_tf_sdk.cli.progress import load_tensorflow, progress
from ic_tf_sdk.contract import file_access
from ic_tf_sdk.launch import selection
from ic_tf_sdk.launch.local import job as local_job
from ic_tf_sdk.launch.local.request import request
from ic_tf_sdk.launch.local.select import HYPERPARAMETERS
from ic_tf_sdk.launch.local.select import select as run
from ic_tf_sdk.launch.selection import Selection

__all__ = ["select"]

_FOLDER = LocalPath("Copy it with `aws s3 cp --recursive`; select measures on this machine.")


@click.command(
    epilog=examples(
        "select flowers/ --page select.html",
        "select flowers/ -m tensorflow-ic-efficientnet-lite0-classification-2 -m backbone/ --fit",
    )
)
@click.argument("training", type=_FOLDER)
@click.option(
    "--model",
    "-m",
    "chosen",
    multiple=True,
    help="Model id whose weights are at hand, archive or SavedModel folder; may be repeated. "
    "Default: every backbone at hand (`ic-tf models --available`).",
)
@models_option
@click.option("--page", type=_FOLDER, help="HTML file to write: the table and the pictures.")
@click.option("--fit", is_flag=True, help="Train the picked model as it was measured.")
@click.option(
    "--output", "-o", type=_FOLDER, help="Folder of --fit. Default: TRAINING-model, beside it."
)
@cache_option
@json_option("Print the figures as JSON, and no progress.")
def select(
    *,
    training: Path,
    chosen: tuple[str, ...],
    models: Path | None,
    page: Path | None,
    fit: bool,
    output: Path | None,
    cached: bool,
    as_json: bool,
) -> None:
    """Find the backbone that suits a folder of images.

    TRAINING has one folder of images per class. Each image passes each backbone once; a
    classification layer on its features then answers each fifth of the images, trained without it.
    The table has the accuracy with its standard error, and what each backbone costs.
    """
    folder = training.absolute()
    target = output or folder.with_name(f"{folder.name}-model")
    if fit:
        local_job.check(target, [training])
    # As in a job: more threads than one wait for each other in products of few columns.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with progress(tell, silent=as_json) as listener:
        load_tensorflow(listener)
        found = run(
            training,
            chosen or None,
            models_folder=models,
            feature_cache=cached,
            listener=listener,
        )
    if page is not None:
        with file_access.refusals(page):
            found.write(page)
    if not as_json:
        _print(found, page)
    elif not fit:
        print_json(found.as_dict())
    if fit:
        wanted = request(
            model=found.best.model,
            models=models,
            training=training,
            hyperparameters=HYPERPARAMETERS,
            cached=cached,
        )
        fit_run.run(
            wanted,
            target,
            fresh=False,
            as_json=as_json,
            beside={"selection": found.as_dict()},
        )
    elif not as_json:
        settings = (f"{name}={value}" for name, value in HYPERPARAMETERS.items())
        words = [word for setting in settings for word in ("--set", setting)]
        next_steps.show(("train it", ["ic-tf", "fit", training, "-m", found.best.model, *words]))


def _print(found: Selection, page: Path | None) -> None:
    print_table(selection.COLUMNS, found.rows())
    for model, reason in found.failures.items():
        say(f"Not measured: {model}: {reason}")
    say(f"\nPicked: {found.best.model}. {found.why}")
    if page is not None:
        tell(f"The page, for a browser: {page}")
