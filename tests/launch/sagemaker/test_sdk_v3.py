"""What the real SDK v3 sends for a job, field by field: SDK v2's request but for listed fields.

SDK v3 cannot be installed beside v2: ``nox -s sdk_v3`` runs this in an environment of its own.
"""

import json
import re
from importlib import metadata
from typing import Any

import pytest

from ic_tf_sdk import launch, specs
from ic_tf_sdk.errors import HyperparameterError, MissingExtraError, UserError
from ic_tf_sdk.launch import tuning
from ic_tf_sdk.launch.sagemaker import sdk_v2, sdk_v3, transform
from ic_tf_sdk.launch.sagemaker.benchmark import HYPERPARAMETERS
from ic_tf_sdk.launch.sagemaker.job import SageMakerJob
from tests.aws import BUCKET
from tests.launch.sagemaker.job_options import DATA, MODEL_ID, OPTIONS, OUTPUT, ROLE
from tests.rehearsal.control_plane import ControlPlane

if not metadata.version("sagemaker").startswith("3."):
    pytest.skip("needs the SageMaker SDK v3: nox -s sdk_v3", allow_module_level=True)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


@pytest.fixture
def plane(v3_plane: ControlPlane) -> ControlPlane:
    return v3_plane


def session() -> Any:
    from sagemaker.core.helper.session_helper import Session

    return Session(default_bucket=BUCKET)


def channel(name: str, uri: str) -> dict[str, Any]:
    source = {
        "S3DataType": "S3Prefix",
        "S3Uri": uri,
        "S3DataDistributionType": "FullyReplicated",
    }
    return {
        "ChannelName": name,
        "DataSource": {"S3DataSource": source},
        "InputMode": "File",
    }


def as_v3_sends_it(
    job: SageMakerJob, name: str, base: str, channels: dict[str, Any] = DATA
) -> dict[str, Any]:
    """The plain request, which is what SDK v2 sends, with the fields in which SDK v3 differs."""
    request = job.create_training_job(job_name=name, channels=channels)
    # No toolkit: its own driver starts the script, with the values as they are.
    request["HyperParameters"] = job.hyperparameters
    driver = "/opt/ml/input/data/sm_drivers/sm_train.sh"
    request["AlgorithmSpecification"] |= {
        "ContainerEntrypoint": ["/bin/bash"],
        "ContainerArguments": ["-c", f"chmod +x {driver} && {driver}"],
    }
    model = channel("model", job.model_uri) | {"ContentType": "application/x-sagemaker-model"}
    uploaded = f"s3://{BUCKET}/{base}/{name}/input/sm_drivers"
    request["InputDataConfig"] = [
        model,
        *(channel(*item) | {"InputMode": job.input_mode} for item in channels.items()),
        channel("code", job.source_uri),
        channel("sm_drivers", uploaded),
    ]
    request["OutputDataConfig"]["CompressionType"] = "GZIP"
    # What v2 leaves out where it is false, v3 says.
    request["EnableNetworkIsolation"] = job.network_isolation
    request["EnableInterContainerTrafficEncryption"] = job.encrypt_inter_container_traffic
    # v2's alone: the profiler, and tags that name AWS's public content.
    del request["ProfilerConfig"]
    request["Tags"] = [{"Key": key, "Value": value} for key, value in job.tags.items()]
    return {key: value for key, value in request.items() if key != "Tags" or value}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_the_request_is_v2s_but_for_the_listed_fields(
    plane: ControlPlane, options: dict[str, Any]
) -> None:
    job = launch.training_job(MODEL_ID, role=ROLE, output_path=OUTPUT, **options)
    trainer = sdk_v3.from_job(job, session())
    trainer.train(sdk_v3.inputs(DATA), wait=False)
    [sent] = plane.sent("CreateTrainingJob")
    name = sent["TrainingJobName"]
    assert re.fullmatch(rf"{re.escape(job.base_job_name)}-[0-9a-f]{{6}}-\d{{14}}", name)
    assert sent == as_v3_sends_it(job, name, trainer.base_job_name)


