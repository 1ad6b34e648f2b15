"""The mirrored functions: what they answer, and that they refuse the rest in a sentence."""

import pytest

from ic_tf_sdk import (
    accept_types,
    content_types,
    environment_variables,
    image_uris,
    instance_types,
    metric_definitions,
    model_uris,
    payloads,
    resource_requirements,
    script_uris,
    settings,
    specs,
)
from ic_tf_sdk._version import __version__
from ic_tf_sdk.contract.metric_lines import METRIC_DEFINITIONS
from ic_tf_sdk.errors import (
    EmbeddedModelError,
    MissingArgumentError,
    UnknownImageError,
    UnknownInstanceTypeError,
    UnknownRegionError,
    UnsupportedArgumentError,
    UnsupportedScopeError,
)

MODEL = {
    "model_id": "tensorflow-ic-bit-m-r101x1-ilsvrc2012-classification-1",
    "model_version": "4.0.6",
}
EMBEDDED = {"model_id": "tensorflow-ic-embedded-formulanet-96", "model_version": "*"}
CONTENT = "AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE"

# What the AWS page on the algorithm recommends.
AWS_PAGE = (
    *("ml.p2.xlarge", "ml.p2.16xlarge", "ml.p3.2xlarge", "ml.p3.16xlarge"),
    *("ml.g4dn.xlarge", "ml.g4dn.16xlarge", "ml.g5.xlarge", "ml.g5.48xlarge"),
)


