"""The models as contents of a private SageMaker hub, through CreateHub and ImportHubContent.

SDK v3's ``ModelTrainer.from_jumpstart_config`` knows models of hubs alone; SDK v2's
``JumpStartEstimator`` and ``JumpStartModel`` take ``hub_name``.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

from ic_tf_sdk import s3
from ic_tf_sdk._version import __version__
from ic_tf_sdk.content.publish import Published
from ic_tf_sdk.errors import OutputExistsError, StorageError, UserError
from ic_tf_sdk.specs import catalogue
from ic_tf_sdk.specs.hub_document import SCHEMA_VERSION, hub_document
from ic_tf_sdk.specs.regions import chosen_region
from ic_tf_sdk.specs.source import PUBLISHED, named

__all__ = ["check", "publish_hub", "statement"]

_ACTIONS = (
    "sagemaker:CreateHub",
    "sagemaker:DeleteHubContent",
    "sagemaker:DescribeHub",
    "sagemaker:DescribeHubContent",
    "sagemaker:ImportHubContent",
)

# That of HubName in the API's model.
_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", re.ASCII)
_KEYWORD = "ic-tf-sdk"
# A hub or a content that is being made is there within seconds; this is when to give up.
_PATIENCE_SECONDS = 300.0
_PAUSE_SECONDS = 2.0


class _Content(NamedTuple):
    """A model of the hub."""

    model_id: str
    version: str
    display_name: str
    document: dict[str, Any]

    @property
    def key(self) -> dict[str, str]:
        return {
            "HubContentType": "Model",
            "HubContentName": self.model_id,
            "HubContentVersion": self.version,
        }


def publish_hub(
    name: str,
    *,
    bucket: str,
    region: str | None = None,
    dry_run: bool = False,
    on_object: Callable[[Published], None] = lambda _: None,
) -> list[Published]:
    """Make a hub, where there is none, and import the newest version of every model.

    A content that an earlier version of this package imported is replaced; what others put there is
    never touched. The archives and scripts themselves are put into the bucket by
    ``content.publish.publish``.

    Args:
        name: The hub's name: letters, digits and hyphens, at most 63.
        bucket: The bucket that holds the content.
        region: The hub's region; None takes the environment's.
        dry_run: Compare only.
        on_object: Called with each content's outcome as it comes.

    Returns:
        Every content, as ``hub/<name>/Model/<model id>/<version>``.

    Raises:
        UserError: No hub can have this name, or the images are not in the region.
        OutputExistsError: A content of somebody else has the name of a model.
        StorageError: SageMaker refuses, is not there, or could not import.
    """
    contents = check(name, bucket=bucket, region=region)
    hub = _Hub(name, chosen_region(region))
    if not dry_run:
        hub.make(f"s3://{bucket}/hubs/{name}")

    def one(content: _Content) -> Published:
        published = hub.compare(content) if dry_run else hub.put(content)
        on_object(published)
        return published

    # SageMaker takes few calls in a second, and slows down who sends more.
    with ThreadPoolExecutor(max_workers=4) as pool:
        return list(pool.map(one, contents))


def check(name: str, *, bucket: str, region: str | None = None) -> "list[_Content]":
    """What a hub is to hold; before anything is sent it refuses what cannot be.

    Args:
        name: The hub's name.
        bucket: The bucket that holds the content.
        region: The hub's region; None takes the environment's.

    Raises:
        UserError: No hub or no bucket can have this name, or the images are not in the region.
    """
    if not _NAME.fullmatch(name):
        raise UserError(
            f"No hub can be called {name!r}: its name is 1 to 63 letters, digits and hyphens, and "
            "neither begins nor ends with a hyphen."
        )
    s3.bucket_name(bucket)
    return list(_contents(bucket, chosen_region(region)))


def statement(name: str, region: str) -> dict[str, Any]:
    """What publishing to a hub needs of an IAM policy, beside the bucket's.

    Args:
        name: The hub's name.
        region: Its region.

    Raises:
        MissingExtraError: boto3 is not installed.
    """
    arn = f"arn:{s3.partition(region)}:sagemaker:{region}:*"
    return {
        "Sid": "FillTheHub",
        "Effect": "Allow",
        "Action": list(_ACTIONS),
        "Resource": [f"{arn}:hub/{name}", f"{arn}:hub-content/{name}/*"],
    }


def _contents(bucket: str, region: str) -> Iterator[_Content]:
    source = named(PUBLISHED)
    for model_id in catalogue.model_ids():
        record = catalogue.record(model_id, "*")
        document = hub_document(record, source, bucket=bucket, region=region)
        yield _Content(model_id, record.version, record.display_name, document)


class _Hub:
    """One hub."""

    def __init__(self, name: str, region: str) -> None:
        self._name = name
        self._api = s3.service("sagemaker", region)

    def make(self, place: str) -> None:
        """Create the hub, where there is none, and wait for it."""
        with self._sentences():
            if self._described() is None:
                self._api.create_hub(
                    HubName=self._name,
                    HubDescription="Image Classification - TensorFlow, open version",
                    HubSearchKeywords=[_KEYWORD],
                    S3StorageConfig={"S3OutputPath": place},
                )
            self._wait(self._described, "HubStatus", "InService", self._name)

    def compare(self, content: _Content) -> Published:
        """Whether a content is there as it should be."""
        there = self._look(content)
        if there is None:
            return self._outcome(content, "missing")
        same = json.loads(there["HubContentDocument"]) == content.document
        return self._outcome(content, "there" if same else "differs")

    def put(self, content: _Content) -> Published:
        """Import a content that is not there, and wait until it can be used."""
        there = self._look(content)
        failed = there is not None and there["HubContentStatus"] == "ImportFailed"
        if there is not None and not failed:
            if json.loads(there["HubContentDocument"]) == content.document:
                return self._outcome(content, "there")
            if _KEYWORD not in there.get("HubContentSearchKeywords", []):
                raise OutputExistsError(
                    f"Hub {self._name} holds another {content.model_id} {content.version}, which "
                    "this package did not put there. Take another hub, or delete that content."
                )
        with self._sentences():
            if there is not None:
                # A version's document cannot be changed.
                self._api.delete_hub_content(HubName=self._name, **content.key)
            self._import(content)
            self._wait(
                lambda: self._look(content), "HubContentStatus", "Available", content.model_id
            )
        return self._outcome(content, "uploaded")

    def _import(self, content: _Content) -> None:
        self._api.import_hub_content(
            HubName=self._name,
            **content.key,
            DocumentSchemaVersion=SCHEMA_VERSION,
            HubContentDisplayName=content.display_name,
            HubContentDescription=f"Published by ic-tf-sdk {__version__}",
            # One line: the API takes no other.
            HubContentDocument=json.dumps(content.document),
            HubContentSearchKeywords=[_KEYWORD, "@task:ic", "@framework:tensorflow"],
        )

    def _look(self, content: _Content) -> dict[str, Any] | None:
        with self._sentences():
            return _unless_missing(
                lambda: self._api.describe_hub_content(HubName=self._name, **content.key)
            )

    def _described(self) -> dict[str, Any] | None:
        return _unless_missing(lambda: self._api.describe_hub(HubName=self._name))

    def _wait(
        self, look: Callable[[], dict[str, Any] | None], field: str, wanted: str, what: str
    ) -> None:
        end = time.monotonic() + _PATIENCE_SECONDS
        while True:
            there = look() or {}
            status = there.get(field, "")
            if status == wanted:
                return
            reason = there.get("FailureReason", "")
            if "Failed" in status or time.monotonic() > end:
                raise StorageError(f"{what} is not usable in hub {self._name}: {status} {reason}")
            time.sleep(_PAUSE_SECONDS)

    def _outcome(self, content: _Content, state: Any) -> Published:
        key = f"hub/{self._name}/Model/{content.model_id}/{content.version}"
        return Published(key, len(json.dumps(content.document)), state)

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        needs = f"The role needs {', '.join(_ACTIONS)} on the hub and its contents."
        with s3.sentences(f"Hub {self._name} cannot be filled", permissions=needs):
            yield


def _unless_missing(ask: Callable[[], Any]) -> dict[str, Any] | None:
    try:
        answer: dict[str, Any] = ask()
    except Exception as error:
        if s3.refusal_code(error) != "ResourceNotFound":
            raise
        return None
    return answer
