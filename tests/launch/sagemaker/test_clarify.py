"""Clarify's requests against what the real SDK sends, of the line that is installed."""

import json
from importlib import import_module, metadata
from typing import Any

import pytest

from ic_tf_sdk.contract import accept_header, container_handler
from ic_tf_sdk.errors import UnknownRegionError, UserError
from ic_tf_sdk.launch import clarify
from ic_tf_sdk.specs import catalogue
from ic_tf_sdk.specs.clarify_image import clarify_image_uri
from tests.aws import BUCKET
from tests.launch.sagemaker.job_options import ROLE
from tests.rehearsal.control_plane import ControlPlane

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

V2 = metadata.version("sagemaker").startswith("2.")
PACKAGE = "sagemaker" if V2 else "sagemaker.core"
TYPE = "ml.m5.xlarge"
LABELS = ["daisy", "rose"]
IMAGES, OUTPUT = f"s3://{BUCKET}/photos/", f"s3://{BUCKET}/analysis"


def sdk(module: str) -> Any:
    return import_module(f"{PACKAGE}.{module}")


if not V2:

    @pytest.fixture
    def plane(v3_plane: ControlPlane) -> ControlPlane:
        return v3_plane


def as_sent(request: dict[str, Any]) -> dict[str, Any]:
    """The plain request as the line sends it: v3 leaves out a value that is the default."""
    if not V2:
        outputs = request["ProcessingOutputConfig"]["Outputs"]
        for item in (*request["ProcessingInputs"], *outputs):
            del item["AppManaged"]
    return request


def explained(
    plane: ControlPlane,
    job: dict[str, Any],
    *,
    image: dict[str, Any] | None = None,
    shap: dict[str, Any] | None = None,
    **model: Any,
) -> dict[str, Any]:
    """The request of the SDK's own ``run_explainability``."""
    session = sdk("session" if V2 else "helper.session_helper").Session(default_bucket=BUCKET)
    options = {"role": ROLE, "instance_count": 1, "instance_type": TYPE, **job}
    theirs = sdk("clarify")
    processor = theirs.SageMakerClarifyProcessor(**options, sagemaker_session=session)
    given = {"content_type": "image/jpeg", "accept_type": "application/jsonlines", **model}
    # Of CSV it takes the whole row.
    probability = None if given["accept_type"] == "text/csv" else "probabilities"
    cut = theirs.ImageConfig("IMAGE_CLASSIFICATION", **{"num_segments": 20, **(image or {})})
    processor.run_explainability(
        theirs.DataConfig(IMAGES, OUTPUT, dataset_type="application/x-image"),
        theirs.ModelConfig("flowers", 1, TYPE, **given),
        theirs.SHAPConfig(image_config=cut, **(shap or {})),
        theirs.ModelPredictedLabelConfig(probability=probability, label_headers=LABELS),
        job_name="explain-flowers",
        wait=False,
        logs=False,
    )
    [request] = plane.sent("CreateProcessingJob")
    return {name: value for name, value in request.items() if name != "Tags" or value}


VPC = {"subnets": ["subnet-1"], "security_group_ids": ["sg-1"]}
KEY = "arn:aws:kms:us-west-2:123456789012:key/k"

# Options of the SDK's processor, and of the helper.
JOBS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "none": ({}, {}),
    "machines": (
        {"instance_count": 3, "instance_type": "ml.c5.xlarge", "volume_size_in_gb": 50},
        {"instance_count": 3, "instance_type": "ml.c5.xlarge", "volume_size_gb": 50},
    ),
    "time": ({"max_runtime_in_seconds": 600}, {"max_run_seconds": 600}),
    "key": ({"volume_kms_key": KEY, "output_kms_key": KEY}, {"kms_key": KEY}),
    "environment": ({"env": {"A": "b"}}, {"environment": {"A": "b"}}),
    "tags": ({"tags": [{"Key": "x", "Value": "y"}]}, {"tags": {"x": "y"}}),
    "vpc": ({"network_config": VPC}, VPC),
    "encryption": (
        {"network_config": {**VPC, "encrypt_inter_container_traffic": True}},
        {**VPC, "encrypt_inter_container_traffic": True},
    ),
}


