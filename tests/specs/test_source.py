"""A content source answers for the scope that is asked; a job's bucket chooses the source."""

import pytest

from ic_tf_sdk import settings, specs
from ic_tf_sdk._version import __version__
from ic_tf_sdk.contract.metric_lines import METRIC_DEFINITIONS
from ic_tf_sdk.errors import EmbeddedModelError, UserError
from ic_tf_sdk.specs import source
from ic_tf_sdk.specs.source import JUMPSTART, PUBLISHED, ContentSource, named

ALIAS = specs.get("tensorflow-ic-imagenet-resnet-50-classification-4")
OWNER = "tensorflow-ic-resnet-50-classification-1"
EMBEDDED = specs.get("tensorflow-ic-embedded-formulanet-96")
AWS_OF_ONES_OWN = "AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE"


class TwoDefaults(ContentSource):
    """One whose default instance types differ, as those of the two that ship do not."""

    @property
    def body(self):
        return {
            "default_training_instance_type": "ml.g5.xlarge",
            "default_inference_instance_type": "ml.m5.large",
        }


def test_training_and_inference_have_each_their_own_instance_types():
    default = TwoDefaults(PUBLISHED).default_instance_type
    assert (default("training"), default("inference")) == ("ml.g5.xlarge", "ml.m5.large")
    types = named(PUBLISHED).instance_types
    assert "ml.c5.9xlarge" in types("training")
    assert "ml.c5.9xlarge" not in types("inference")
    assert "ml.m4.xlarge" in types("inference")
    assert "ml.m4.xlarge" not in types("training")


def test_in_the_place_of_a_retired_default_a_living_one_is_taken():
    assert named(JUMPSTART).default_instance_type("training") == "ml.p3.2xlarge"
    for scope in ("training", "inference"):
        assert named(JUMPSTART).living_instance_type(scope) == "ml.g4dn.xlarge"
        living = TwoDefaults(PUBLISHED).living_instance_type(scope)
        assert living == TwoDefaults(PUBLISHED).default_instance_type(scope)


def test_the_bucket_of_a_job_has_what_was_published(monkeypatch):
    monkeypatch.delenv(AWS_OF_ONES_OWN, raising=False)
    assert source.of_bucket("mine").name == PUBLISHED
    assert source.of_bucket(None).name == source.in_force().name == JUMPSTART
    monkeypatch.setattr(settings, "content_bucket", "mine")
    assert source.of_bucket(None).name == source.in_force().name == PUBLISHED


def test_a_name_of_neither_source_is_refused_with_both():
    with pytest.raises(UserError, match="source 'mine': use 'jumpstart' or 'published'"):
        named("mine")


def test_each_scope_has_its_own_archives_and_an_alias_those_of_its_model():
    scopes = ("training", "inference")
    published = named(PUBLISHED)
    base = f"ic-tf-sdk/v{__version__}"
    assert [published.script_key(ALIAS, scope) for scope in scopes] == [
        f"{base}/training/sourcedir.tar.gz",
        f"{base}/inference/sourcedir.tar.gz",
    ]
    assert [published.model_key(ALIAS, scope) for scope in scopes] == [
        f"{base}/models/train-{OWNER}.tar.gz",
        f"{base}/models/infer-{OWNER}.tar.gz",
    ]
    [train, infer] = (published.model_key(EMBEDDED, scope) for scope in scopes)
    assert train.endswith(f"/train-{EMBEDDED.model_id}.tar.gz")
    assert infer.endswith(f"/infer-{EMBEDDED.model_id}.tar.gz")


def test_a_value_is_a_copy_of_ones_own():
    named(JUMPSTART).value(ALIAS, "metrics").clear()
    [metric] = named(JUMPSTART).value(ALIAS, "metrics")
    assert metric["Name"] == "tflow-ic:val-accuracy"


def test_the_metrics_are_those_of_the_sources_own_script():
    assert [metric["Name"] for metric in named(JUMPSTART).metrics()] == ["tflow-ic:val-accuracy"]
    assert named(PUBLISHED).metrics() == list(METRIC_DEFINITIONS)


def test_a_published_image_runs_on_each_family_of_its_processor_and_here():
    families = named(PUBLISHED).families()
    assert {"local", "m5", "c5"} <= set(families["cpu"])
    assert {"local_gpu", "g5", "p5"} <= set(families["gpu"])
    assert not set(families["cpu"]) & set(families["gpu"])
    assert not {"p2", "trn1"} & {*families["cpu"], *families["gpu"]}


def test_of_an_embedded_model_there_is_what_was_published_alone():
    named(PUBLISHED).require_content(EMBEDDED)
    named(JUMPSTART).require_content(ALIAS)
    with pytest.raises(EmbeddedModelError, match="is embedded in this package"):
        named(JUMPSTART).require_content(EMBEDDED)
