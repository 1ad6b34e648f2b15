"""``ic-tf status``: how a training job or an endpoint on SageMaker is."""

import click

from ic_tf_sdk.cli.options import examples, json_option
from ic_tf_sdk.cli.output import print_json
from ic_tf_sdk.cli.remote_options import facts, remote_options, show
from ic_tf_sdk.launch.sagemaker.remote_work import RemoteWork

__all__ = ["status"]


@click.command(epilog=examples("status flowers-1", "status flowers --endpoint --json"))
@remote_options
@json_option("Print JSON.")
def status(*, name: str, endpoint: bool, region: str | None, as_json: bool) -> None:
    """Show how a training job or an endpoint on SageMaker is.

    NAME is its name or its ARN. The last value of each metric is shown of a job.
    """
    work = RemoteWork(name, endpoint=endpoint, region=region)
    described = work.describe()
    told = facts(described, work.status(described))
    if as_json:
        print_json({"name": work.name, "region": work.region, **told})
    else:
        show(work.name, told)
