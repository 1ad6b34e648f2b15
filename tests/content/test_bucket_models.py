"""What a published bucket can train and deploy is counted by what lies in it."""

from collections.abc import Iterator
from typing import Any

import pytest

from ic_tf_sdk import embedded, specs
from ic_tf_sdk.content.bucket_models import held
from ic_tf_sdk.errors import StorageError
from ic_tf_sdk.specs.source import PUBLISHED, named
from tests.content import buckets

MOBILENET = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
ALIAS = "tensorflow-ic-imagenet-resnet-50-classification-4"


@pytest.fixture
def bucket(aws: str, s3: Any, request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty bucket of the test's own."""
    name = buckets.make(s3, f"{abs(hash(request.node.name)):x}")
    yield name
    buckets.remove(s3, name)


def test_a_model_counts_where_its_archive_lies_and_an_alias_with_its_model(
    bucket: str, s3: Any
) -> None:
    listed = len(specs.list_models(include_aliases=True))
    assert held(bucket) == (listed, 0, 0)
    source = named(PUBLISHED)
    for model_id in (MOBILENET, embedded.MODEL_IDS[0]):
        s3.put_object(Bucket=bucket, Key=source.model_key(specs.get(model_id), "training"))
    s3.put_object(Bucket=bucket, Key=source.model_key(specs.get(MOBILENET), "inference"))
    # Of another version, and of nothing that is listed.
    s3.put_object(Bucket=bucket, Key=f"ic-tf-sdk/v0.0.1/models/train-{ALIAS}.tar.gz")
    s3.put_object(Bucket=bucket, Key="ic-tf-sdk/models/train-x.tar.gz")
    assert held(bucket) == (listed, 2, 1)
    assert held(bucket).sentence() == (
        f"The manifest lists {listed} models. This bucket has the archives to train 2 of them, and "
        "to deploy 1 without training; `ic-tf publish MODEL_ID ...` adds others."
    )
    alias = specs.get(ALIAS)
    s3.put_object(Bucket=bucket, Key=source.model_key(alias, "training"))
    assert held(bucket).trainable == 4


def test_a_bucket_that_is_not_there_is_a_sentence(aws: str) -> None:
    with pytest.raises(StorageError, match="never-made"):
        held("never-made")
