"""``ic-tf tune``: the hyperparameters that suit a folder of images, and the model with them."""

import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import click

from ic_tf_sdk.cli import failure
from ic_tf_sdk.cli.local_path import LocalPath
from ic_tf_sdk.cli.options import (
    examples,
    folder_channel_options,
    json_option,
    models_option,
    settings_option,
)
from ic_tf_sdk.cli.output import print_json, print_table, say, tell
from ic_tf_sdk.cli.progress import load_tensorflow, progress
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch import tuning
from ic_tf_sdk.launch.local.default_model import default_model
from ic_tf_sdk.launch.local.request import request
from ic_tf_sdk.launch.local.stopped_job import JobStoppedError
from ic_tf_sdk.launch.local.tune import Budget, Strategy
from ic_tf_sdk.launch.local.tune import tune as run
from ic_tf_sdk.launch.local.tuning_objective import objective as found_objective
from ic_tf_sdk.launch.tuning import Range
from ic_tf_sdk.specs import hyperparameters as schema

__all__ = ["tune"]

_FOLDER = LocalPath("Copy it with `aws s3 cp --recursive`; tune trains on this machine.")
_NUMBERS = re.compile(r"([^,]+)\.\.([^,:]+)(:log|:linear)?")
_SCALINGS: dict[str | None, tuning.Scaling] = {
    None: "Auto",
    ":log": "Logarithmic",
    ":linear": "Linear",
}


@click.command(
    epilog=examples(
        "tune flowers/ --trials 30",
        "tune flowers/ --range learning_rate=1e-4..0.1:log --range optimizer=adam,sgd --minutes 5",
    )
)
@click.argument("training", type=_FOLDER)
@click.option("--output", "-o", type=_FOLDER, help="Folder to create. Default: TRAINING-tuned.")
@click.option("--model", "-m", help="As of `ic-tf fit`.")
@models_option
@folder_channel_options(
    _FOLDER, validation="Images to judge on.", test="Images to evaluate the best model on."
)
@settings_option
@click.option(
    "--range",
    "spans",
    multiple=True,
    metavar="NAME=LOW..HIGH|NAME=A,B",
    help="What is tuned, over what; LOW..HIGH may end in :log or :linear. May be repeated. "
    "Default: batch_size, learning_rate and optimizer over the documented ranges.",
)
@click.option(
    "--objective", default=tuning.OBJECTIVE, show_default=True, help="A metric of the epochs."
)
@click.option("--trials", type=int, default=20, show_default=True, help="Trials in all.")
@click.option("--minutes", type=float, help="No trial begins after so much time.")
@click.option(
    "--strategy",
    type=click.Choice(["Bayesian", "Random"]),
    default="Bayesian",
    show_default=True,
    help="How the next values are drawn.",
)
@json_option("Print the result as JSON, and no progress.")
def tune(
    *,
    training: Path,
    output: Path | None,
    model: str | None,
    models: Path | None,
    validation: Path | None,
    test: Path | None,
    hyperparameters: dict[str, str],
    spans: tuple[str, ...],
    objective: str,
    trials: int,
    minutes: float | None,
    strategy: Strategy,
    as_json: bool,
) -> None:
    """Find hyperparameters that suit a folder of images.

    Of a frozen backbone the images pass once for all trials, and a trial takes a second; where the
    whole network is trained, trials that fall behind are ended early. The best model is in
    --output, with every trial in tuning.html. A tuning that was stopped goes on with the same
    command.
    """
    folder = training.absolute()
    budget, ranges = Budget(trials, minutes), _ranges(spans)
    if model is None:
        chosen = default_model({schema.canonical_name(name) for name in hyperparameters})
        tell(chosen.notice)
        model, hyperparameters = chosen.model_id, {**chosen.hyperparameters, **hyperparameters}
    wanted = request(
        model=model,
        models=models,
        training=training,
        validation=validation,
        test=test,
        hyperparameters=hyperparameters,
    )
    goal = found_objective(objective)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        with progress(tell, silent=as_json) as listener:
            load_tensorflow(listener)
            result = run(
                wanted,
                output or folder.with_name(f"{folder.name}-tuned"),
                ranges=ranges,
                goal=goal,
                budget=budget,
                strategy=strategy,
                listener=listener,
            )
    except JobStoppedError as stop:
        _end(stop)
    if as_json:
        print_json(result.as_dict())
        return
    print_table(result.columns(), result.rows())
    say(f"\nBest: {result.best.name}, {objective} {result.best.value:.4f}: {result.model_data}")


def _end(stop: JobStoppedError) -> NoReturn:
    # After SIGHUP there may be no terminal any more.
    with suppress(OSError):
        text = f"{stop} The same command goes on."
        say(text, err=True)
        failure.report_json("JobStoppedError", text, 128 + stop.number)
    sys.exit(128 + stop.number)


def _ranges(spans: tuple[str, ...]) -> dict[str, Range] | None:
    ranges: dict[str, Range] = {}
    for text in spans:
        name, equals, span = text.partition("=")
        if not equals or not span:
            raise UserError(
                "--range takes NAME=LOW..HIGH or NAME=A,B, for example "
                f"learning_rate=1e-4..0.1:log, not {text!r}."
            )
        ranges[name.strip()] = _range(name.strip(), span.strip())
    return ranges or None


def _range(name: str, span: str) -> Range:
    numbers = _NUMBERS.fullmatch(span)
    if numbers is None:
        return tuning.Categorical(tuple(value.strip() for value in span.split(",")))
    low, high, scaling = numbers.groups()
    try:
        if all(re.fullmatch(r"\s*-?[0-9]+\s*", end) for end in (low, high)):
            return tuning.Integer(int(low), int(high), _SCALINGS[scaling])
        return tuning.Real(float(low), float(high), _SCALINGS[scaling])
    except ValueError:
        raise UserError(f"--range {name}={span}: {low} and {high} are to be numbers.") from None