def test_the_drivers_that_it_uploads_are_where_the_request_says(
    plane: ControlPlane, s3: Any
) -> None:
    trainer = sdk_v3.model_trainer(MODEL_ID, role=ROLE, session=session())
    trainer.train(sdk_v3.inputs(DATA), wait=False)
    [sent] = plane.sent("CreateTrainingJob")
    uri = sent["InputDataConfig"][-1]["DataSource"]["S3DataSource"]["S3Uri"]
    prefix = uri.split("/", 3)[3]
    assert s3.head_object(Bucket=BUCKET, Key=f"{prefix}/sm_train.sh")
    described = s3.get_object(Bucket=BUCKET, Key=f"{prefix}/sourcecode.json")["Body"].read()
    code = json.loads(described)
    assert code["entry_script"] == "transfer_learning.py"
    # Otherwise the job would call pip, which has no network.
    assert code["requirements"] is None


def test_every_models_job_names_keep_their_whole_time(plane: ControlPlane) -> None:
    """The SDK cuts a name off at 63 characters: with a model id in it, the time is lost."""
    from sagemaker.train.utils import _get_unique_name

    made = session()
    names = set()
    for model_id in specs.model_ids():
        job = launch.training_job(model_id, role=ROLE, output_path=OUTPUT, bucket=BUCKET)
        name = _get_unique_name(sdk_v3.from_job(job, made).base_job_name)
        assert len(name) <= 63
        assert re.search(r"-[0-9a-f]{6}-\d{14}$", name)
        names.add(name)
    assert len(names) == len(specs.model_ids())


def test_the_tuner_sends_the_documented_ranges_and_keeps_the_job_isolated(
    plane: ControlPlane,
) -> None:
    key = "arn:aws:kms:us-west-2:123456789012:key/k"
    options: dict[str, Any] = {
        "kms_key": key,
        "spot": True,
        "output_path": OUTPUT,
        "checkpoint_s3_uri": f"{OUTPUT}/checkpoints",
    }
    made = sdk_v3.tuner(MODEL_ID, role=ROLE, session=session(), max_jobs=4, **options)
    made.tune(DATA, wait=False)
    [sent] = plane.sent("CreateHyperParameterTuningJob")
    assert re.fullmatch(
        r"imagenet-mob-[0-9a-f]{6}-\d{6}-\d{4}", sent["HyperParameterTuningJobName"]
    )
    config = sent["HyperParameterTuningJobConfig"]
    assert config["HyperParameterTuningJobObjective"] == {
        "Type": "Maximize",
        "MetricName": "validation:accuracy",
    }
    assert config["ResourceLimits"]["MaxNumberOfTrainingJobs"] == 4
    found = {item["Name"]: item for kind in config["ParameterRanges"].values() for item in kind}
    assert set(found) == set(tuning.DEFAULT)
    assert (found["batch_size"]["MinValue"], found["batch_size"]["MaxValue"]) == ("8", "512")
    # Without quotes, as SDK v2 sends them for a plain Estimator.
    assert "adam" in found["optimizer"]["Values"]
    check_definition(sent["TrainingJobDefinition"], options)


RANGES = {
    "learning_rate": tuning.Categorical(("0.001", "0.0002")),
    "train_only_on_top": tuning.Categorical(("True", "False")),
    "momentum": tuning.Real(0.1, 0.9, "Linear"),
    "batch_size": tuning.Integer(8, 64),
}


