"""``ic-tf deploy``: an endpoint on SageMaker of a trained model; its requests first."""

from typing import Any

import click

from ic_tf_sdk.cli import next_steps
from ic_tf_sdk.cli.options import examples, json_option, region_option
from ic_tf_sdk.cli.output import print_json, say, tell
from ic_tf_sdk.launch.job_names import job_name
from ic_tf_sdk.launch.sagemaker.deployment import Deployment, deployment
from ic_tf_sdk.launch.sagemaker.endpoints import Serverless

__all__ = ["deploy"]

_MODEL = (
    "deploy s3://my-bucket/output/flowers-1/output/model.tar.gz "
    "--role arn:aws:iam::123456789012:role/serving"
)


@click.command(epilog=examples(_MODEL, f"{_MODEL} --serverless --run"))
@click.argument("model_data")
@click.option("--role", required=True, help="ARN of the execution role.")
@click.option("--name", help="Of the endpoint. Default: one that is new.")
@region_option()
@click.option("--instance-type", help="What it runs on. Default: ml.m5.xlarge.")
@click.option("--instance-count", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--serverless", is_flag=True, help="Without machines of its own, paid by request.")
@click.option(
    "--memory",
    type=int,
    default=Serverless.memory_size_in_mb,
    show_default=True,
    help="With --serverless: MB, 1024 to 6144 in steps of 1024.",
)
@click.option("--run", is_flag=True, help="Send the requests. Without it they are printed.")
@json_option("Print the requests, the costs and the delete commands as JSON; with --run the ARN.")
def deploy(
    *,
    model_data: str,
    role: str,
    name: str | None,
    region: str | None,
    instance_type: str | None,
    instance_count: int,
    serverless: bool,
    memory: int,
    run: bool,
    as_json: bool,
) -> None:
    """Make an endpoint on SageMaker of a trained model, or print its requests.

    MODEL_DATA is the S3 URI of a model.tar.gz. Nothing is sent without --run: the requests are
    printed, what the endpoint is paid by, and the commands that delete it.
    """
    made = deployment(
        model_data,
        name=name or job_name("ic-tf-endpoint"),
        role=role,
        region=region,
        instance_type=instance_type,
        instance_count=instance_count,
        serverless=Serverless(memory) if serverless else None,
    )
    arn = made.create() if run else None
    if as_json:
        told: dict[str, Any] = {"name": made.name, "region": made.region, "costs": made.costs}
        told |= {"delete": list(made.delete_commands)}
        print_json({**told, **({"requests": made.requests} if arn is None else {"arn": arn})})
        return
    if arn is None:
        print_json(made.requests)
    else:
        say(arn)
    _tell(made, sent=arn is not None)


def _tell(made: Deployment, *, sent: bool) -> None:
    tell(f"\n{made.costs}")
    tell("It is deleted by:" if sent else "Nothing was sent (--run does). It would be deleted by:")
    for command in made.delete_commands:
        tell(f"  {command}")
    if sent:
        wait = ["ic-tf", "wait", made.name, "--endpoint", "--region", made.region]
        next_steps.show(("wait until it is in service", wait))
