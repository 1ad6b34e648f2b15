"""``ic-tf mirror``: pretrained archives from TF Hub."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ic_tf_sdk import specs
from ic_tf_sdk.cli import completion, failure, next_steps
from ic_tf_sdk.cli.options import (
    examples,
    json_option,
    label_file_option,
    region_option,
    scope_option,
)
from ic_tf_sdk.cli.output import print_json, say
from ic_tf_sdk.enums import Scope
from ic_tf_sdk.errors import UserError, did_you_mean, nearest
from ic_tf_sdk.inference import quiet_tensorflow

if TYPE_CHECKING:
    from ic_tf_sdk.content.mirror import Mirrored

__all__ = ["mirror"]


@click.command(
    epilog=examples(
        "mirror tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4 --to models/",
        "mirror --family MobileNetV3 --to s3://my-bucket/models --scope training",
    )
)
@click.argument("model_ids", nargs=-1, metavar="MODEL_ID...", shell_complete=completion.model_ids)
@click.option("--family", help="Every model of this family, for example MobileNetV2.")
@click.option("--to", required=True, help="Folder, or s3://BUCKET/PREFIX.")
@scope_option("The feature vector to train on, the classifier to serve, or both.")
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path),
    help="SavedModel folder or .tar.gz that you already have, for one model and one --scope.",
)
@click.option("--handle", help="Another TF Hub URL or kaggle://... handle, likewise.")
@label_file_option("the classifier's")
@region_option("The bucket's region. Default: the environment's.")
@click.option("--jobs", default=4, show_default=True, type=click.IntRange(1, 32), help="At a time.")
@json_option("Print the outcome as JSON.")
def mirror(
    model_ids: tuple[str, ...],
    family: str | None,
    to: str,
    scopes: tuple[Scope, ...],
    source: Path | None,
    handle: str | None,
    labels: str | None,
    region: str | None,
    jobs: int,
    as_json: bool,
) -> None:
    """Download pretrained models and pack them for training.

    They come from TF Hub and are checked. Each becomes train-MODEL_ID.tar.gz, its feature vector
    for training, and infer-MODEL_ID.tar.gz, its classifier for an endpoint; those that are there
    already are left alone, so that an interrupted run can be repeated. TFHUB_CACHE_DIR and
    TFHUB_MODEL_LOAD_FORMAT are honoured.
    """
    from ic_tf_sdk.content.mirror import mirror as run

    models = [*model_ids, *_of_family(family)]
    if not models:
        raise UserError("Name at least one model id, or a --family.")

    def show(done: "Mirrored") -> None:
        if not as_json and not done.problem:
            size = done.size_bytes / 1e6
            say(
                f"{done.model_id}, {done.scope}: {size:.1f} MB in {done.seconds} s: {done.location}"
            )

    outcomes = run(
        model_ids=models,
        to=to,
        scopes=scopes,
        source=source,
        handle=handle,
        labels=labels,
        region=region,
        jobs=jobs,
        on_model=show,
        load=quiet_tensorflow.load,
    )
    if as_json:
        print_json([vars(done) for done in outcomes])
    _refuse([done for done in outcomes if done.problem])
    if not as_json and not to.startswith("s3://"):
        _show_next(outcomes[0].model_id, to, trains="training" in scopes)


def _refuse(failed: "Sequence[Mirrored]") -> None:
    """End with what could not be had, if anything."""
    if not failed:
        return
    for done in failed:
        say(f"Error: {done.model_id}, {done.scope}: {done.problem}", err=True)
    say(failure.help_line("Exit code 1"), err=True)
    sys.exit(1)


def _show_next(model_id: str, folder: str, *, trains: bool) -> None:
    at_hand = [model_id, "--models", folder]
    if trains:
        next_steps.show(("fine-tune it", ["ic-tf", "fit", "IMAGES/", "--model", *at_hand]))
    else:
        next_steps.show(("try it as it is", ["ic-tf", "predict", *at_hand, "PHOTO.jpg"]))


def _of_family(family: str | None) -> list[str]:
    if family is None:
        return []
    families: dict[str, list[str]] = {}
    for model_id in specs.model_ids():
        spec = specs.get(model_id)
        if spec.alias_of is None:
            families.setdefault(spec.family, []).append(model_id)
    for name, model_ids in families.items():
        if name.lower() == family.lower():
            return model_ids
    raise UserError(
        f"There is no family {family!r}.{did_you_mean(nearest(family, families))} There are "
        f"{', '.join(families)}."
    )
