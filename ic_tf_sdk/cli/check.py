"""``ic-tf check``: everything that can be known of a SageMaker job before it costs."""

import sys
from typing import Any

import click

from ic_tf_sdk.cli.output import print_json
from ic_tf_sdk.errors import UserError

__all__ = ["check", "parsed_settings"]


@click.command()
@click.argument("model_id")
@click.option("--role", required=True, help="ARN of the execution role.")
@click.option(
    "--training",
    required=True,
    help="S3 URI of the training images, which ends in /; or their folder here.",
)
@click.option("--validation", help="Likewise.")
@click.option("--test", help="Likewise.")
@click.option("--bucket", help="The bucket that `ic-tf publish` filled.")
@click.option("--region", help="AWS region. Default: the environment's.")
@click.option("--instance-type", help="Default: the model's.")
@click.option("--instance-count", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--model-uri", help="S3 URI of an earlier model.tar.gz, to train it further.")
@click.option("--set", "-s", "settings", multiple=True, metavar="NAME=VALUE", help="As in fit.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def check(
    model_id: str,
    role: str,
    training: str,
    validation: str | None,
    test: str | None,
    settings: tuple[str, ...],
    as_json: bool,
    **arguments: Any,
) -> None:
    """Check a SageMaker training job of MODEL_ID before it starts; all findings at once.

    Exit code 1 where the job would fail.
    """
    from ic_tf_sdk.launch.sagemaker.preflight import preflight

    channels = {"training": training, "validation": validation, "test": test}
    found = preflight(
        model_id,
        role=role,
        channels={name: uri for name, uri in channels.items() if uri is not None},
        hyperparameters=parsed_settings(settings),
        **arguments,
    )
    if as_json:
        print_json([vars(finding) for finding in found])
    for finding in found if not as_json else ():
        click.echo(f"{finding.severity}: {finding.subject}: {finding.text}")
    if not found and not as_json:
        click.echo("Nothing speaks against this job.")
    if any(finding.severity == "error" for finding in found):
        sys.exit(1)


def parsed_settings(settings: tuple[str, ...]) -> dict[str, object]:
    """Hyperparameters from ``NAME=VALUE`` words.

    Raises:
        UserError: A word has no ``=``.
    """
    found: dict[str, object] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise UserError(f"--set takes NAME=VALUE, for example epochs=5, not {setting!r}.")
        found[name.strip()] = value.strip()
    return found
