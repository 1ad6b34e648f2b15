"""``ic-tf wait``: until a training job on SageMaker has ended, or an endpoint is in service."""

import sys

import click

from ic_tf_sdk.cli.options import examples, json_option
from ic_tf_sdk.cli.output import print_json, say
from ic_tf_sdk.cli.remote_options import facts, remote_options, show, waiting_options
from ic_tf_sdk.launch.sagemaker.remote_work import RemoteWork

__all__ = ["wait"]

_SIX_HOURS = 6 * 3600


@click.command(epilog=examples("wait flowers-1 --timeout 7200", "wait flowers --endpoint --quiet"))
@remote_options
@waiting_options("it", _SIX_HOURS)
@json_option("Print how it then is as JSON.")
def wait(
    *, name: str, endpoint: bool, region: str | None, timeout: int, poll: int, as_json: bool
) -> None:
    """Wait until a training job has ended, or an endpoint is in service.

    NAME is its name or its ARN. The exit code is 0 where the job has completed, or the endpoint is
    in service, else 1: it failed, was stopped, or the time is over.
    """
    work = RemoteWork(name, endpoint=endpoint, region=region)
    described = work.wait(seconds=timeout, between=poll)
    told = facts(described, work.status(described))
    if as_json:
        print_json({"name": work.name, "region": work.region, **told})
    else:
        show(work.name, told)
    if work.is_under_way(described):
        say(f"It is not over after {timeout} s. The same command waits on.", err=True)
    if not work.is_done(described):
        sys.exit(1)
