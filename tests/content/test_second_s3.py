"""Another S3 than moto's: localbucket, which keeps objects as files and drops their metadata."""

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import localbucket
import pytest

from ic_tf_sdk import embedded
from ic_tf_sdk.content.digest import archive_digest, file_digest
from ic_tf_sdk.content.mirror import mirror
from ic_tf_sdk.content.publish import publish
from ic_tf_sdk.content.store import Store
from ic_tf_sdk.errors import OutputExistsError, StorageError
from tests.aws import KEYS, REGION
from tests.content import buckets
from tests.content.fault_proxy import CUT, faults

PART = 5 << 20


@pytest.fixture
def root(aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder whose sub-folders are the buckets; the environment points to its server."""
    folder = tmp_path / "buckets"
    (folder / "mine").mkdir(parents=True)
    handler = type("Handler", (localbucket.S3Handler,), {"data_root": folder})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    yield folder
    server.shutdown()
    server.server_close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "artifact.tar.gz"
    path.write_bytes(bytes(range(256)) * 4096 * 11)  # 11 MiB: three parts
    return path


@pytest.mark.parametrize("part_bytes", [PART, 64 << 20])
def test_a_file_is_uploaded_once_and_recognised_by_its_bytes(
    root: Path, file: Path, part_bytes: int
) -> None:
    store = Store("mine", part_bytes=part_bytes)
    assert store.put(file, "a/b.tar.gz", identify=file_digest) is True
    assert (root / "mine" / "a" / "b.tar.gz").read_bytes() == file.read_bytes()
    assert store.put(file, "a/b.tar.gz", identify=file_digest) is False
    file.write_bytes(b"other")
    with pytest.raises(OutputExistsError, match="never overwritten"):
        store.put(file, "a/b.tar.gz", identify=file_digest)


@pytest.mark.parametrize("part_bytes", [PART, 64 << 20])
def test_a_cut_upload_is_tried_again_and_one_that_never_gets_through_leaves_nothing(
    root: Path, file: Path, part_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: Counter[str] = Counter()

    def rule(method: str, path: str) -> Any:
        seen[method] += 1
        return CUT if method == "PUT" and (seen["PUT"] <= 2 or "/never" in path) else None

    with faults(os.environ["AWS_ENDPOINT_URL"], rule) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        assert Store("mine", part_bytes=part_bytes).put(file, "cut", identify=file_digest)
        with pytest.raises(StorageError):
            Store("mine", part_bytes=part_bytes).put(file, "never", identify=file_digest)
    assert (root / "mine" / "cut").read_bytes() == file.read_bytes()
    assert [path.name for path in (root / "mine").iterdir()] == ["cut"]
    assert not list(root.glob(".localbucket-uploads/*"))


def test_two_publishers_at_once_leave_one_complete_object(root: Path, file: Path) -> None:
    outcomes: list[bool] = []
    start = threading.Barrier(4)

    def one() -> None:
        store = Store("mine", part_bytes=PART)
        start.wait()
        outcomes.append(store.put(file, "race", identify=file_digest))

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False, False, False, True]
    assert (root / "mine" / "race").read_bytes() == file.read_bytes()
    assert not list(root.glob(".localbucket-uploads/*"))


@pytest.mark.slow
def test_mirror_and_publish_fill_it_and_the_unmodified_sdk_reads_it(
    root: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [model_id] = embedded.MODEL_IDS
    found = mirror(model_ids=[model_id], to="s3://mine/mirrored")
    assert [done.problem for done in found] == ["", ""]
    assert {done.state for done in publish(bucket="mine", wheel_folder=wheels)} == {"uploaded"}
    again = {done.state for done in publish(bucket="mine", wheel_folder=wheels, dry_run=True)}
    assert again == {"there"}
    client = boto3.client("s3", region_name=REGION)
    written = buckets.keys(client, "mine")
    assert {"models_manifest.json", "proprietary-sdk-manifest.json"} <= written
    one, two = sorted((root / "mine").rglob(f"infer-{model_id}.tar.gz"))
    assert archive_digest(one) == archive_digest(two)

    monkeypatch.setenv("AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE", "mine")
    monkeypatch.setenv("DISABLE_JUMPSTART_LOGGING", "true")
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    program = [sys.executable, str(Path(__file__).with_name("sdk_differences.py")), model_id]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stderr.splitlines()[-1])
    assert result == {"compared": 24, "differences": []}
