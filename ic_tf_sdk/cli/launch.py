"""``ic-tf launch``: start a training job on SageMaker, with boto3 alone."""

from typing import Any

import click

from ic_tf_sdk import s3
from ic_tf_sdk.cli import completion, next_steps
from ic_tf_sdk.cli.job_options import job_options
from ic_tf_sdk.cli.options import examples, json_option
from ic_tf_sdk.cli.output import print_json, say

__all__ = ["launch"]

_JOB = (
    "launch tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4 "
    "--role arn:aws:iam::123456789012:role/training --training s3://my-bucket/flowers/ "
    "--output s3://my-bucket/output"
)


@click.command(epilog=examples(f"{_JOB} --dry-run", f"{_JOB} --bucket my-bucket --publish --spot"))
@click.argument("model_id", shell_complete=completion.model_ids)
@job_options
@click.option("--output", "output_path", required=True, help="S3 URI below which results go.")
@click.option(
    "--publish", is_flag=True, help="Put what is missing into the bucket first; else it is refused."
)
@click.option("--dry-run", is_flag=True, help="Print the request as JSON; send nothing.")
@json_option("Print the job's name and ARN as JSON.")
def launch(
    *,
    model_id: str,
    role: str,
    channels: dict[str, str],
    options: dict[str, Any],
    output_path: str,
    publish: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Start a training job on SageMaker, or print its request.

    It trains MODEL_ID; `ic-tf check` looks at the job before. The AWS CLI takes the request that
    --dry-run prints: `aws sagemaker create-training-job --cli-input-json file://request.json`.
    """
    from ic_tf_sdk.launch.job_names import job_name
    from ic_tf_sdk.launch.sagemaker import published_content
    from ic_tf_sdk.launch.sagemaker.training import checked_options, training_job

    # All at once, before the model and its content are looked up.
    checked_options(channels, role=role, output_path=output_path, **options)
    job = training_job(model_id, role=role, output_path=output_path, **options)
    request = job.create_training_job(job_name=job_name(job.base_job_name), channels=channels)
    if dry_run:
        print_json(request)
        return
    published_content.ensure(job, publish=publish)
    arn = _send(request, job.region)
    if as_json:
        print_json({"training_job_name": request["TrainingJobName"], "training_job_arn": arn})
        return
    say(arn)
    _show_next(request["TrainingJobName"], job.region, output_path)


def _show_next(name: str, region: str, output_path: str) -> None:
    job = [name, "--region", region]
    model = f"{output_path.rstrip('/')}/{name}/output/model.tar.gz"
    next_steps.show(
        ("its lines as they come", ["ic-tf", "logs", *job, "--follow"]),
        ("wait for its end", ["ic-tf", "wait", *job]),
        ("how it is", ["ic-tf", "status", *job]),
        ("classify pictures here, when it has ended", ["ic-tf", "predict", model, "PHOTO.jpg"]),
    )


def _send(request: dict[str, Any], region: str) -> str:
    """Send the request; the ARN of the job."""
    client = s3.service("sagemaker", region)
    with s3.sentences("SageMaker did not take the job"):
        answer = client.create_training_job(**request)
    arn: str = answer["TrainingJobArn"]
    return arn
