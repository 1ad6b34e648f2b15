"""The policy that ``publish --print-policy`` prints: enough, and none of it too much."""

from pathlib import Path
from typing import Any

import pytest

from ic_tf_sdk.content.digest import file_digest
from ic_tf_sdk.content.publish import policy, publish
from ic_tf_sdk.content.store import Store
from ic_tf_sdk.errors import StorageError
from tests.aws import REGION
from tests.content.fault_proxy import faults
from tests.iam import BUCKET

PART = 5 << 20


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


@pytest.mark.slow
@pytest.mark.merge
def test_every_action_of_it_is_needed(
    publisher: Any, iam_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "artifact"
    file.write_bytes(bytes(range(256)) * 4096 * 11)
    publisher(policy(BUCKET, REGION))
    everything(iam_server, file, monkeypatch)
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
            everything(iam_server, fresh, monkeypatch)