@pytest.fixture(autouse=True)
def _no_aws_settings(monkeypatch):
    for name in (CONTENT, "AWS_REGION", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for kind in ("MODEL", "SCRIPT"):
        monkeypatch.delenv(f"AWS_JUMPSTART_{kind}_BUCKET_OVERRIDE", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")


def image(scope="training", instance_type="ml.g5.xlarge", region="us-west-2", **more):
    return image_uris.retrieve(
        None, region, instance_type=instance_type, image_scope=scope, **{**MODEL, **more}
    )


def test_public_spec_is_answered_to_the_letter():
    base = "s3://jumpstart-cache-prod-us-west-2"
    model_id = MODEL["model_id"]
    assert script_uris.retrieve(script_scope="training", **MODEL) == (
        f"{base}/source-directory-tarballs/tensorflow/transfer_learning/ic/prepack/v1.1.2/"
        "sourcedir.tar.gz"
    )
    assert script_uris.retrieve(script_scope="inference", **MODEL) == (
        f"{base}/source-directory-tarballs/tensorflow/inference/ic/v2.0.3/sourcedir.tar.gz"
    )
    assert model_uris.retrieve(model_scope="training", **MODEL) == (
        f"{base}/tensorflow-training/v3.0.0/train-{model_id}.tar.gz"
    )
    assert model_uris.retrieve(model_scope="inference", **MODEL) == (
        f"{base}/tensorflow-ic/{model_id}/artifacts/inference-prepack/v1.0.0/"
    )
    assert metric_definitions.retrieve_default(**MODEL) == [
        {"Name": "tflow-ic:val-accuracy", "Regex": r"val_accuracy: ([0-9\.]+)"}
    ]
    assert content_types.retrieve_options(**MODEL) == ["application/x-image"]
    assert accept_types.retrieve_default(**MODEL) == "application/json"
    assert accept_types.retrieve_options(**MODEL)[1] == "application/json;verbose"


def test_image_follows_partition_scope_and_processor():
    assert image() == (
        "763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-training:2.9-gpu-py39"
    )
    assert image("inference", "ml.m5.large", "cn-north-1") == (
        "727897471807.dkr.ecr.cn-north-1.amazonaws.com.cn/tensorflow-inference:2.8-cpu"
    )
    assert image(region="us-gov-west-1").startswith("442386744353.dkr.ecr.us-gov-west-1.")
    assert "-cpu-" in image(instance_type="local")
    assert "-gpu-" in image(instance_type="local_gpu")


def test_every_instance_type_of_the_aws_page_is_supported_and_has_its_image():
    for scope in ("training", "inference"):
        supported = instance_types.retrieve(scope=scope, **MODEL)
        assert set(AWS_PAGE) <= set(supported)
        assert instance_types.retrieve_default(scope=scope, **MODEL) == supported[0]
        for kind in supported:
            assert ("-gpu" in image(scope, kind)) == (kind.split(".")[1][0] in "gp")


def test_alias_points_to_the_files_of_the_model_it_means():
    alias = "tensorflow-ic-imagenet-resnet-50-classification-4"
    with pytest.warns(FutureWarning, match="tensorflow-ic-resnet-50-classification-1") as caught:
        uri = model_uris.retrieve(model_scope="training", model_id=alias, model_version="*")
    assert uri.endswith("train-tensorflow-ic-resnet-50-classification-1.tar.gz")
    assert caught[0].filename == __file__


def test_own_bucket_moves_every_uri_and_brings_its_own_images(monkeypatch):
    monkeypatch.setenv(CONTENT, "my-bucket")
    script = script_uris.retrieve(script_scope="training", **MODEL)
    assert script == f"s3://my-bucket/ic-tf-sdk/v{__version__}/training/sourcedir.tar.gz"
    assert model_uris.retrieve(model_scope="training", **MODEL).startswith("s3://my-bucket/")
    assert "tensorflow-training:2.21-gpu-py312" in image()
    assert "tensorflow-inference:2.20-cpu-py312" in image("inference", "ml.m5.large")
    assert metric_definitions.retrieve_default(**MODEL) == list(METRIC_DEFINITIONS)
    assert len(METRIC_DEFINITIONS) <= 40  # SageMaker's limit for a job
    with pytest.raises(UnknownInstanceTypeError, match="p2"):
        image(instance_type="ml.p2.xlarge")
    assert not any(".p2." in kind for kind in instance_types.retrieve(scope="training", **MODEL))


def test_own_bucket_lifts_the_check_of_the_region(monkeypatch):
    monkeypatch.setenv(CONTENT, "my-bucket")
    uri = script_uris.retrieve(region="mars-1", script_scope="training", **MODEL)
    assert uri.startswith("s3://my-bucket/")


def test_buckets_of_scripts_and_models_are_moved_alone(monkeypatch):
    monkeypatch.setenv("AWS_JUMPSTART_MODEL_BUCKET_OVERRIDE", "models")
    monkeypatch.setattr(settings, "script_bucket", "scripts")
    assert script_uris.retrieve(script_scope="training", **MODEL).startswith("s3://scripts/source-")
    assert model_uris.retrieve(model_scope="training", **MODEL).startswith("s3://models/tensorflow")


def test_setting_wins_over_the_environment(monkeypatch):
    monkeypatch.setenv(CONTENT, "theirs")
    monkeypatch.setattr(settings, "content_bucket", "mine")
    assert script_uris.retrieve(script_scope="training", **MODEL).startswith("s3://mine/")


def test_embedded_model_has_no_aws_content_and_says_so(monkeypatch):
    for ask in (
        lambda: script_uris.retrieve(script_scope="training", **EMBEDDED),
        lambda: model_uris.retrieve(model_scope="inference", **EMBEDDED),
        lambda: image(**EMBEDDED),
    ):
        with pytest.raises(EmbeddedModelError, match="embedded"):
            ask()
    monkeypatch.setenv(CONTENT, "my-bucket")
    uri = model_uris.retrieve(model_scope="training", **EMBEDDED)
    assert uri.endswith("train-tensorflow-ic-embedded-formulanet-96.tar.gz")


def test_environment_is_text_and_can_be_cut_to_what_the_model_class_leaves():
    everything = environment_variables.retrieve_default(**MODEL)
    assert everything["MODEL_CACHE_ROOT"] == "/opt/ml/model"
    assert everything["SAGEMAKER_MODEL_SERVER_WORKERS"] == "1"
    required = environment_variables.retrieve_default(include_aws_sdk_env_vars=False, **MODEL)
    assert list(set(everything) - set(required))
    assert "SAGEMAKER_SUBMIT_DIRECTORY" in everything
    assert "SAGEMAKER_SUBMIT_DIRECTORY" not in required
    assert environment_variables.retrieve_default(script="training", **MODEL) == {}


def test_nothing_is_known_of_payloads_and_resources():
    assert payloads.retrieve_default(**MODEL) is None
    assert payloads.retrieve_all_examples(**MODEL) is None
    assert resource_requirements.retrieve_default(scope="inference", **MODEL) is None
    with pytest.raises(UnsupportedScopeError):
        resource_requirements.retrieve_default(scope="training", **MODEL)


@pytest.mark.parametrize("scope", ["Training", "eia", "", 3, ["training"]])
def test_unknown_scope_names_the_two(scope):
    with pytest.raises(UnsupportedScopeError, match="'training' or 'inference'") as caught:
        script_uris.retrieve(script_scope=scope, **MODEL)
    assert isinstance(caught.value, NotImplementedError)
    with pytest.raises(MissingArgumentError, match="`image_scope`"):
        image(scope=None)


def test_unknown_instance_type_names_the_nearest():
    with pytest.raises(UnknownInstanceTypeError, match=r"ml\.g5\.xlarge"):
        image(instance_type="ml.g55.xlarge")


def test_region_without_the_image_is_told_from_one_without_jumpstart():
    with pytest.raises(UnknownRegionError, match="image of"):
        image(region="eu-south-2")
    with pytest.raises(UnknownRegionError, match="JumpStart's content"):
        image(region="mars-1")


@pytest.mark.parametrize(
    "given",
    [
        {"version": "2.9"},
        {"py_version": "py39"},
        {"distribution": {}},
        {"inference_tool": "neuron"},
    ],
)
def test_argument_that_a_model_decides_is_refused_by_name(given):
    with pytest.raises(UnsupportedArgumentError, match=f"`{next(iter(given))}`"):
        image(**given)


def test_one_argument_is_to_be_left_out_and_several_are():
    one = {"version": "2.9"}
    for given, said in ((one, "it"), (one | {"py_version": "py39"}, "them")):
        with pytest.raises(UnsupportedArgumentError, match=f"Leave {said} out"):
            image(**given)


@pytest.mark.parametrize("missing", ["model_id", "model_version"])
def test_a_model_has_an_id_and_a_version(missing):
    with pytest.raises(MissingArgumentError, match=f"needs `{missing}`"):
        image_uris.retrieve(
            "tensorflow", "us-west-2", image_scope="training", instance_type="ml.g5.xlarge",
            **MODEL | {missing: None},
        )  # fmt: skip


def test_another_framework_is_refused_by_name():
    with pytest.raises(UnknownImageError, match="cannot be 'pytorch': this package knows"):
        image_uris.retrieve("pytorch", "us-west-2", "2.9", image_scope="training")


def test_region_in_the_place_of_the_framework_is_told():
    with pytest.raises(UnknownImageError, match="looks like a region"):
        image_uris.retrieve("us-west-2", None, **MODEL)


def test_training_instance_type_means_nothing_for_training():
    with pytest.raises(UnsupportedArgumentError, match="training_instance_type"):
        instance_types.retrieve(scope="training", training_instance_type="ml.g5.xlarge", **MODEL)


def test_distribution_that_is_no_dict_is_refused():
    with pytest.raises(UnsupportedArgumentError, match="`distribution`"):
        image_uris.retrieve("tensorflow", None, "2.19", distribution=3, image_scope="training")


def test_tensorflow_images_are_answered_without_a_model():
    asked = {"image_scope": "training", "instance_type": "ml.g5.xlarge"}
    assert image_uris.retrieve("tensorflow", "us-iso-east-1", version="2.9", **asked) == (
        "886529160074.dkr.ecr.us-iso-east-1.c2s.ic.gov/tensorflow-training:2.9-gpu-py39"
    )
    newest = image_uris.retrieve("tensorflow", None, version="2.21", **asked)
    assert newest.endswith("tensorflow-training:2.21-gpu-py312")


def test_changing_a_returned_list_or_dict_changes_no_later_answer():
    for ask in (
        lambda: instance_types.retrieve(scope="training", **MODEL),
        lambda: metric_definitions.retrieve_default(**MODEL),
        lambda: environment_variables.retrieve_default(**MODEL),
        lambda: content_types.retrieve_options(**MODEL),
    ):
        first = ask()
        first.clear()
        assert ask()


def test_every_model_answers_every_function():
    for model_id in specs.list_models():
        if "-embedded-" in model_id:
            continue
        model = {"model_id": model_id, "model_version": "*"}
        for scope in ("training", "inference"):
            assert image(scope, **model)
            assert model_id in model_uris.retrieve(model_scope=scope, **model)
            assert script_uris.retrieve(script_scope=scope, **model)
