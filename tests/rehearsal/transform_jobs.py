"""Transform jobs as SageMaker runs them: every object below a prefix is sent to the model."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from tests.rehearsal.background import Background

Invoke = Callable[[bytes, str, str | None], tuple[int, bytes, str]]
# From a CreateModel request and a CreateTransformJob request: why it failed, or nothing.
Transform = Callable[[dict[str, Any], dict[str, Any]], str]


class TransformJobs:
    """The transform jobs of one account.

    Args:
        background: Where they run.
        transform: Runs a request with a model; None records only, and a job is complete at once.
        arn: From a kind and a name to the ARN.
    """

    def __init__(
        self, background: Background, transform: Transform | None, arn: Callable[[str, str], str]
    ) -> None:
        self._background = background
        self._transform = transform
        self._arn = arn
        self._made: dict[str, dict[str, Any]] = {}
        self._failures: dict[str, str] = {}

    def create(self, given: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
        """Begin with a transform job.

        Args:
            given: The parameters of CreateTransformJob.
            model: The parameters of CreateModel of its model.
        """
        name = given["TransformJobName"]
        self._made[name] = {**given, "CreationTime": time.time()}
        self._background.start(name, lambda: self._run(given, model))
        return {"TransformJobArn": self._arn("transform-job", name)}

    def _run(self, given: dict[str, Any], model: dict[str, Any]) -> None:
        if self._transform is not None:
            self._failures[given["TransformJobName"]] = "The rehearsal broke."
            self._failures[given["TransformJobName"]] = self._transform(model, given)

    def describe(self, given: dict[str, Any]) -> dict[str, Any]:
        """The answer to DescribeTransformJob."""
        name = given["TransformJobName"]
        done = self._background.is_done(name)
        failure = self._failures.get(name, "") if done else ""
        status = "Failed" if failure else "Completed"
        return {
            **self._made[name],
            "TransformJobArn": self._arn("transform-job", name),
            "TransformJobStatus": status if done else "InProgress",
            **({"FailureReason": failure} if failure else {}),
        }


def run(request: dict[str, Any], invoke: Invoke, s3: Any) -> str:
    """Send every object below the prefix to the model and put each answer beside its name.

    Returns:
        Why the job failed, as SageMaker says it, or nothing.
    """
    given, wanted = request["TransformInput"], request["TransformOutput"]
    source = given["DataSource"]["S3DataSource"]
    assert source["S3DataType"] == "S3Prefix"
    assert request["BatchStrategy"] == "SingleRecord"
    bucket, prefix = _place(source["S3Uri"])
    target, below = _place(wanted["S3OutputPath"].rstrip("/") + "/")
    limit = request["MaxPayloadInMB"] << 20
    for key in _keys(s3, bucket, prefix):
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        if len(body) > limit:
            return f"{key}: the payload limit of {limit} bytes is exceeded."
        status, answer, _ = invoke(body, given["ContentType"], wanted.get("Accept"))
        if status != 200:
            return f"{key}: the model answered {status}: {answer.decode(errors='replace')}"
        name = key[prefix.rfind("/") + 1 :]
        s3.put_object(Bucket=target, Key=f"{below}{name}.out", Body=answer)
    return ""


def _place(uri: str) -> tuple[str, str]:
    parts = urlsplit(uri)
    return parts.netloc, parts.path.lstrip("/")


def _keys(s3: Any, bucket: str, prefix: str) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]
