"""Buckets of a test's own on a loopback S3."""

from typing import Any

from tests.aws import REGION


def make(s3: Any, name: str) -> str:
    """An empty bucket; its name."""
    bucket = f"test-{name}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    return bucket


def remove(s3: Any, bucket: str) -> None:
    """Remove a bucket with its objects."""
    for key in keys(s3, bucket):
        s3.delete_object(Bucket=bucket, Key=key)
    s3.delete_bucket(Bucket=bucket)


def keys(s3: Any, bucket: str) -> set[str]:
    """The keys of a bucket."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {item["Key"] for page in pages for item in page.get("Contents", [])}