def as_v3s_tuner_sends_it(request: dict[str, Any], job: SageMakerJob) -> dict[str, Any]:
    """A benchmark's request, which is what SDK v2's tuner sends, as SDK v3's tuner sends it."""
    request = json.loads(json.dumps(request))
    definition = request["TrainingJobDefinition"]
    ranges = request["HyperParameterTuningJobConfig"]["ParameterRanges"]
    tuned = {item["Name"] for kind in ranges.values() for item in kind}
    fixed = {name: value for name, value in job.hyperparameters.items() if name not in tuned}
    # The container's toolkit reads both: v2 writes each value as JSON, v3 as it is.
    told = {n: v for n, v in definition["StaticHyperParameters"].items() if n.startswith("sagemak")}
    told = {name: json.loads(value) for name, value in told.items()}
    definition["StaticHyperParameters"] = fixed | {
        **{name: str(value) for name, value in told.items() if name != "sagemaker_job_name"},
    }
    for one in definition["InputDataConfig"]:
        # v2 leaves the script to the job's mode, v3 says of each.
        one.setdefault("InputMode", "File" if one["ChannelName"] == "code" else job.input_mode)
    definition["OutputDataConfig"]["CompressionType"] = "GZIP"
    resources = definition.pop("HyperParameterTuningResourceConfig")
    if job.keep_alive_period_in_seconds:
        resources["KeepAlivePeriodInSeconds"] = job.keep_alive_period_in_seconds
    definition["ResourceConfig"] = resources
    # Tags that name AWS's public content are v2's alone.
    request["Tags"] = [{"Key": key, "Value": value} for key, value in job.tags.items()]
    return {key: value for key, value in request.items() if key != "Tags" or value}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_a_benchmarks_request_is_what_the_tuner_sends_but_for_the_listed_fields(
    plane: ControlPlane, content: None, s3: Any, options: dict[str, Any]
) -> None:
    if "model_uri" in options:
        key = options["model_uri"].split("/", 3)[3]
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    channels = {name: f"s3://{BUCKET}/flowers/{name}/" for name in ("training", "test")}
    settings = {"hyperparameters": dict(HYPERPARAMETERS), **options}
    made = sdk_v3.tuner(
        MODEL_ID, role=ROLE, output_path=OUTPUT, session=session(), ranges=RANGES, max_jobs=4,
        **settings,
    )  # fmt: skip
    made.tune(channels, wait=False)
    [sent] = plane.sent("CreateHyperParameterTuningJob")
    [job] = launch.benchmark(
        [MODEL_ID], {"flowers": channels}, role=ROLE, output_path=OUTPUT, ranges=RANGES,
        max_jobs=4, **options,
    ).jobs  # fmt: skip
    ours = as_v3s_tuner_sends_it(job.request, job.training)
    # Names of their own, each with its time.
    ours["HyperParameterTuningJobName"] = sent["HyperParameterTuningJobName"]
    definition, theirs = ours["TrainingJobDefinition"], sent["TrainingJobDefinition"]
    if "CheckpointConfig" in definition:
        definition["CheckpointConfig"] = theirs["CheckpointConfig"]
    assert sent == ours


def check_definition(definition: dict[str, Any], options: dict[str, Any]) -> None:
    """The jobs of a tuning job: the plain request's fields, run by the container's toolkit."""
    job = launch.training_job(MODEL_ID, role=ROLE, **options)
    plain = job.create_training_job(job_name="x", channels=DATA)
    for name in (
        "RoleArn", "AlgorithmSpecification", "EnableNetworkIsolation", "CheckpointConfig",
        "EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining", "StoppingCondition",
        "ResourceConfig",
    ):  # fmt: skip
        assert definition[name] == plain[name], name
    assert definition["OutputDataConfig"] == plain["OutputDataConfig"] | {"CompressionType": "GZIP"}
    uris = {
        item["ChannelName"]: item["DataSource"]["S3DataSource"]["S3Uri"]
        for item in definition["InputDataConfig"]
    }
    assert uris == {**DATA, "model": job.model_uri, "code": job.source_uri}
    static = definition["StaticHyperParameters"]
    toolkit = {name: value for name, value in static.items() if name.startswith("sagemaker_")}
    assert toolkit == {
        "sagemaker_program": "transfer_learning.py",
        "sagemaker_submit_directory": "/opt/ml/input/data/code/sourcedir.tar.gz",
        "sagemaker_container_log_level": "20",
        "sagemaker_region": "us-west-2",
    }
    own = {name: value for name, value in static.items() if name not in toolkit}
    assert own == {k: v for k, v in job.hyperparameters.items() if k not in tuning.DEFAULT}


def test_two_tuning_jobs_of_a_minute_have_different_names(plane: ControlPlane) -> None:
    for _ in range(2):
        sdk_v3.tuner(MODEL_ID, role=ROLE, session=session()).tune(DATA, wait=False)
    first, second = plane.sent("CreateHyperParameterTuningJob")
    assert first["HyperParameterTuningJobName"] != second["HyperParameterTuningJobName"]


