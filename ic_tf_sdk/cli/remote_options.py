"""What the commands of a job or an endpoint on SageMaker have in common."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import click

from ic_tf_sdk.cli.options import region_option
from ic_tf_sdk.cli.output import print_table, say

__all__ = ["facts", "remote_options", "show", "waiting_options"]

_Command = Callable[..., Any]


def remote_options(command: _Command) -> _Command:
    """``NAME``, ``--endpoint`` and ``--region``."""
    command = region_option()(command)
    command = click.option(
        "--endpoint", is_flag=True, help="NAME is an endpoint's, not a training job's."
    )(command)
    return click.argument("name")(command)


def waiting_options(what: str, seconds: int) -> Callable[[_Command], _Command]:
    """``--timeout`` and ``--poll``, both in seconds.

    Args:
        what: What is waited for.
        seconds: Default of ``--timeout``.
    """

    def decorate(command: _Command) -> _Command:
        command = click.option(
            "--poll",
            type=click.IntRange(min=1),
            default=30,
            show_default=True,
            help="Seconds between two looks.",
        )(command)
        return click.option(
            "--timeout",
            type=click.IntRange(min=1),
            default=seconds,
            show_default=True,
            help=f"Seconds to wait for {what} at most.",
        )(command)

    return decorate


def facts(described: Mapping[str, Any], status: str) -> dict[str, Any]:
    """What a person asks of a job or an endpoint, of what SageMaker says of it.

    Args:
        described: From ``RemoteWork.describe``.
        status: Its state.
    """
    told: dict[str, Any] = {"status": status}
    names = {
        "SecondaryStatus": "now",
        "FailureReason": "why it failed",
        "CreationTime": "created",
        "TrainingStartTime": "training since",
        "TrainingEndTime": "training ended",
        "TrainingTimeInSeconds": "training seconds",
        "BillableTimeInSeconds": "billed seconds",
        "LastModifiedTime": "changed",
        "EndpointConfigName": "configuration",
    }
    for key, name in names.items():
        value = described.get(key)
        if value not in (None, ""):
            told[name] = value.isoformat() if isinstance(value, datetime) else value
    resources = described.get("ResourceConfig", {})
    if "InstanceType" in resources:
        told["machines"] = f"{resources.get('InstanceCount', 1)} {resources['InstanceType']}"
    model = described.get("ModelArtifacts", {}).get("S3ModelArtifacts")
    if model:
        told["model"] = model
    for metric in described.get("FinalMetricDataList", ()):
        told[metric["MetricName"]] = metric["Value"]
    return told


def show(name: str, told: Mapping[str, Any]) -> None:
    """Print the facts as a table.

    Args:
        name: Of the job or the endpoint.
        told: From ``facts``.
    """
    rows = [(key, value) for key, value in told.items() if key != "why it failed"]
    print_table((name, ""), rows)
    if "why it failed" in told:
        say(f"Why it failed: {told['why it failed']}")
