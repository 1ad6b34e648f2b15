"""What a private hub is sent and asked, to the letter, with a few models of the catalogue.

All of them are published in ``test_private_hub.py``.
"""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from ic_tf_sdk._version import __version__
from ic_tf_sdk.cli import main
from ic_tf_sdk.content import private_hub
from ic_tf_sdk.content.private_hub import check, publish_hub, statement
from ic_tf_sdk.content.publish import Published
from ic_tf_sdk.errors import OutputExistsError, StorageError, UserError
from ic_tf_sdk.specs import catalogue
from tests.aws import BUCKET
from tests.rehearsal.control_plane import ControlPlane, running
from tests.rehearsal.hubs import RefusedError

MODEL_IDS = catalogue.model_ids()[:3]
FIRST = catalogue.record(MODEL_IDS[0], "*")
HUB = "h"
KEY = (HUB, "Model", FIRST.model_id, FIRST.version)


@pytest.fixture
def plane(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[ControlPlane]:
    monkeypatch.setattr(private_hub, "_PAUSE_SECONDS", 0.0)
    few = SimpleNamespace(model_ids=lambda: MODEL_IDS, record=catalogue.record)
    monkeypatch.setattr(private_hub, "catalogue", few)
    with running() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER", server.url)
        yield server


def published(**options: Any) -> list[Published]:
    return publish_hub(HUB, bucket=BUCKET, **options)


def states(**options: Any) -> list[str]:
    return [done.state for done in published(**options)]


def test_each_content_is_sent_in_one_piece_and_told_as_it_comes(plane: ControlPlane) -> None:
    seen: list[Published] = []
    done = published(on_object=seen.append)
    assert sorted(one.key for one in seen) == sorted(one.key for one in done)
    assert [one.key for one in done] == [
        f"hub/h/Model/{one}/{catalogue.record(one, '*').version}" for one in MODEL_IDS
    ]
    [made] = plane.sent("CreateHub")
    assert made == {
        "HubName": "h",
        "HubDescription": "Image Classification - TensorFlow, open version",
        "HubSearchKeywords": ["ic-tf-sdk"],
        "S3StorageConfig": {"S3OutputPath": f"s3://{BUCKET}/hubs/h"},
    }
    [sent] = [one for one in plane.sent("ImportHubContent") if one["HubContentName"] == KEY[2]]
    assert sent["HubContentVersion"] == FIRST.version
    assert sent["HubContentDisplayName"] == FIRST.display_name
    assert sent["HubContentDescription"] == f"Published by ic-tf-sdk {__version__}"
    assert sent["HubContentSearchKeywords"][0] == "ic-tf-sdk"
    assert "\n" not in sent["HubContentDocument"]
    [size] = [one.size_bytes for one in done if FIRST.model_id in one.key]
    assert size == len(sent["HubContentDocument"])
    # A hub that is there is not made again.
    assert states() == ["there"] * 3
    assert len(plane.sent("CreateHub")) == 1


def test_a_dry_run_asks_and_sends_nothing(plane: ControlPlane) -> None:
    assert states(dry_run=True) == ["missing"] * 3
    published()
    plane.hubs.contents[KEY]["HubContentDocument"] = "{}"
    assert states(dry_run=True) == ["differs", "there", "there"]
    assert len(plane.sent("ImportHubContent")) == 3


def test_what_an_older_version_put_there_is_deleted_first(plane: ControlPlane) -> None:
    published()
    plane.hubs.contents[KEY]["HubContentDocument"] = "{}"
    plane.requests.clear()
    assert states() == ["uploaded", "there", "there"]
    [deleted] = plane.sent("DeleteHubContent")
    assert deleted == {
        "HubName": HUB,
        "HubContentType": "Model",
        "HubContentName": FIRST.model_id,
        "HubContentVersion": FIRST.version,
    }


@pytest.mark.parametrize("keywords", [{"HubContentSearchKeywords": ["theirs"]}, {}])
def test_what_is_not_ours_is_left_and_named(plane: ControlPlane, keywords: dict[str, Any]) -> None:
    published()
    content = plane.hubs.contents[KEY]
    del content["HubContentSearchKeywords"]
    content.update(keywords, HubContentDocument="{}")
    said = f"Hub h holds another {FIRST.model_id} {FIRST.version}, which this package did not put"
    with pytest.raises(OutputExistsError, match=said):
        published()
    assert plane.sent("DeleteHubContent") == []
    # With the same document it is what it should be, whoever put it there.
    wanted = check(HUB, bucket=BUCKET)[0].document
    content["HubContentDocument"] = json.dumps(wanted, indent=1)
    assert states() == ["there"] * 3


def test_an_import_that_failed_of_somebody_is_tried_again(plane: ControlPlane) -> None:
    published()
    plane.hubs.contents[KEY].update(HubContentStatus="ImportFailed", HubContentSearchKeywords=[])
    assert states() == ["uploaded", "there", "there"]


def test_a_hub_or_a_content_that_never_comes_is_given_up(
    plane: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    usual = plane.hubs._describe

    def creating(given: dict[str, Any]) -> dict[str, Any]:
        looked.append("hub")
        return {**usual(given), "HubStatus": "Creating", "FailureReason": "slow"}

    monkeypatch.setattr(plane.hubs, "_describe", creating)
    now = [0.0]
    monkeypatch.setattr(private_hub, "_PAUSE_SECONDS", 7.0)
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += 100.0 if now[0] < 300.0 else 0.5

    clock = SimpleNamespace(monotonic=lambda: now[0], sleep=sleep)
    monkeypatch.setattr(private_hub, "time", clock)
    with pytest.raises(StorageError, match="h is not usable in hub h: Creating slow"):
        published()
    # At 0, 100, 200, 300 and 300.5 seconds: the last look is the first one after five minutes.
    assert slept == [7.0] * 4


def test_a_content_that_vanished_is_waited_for(
    plane: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual, hidden = plane.hubs._describe_content, [2]

    def late(given: dict[str, Any]) -> dict[str, Any]:
        if plane.sent("ImportHubContent") and hidden[0]:
            hidden[0] -= 1
            raise RefusedError("ResourceNotFound", "Not yet.")
        return usual(given)

    monkeypatch.setattr(plane.hubs, "_describe_content", late)
    assert states() == ["uploaded"] * 3


def test_another_refusal_is_no_missing_content(
    plane: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: Any) -> dict[str, Any]:
        raise RefusedError("AccessDeniedException", "User is not authorized")

    monkeypatch.setattr(plane.hubs, "_describe_content", denied)
    for dry_run in (False, True):
        with pytest.raises(StorageError, match=r"Hub h cannot be filled.*role needs sagemaker:"):
            published(dry_run=dry_run)
    assert plane.sent("ImportHubContent") == []


@pytest.mark.parametrize("name", ["h", "a-b", "a--b", "9", "h" * 63])
def test_a_name_that_a_hub_can_have_is_taken(plane: ControlPlane, name: str) -> None:
    assert [one.model_id for one in check(name, bucket=BUCKET)] == MODEL_IDS


@pytest.mark.parametrize("name", ["h" * 64, "-h", "h-", "a_b", "", "é"])
def test_another_is_refused_and_so_is_a_bucket_that_cannot_be(
    plane: ControlPlane, name: str
) -> None:
    with pytest.raises(UserError, match="No hub can be called"):
        check(name, bucket=BUCKET)
    with pytest.raises(UserError, match="bucket"):
        check(HUB, bucket="no bucket")


def test_the_policy_is_of_the_hub_and_the_regions_partition() -> None:
    found = statement("h", "cn-north-1")
    assert found["Resource"] == [
        "arn:aws-cn:sagemaker:cn-north-1:*:hub/h",
        "arn:aws-cn:sagemaker:cn-north-1:*:hub-content/h/*",
    ]
    assert set(found["Action"]) == {
        f"sagemaker:{name}" for name in (
            "CreateHub", "DeleteHubContent", "DescribeHub", "DescribeHubContent",
            "ImportHubContent",
        )
    }  # fmt: skip


def test_the_command_imports_counts_and_says_how_to_go_on(
    plane: ControlPlane, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ic_tf_sdk.content.publish.publish", lambda **_: [])
    words = ["publish", "--bucket", BUCKET, "--region", "us-west-2", "--hub", HUB]
    for more, doing, state in ((["--dry-run"], "Comparing", "missing"), ([], "Importing", "there")):
        if not more:
            published()
        result = CliRunner().invoke(main, [*words, *more])
        assert result.exit_code == 0, result.output
        assert result.stderr == f"{doing} 3 models of hub h, which takes minutes.\n"
        row = result.stdout.splitlines()[1]
        assert row.split() == ["3", "models", "of", "hub", "h", state]
        assert ("and hub_name='h'" in result.stdout) == (not more)
    quiet = CliRunner().invoke(main, [*words, "--json", "--quiet"])
    assert [one["state"] for one in json.loads(quiet.stdout)] == ["there"] * 3
    assert quiet.stderr == ""
