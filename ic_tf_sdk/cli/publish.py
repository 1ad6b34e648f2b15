"""``ic-tf publish``: scripts, models and the catalogue into a bucket of one's own."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ic_tf_sdk.cli import completion
from ic_tf_sdk.cli.options import (
    examples,
    json_option,
    label_file_option,
    region_option,
    scope_option,
)
from ic_tf_sdk.cli.output import print_json, print_table, say, tell
from ic_tf_sdk.enums import Scope
from ic_tf_sdk.specs.regions import chosen_region

if TYPE_CHECKING:
    from ic_tf_sdk.content.publish import Published

__all__ = ["publish"]


@click.command(
    epilog=examples(
        "publish --bucket my-bucket --hub my-hub --dry-run",
        "publish tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4 --bucket my-bucket",
    )
)
@click.argument("model_ids", nargs=-1, metavar="[MODEL_ID...]", shell_complete=completion.model_ids)
@click.option("--bucket", required=True, help="A bucket that exists, in your account.")
@region_option("Its region. Default: the environment's.")
@click.option(
    "--models",
    type=click.Path(path_type=Path),
    help="Folder of archives from `ic-tf mirror`; what it lacks is mirrored into it.",
)
@scope_option("The feature vectors to train on, the classifiers to serve, or both.")
@click.option("--hub", help="A private SageMaker hub to put every model's document into, too.")
@label_file_option("the classifiers'")
@click.option(
    "--wheels",
    type=click.Path(path_type=Path, exists=True),
    help="Folder of the vendored wheels, where the package registry cannot be reached.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be uploaded; upload nothing.")
@click.option("--print-policy", is_flag=True, help="Print the IAM policy this needs, and stop.")
@json_option("Print the outcome as JSON.")
def publish(
    model_ids: tuple[str, ...],
    bucket: str,
    region: str | None,
    hub: str | None,
    models: Path | None,
    scopes: tuple[Scope, ...],
    labels: str | None,
    wheels: Path | None,
    dry_run: bool,
    print_policy: bool,
    as_json: bool,
) -> None:
    """Put the training package, the catalogue and models into your bucket.

    With AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE set to the bucket, this package and the unmodified
    SageMaker SDK then point to it. Only what is missing is uploaded, and nothing is overwritten.
    """
    from ic_tf_sdk.content import bucket_models, private_hub
    from ic_tf_sdk.content import publish as content

    if print_policy:
        print_json(_policy(bucket, chosen_region(region), hub))
        return
    # Before anything is uploaded.
    contents = [] if hub is None else private_hub.check(hub, bucket=bucket, region=region)
    objects = content.publish(
        bucket=bucket,
        model_ids=model_ids,
        scopes=scopes,
        labels=labels,
        region=region,
        models=models,
        wheel_folder=wheels,
        dry_run=dry_run,
    )
    if hub is not None:
        doing = "Comparing" if dry_run else "Importing"
        tell(f"{doing} {len(contents)} models of hub {hub}, which takes minutes.")
        objects += private_hub.publish_hub(hub, bucket=bucket, region=region, dry_run=dry_run)
    if as_json:
        print_json([vars(done) for done in objects])
        return
    _show(objects, hub)
    if not dry_run:
        say(bucket_models.held(bucket, region).sentence())
        _say_how(bucket, hub)


def _policy(bucket: str, region: str, hub: str | None) -> dict[str, Any]:
    from ic_tf_sdk.content import private_hub
    from ic_tf_sdk.content import publish as content

    policy = content.policy(bucket, region)
    if hub is not None:
        policy["Statement"].append(private_hub.statement(hub, region))
    return policy


def _show(objects: "list[Published]", hub: str | None) -> None:
    documents = {
        "model specs": [done for done in objects if done.key.endswith(".json")],
        f"models of hub {hub}": [done for done in objects if done.key.startswith("hub/")],
    }
    rows = [
        (done.key, f"{done.size_bytes / 1e6:.1f} MB", done.state)
        for done in objects
        if not any(done in some for some in documents.values())
    ]
    for what, some in documents.items():
        counted = Counter(done.state for done in some)
        rows += [(f"{count} {what}", "", state) for state, count in counted.items()]
    print_table(("object", "size", "state"), rows)


def _say_how(bucket: str, hub: str | None) -> None:
    say(f"Use it with: export AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE={bucket}")
    if hub is not None:
        say(
            f"and hub_name={hub!r}: JumpStartEstimator(model_id=..., hub_name=...) of SDK v2, "
            "ModelTrainer.from_jumpstart_config(JumpStartConfig(model_id=..., hub_name=...)) of v3."
        )