@pytest.mark.parametrize(("theirs", "ours"), JOBS.values(), ids=JOBS)
def test_the_processing_job_is_what_the_sdk_sends(
    plane: ControlPlane, s3: Any, theirs: dict[str, Any], ours: dict[str, Any]
) -> None:
    if "network_config" in theirs:
        network = sdk("network").NetworkConfig(
            **{"enable_network_isolation": False, **theirs["network_config"]}
        )
        theirs = {**theirs, "network_config": network}
    where = {"images": IMAGES, "output": OUTPUT, "role": ROLE, "region": "us-west-2"}
    request = clarify.create_processing_job(job_name="explain-flowers", **where, **ours)
    assert explained(plane, theirs) == as_sent(request)


def uploaded(s3: Any) -> bytes:
    body: bytes = s3.get_object(Bucket=BUCKET, Key="analysis/analysis_config.json")["Body"].read()
    return body


ANALYSES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "JSON": ({"accept_type": "application/json"}, {"accept_type": "application/json"}),
    "JSON lines": ({}, {}),
    "CSV": ({"accept_type": "text/csv"}, {"accept_type": "text/csv"}),
    "PNG": ({"content_type": "image/png"}, {"content_type": "image/png"}),
    "regions": ({"image": {"num_segments": 8}}, {"segments": 8}),
    "samples": ({"shap": {"num_samples": 100, "seed": 0}}, {"samples": 100, "seed": 0}),
}


@pytest.mark.parametrize(("theirs", "ours"), ANALYSES.values(), ids=ANALYSES)
def test_the_analysis_is_what_the_sdk_uploads_to_the_same_place(
    plane: ControlPlane, s3: Any, theirs: dict[str, Any], ours: dict[str, Any]
) -> None:
    explained(plane, {}, **theirs)
    wanted = json.loads(uploaded(s3))
    config = clarify.analysis_config("flowers", labels=LABELS, **ours)
    assert config == wanted
    s3.delete_object(Bucket=BUCKET, Key="analysis/analysis_config.json")
    assert clarify.upload_analysis_config(config, OUTPUT) == f"{OUTPUT}/analysis_config.json"
    assert json.loads(uploaded(s3)) == wanted
    # What it will send and ask for is answered.
    container_handler.check_content_type(config["predictor"]["content_type"])
    form = accept_header.read_accept(config["predictor"]["accept_type"])
    assert form.media_type == config["predictor"]["accept_type"]


def test_boto3_takes_the_request(plane: ControlPlane) -> None:
    import boto3

    request = clarify.create_processing_job(
        job_name="x", images=IMAGES, output=OUTPUT, role=ROLE, region="us-west-2", tags={"a": "b"}
    )
    boto3.client("sagemaker").create_processing_job(**request)
    assert plane.sent("CreateProcessingJob") == [request]


def test_the_image_is_the_sdks_in_every_region() -> None:
    regions = catalogue.read("clarify_image")["registries"]
    retrieve = sdk("image_uris").retrieve
    assert len(regions) > 20
    for region in regions:
        assert clarify_image_uri(region) == retrieve("clarify", region), region
    for region in set(catalogue.read("regions")) - set(regions):
        with pytest.raises(ValueError, match=region):
            retrieve("clarify", region)
        with pytest.raises(UnknownRegionError, match=region):
            clarify_image_uri(region)


def test_the_limits_are_those_of_the_api() -> None:
    import boto3

    from ic_tf_sdk.launch.sagemaker import processing_request

    api = boto3.client("sagemaker", region_name="us-west-2").meta.service_model
    members = api.operation_model("CreateProcessingJob").input_shape.members
    cluster = members["ProcessingResources"].members["ClusterConfig"].members
    seconds = members["StoppingCondition"].members["MaxRuntimeInSeconds"]
    assert {
        "instance_count": cluster["InstanceCount"].metadata["max"],
        "volume_size_gb": cluster["VolumeSizeInGB"].metadata["max"],
        "max_run_seconds": seconds.metadata["max"],
    } == processing_request.MOST
    assert processing_request.JOB_NAME.pattern == members["ProcessingJobName"].metadata["pattern"]
    longest = members["Environment"].value.metadata["max"]
    assert longest == processing_request.LONGEST_VARIABLE


def test_all_that_is_wrong_with_a_job_is_said_at_once() -> None:
    with pytest.raises(UserError) as refused:
        clarify.create_processing_job(
            job_name="explain flowers",
            images=IMAGES.rstrip("/"),
            output="/analysis",
            role="r",
            instance_count=0,
            max_run_seconds=10**6,
            environment={"1": "x" * 300},
            tags={"aws:x": "y"},
            kms_key="?",
            subnets=["subnet-1"],
        )
    for said in (
        "11 arguments", "job_name cannot be 'explain flowers'", "images: s3://", "output: ",
        "role cannot be 'r'", "instance_count cannot be 0; it is a whole number from 1 to 100",
        "max_run_seconds cannot be 1000000", "environment cannot have '1'", "at most 256",
        "tags cannot have 'aws:x'", "kms_key cannot be '?'", "subnets without security_group_ids",
    ):  # fmt: skip
        assert said in str(refused.value)


