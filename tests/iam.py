"""A user with a policy and no other right, on a moto that checks signatures and policies."""

import json
import re
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from tests.aws import REGION
from tests.content import buckets

BUCKET = "test-policy"


@pytest.fixture(scope="session")
def iam_server() -> Iterator[str]:
    """A moto of its own that can check signatures and policies; the other tests' does not."""
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        if found:
            break
    else:
        raise AssertionError("moto did not start")
    # It writes a line for each request, and would wait for a reader.
    reader = threading.Thread(target=process.stderr.read, daemon=True)
    reader.start()
    yield found[0]
    process.terminate()
    process.wait(30)
    reader.join(30)
    process.stderr.close()


@pytest.fixture
def publisher(aws: str, iam_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A function that gives a user this policy and no other right; the environment is that user."""
    _enforce(iam_server, enforced=False)
    admin = {"region_name": REGION, "endpoint_url": iam_server}
    iam, s3 = boto3.client("iam", **admin), boto3.client("s3", **admin)
    buckets.make(s3, BUCKET.removeprefix("test-"))
    iam.create_user(UserName="publisher")
    key = iam.create_access_key(UserName="publisher")["AccessKey"]
    monkeypatch.setenv("AWS_ENDPOINT_URL", iam_server)

    def allow(document: dict[str, Any]) -> None:
        _enforce(iam_server, enforced=False)
        iam.put_user_policy(
            UserName="publisher", PolicyName="publish", PolicyDocument=json.dumps(document)
        )
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
        # It keeps the keys that it saw first.
        monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
        _enforce(iam_server, enforced=True)

    yield allow
    _enforce(iam_server, enforced=False)
    iam.delete_user_policy(UserName="publisher", PolicyName="publish")
    iam.delete_access_key(UserName="publisher", AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName="publisher")
    buckets.remove(s3, BUCKET)


def _enforce(server: str, *, enforced: bool) -> None:
    count = b"0" if enforced else b"inf"
    plain = {"Content-Type": "text/plain"}
    request = urllib.request.Request(f"{server}/moto-api/reset-auth", data=count, headers=plain)
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200
