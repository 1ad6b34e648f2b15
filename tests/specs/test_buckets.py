"""A setting goes before the environment, one kind's bucket before all content's, and AWS's last."""

import pytest

from ic_tf_sdk import settings
from ic_tf_sdk.specs import buckets

BUCKETS = {
    "content": buckets.content_bucket,
    "model": buckets.model_bucket,
    "script": buckets.script_bucket,
}


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch):
    for kind in BUCKETS:
        monkeypatch.delenv(f"AWS_JUMPSTART_{kind.upper()}_BUCKET_OVERRIDE", raising=False)
        monkeypatch.setattr(settings, f"{kind}_bucket", None)


def chosen():
    return {kind: bucket("eu-west-1") for kind, bucket in BUCKETS.items()}


def test_without_a_word_all_is_in_the_regions_public_bucket():
    assert set(chosen().values()) == {"jumpstart-cache-prod-eu-west-1"}
    assert not buckets.overrides_content()


def test_the_content_bucket_holds_what_no_other_names(monkeypatch):
    monkeypatch.setenv("AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE", "all")
    assert set(chosen().values()) == {"all"}
    assert buckets.overrides_content()
    monkeypatch.setenv("AWS_JUMPSTART_MODEL_BUCKET_OVERRIDE", "models")
    monkeypatch.setattr(settings, "script_bucket", "scripts")
    assert chosen() == {"content": "all", "model": "models", "script": "scripts"}


def test_a_setting_goes_before_the_environment_and_an_empty_one_is_none(monkeypatch):
    monkeypatch.setenv("AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE", "theirs")
    monkeypatch.setattr(settings, "content_bucket", "mine")
    assert set(chosen().values()) == {"mine"}
    monkeypatch.setattr(settings, "content_bucket", "")
    monkeypatch.setenv("AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE", "")
    assert not buckets.overrides_content()
    assert set(chosen().values()) == {"jumpstart-cache-prod-eu-west-1"}