def test_all_that_is_wrong_with_an_analysis_is_said_at_once() -> None:
    wrong: dict[str, Any] = {"content_type": "image/gif", "accept_type": "text/plain"}
    with pytest.raises(UserError) as refused:
        clarify.analysis_config("m", labels=[], segments=0, samples=0, seed=-1, **wrong)
    for said in (
        "labels is empty", "segments cannot be 0", "samples cannot be 0", "seed cannot be -1",
        "content_type cannot be 'image/gif'; it is one of image/jpeg, image/png",
        "accept_type cannot be 'text/plain'",
    ):  # fmt: skip
        assert said in str(refused.value)


def test_one_image_needs_no_folder_and_a_retired_type_is_told() -> None:
    where: dict[str, Any] = {"output": OUTPUT, "role": ROLE, "region": "us-west-2"}
    request = clarify.create_processing_job(job_name="x", images=f"{IMAGES}a.jpg", **where)
    assert request["ProcessingInputs"][0]["S3Input"]["S3Uri"] == f"{IMAGES}a.jpg"
    with pytest.warns(UserWarning, match=r"ml\.p2\.xlarge"):
        clarify.analysis_config("flowers", labels=LABELS, instance_type="ml.p2.xlarge")


@pytest.mark.parametrize(
    ("allowed", "excess"),
    [
        ({"job_name": "a" * 63}, {"job_name": "a" * 64}),
        ({"job_name": "1-a"}, {"job_name": "1-"}),
        ({"instance_count": 1}, {"instance_count": 0}),
        ({"instance_count": 100}, {"instance_count": 101}),
        ({"volume_size_gb": 1}, {"volume_size_gb": 0}),
        ({"volume_size_gb": 16_384}, {"volume_size_gb": 16_385}),
        ({"max_run_seconds": 1}, {"max_run_seconds": 0}),
        ({"max_run_seconds": 777_600}, {"max_run_seconds": 777_601}),
        ({"environment": {"A": "x" * 256}}, {"environment": {"A": "x" * 257}}),
    ],
)
def test_what_is_at_its_limit_is_sent_and_one_more_is_refused(
    allowed: dict[str, Any], excess: dict[str, Any]
) -> None:
    usual = {"job_name": "x", "images": IMAGES, "output": OUTPUT, "role": ROLE}
    usual["region"] = "us-west-2"
    clarify.create_processing_job(**{**usual, **allowed})
    [name] = excess
    with pytest.raises(UserError, match=name):
        clarify.create_processing_job(**{**usual, **excess})


def test_the_least_of_an_analysis_is_one_region_one_image_and_the_seed_nought() -> None:
    config = clarify.analysis_config("m", labels=LABELS, segments=1, samples=1, seed=0)
    shap = config["methods"]["shap"]
    assert shap["image_config"]["num_segments"] == 1
    assert (shap["num_samples"], shap["seed"]) == (1, 0)
    bare = clarify.analysis_config("m", labels=LABELS)["methods"]["shap"]
    assert not bare.keys() & {"num_samples", "seed"}


def test_another_configuration_and_a_slash_at_the_end_are_taken_as_they_are() -> None:
    where: dict[str, Any] = {"images": IMAGES, "role": ROLE, "region": "us-west-2"}
    usual = clarify.create_processing_job(job_name="x", output=f"{OUTPUT}/", **where)
    uris = [one["S3Input"]["S3Uri"] for one in usual["ProcessingInputs"]]
    assert uris == [IMAGES, f"{OUTPUT}/analysis_config.json"]
    assert "NetworkConfig" not in usual
    other = f"s3://{BUCKET}/other.json"
    given = clarify.create_processing_job(
        job_name="x", output=OUTPUT, analysis_config_uri=other, **where
    )
    assert given["ProcessingInputs"][1]["S3Input"]["S3Uri"] == other
    with pytest.raises(UserError, match="analysis_config_uri: '/here' is not an S3 URI"):
        clarify.create_processing_job(
            job_name="x", output=OUTPUT, analysis_config_uri="/here", **where
        )
