"""``ic-tf fit``: fine-tune a model here, on a folder of class folders."""

from pathlib import Path

import click

from ic_tf_sdk.cli import completion, fit_run
from ic_tf_sdk.cli.download import fetch
from ic_tf_sdk.cli.hyperparameter_options import (
    HyperparameterCommand,
    given,
    hyperparameter_options,
)
from ic_tf_sdk.cli.local_path import LocalPath, beside
from ic_tf_sdk.cli.options import (
    cache_option,
    download_option,
    examples,
    folder_channel_options,
    json_option,
    models_option,
    settings_option,
)
from ic_tf_sdk.cli.output import print_json, tell
from ic_tf_sdk.launch.local import job as local_job
from ic_tf_sdk.launch.local.default_model import default_model
from ic_tf_sdk.launch.local.rehearsing import rehearsing
from ic_tf_sdk.launch.local.request import request
from ic_tf_sdk.specs import hyperparameters as schema

__all__ = ["fit"]

_INSTEAD = (
    "Copy it with `aws s3 cp --recursive`, or train where S3 is read: ic_tf_sdk.launch's "
    "LocalEstimator fetches it to this machine, and `ic-tf launch` trains on SageMaker."
)
_FOLDER = LocalPath(_INSTEAD)


@click.command(
    cls=HyperparameterCommand,
    epilog=examples(
        "fit flowers/ --epochs 10 --learning-rate 0.0005",
        "fit corrected/ -o second -m flowers-model/model.tar.gz --rehearse flowers/",
    ),
)
@click.argument("training", type=_FOLDER)
@click.option(
    "--output", "-o", type=_FOLDER, help="Folder to create. Default: TRAINING-model, beside it."
)
@click.option(
    "--model",
    "-m",
    type=LocalPath(_INSTEAD, path_type=str),
    shell_complete=completion.model_ids_or_files,
    help="Model id whose weights are at hand, model archive, SavedModel folder, or earlier "
    "model.tar.gz. Default: EfficientNet-Lite0 with ImageNet weights where the extra imagenet is "
    "installed, else the small model of this package; only the top is trained, for five epochs.",
)
@click.option(
    "--model-id",
    shell_complete=completion.model_ids,
    help="Model id, of --model where that is a SavedModel folder.",
)
@models_option
@download_option
@folder_channel_options(
    _FOLDER,
    validation="Images to pick the best epoch on.",
    test="Images to evaluate the result on.",
)
@click.option(
    "--exclude",
    type=_FOLDER,
    help="Table of images to leave out: suspects.csv of `ic-tf check-data --labels`, less the rows "
    "that you delete.",
)
@click.option(
    "--rehearse",
    type=_FOLDER,
    metavar="OLD",
    help="Folder that --model was trained on: a sample of it, as many of each class, is trained "
    "with TRAINING, so that the model keeps what it knows. Needed where TRAINING has only some of "
    "the model's classes.",
)
@settings_option
@hyperparameter_options
@cache_option
@click.option("--fresh", is_flag=True, help="Start anew where a stopped run could go on.")
@click.option("--dry-run", is_flag=True, help="Check and print the request as JSON; do not train.")
@json_option("Print the result as JSON, and no log.")
def fit(
    *,
    training: Path,
    output: Path | None,
    model: str | None,
    model_id: str | None,
    models: Path | None,
    download: bool,
    validation: Path | None,
    test: Path | None,
    exclude: Path | None,
    rehearse: Path | None,
    hyperparameters: dict[str, str],
    cached: bool,
    fresh: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Fine-tune a model on a folder of class folders, here.

    TRAINING has one folder of images per class. The folder --output then holds model.tar.gz, as
    SageMaker would upload it, the reports and the log. Give an earlier model.tar.gz as --model to
    train it further, with --rehearse OLD so that it keeps what it knows. A run that was stopped
    (Ctrl-C, SIGTERM) goes on when it is started again.
    """
    target = output or beside(training, "model")
    if not dry_run:
        local_job.check(target, [path for path in (training, validation, test) if path])
    model, settings = _model(model or model_id, given(hyperparameters))
    if download:
        fetch(model, models, "training")
    training_request = request(
        model=model,
        model_id=model_id,
        models=models,
        training=training,
        validation=validation,
        test=test,
        hyperparameters=settings,
        exclude=exclude,
        cached=cached,
    )
    training_request = rehearsing(training_request, rehearse)
    if dry_run:
        print_json(training_request.model_dump(mode="json", exclude_none=True))
        return
    fit_run.run(training_request, target, fresh=fresh, as_json=as_json)


def _model(model: str | None, settings: dict[str, str]) -> tuple[str, dict[str, str]]:
    """The model and the settings of a call; without a model those of a first result, and said."""
    if model is not None:
        return model, settings
    chosen = default_model({schema.canonical_name(name) for name in settings})
    tell(chosen.notice)
    return chosen.model_id, {**chosen.hyperparameters, **settings}