def test_the_model_is_deployed_as_it_is_and_isolated(plane: ControlPlane) -> None:
    data = f"{OUTPUT}/job/output/model.tar.gz"
    builder = sdk_v3.model_builder(
        data, MODEL_ID, role=ROLE, instance_type="ml.m5.large", session=session()
    )
    builder.build(model_name="tulips")
    builder.deploy(endpoint_name="garden", initial_instance_count=1, wait=False)
    [model] = plane.sent("CreateModel")
    assert model == {
        "ModelName": "tulips",
        "ExecutionRoleArn": ROLE,
        "PrimaryContainer": {
            "Image": (
                "763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-inference:2.20-cpu-py312"
            ),
            "Environment": {},
            "ModelDataUrl": data,
        },
        "EnableNetworkIsolation": True,
    }
    [config] = plane.sent("CreateEndpointConfig")
    [variant] = config["ProductionVariants"]
    assert (variant["ModelName"], variant["InstanceType"]) == ("tulips", "ml.m5.large")
    [endpoint] = plane.sent("CreateEndpoint")
    assert (endpoint["EndpointName"], endpoint["EndpointConfigName"]) == ("garden", "garden")


def test_the_endpoint_asks_with_an_images_bytes_and_gives_bytes(plane: ControlPlane) -> None:
    where = {"role": ROLE, "instance_type": "ml.m5.large", "session": session()}
    builder = sdk_v3.model_builder(f"{OUTPUT}/model.tar.gz", MODEL_ID, **where)
    builder.build(model_name="lilies")
    endpoint = builder.deploy(endpoint_name="pond", initial_instance_count=1, wait=False)
    plane.endpoints["pond"] = lambda body, sent, _: (200, f"{sent} {body!r}".encode(), "a/b")
    assert endpoint.invoke(b"photo").body == b"application/x-image b'photo'"
    assert endpoint.invoke(b"photo", "image/jpg").body == b"image/jpg b'photo'"
    from sagemaker.core.serializers import JSONSerializer

    builder = sdk_v3.model_builder(f"{OUTPUT}/model.tar.gz", MODEL_ID, **where)
    builder.build(model_name="reeds")
    endpoint = builder.deploy(
        endpoint_name="bank", initial_instance_count=1, wait=False, serializer=JSONSerializer()
    )
    plane.endpoints["bank"] = plane.endpoints["pond"]
    assert endpoint.invoke({"b64": "A"}).body == b'application/json b\'{"b64": "A"}\''


def test_a_transform_job_is_the_plain_one(plane: ControlPlane, s3: Any) -> None:
    images, output = f"s3://{BUCKET}/v3-photos/", f"s3://{BUCKET}/v3-answers"
    s3.put_object(Bucket=BUCKET, Key="v3-photos/a.jpg", Body=b"x" * (5 << 19))
    builder = sdk_v3.model_builder(
        f"{OUTPUT}/model.tar.gz",
        MODEL_ID,
        role=ROLE,
        instance_type="ml.m5.large",
        session=session(),
    )
    builder.build(model_name="daisies")
    where = {"images": images, "output": output, "instance_type": "ml.m5.large", "job_name": "t"}
    transform.batch_transform(builder, **where, wait=False)
    [sent] = plane.sent("CreateTransformJob")
    assert sent == transform.create_transform_job(**where, model_name="daisies")


def test_missing_content_is_refused_with_the_command(plane: ControlPlane, s3: Any) -> None:
    for make in (sdk_v3.model_trainer, sdk_v3.tuner):
        with pytest.raises(UserError, match="ic-tf publish --bucket never-published"):
            make(MODEL_ID, role=ROLE, session=session(), bucket="never-published")
    assert plane.requests == []


def test_typos_never_cost_a_job(plane: ControlPlane) -> None:
    with pytest.raises(HyperparameterError) as error:
        sdk_v3.model_trainer(
            MODEL_ID, role=ROLE, session=session(), hyperparameters={"epoch": 5, "learning_rate": 7}
        )
    assert len(error.value.problems) == 2
    wide = {"batch_size": tuning.Integer(low=0, high=512)}
    with pytest.raises(HyperparameterError):
        sdk_v3.tuner(MODEL_ID, role=ROLE, session=session(), ranges=wide)
    assert plane.requests == []


def test_the_other_line_names_its_extra() -> None:
    said = r"SDK v2 is not installed.*ic-tf-sdk\[sagemaker-v2\].*version 3\..*launch.sdk_v3 is for"
    with pytest.raises(MissingExtraError, match=said):
        sdk_v2.estimator(MODEL_ID, role=ROLE)
