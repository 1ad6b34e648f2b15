"""``ic-tf logs``: the lines of a training job or an endpoint on SageMaker."""

from collections import deque
from collections.abc import Iterable, Iterator

import click

from ic_tf_sdk.cli.options import examples, json_option
from ic_tf_sdk.cli.output import print_json, say, tell
from ic_tf_sdk.cli.remote_options import remote_options, waiting_options
from ic_tf_sdk.contract.plain_text import visible
from ic_tf_sdk.launch.sagemaker.remote_log import LogLine, RemoteLog, is_metric
from ic_tf_sdk.launch.sagemaker.remote_work import RemoteWork

__all__ = ["logs"]


@click.command(epilog=examples("logs flowers-1 --metrics", "logs flowers-1 --follow --timeout 600"))
@remote_options
@click.option("--metrics", is_flag=True, help="The lines of metrics alone.")
@click.option("--tail", type=click.IntRange(min=1), help="The last lines alone, so many.")
@click.option("--follow", is_flag=True, help="Print lines as they come, until the job has ended.")
@waiting_options("its end with --follow", 3600)
@json_option("Print a list of host, time and text as JSON.")
def logs(
    *,
    name: str,
    endpoint: bool,
    region: str | None,
    metrics: bool,
    tail: int | None,
    follow: bool,
    timeout: int,
    poll: int,
    as_json: bool,
) -> None:
    """Print the lines of a training job or an endpoint on SageMaker.

    NAME is its name or its ARN. Of several hosts each line begins with its host.
    """
    work = RemoteWork(name, endpoint=endpoint, region=region)
    described = work.describe()
    log = RemoteLog(work, endpoint=endpoint)
    found: Iterable[LogLine] = log.new()
    if follow:
        found = log.follow(
            lambda: not work.is_under_way(work.describe()) and not endpoint,
            seconds=timeout,
            between=poll,
        )
    lines: Iterator[LogLine] = (line for line in found if not metrics or is_metric(line.text))
    if tail is not None:
        lines = iter(deque(lines, tail))
    several = endpoint or described.get("ResourceConfig", {}).get("InstanceCount", 1) > 1
    if as_json:
        print_json([{**one._asdict(), "time": one.time.isoformat()} for one in lines])
        return
    printed = 0
    for one in lines:
        printed += 1
        say(f"{one.host}: {visible(one.text)}" if several else visible(one.text))
    if not printed:
        tell(f"CloudWatch has no {'metrics' if metrics else 'line'} of {work.name} (yet).")
