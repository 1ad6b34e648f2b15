"""Publishing to a bucket on moto's server, and reading it back with the unmodified SDK."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ic_tf_sdk import embedded, model_uris, script_uris, specs
from ic_tf_sdk.cli import main
from ic_tf_sdk.content import script_archive
from ic_tf_sdk.content.digest import content_digest
from ic_tf_sdk.content.publish import Published, publish
from ic_tf_sdk.errors import OutputExistsError, StorageError
from ic_tf_sdk.specs import catalogue
from ic_tf_sdk.specs.source import PUBLISHED, named
from tests.content import buckets
from tests.content.buckets import keys
from tests.content.fault_proxy import faults

MOBILENET = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"


@pytest.fixture
def bucket(aws: str, s3: Any, request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty bucket of the test's own."""
    name = buckets.make(s3, f"{abs(hash(request.node.name)):x}")
    yield name
    buckets.remove(s3, name)


def check_uris(
    bucket: str, s3: Any, wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The published script and model are where this package's URIs point."""
    monkeypatch.setenv("AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE", bucket)
    model_id = embedded.MODEL_IDS[0]
    uris = {
        script_uris.retrieve(model_id=model_id, model_version="*", script_scope="training"): (
            script_archive.build("training", tmp_path / "1", wheel_folder=wheels)
        ),
        script_uris.retrieve(model_id=model_id, model_version="*", script_scope="inference"): (
            script_archive.build("inference", tmp_path / "2")
        ),
        model_uris.retrieve(model_id=model_id, model_version="*", model_scope="training"): (
            embedded.archive_path(model_id)
        ),
    }
    for number, (uri, original) in enumerate(uris.items()):
        copy = tmp_path / f"copy-{number}"
        s3.download_file(bucket, uri.removeprefix(f"s3://{bucket}/"), str(copy))
        assert content_digest(copy) == content_digest(original)


def states(found: list[Published]) -> set[str]:
    return {done.state for done in found}


@pytest.mark.parametrize(
    "every",
    [
        pytest.param(9, marks=[pytest.mark.slow, pytest.mark.merge]),
        pytest.param(1, marks=pytest.mark.slow),
    ],
    ids=["ninth model", "model"],
)
def test_the_unmodified_sdk_reads_the_published_bucket_as_this_package_does(
    every: int, bucket: str, s3: Any, wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SDK v2 in the development environment; ``nox -s sdk_v3`` runs it with v3."""
    planned = publish(bucket=bucket, wheel_folder=wheels, dry_run=True)
    assert states(planned) == {"missing"}
    assert keys(s3, bucket) == set()

    first = publish(bucket=bucket, wheel_folder=wheels)
    assert states(first) == {"uploaded"}
    assert {done.key for done in first} == {done.key for done in planned}
    assert keys(s3, bucket) == {
        *(done.key for done in first),
        "models_manifest.json",
        "proprietary-sdk-manifest.json",
    }
    assert states(publish(bucket=bucket, wheel_folder=wheels)) == {"there"}

    check_uris(bucket, s3, wheels, tmp_path, monkeypatch)
    environment = {**os.environ, "AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE": bucket}
    environment["DISABLE_JUMPSTART_LOGGING"] = "true"
    model_ids = list(dict.fromkeys([*embedded.MODEL_IDS, *specs.model_ids()[::every], MOBILENET]))
    program = [sys.executable, str(Path(__file__).with_name("sdk_differences.py"))]
    done = subprocess.run(
        [*program, *model_ids], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stderr.splitlines()[-1])
    assert result["differences"] == []
    assert result["compared"] == 24 * len(model_ids)


@pytest.mark.slow
def test_a_publication_that_breaks_off_has_no_manifest_and_can_be_resumed(
    bucket: str, aws: str, s3: Any, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rule(method: str, path: str) -> Any:
        return (403, "AccessDenied") if method == "PUT" and "mobilenet-v3" in path else None

    with faults(aws, rule) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(StorageError, match=r"is denied"):
            publish(bucket=bucket, wheel_folder=wheels)
    assert "models_manifest.json" not in keys(s3, bucket)
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws)
    assert states(publish(bucket=bucket, wheel_folder=wheels)) == {"uploaded", "there"}
    assert "models_manifest.json" in keys(s3, bucket)


@pytest.mark.slow
def test_two_publishers_at_once_leave_what_one_would(
    bucket: str, aws: str, s3: Any, wheels: Path
) -> None:
    command = [str(Path(sys.executable).with_name("ic-tf")), "publish", "--bucket", bucket]
    command += ["--wheels", str(wheels), "--json"]
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=300) for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    one, two = (json.loads(output) for output, _ in outputs)
    uploads = sum(row["state"] == "uploaded" for row in one + two)
    assert uploads == len(one) == len(two)
    assert keys(s3, bucket) == {
        *(row["key"] for row in one),
        "models_manifest.json",
        "proprietary-sdk-manifest.json",
    }
    assert s3.list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []


def test_other_bytes_under_a_published_key_stop_it(bucket: str, s3: Any, wheels: Path) -> None:
    record = catalogue.record(embedded.MODEL_IDS[0], "*")
    key = named(PUBLISHED).value(record, "training_script_key")
    s3.put_object(Bucket=bucket, Key=key, Body=b"somebody else's")
    with pytest.raises(OutputExistsError, match=r"never overwritten"):
        publish(bucket=bucket, wheel_folder=wheels)
    assert keys(s3, bucket) == {key}


def test_the_policy_names_the_partition_and_nothing_more() -> None:
    for region, partition in (("us-west-2", "aws"), ("cn-north-1", "aws-cn")):
        result = CliRunner().invoke(
            main, ["publish", "--bucket", "b", "--region", region, "--print-policy"]
        )
        statements = json.loads(result.output)["Statement"]
        resources = {arn for statement in statements for arn in statement["Resource"]}
        assert resources == {f"arn:{partition}:s3:::b", f"arn:{partition}:s3:::b/*"}
        actions = {action for statement in statements for action in statement["Action"]}
        assert not [action for action in actions if "*" in action or "Delete" in action]


@pytest.mark.slow
def test_a_folder_of_models_that_cannot_be_written_is_refused_before_anything_is_uploaded(
    bucket: str, s3: Any, wheels: Path
) -> None:
    words = ["publish", MOBILENET, "--bucket", bucket, "--wheels", str(wheels)]
    result = CliRunner().invoke(main, [*words, "--models", "/proc/self/out"])
    assert result.exit_code == 1
    line, _ = result.stderr.splitlines()
    assert line.startswith("Error: /proc/self/out ")
    assert keys(s3, bucket) == set()


@pytest.mark.slow
def test_a_folder_of_models_in_which_nothing_is_missing_may_be_read_only(
    bucket: str, wheels: Path
) -> None:
    done = publish(bucket=bucket, wheel_folder=wheels, models="/proc/self/out")
    assert states(done) == {"uploaded"}


@pytest.mark.slow
@pytest.mark.merge
def test_the_command_reports_what_it_did(bucket: str, wheels: Path) -> None:
    arguments = ["publish", "--bucket", bucket, "--wheels", str(wheels)]
    result = CliRunner().invoke(main, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    assert {row["state"] for row in json.loads(result.output)} == {"uploaded"}
    again = CliRunner().invoke(main, arguments)
    assert f"AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE={bucket}" in again.output
    assert "there" in again.output
    assert "to train 1 of them, and to deploy 1 without training" in again.output
