"""The lines of a training job or an endpoint, as CloudWatch has them."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any, NamedTuple

from ic_tf_sdk import s3
from ic_tf_sdk.contract.metric_lines import METRIC_DEFINITIONS
from ic_tf_sdk.launch.sagemaker.remote_work import RemoteWork

__all__ = ["LogLine", "RemoteLog", "is_metric"]

_METRICS = re.compile("|".join(f"(?:{one['Regex']})" for one in METRIC_DEFINITIONS))
# At most 2 KB each; CloudWatch gives a megabyte or ten thousand lines at a time.
_PAGE = 10_000


class LogLine(NamedTuple):
    """One line.

    Attributes:
        host: The machine that wrote it: ``algo-1``.
        time: When, in UTC.
        text: The line.
    """

    host: str
    time: datetime
    text: str


def is_metric(text: str) -> bool:
    """Whether SageMaker reads a metric off a line.

    Args:
        text: The line.

    Example:
        >>> is_metric("Epoch 1/5 - 3.2s - loss: 0.5"), is_metric("Classes: ant, bee")
        (True, False)
    """
    return _METRICS.search(text) is not None


class RemoteLog:
    """The log of one job or endpoint; each line is read once.

    Args:
        work: The job or the endpoint.
        endpoint: Whether it is an endpoint, whose log group is its own.
    """

    def __init__(self, work: RemoteWork, *, endpoint: bool = False) -> None:
        self._client = s3.service("logs", work.region)
        self._group = work.log_group
        self._prefix = "" if endpoint else f"{work.name}/"
        self._subject = f"CloudWatch has no answer on the log of {work.name!r}"
        # Stream -> the token of what follows.
        self._tokens: dict[str, str] = {}

    def new(self) -> Iterator[LogLine]:
        """The lines that were not read yet, host by host, in their order.

        Raises:
            StorageError: AWS refuses, or is not there.
        """
        for stream in self._streams():
            yield from self._of(stream)

    def follow(
        self, is_over: Callable[[], bool], *, seconds: float, between: float
    ) -> Iterator[LogLine]:
        """The lines until the work is over, as they come.

        Args:
            is_over: Asked after each look whether no line will follow.
            seconds: How long to look at most.
            between: Seconds between two looks.
        """
        end = time.monotonic() + seconds
        while True:
            # Asked before the lines are read: those that came until then are then all.
            over = is_over()
            yield from self.new()
            left = end - time.monotonic()
            if over or left <= 0:
                return
            time.sleep(min(between, left))

    def _streams(self) -> list[str]:
        given: dict[str, Any] = {"logGroupName": self._group}
        if self._prefix:
            given["logStreamNamePrefix"] = self._prefix
        with s3.sentences(self._subject):
            try:
                pages = self._client.get_paginator("describe_log_streams").paginate(**given)
                return [one["logStreamName"] for page in pages for one in page["logStreams"]]
            except Exception as error:
                # Nothing has been logged yet.
                if s3.refusal_code(error) == "ResourceNotFoundException":
                    return []
                raise

    def _of(self, stream: str) -> Iterator[LogLine]:
        host = _host(stream)
        while True:
            given: dict[str, Any] = {
                "logGroupName": self._group,
                "logStreamName": stream,
                "startFromHead": True,
                "limit": _PAGE,
            }
            if stream in self._tokens:
                given["nextToken"] = self._tokens[stream]
            with s3.sentences(self._subject):
                page = self._client.get_log_events(**given)
            for event in page["events"]:
                when = datetime.fromtimestamp(event["timestamp"] / 1000, timezone.utc)
                yield LogLine(host, when, event["message"].rstrip("\r\n"))
            # The same token again says that nothing follows yet; a page may be empty before that.
            before, self._tokens[stream] = self._tokens.get(stream), page["nextForwardToken"]
            if before == page["nextForwardToken"]:
                return


def _host(stream: str) -> str:
    """``algo-1`` of ``flowers-1/algo-1-1700000000``; the variant of an endpoint's stream."""
    last = stream.rpartition("/")[2] if "algo-" in stream else stream.partition("/")[0]
    found = re.match(r"algo-\d+", last)
    return found[0] if found else last
