"""The policy that ``publish --print-policy`` prints: enough, and none of it too much."""

import json
import re
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from ic_tf_sdk.content.digest import file_digest
from ic_tf_sdk.content.publish import policy, publish
from ic_tf_sdk.content.store import Store
from ic_tf_sdk.errors import StorageError
from tests.aws import REGION
from tests.content import buckets
from tests.content.fault_proxy import faults

PART = 5 << 20
BUCKET = "test-policy"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
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
def publisher(aws: str, server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A function that gives a user this policy and no other right; the environment is that user."""
    _enforce(server, enforced=False)
    admin = {"region_name": REGION, "endpoint_url": server}
    iam, s3 = boto3.client("iam", **admin), boto3.client("s3", **admin)
    buckets.make(s3, BUCKET.removeprefix("test-"))
    iam.create_user(UserName="publisher")
    key = iam.create_access_key(UserName="publisher")["AccessKey"]
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)

    def allow(document: dict[str, Any]) -> None:
        _enforce(server, enforced=False)
        iam.put_user_policy(
            UserName="publisher", PolicyName="publish", PolicyDocument=json.dumps(document)
        )
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
        # It keeps the keys that it saw first.
        monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
        _enforce(server, enforced=True)

    yield allow
    _enforce(server, enforced=False)
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


@pytest.mark.slow
def test_the_policy_suffices_to_publish_twice(publisher: Any, wheels: Path) -> None:
    publisher(policy(BUCKET, REGION))
    assert {done.state for done in publish(bucket=BUCKET, wheel_folder=wheels)} == {"uploaded"}
    # Only comparing, with the right to write gone.
    statements = policy(BUCKET, REGION)["Statement"]
    statements[1]["Action"] = ["s3:GetObject"]
    publisher({"Version": "2012-10-17", "Statement": statements})
    again = publish(bucket=BUCKET, wheel_folder=wheels, dry_run=True)
    assert {done.state for done in again} == {"there"}


def everything(server: str, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Look, write whole, write in parts, replace, and give an upload up in the middle.

    All of it under keys of the file's name.
    """
    store = Store(BUCKET, part_bytes=PART)
    store.put(file, f"{file.name}/parts", identify=file_digest)
    Store(BUCKET).put(file, f"{file.name}/whole", identify=file_digest)
    store.replace("manifest", b"[]")

    def rule(method: str, path: str) -> Any:
        return (503, "SlowDown") if "partNumber=3" in path else None

    with faults(server, rule) as url, monkeypatch.context() as patched:
        patched.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(StorageError, match="SlowDown"):
            Store(BUCKET, part_bytes=PART).put(file, f"{file.name}/given-up", identify=file_digest)


def test_every_action_of_it_is_needed(
    publisher: Any, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "artifact"
    file.write_bytes(bytes(range(256)) * 4096 * 11)
    publisher(policy(BUCKET, REGION))
    everything(server, file, monkeypatch)
    actions = [
        (number, action)
        for number, statement in enumerate(policy(BUCKET, REGION)["Statement"])
        for action in statement["Action"]
    ]
    assert len(actions) == 4
    for number, action in actions:
        less = policy(BUCKET, REGION)
        less["Statement"][number]["Action"].remove(action)
        less["Statement"] = [part for part in less["Statement"] if part["Action"]]
        publisher(less)
        fresh = tmp_path / action.partition(":")[2]
        fresh.write_bytes(file.read_bytes() + action.encode())
        with pytest.raises((StorageError, AssertionError), match=r"denied|DENIED"):
            everything(server, fresh, monkeypatch)
