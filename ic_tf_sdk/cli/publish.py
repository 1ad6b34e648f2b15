"""``ic-tf publish``: scripts, models and the catalogue into a bucket of one's own."""

from collections import Counter
from pathlib import Path

import click

from ic_tf_sdk.cli.options import (
    examples,
    json_option,
    label_file_option,
    region_option,
    scope_option,
)
from ic_tf_sdk.cli.output import print_json, print_table, say
from ic_tf_sdk.enums import Scope
from ic_tf_sdk.specs.regions import chosen_region

__all__ = ["publish"]


@click.command(
    epilog=examples(
        "publish --bucket my-bucket --dry-run",
        "publish tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4 --bucket my-bucket",
    )
)
@click.argument("model_ids", nargs=-1, metavar="[MODEL_ID...]")
@click.option("--bucket", required=True, help="A bucket that exists, in your account.")
@region_option("Its region. Default: the environment's.")
@click.option(
    "--models",
    type=click.Path(path_type=Path),
    help="Folder of archives from `ic-tf mirror`; what it lacks is mirrored into it.",
)
@scope_option("The feature vectors to train on, the classifiers to serve, or both.")
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
    from ic_tf_sdk.content import bucket_models
    from ic_tf_sdk.content import publish as content

    if print_policy:
        print_json(content.policy(bucket, chosen_region(region)))
        return
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
    if as_json:
        print_json([vars(done) for done in objects])
        return
    specs = [done for done in objects if done.key.endswith(".json")]
    rows = [
        (done.key, f"{done.size_bytes / 1e6:.1f} MB", done.state)
        for done in objects
        if done not in specs
    ]
    counted = Counter(done.state for done in specs)
    rows += [(f"{count} model specs", "", state) for state, count in counted.items()]
    print_table(("object", "size", "state"), rows)
    if not dry_run:
        say(bucket_models.held(bucket, region).sentence())
        say(f"Use it with: export AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE={bucket}")
