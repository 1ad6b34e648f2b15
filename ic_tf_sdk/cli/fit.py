"""``ic-tf fit``: fine-tune a model here, on a folder of class folders."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from ic_tf_sdk import extras
from ic_tf_sdk.cli.download import fetch
from ic_tf_sdk.cli.local_path import LocalPath
from ic_tf_sdk.cli.options import (
    examples,
    folder_channel_options,
    json_option,
    models_option,
    settings_option,
)
from ic_tf_sdk.cli.output import print_json, print_table
from ic_tf_sdk.contract.metric_lines import read_epoch
from ic_tf_sdk.errors import OutputExistsError
from ic_tf_sdk.launch.local import earlier_model
from ic_tf_sdk.launch.local import job as local_job
from ic_tf_sdk.launch.local.default_model import default_model
from ic_tf_sdk.launch.local.job import LocalJob
from ic_tf_sdk.launch.local.request import TrainingRequest, request
from ic_tf_sdk.specs import hyperparameters as schema

__all__ = ["fit"]

_FOLDER = LocalPath(
    "Copy it with `aws s3 cp --recursive`, or train where S3 is read: ic_tf_sdk.launch's "
    "LocalEstimator fetches it to this machine, and `ic-tf launch` trains on SageMaker."
)


@click.command(
    epilog=examples(
        "fit flowers/",
        "fit more-flowers/ --output second --model flowers-model/model.tar.gz -s epochs=5",
    )
)
@click.argument("training", type=_FOLDER)
@click.option(
    "--output", "-o", type=_FOLDER, help="Folder to create. Default: TRAINING-model, beside it."
)
@click.option(
    "--model",
    "-m",
    help="Model id whose weights are at hand, model archive, SavedModel folder, or earlier "
    "model.tar.gz. Default: EfficientNet-Lite0 with ImageNet weights where the extra imagenet is "
    "installed, else the small model of this package; only the top is trained, for five epochs.",
)
@click.option("--model-id", help="Model id, of --model where that is a SavedModel folder.")
@models_option
@click.option("--download", is_flag=True, help="Fetch the weights of a model id that is not here.")
@folder_channel_options(
    _FOLDER,
    validation="Images to pick the best epoch on.",
    test="Images to evaluate the result on.",
)
@settings_option
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
    hyperparameters: dict[str, str],
    dry_run: bool,
    as_json: bool,
) -> None:
    """Fine-tune a model on a folder of class folders, here.

    TRAINING has one folder of images per class. The folder --output then holds model.tar.gz, as
    SageMaker would upload it, the reports and the log. Give an earlier model.tar.gz as --model to
    train it further.
    """
    target = output or _beside(training)
    if target.exists() and not dry_run:
        raise OutputExistsError(f"{target} already exists; give another folder (--output).")
    model, settings = _model(model or model_id, hyperparameters)
    if download:
        fetch(model, models)
    training_request = request(
        model=model,
        model_id=model_id,
        models=models,
        training=training,
        validation=validation,
        test=test,
        hyperparameters=settings,
    )
    if dry_run:
        print_json(training_request.model_dump(mode="json", exclude_none=True))
        return
    job = _run(training_request, target, quiet=as_json)
    _report(job, before=_before(training_request), as_json=as_json)


def _before(training: TrainingRequest) -> float | None:
    """The earlier model's accuracy on the test images, where a model was trained further."""
    test = training.channels.get("test")
    if test is None or not training.model.trained_with:
        return None
    return earlier_model.accuracy(training.model.path, test)


def _beside(training: Path) -> Path:
    folder = training.absolute()
    return training.with_name(f"{folder.name}-model") if training.name else Path(f"{folder}-model")


def _model(model: str | None, settings: dict[str, str]) -> tuple[str, dict[str, str]]:
    """The model and the settings of a call; without a model those of a first result, and said."""
    if model is not None:
        return model, settings
    chosen = default_model({schema.canonical_name(name) for name in settings})
    click.echo(chosen.notice, err=True)
    return chosen.model_id, {**chosen.hyperparameters, **settings}


def _run(training: TrainingRequest, output: Path, *, quiet: bool) -> LocalJob:
    if quiet:
        return local_job.run(training, output=output, on_line=lambda _: None)
    if not sys.stdout.isatty() or not extras.has("rich"):
        return local_job.run(training, output=output, on_line=click.echo)
    with _progress(int(training.hyperparameters.get("epochs", 1))) as on_line:
        return local_job.run(training, output=output, on_line=on_line)


@contextmanager
def _progress(epochs: int) -> Iterator[Callable[[str], None]]:
    """A bar of epochs below the job's lines; for terminals only, a log file would be spoilt."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), transient=True) as progress:
        task = progress.add_task("Preparing", total=epochs)

        def on_line(line: str) -> None:
            epoch = read_epoch(line)
            if epoch is not None:
                progress.update(task, completed=epoch, description="Training")
            progress.console.print(line, markup=False, highlight=False)

        yield on_line


def _report(job: LocalJob, *, before: float | None, as_json: bool) -> None:
    history = job.history
    best = history.epochs[history.best_epoch]
    paths = {"model": str(job.model_data), "reports": str(job.output_data), "log": str(job.log)}
    if as_json:
        report = {"best_epoch": history.best_epoch + 1, **best, "test": history.test, **paths}
        print_json(report if before is None else {**report, "test_accuracy_before": before})
        return
    shown = {name: value for name, value in best.items() if "top_5" not in name}
    tested = {f"test {name}": v for name, v in history.test.items() if "top_5" not in name}
    rows: list[tuple[str, object]] = [("best epoch", history.best_epoch + 1)]
    rows += [(name.replace("val_", "validation "), f"{v:.4f}") for name, v in shown.items()]
    rows += [(name, f"{value:.4f}") for name, value in tested.items()]
    if before is not None:
        rows.append(("test accuracy before, of the earlier model", f"{before:.4f}"))
    click.echo()
    print_table(("result", ""), rows + list(paths.items()))
