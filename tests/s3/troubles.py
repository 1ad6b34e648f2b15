"""What may be the matter with S3, each brought about for real on loopback."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest

from tests.aws import BUCKET
from tests.content.fault_proxy import faults

MISSING = "no-such-bucket-here"


class Trouble(NamedTuple):
    """One of them.

    Attributes:
        bucket: The bucket to ask for.
        said: Pattern of the sentence that must be said.
        kind: The ``kind`` of the StorageError.
    """

    bucket: str
    said: str
    kind: str


@contextmanager
def no_credentials(aws: str, patch: pytest.MonkeyPatch) -> Iterator[Trouble]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        patch.delenv(name)
    patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    yield Trouble(BUCKET, "There are no usable AWS credentials .*aws sso login", "credentials")


@contextmanager
def unknown_profile(aws: str, patch: pytest.MonkeyPatch) -> Iterator[Trouble]:
    patch.setenv("AWS_PROFILE", "nobody")
    yield Trouble(BUCKET, r"\(The config profile \(nobody\) could not be found", "credentials")


@contextmanager
def expired_credentials(aws: str, patch: pytest.MonkeyPatch) -> Iterator[Trouble]:
    with faults(aws, lambda method, path: (400, "ExpiredToken")) as url:
        patch.setenv("AWS_ENDPOINT_URL", url)
        said = r"AWS does not accept the credentials \(ExpiredToken\).*aws sso login"
        yield Trouble(BUCKET, said, "credentials")


@contextmanager
def no_permission(aws: str, patch: pytest.MonkeyPatch) -> Iterator[Trouble]:
    with faults(aws, lambda method, path: (403, "AccessDenied")) as url:
        patch.setenv("AWS_ENDPOINT_URL", url)
        yield Trouble(BUCKET, f"Access to s3://{BUCKET}/.* is denied", "denied")


@contextmanager
def no_bucket(aws: str, patch: pytest.MonkeyPatch) -> Iterator[Trouble]:
    yield Trouble(MISSING, f"There is no bucket '{MISSING}' .*Create it, or correct", "bucket")


@contextmanager
def another_region(aws: str, patch: pytest.MonkeyPatch) -> Iterator[Trouble]:
    with faults(aws, lambda method, path: (301, "PermanentRedirect")) as url:
        patch.setenv("AWS_ENDPOINT_URL", url)
        yield Trouble(BUCKET, f"bucket '{BUCKET}' is in region eu-west-1; name", "region")


@contextmanager
def no_network(aws: str, patch: pytest.MonkeyPatch) -> Iterator[Trouble]:
    patch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    patch.setenv("AWS_MAX_ATTEMPTS", "1")
    yield Trouble(BUCKET, "Could not connect .*Check the network", "unreachable")


ALL: dict[str, Any] = {
    one.__name__: one
    for one in (
        no_credentials, unknown_profile, expired_credentials, no_permission, no_bucket,
        another_region, no_network,
    )
}  # fmt: skip
