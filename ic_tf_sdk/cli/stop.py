"""``ic-tf stop``: stop a training job on SageMaker, or delete an endpoint."""

import click

from ic_tf_sdk.cli.options import examples, json_option
from ic_tf_sdk.cli.output import print_json, say, tell
from ic_tf_sdk.cli.remote_options import remote_options
from ic_tf_sdk.launch.sagemaker.remote_work import RemoteWork

__all__ = ["stop"]


@click.command(epilog=examples("stop flowers-1", "stop flowers --endpoint --region us-west-2"))
@remote_options
@json_option("Print what was stopped as JSON.")
def stop(*, name: str, endpoint: bool, region: str | None, as_json: bool) -> None:
    """Stop a training job on SageMaker, or delete an endpoint.

    NAME is its name or its ARN. A job has two minutes to save what it has learned. Deleting an
    endpoint ends its costs; its configuration and its model stay, which cost nothing.
    """
    work = RemoteWork(name, endpoint=endpoint, region=region)
    work.stop()
    what = "is being deleted" if endpoint else "is stopping"
    if as_json:
        print_json({"name": work.name, "region": work.region, "status": what})
        return
    say(f"The {work.noun} {work.name} {what}.")
    if not endpoint:
        tell(f"\nNext:\n  ic-tf wait {work.name} --region {work.region}\n      wait for its end")
