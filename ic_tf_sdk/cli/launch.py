"""``ic-tf launch``: start a training job on SageMaker, with boto3 alone."""

from typing import Any

import click

from ic_tf_sdk import s3
from ic_tf_sdk.cli.check import parsed_settings
from ic_tf_sdk.cli.output import print_json

__all__ = ["launch"]


@click.command()
@click.argument("model_id")
@click.option("--role", required=True, help="ARN of the execution role.")
@click.option("--training", required=True, help="S3 URI of the training images; ends in /.")
@click.option("--validation", help="Likewise.")
@click.option("--test", help="Likewise.")
@click.option("--output", "output_path", required=True, help="S3 URI below which results go.")
@click.option("--bucket", help="The bucket that `ic-tf publish` filled.")
@click.option("--region", help="AWS region. Default: the environment's.")
@click.option("--instance-type", help="Default: the model's.")
@click.option("--instance-count", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--model-uri", help="S3 URI of an earlier model.tar.gz, to train it further.")
@click.option("--spot", is_flag=True, help="Train on spare capacity, with checkpoints.")
@click.option("--set", "-s", "settings", multiple=True, metavar="NAME=VALUE", help="As in fit.")
@click.option(
    "--publish", is_flag=True, help="Put what is missing into the bucket first; else it is refused."
)
@click.option("--dry-run", is_flag=True, help="Print the request as JSON; send nothing.")
def launch(
    model_id: str,
    training: str,
    validation: str | None,
    test: str | None,
    settings: tuple[str, ...],
    publish: bool,
    dry_run: bool,
    **arguments: Any,
) -> None:
    """Start a SageMaker training job of MODEL_ID; `ic-tf check` looks at it before.

    The AWS CLI takes the request that --dry-run prints:
    `aws sagemaker create-training-job --cli-input-json file://request.json`.
    """
    from ic_tf_sdk.launch.job_names import job_name
    from ic_tf_sdk.launch.sagemaker import published_content
    from ic_tf_sdk.launch.sagemaker.training import training_job

    job = training_job(model_id, hyperparameters=parsed_settings(settings), **arguments)
    channels = {"training": training, "validation": validation, "test": test}
    request = job.create_training_job(
        job_name=job_name(job.base_job_name),
        channels={name: uri for name, uri in channels.items() if uri is not None},
    )
    if dry_run:
        print_json(request)
        return
    published_content.ensure(job, publish=publish)
    click.echo(_send(request, job.region))


def _send(request: dict[str, Any], region: str) -> str:
    client = s3.service("sagemaker", region)
    with s3.sentences("SageMaker did not take the job"):
        answer = client.create_training_job(**request)
    arn: str = answer["TrainingJobArn"]
    return arn
