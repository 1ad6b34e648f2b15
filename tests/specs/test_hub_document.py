"""The document of a hub says for one bucket and one region what the JumpStart spec says for all."""

import pytest

from ic_tf_sdk import specs
from ic_tf_sdk.errors import UnknownRegionError
from ic_tf_sdk.specs.hub_document import hub_document
from ic_tf_sdk.specs.source import named

MOBILENET = specs.get("tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4")
EMBEDDED = specs.get("tensorflow-ic-embedded-formulanet-96")
REGISTRY = "763104351884.dkr.ecr.us-west-2.amazonaws.com"


def document(record=MOBILENET, region="us-west-2"):
    return hub_document(record, named("published"), bucket="mine", region=region)


def test_each_scope_has_the_images_of_its_own_by_family():
    made = document()
    for scope, gpu, cpu in (
        ("Training", "tensorflow-training:2.21-gpu-py312", "tensorflow-training:2.21-cpu-py312"),
        ("Hosting", "tensorflow-inference:2.20-gpu-py312", "tensorflow-inference:2.20-cpu-py312"),
    ):
        assert made[f"{scope}EcrUri"] == f"{REGISTRY}/{gpu}"
        variants = made[f"{scope}InstanceTypeVariants"]["Variants"]
        assert variants["g5"] == {"Properties": {"ImageUri": f"{REGISTRY}/{gpu}"}}
        assert variants["m5"] == {"Properties": {"ImageUri": f"{REGISTRY}/{cpu}"}}


def test_the_default_image_is_that_of_the_scopes_own_default_instance_type(monkeypatch):
    read = named("published").value

    def other(self, record, field):
        given = {"default_inference_instance_type": "ml.m5.large"}
        return given.get(field) or read(record, field)

    monkeypatch.setattr("ic_tf_sdk.specs.source.ContentSource.value", other)
    made = document()
    assert made["HostingEcrUri"] == f"{REGISTRY}/tensorflow-inference:2.20-cpu-py312"
    assert made["TrainingEcrUri"] == f"{REGISTRY}/tensorflow-training:2.21-gpu-py312"


def test_what_is_in_the_bucket_is_named_there_and_the_photos_in_the_regions():
    made = document(region="eu-west-1")
    assert made["TrainingArtifactUri"].startswith("s3://mine/ic-tf-sdk/")
    assert made["HostingScriptUri"].endswith("/sourcedir.tar.gz")
    assert made["DefaultTrainingDatasetUri"].startswith("s3://jumpstart-cache-prod-eu-west-1/")
    assert made["HostingArtifactS3DataType"] == "S3Object"


def test_a_fact_that_there_is_none_of_is_left_out_but_for_the_address():
    assert document()["Url"] == MOBILENET.classification_handle
    assert document()["License"] == "apache-2.0"
    assert document()["GatedBucket"] is False
    assert document()["MinSdkVersion"] == MOBILENET.min_sdk_version
    embedded = document(EMBEDDED)
    assert embedded["Url"] == ""
    assert "MinSdkVersion" not in embedded


def test_a_region_without_the_images_is_refused_with_the_nearest():
    with pytest.raises(UnknownRegionError, match=r"not in region 'us-west-22'.*'us-west-2'"):
        document(region="us-west-22")
