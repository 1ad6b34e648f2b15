"""``ic-tf check``: everything that can be known of a SageMaker job before it costs."""

import sys
from typing import Any

import click

from ic_tf_sdk.cli import completion
from ic_tf_sdk.cli.job_options import job_options
from ic_tf_sdk.cli.options import examples, json_option
from ic_tf_sdk.cli.output import print_json, say

__all__ = ["check"]

_JOB = (
    "check tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4 "
    "--role arn:aws:iam::123456789012:role/training --training s3://my-bucket/flowers/"
)


@click.command(epilog=examples(_JOB, f"{_JOB} --bucket my-bucket --set epochs=5 --json"))
@click.argument("model_id", shell_complete=completion.model_ids)
@job_options
@json_option("Print the findings as JSON.")
def check(
    *,
    model_id: str,
    role: str,
    channels: dict[str, str],
    options: dict[str, Any],
    as_json: bool,
) -> None:
    """Check a SageMaker job before it costs anything.

    Looks at a training job of MODEL_ID: its role, data, hyperparameters, images and instance type.
    All findings come at once; the exit code is 1 where the job would fail. --training, --validation
    and --test may also be folders on this machine, before they are uploaded.
    """
    from ic_tf_sdk.launch.sagemaker.preflight import preflight

    findings = preflight(model_id, role=role, channels=channels, **options)
    if as_json:
        print_json([vars(finding) for finding in findings])
    for finding in findings if not as_json else ():
        say(f"{finding.severity}: {finding.subject}: {finding.text}")
    if not findings and not as_json:
        say("Nothing speaks against this job.")
    if any(finding.severity == "error" for finding in findings):
        sys.exit(1)
