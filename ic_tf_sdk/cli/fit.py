"""``ic-tf fit``: fine-tune a model here, on a folder of class folders."""

from pathlib import Path

import click

from ic_tf_sdk.cli import fit_run
from ic_tf_sdk.cli.local_path import LocalPath
from ic_tf_sdk.cli.options import examples, folder_channel_options, json_option, settings_option
from ic_tf_sdk.cli.output import print_json
from ic_tf_sdk.embedded import MODEL_IDS
from ic_tf_sdk.launch.local.request import request

__all__ = ["fit"]

_FOLDER = LocalPath(
    "Copy it with `aws s3 cp --recursive`, or train where S3 is read: ic_tf_sdk.launch's "
    "LocalEstimator fetches it to this machine, and `ic-tf launch` trains on SageMaker."
)


@click.command(
    epilog=examples(
        "fit flowers/ --output first -s train_only_on_top=True",
        "fit flowers/ --output second --model first/model.tar.gz --test photos/ -s epochs=5",
    )
)
@click.argument("training", type=_FOLDER)
@click.option("--output", "-o", required=True, type=_FOLDER, help="Folder to create.")
@click.option(
    "--model",
    "-m",
    default=MODEL_IDS[0],
    show_default=True,
    help="Embedded model id, model archive, SavedModel folder, or earlier model.tar.gz.",
)
@click.option("--model-id", help="Model id of a SavedModel folder given as --model.")
@folder_channel_options(
    _FOLDER,
    validation="Images to pick the best epoch on.",
    test="Images to evaluate the result on.",
)
@settings_option
@click.option("--fresh", is_flag=True, help="Start anew where a stopped run could go on.")
@click.option("--dry-run", is_flag=True, help="Check and print the request as JSON; do not train.")
@json_option("Print the result as JSON, and no log.")
def fit(
    *,
    training: Path,
    output: Path,
    model: str,
    model_id: str | None,
    validation: Path | None,
    test: Path | None,
    hyperparameters: dict[str, str],
    fresh: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Fine-tune a model on a folder of class folders, here.

    TRAINING has one folder of images per class. The folder --output then holds model.tar.gz, as
    SageMaker would upload it, the reports and the log. Give an earlier model.tar.gz as --model to
    train it further. A run that was stopped (Ctrl-C, SIGTERM) goes on when it is started again.
    """
    training_request = request(
        model=model,
        model_id=model_id,
        training=training,
        validation=validation,
        test=test,
        hyperparameters=hyperparameters,
    )
    if dry_run:
        print_json(training_request.model_dump(mode="json", exclude_none=True))
        return
    fit_run.run(training_request, output, fresh=fresh, as_json=as_json)
