"""Publishing to a private hub: what is there stays, what is ours is renewed, the rest untouched.

That the SDK's own classes read it is in ``tests/launch/sagemaker/test_jumpstart_classes.py``.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from ic_tf_sdk import specs
from ic_tf_sdk.cli import main
from ic_tf_sdk.content import private_hub
from ic_tf_sdk.content.private_hub import publish_hub
from ic_tf_sdk.errors import OutputExistsError, StorageError, UserError
from ic_tf_sdk.specs.hub_document import hub_document
from ic_tf_sdk.specs.source import named
from tests.aws import BUCKET
from tests.rehearsal.control_plane import ControlPlane, running
from tests.rehearsal.hubs import RefusedError

MODEL_ID = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
HUB = "our-models"
KEY = (HUB, "Model", MODEL_ID, specs.get(MODEL_ID).version)


@pytest.fixture
def plane(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[ControlPlane]:
    monkeypatch.setattr(private_hub, "_PAUSE_SECONDS", 0.0)
    with running() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER", server.url)
        yield server


def states(**options: Any) -> set[str]:
    return {done.state for done in publish_hub(HUB, bucket=BUCKET, **options)}


def test_every_model_is_imported_once_and_the_hub_made_where_there_is_none(
    plane: ControlPlane,
) -> None:
    assert states(dry_run=True) == {"missing"}
    assert {operation for operation, _ in plane.requests} == {"DescribeHubContent"}
    first = publish_hub(HUB, bucket=BUCKET)
    assert {done.state for done in first} == {"uploaded"}
    assert len(first) == len(specs.model_ids())
    assert {key[2] for key in plane.hubs.contents} == set(specs.model_ids())
    [hub] = plane.sent("CreateHub")
    assert hub["S3StorageConfig"] == {"S3OutputPath": f"s3://{BUCKET}/hubs/{HUB}"}
    # Nothing is said to be there before it can be used.
    available = {content["HubContentStatus"] for content in plane.hubs.contents.values()}
    assert available == {"Available"}
    plane.requests.clear()
    assert states() == states(dry_run=True) == {"there"}
    assert {operation for operation, _ in plane.requests} == {"DescribeHub", "DescribeHubContent"}


def test_what_an_earlier_version_imported_is_replaced_and_what_others_put_there_is_not(
    plane: ControlPlane,
) -> None:
    publish_hub(HUB, bucket=BUCKET)
    content = plane.hubs.contents[KEY]
    new, old = content["HubContentDocument"], json.dumps({"Url": "old"})
    content["HubContentDocument"] = old
    assert states(dry_run=True) == {"there", "differs"}
    assert states() == {"there", "uploaded"}
    assert plane.hubs.contents[KEY]["HubContentDocument"] == new
    theirs = {"HubContentDocument": old, "HubContentSearchKeywords": []}
    plane.hubs.contents[KEY].update(theirs)
    with pytest.raises(OutputExistsError, match=f"another {MODEL_ID}.*did not put there"):
        publish_hub(HUB, bucket=BUCKET)
    assert plane.hubs.contents[KEY]["HubContentDocument"] == old


def test_a_failed_import_is_told_with_its_reason_and_tried_again(
    plane: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_hub(HUB, bucket=BUCKET)
    failed = {"HubContentStatus": "ImportFailed", "FailureReason": "no such object"}
    del plane.hubs.contents[KEY]
    original = plane.hubs._import

    def broken(given: dict[str, Any]) -> dict[str, Any]:
        answer = original(given)
        plane.hubs.contents[KEY].update(failed)
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(plane.hubs, "_import", broken)
        with pytest.raises(StorageError, match=f"{MODEL_ID} is not usable.*no such object"):
            publish_hub(HUB, bucket=BUCKET)
    plane.hubs.contents[KEY].update(failed)
    assert states() == {"there", "uploaded"}


@pytest.mark.parametrize("name", ["", "-hub", "our hub", "hub_1", "h" * 64])
def test_a_name_that_no_hub_can_have_is_refused_before_anything(
    plane: ControlPlane, name: str
) -> None:
    with pytest.raises(UserError, match="No hub can be called"):
        publish_hub(name, bucket=BUCKET)
    with pytest.raises(UserError, match="images are not in region 'mars-1'"):
        publish_hub(HUB, bucket=BUCKET, region="mars-1")
    assert plane.requests == []


def test_a_refusal_is_a_sentence_with_what_the_role_needs(
    plane: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: Any) -> dict[str, Any]:
        raise RefusedError("AccessDeniedException", "User is not authorized")

    monkeypatch.setattr(plane.hubs, "answer", denied)
    with pytest.raises(StorageError, match="role needs sagemaker:CreateHub"):
        publish_hub(HUB, bucket=BUCKET)


def test_the_document_is_the_exported_spec_for_one_bucket_and_region() -> None:
    record = specs.get(MODEL_ID)
    document = hub_document(record, named("published"), bucket="b", region="eu-west-1")
    assert document["TrainingScriptUri"].startswith("s3://b/ic-tf-sdk/v")
    assert document["TrainingArtifactUri"].endswith(f"/train-{MODEL_ID}.tar.gz")
    assert document["HostingArtifactUri"].endswith(f"/infer-{MODEL_ID}.tar.gz")
    families = document["TrainingInstanceTypeVariants"]["Variants"]
    assert "-gpu-" in families["g5"]["Properties"]["ImageUri"]
    assert ".eu-west-1." in families["m5"]["Properties"]["ImageUri"]
    china = hub_document(record, named("published"), bucket="b", region="cn-north-1")
    assert ".amazonaws.com.cn/" in china["HostingEcrUri"]


@pytest.mark.slow
@pytest.mark.merge
def test_the_command_publishes_to_bucket_and_hub_or_shows_what_it_would_do(
    plane: ControlPlane, s3: Any, wheels: Any
) -> None:
    words = ["publish", "--bucket", BUCKET, "--hub", HUB, "--wheels", str(wheels)]
    dry = CliRunner().invoke(main, [*words, "--dry-run"])
    assert dry.exit_code == 0, dry.output
    count = len(specs.model_ids())
    assert f"{count} models of hub {HUB}" in dry.output
    assert plane.sent("CreateHub") == plane.sent("ImportHubContent") == []
    policy = CliRunner().invoke(main, [*words, "--print-policy"])
    statement = json.loads(policy.output)["Statement"][-1]
    assert "sagemaker:ImportHubContent" in statement["Action"]
    assert statement["Resource"] == [
        f"arn:aws:sagemaker:us-west-2:*:hub/{HUB}",
        f"arn:aws:sagemaker:us-west-2:*:hub-content/{HUB}/*",
    ]


def new_bucket(s3: Any, name: str) -> str:
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    return name


def test_a_hub_that_cannot_be_is_refused_before_the_bucket_is_filled(
    plane: ControlPlane, s3: Any, wheels: Any
) -> None:
    bucket = new_bucket(s3, "bucket-without-hub")
    words = ["publish", "--bucket", bucket, "--hub", "our hub", "--wheels", str(wheels)]
    refused = CliRunner().invoke(main, words)
    assert refused.exit_code == 1
    assert "No hub can be called 'our hub'" in refused.output
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def typed(*words: object) -> "subprocess.CompletedProcess[str]":
    """``ic-tf`` with these words as a new user types them: in a process of its own."""
    command = [sys.executable, "-m", "ic_tf_sdk.cli", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=True)


@pytest.mark.slow
def test_what_is_typed_fills_bucket_and_hub_and_says_how_to_go_on(
    plane: ControlPlane, s3: Any, wheels: Any
) -> None:
    bucket, count = new_bucket(s3, "typed-bucket"), len(specs.model_ids())
    words = ["publish", "--bucket", bucket, "--hub", HUB, "--wheels", wheels]
    first = typed(*words)
    assert first.stderr == f"Importing {count} models of hub {HUB}, which takes minutes.\n"
    assert len(plane.sent("ImportHubContent")) == len(plane.hubs.contents) == count
    for content in plane.hubs.contents.values():
        document = json.loads(content["HubContentDocument"])
        script = document["TrainingScriptUri"].removeprefix(f"s3://{bucket}/")
        assert s3.head_object(Bucket=bucket, Key=script)["ContentLength"] > 1 << 20
    for said in (
        f"{count} models of hub {HUB}",
        f"The manifest lists {count} models. This bucket has the archives to train 1 of them",
        f"export AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE={bucket}",
        "JumpStartEstimator(model_id=..., hub_name=...) of SDK v2",
        f"hub_name='{HUB}'",
    ):
        assert said in first.stdout
    states = [line.split()[-1] for line in first.stdout.splitlines() if HUB in line][:1]
    assert states == ["uploaded"]
    # Once more: nothing is imported again, and the same is said.
    plane.requests.clear()
    again = typed(*words)
    assert plane.sent("ImportHubContent") == plane.sent("CreateHub") == []
    assert " uploaded" not in again.stdout
    assert again.stdout.splitlines()[-3:] == first.stdout.splitlines()[-3:]
