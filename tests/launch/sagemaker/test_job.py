"""A job's value against what the real SDK v2 sends for it, field by field."""

import json
import os
import re
import subprocess
import sys
import warnings
from typing import Any

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from ic_tf_sdk import launch, specs
from ic_tf_sdk.cli import main
from ic_tf_sdk.contract import container_handler
from ic_tf_sdk.errors import HyperparameterError, UnknownInstanceTypeError, UserError
from ic_tf_sdk.launch import tuning
from ic_tf_sdk.launch.sagemaker import training
from ic_tf_sdk.launch.sagemaker.gpu_memory import memory_warning
from ic_tf_sdk.launch.sagemaker.job_options import DEFAULTS
from tests.aws import BUCKET
from tests.launch.sagemaker.job_options import DATA, MODEL_ID, OPTIONS, OUTPUT, ROLE
from tests.rehearsal.control_plane import ControlPlane

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

BIT = "tensorflow-ic-bit-m-r101x1-ilsvrc2012-classification-1"


def session() -> Any:
    import sagemaker

    return sagemaker.Session(default_bucket=BUCKET)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_the_plain_request_is_what_the_sdk_sends(
    plane: ControlPlane, options: dict[str, Any]
) -> None:
    job = launch.training_job(MODEL_ID, role=ROLE, output_path=OUTPUT, **options)
    name = training.job_name(job.base_job_name)
    launch.sdk_v2.from_job(job, session()).fit(DATA, wait=False, job_name=name)
    [sent] = plane.sent("CreateTrainingJob")
    assert job.create_training_job(job_name=name, channels=DATA) == sent


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_boto3_accepts_the_plain_request(plane: ControlPlane, options: dict[str, Any]) -> None:
    import boto3

    job = launch.training_job(MODEL_ID, role=ROLE, output_path=OUTPUT, **options)
    request = job.create_training_job(job_name=training.job_name("x"), channels=DATA)
    boto3.client("sagemaker").create_training_job(**request)
    assert plane.sent("CreateTrainingJob") == [request]


def test_every_model_has_a_job_with_a_unique_name_of_at_most_63_characters() -> None:
    names = set()
    for model_id in specs.model_ids():
        job = launch.training_job(model_id, role=ROLE, output_path=OUTPUT, bucket="own-bucket")
        assert job.model_uri.startswith("s3://own-bucket/")
        assert job.source_uri.endswith("/sourcedir.tar.gz")
        name = training.job_name(job.base_job_name)
        assert len(name) <= 63
        assert re.fullmatch(r".+-\d{8}-\d{6}-[0-9a-f]{6}", name)
        names.add(name)
    assert len(names) == len(specs.model_ids())


def test_awss_own_script_gets_its_own_spelling_and_this_packages_gets_the_canonical_one() -> None:
    given = {"train-only-top-layer": True}
    arguments: dict[str, Any] = {"role": ROLE, "output_path": OUTPUT, "hyperparameters": given}
    theirs = launch.training_job(MODEL_ID, **arguments)
    ours = launch.training_job(MODEL_ID, **arguments, bucket=BUCKET)
    assert theirs.hyperparameters["train_only_top_layer"] == "True"
    assert "train_only_on_top" not in theirs.hyperparameters
    assert ours.hyperparameters["train_only_on_top"] == "True"


def test_what_awss_own_script_cannot_do_is_refused_by_name() -> None:
    with pytest.raises(HyperparameterError, match=r"'class_weight' is this package's own"):
        launch.training_job(
            MODEL_ID, role=ROLE, output_path=OUTPUT, hyperparameters={"class_weight": "balanced"}
        )
    with pytest.raises(UserError, match=r"instance_count cannot be 2: AWS's own script.*publish"):
        launch.training_job(MODEL_ID, role=ROLE, output_path=OUTPUT, instance_count=2)


def test_typos_never_cost_a_job() -> None:
    arguments: dict[str, Any] = {"role": ROLE, "output_path": OUTPUT}
    with pytest.raises(HyperparameterError) as error:
        launch.training_job(MODEL_ID, **arguments, hyperparameters={"epoch": 5, "learning_rate": 7})
    assert len(error.value.problems) == 2
    with pytest.raises(UnknownInstanceTypeError, match=r"Did you mean 'ml.g4dn.xlarge'"):
        launch.training_job(MODEL_ID, **arguments, instance_type="ml.g4nd.xlarge")
    with pytest.raises(UserError, match="must be an S3 URI"):
        launch.training_job(MODEL_ID, role=ROLE, output_path="my-bucket/output")


@pytest.mark.filterwarnings("error")
def test_an_instance_type_outside_of_the_spec_warns_where_it_was_given() -> None:
    with pytest.warns(UserWarning, match="not among the instance types") as caught:
        launch.training_job(MODEL_ID, role=ROLE, output_path=OUTPUT, instance_type="ml.g5.2xlarge")
    [warning] = caught
    assert warning.filename == __file__
    large = "tensorflow-ic-bit-m-r152x4-ilsvrc2012"
    with pytest.warns(UserWarning, match="Set train_only_on_top") as caught:
        launch.training_job(
            large,
            role=ROLE,
            output_path=OUTPUT,
            bucket="my-bucket",
            instance_type="ml.g4dn.xlarge",
            hyperparameters={"train_only_on_top": False},
        )
    assert {warning.filename for warning in caught} == {__file__}


def test_a_usual_instance_type_is_nothing_to_warn_of() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        job = launch.training_job(MODEL_ID, role=ROLE, output_path=OUTPUT, bucket="my-bucket")
        given = {"bucket": "my-bucket", "instance_type": job.instance_type}
        assert launch.training_job(MODEL_ID, role=ROLE, output_path=OUTPUT, **given) == job


def test_a_model_is_known_before_the_pipeline_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAGEMAKER_SUPPRESS_V2_WARNING", "1")
    from sagemaker.workflow.parameters import ParameterInteger, ParameterString

    model: Any = ParameterString("Model", default_value=MODEL_ID)
    with pytest.raises(UserError, match=r"^model_id cannot be a pipeline variable"):
        launch.training_job(model, role=ROLE, output_path=OUTPUT)
    seconds: Any = ParameterInteger("Seconds", default_value=60)
    given: dict[str, Any] = {"role": ROLE, "output_path": OUTPUT, "max_run_seconds": seconds}
    with pytest.raises(UserError, match=r"^With spot, max_wait_seconds is made of max_run_sec"):
        launch.training_job(MODEL_ID, **given, spot=True)
    with pytest.raises(HyperparameterError):
        tuning.checked({"batch_size": tuning.Integer(seconds, 0)})
    assert tuning.checked({"batch_size": tuning.Integer(seconds, 8)})
    assert tuning.checked({"batch_size": tuning.Integer(8, seconds)})


def test_a_job_that_is_written_out_has_the_defaults_of_the_helpers() -> None:
    usual = launch.training_job(MODEL_ID, role=ROLE, output_path=OUTPUT).model_dump()
    fields = launch.SageMakerJob.model_fields
    needed = {name: usual[name] for name, field in fields.items() if field.is_required()}
    bare = launch.SageMakerJob(**needed)
    named = {name: value for name, value in bare.model_dump().items() if name in DEFAULTS}
    assert named.keys() - needed.keys()
    assert named == {name: value for name, value in usual.items() if name in DEFAULTS}
    with pytest.raises(ValidationError):
        launch.SageMakerJob(**needed, typo=1)
    # Behind it stand a day, a time and six letters: 63 characters are what SageMaker takes.
    launch.SageMakerJob(**{**needed, "base_job_name": "a" * 36})
    with pytest.raises(ValidationError):
        launch.SageMakerJob(**{**needed, "base_job_name": "a" * 37})


def test_the_public_content_of_aws_is_tagged_as_the_sdk_tags_it() -> None:
    theirs = launch.training_job(MODEL_ID, role=ROLE, output_path=OUTPUT, tags={"team": "a"})
    request = theirs.create_training_job(job_name="x", channels=DATA)
    assert [tag["Key"] for tag in request["Tags"]] == [
        "team",
        "aws-jumpstart-training-model-uri",
        "aws-jumpstart-training-script-uri",
    ]
    ours = launch.training_job(MODEL_ID, role=ROLE, output_path=OUTPUT, bucket="my-bucket")
    assert "Tags" not in ours.create_training_job(job_name="x", channels=DATA)


def test_a_bucket_has_the_keys_that_aws_has() -> None:
    theirs = launch.training_job(MODEL_ID, role=ROLE, output_path=OUTPUT, region="us-west-2")
    ours = launch.training_job(MODEL_ID, role=ROLE, output_path=OUTPUT, bucket="my-bucket")
    assert ours.model_uri.startswith("s3://my-bucket/")
    assert ours.model_uri.partition("/my-bucket/")[2]
    assert not theirs.model_uri.startswith("s3://my-bucket/")
    earlier = f"{OUTPUT}/earlier/output/model.tar.gz"
    more = launch.training_job(MODEL_ID, role=ROLE, output_path=OUTPUT, model_uri=earlier)
    assert more.model_uri == earlier


def test_the_limits_of_a_spot_job_are_made_of_what_was_given() -> None:
    given: dict[str, Any] = {"role": ROLE, "output_path": f"{OUTPUT}/", "spot": True}
    job = launch.training_job(MODEL_ID, **given, max_run_seconds=100, base_job_name="tulips")
    assert (job.max_run_seconds, job.max_wait_seconds) == (100, 200)
    assert str(job.checkpoint_s3_uri).startswith(f"{OUTPUT}/checkpoints/tulips-")
    own = {"max_wait_seconds": 150, "checkpoint_s3_uri": "s3://my-bucket/c"}
    job = launch.training_job(MODEL_ID, **given, max_run_seconds=100, **own)
    assert (job.max_wait_seconds, job.checkpoint_s3_uri) == (150, "s3://my-bucket/c")
    # Without spot there is nothing to wait for, and no checkpoint that was not asked for.
    job = launch.training_job(MODEL_ID, role=ROLE, output_path=OUTPUT)
    assert (job.max_wait_seconds, job.checkpoint_s3_uri) == (None, None)
    assert (job.max_run_seconds, training.longest_run()) == (360_000, 360_000)


def test_what_is_wrong_is_said_once_and_with_the_channels_where_they_are_known() -> None:
    options: dict[str, Any] = {"role": "r r", "output_path": OUTPUT}
    with pytest.raises(UserError) as refused:
        training.checked_options({"tests": OUTPUT}, **options)
    text = str(refused.value)
    assert text.count("role cannot be 'r r'") == 1
    assert "A job needs a training channel" in text
    assert "Did you mean 'test'?" in text
    complete = training.checked_options(None, role=ROLE, output_path=OUTPUT)
    assert complete["role"] == ROLE


def test_the_sample_photos_are_in_the_bucket_of_each_region() -> None:
    assert launch.sample_dataset_uri("eu-west-1") == (
        "s3://jumpstart-cache-prod-eu-west-1/training-datasets/tf_flowers/"
    )


def test_a_model_too_large_for_its_gpu_is_told_before_the_job() -> None:
    # 937 million parameters x 16 bytes = 14.0 GiB of 16.
    assert "Set train_only_on_top" in (memory_warning(937, "ml.g4dn.xlarge") or "")
    assert memory_warning(937, "ml.g6e.xlarge") is None
    assert memory_warning(3.5, "ml.g4dn.xlarge") is None
    assert memory_warning(937, "ml.m5.xlarge") is None


def test_spot_jobs_never_share_checkpoints() -> None:
    jobs = [
        launch.training_job(MODEL_ID, role=ROLE, output_path=OUTPUT, spot=True) for _ in range(2)
    ]
    assert jobs[0].checkpoint_s3_uri != jobs[1].checkpoint_s3_uri
    assert jobs[0].max_wait_seconds == 2 * jobs[0].max_run_seconds


def test_the_estimator_takes_region_and_bucket_from_its_session(plane: ControlPlane) -> None:
    made = launch.estimator(BIT, role=ROLE, session=session(), hyperparameters={"epochs": 1})
    assert made.output_path == f"s3://{BUCKET}/output"
    assert "us-west-2" in made.image_uri
    assert made.max_run == 360000


def test_the_tuner_sends_the_documented_ranges_and_objective(plane: ControlPlane) -> None:
    job = launch.training_job(MODEL_ID, role=ROLE, output_path=OUTPUT, bucket=BUCKET)
    made = launch.sdk_v2.from_job(job, session())
    launch.tuner(made, max_jobs=4).fit(DATA, wait=False)
    [sent] = plane.sent("CreateHyperParameterTuningJob")
    name = sent["HyperParameterTuningJobName"]
    assert re.fullmatch(r"imagenet-mob-[0-9a-f]{6}-\d{6}-\d{4}", name)
    config = sent["HyperParameterTuningJobConfig"]
    objective = {"Type": "Maximize", "MetricName": "validation:accuracy"}
    assert config["HyperParameterTuningJobObjective"] == objective
    ranges = config["ParameterRanges"]
    [size] = ranges["IntegerParameterRanges"]
    assert (size["Name"], size["MinValue"], size["MaxValue"]) == ("batch_size", "8", "512")
    [optimizer] = ranges["CategoricalParameterRanges"]
    # A plain Estimator's categories are sent without quotes.
    assert "adam" in optimizer["Values"]
    definition = sent["TrainingJobDefinition"]
    names = [item["Name"] for item in definition["AlgorithmSpecification"]["MetricDefinitions"]]
    assert "validation:accuracy" in names
    assert "batch_size" not in definition["StaticHyperParameters"]


def test_a_range_under_another_spelling_takes_the_place_of_the_fixed_value(
    plane: ControlPlane,
) -> None:
    made = launch.estimator(
        MODEL_ID,
        role=ROLE,
        session=session(),
        output_path=OUTPUT,
        hyperparameters={"learning_rate": 0.5},
    )
    ranges = {
        "adam-learning-rate": tuning.Real(0.0001, 0.1),
        "train_only_on_top": tuning.Categorical(("True", "False")),
    }
    launch.tuner(made, ranges=ranges, max_jobs=4).fit(DATA, wait=False)
    [sent] = plane.sent("CreateHyperParameterTuningJob")
    spans = sent["HyperParameterTuningJobConfig"]["ParameterRanges"]
    assert [item["Name"] for item in spans["ContinuousParameterRanges"]] == ["learning_rate"]
    # As AWS's own script spells it.
    assert [item["Name"] for item in spans["CategoricalParameterRanges"]] == [
        "train_only_top_layer"
    ]
    fixed = sent["TrainingJobDefinition"]["StaticHyperParameters"]
    assert not fixed.keys() & {"learning_rate", "adam-learning-rate", "train_only_top_layer"}


def test_a_range_beyond_the_hyperparameter_is_refused() -> None:
    with pytest.raises(HyperparameterError) as error:
        tuning.checked(
            {
                "batch_size": tuning.Integer(low=0, high=512),
                "optimizer": tuning.Categorical(values=("adam", "adma")),
                "learning_rate": tuning.Real(low=0.1, high=0.1),
            }
        )
    assert len(error.value.problems) == 3
    assert tuning.checked(tuning.DOCUMENTED) == dict(tuning.DOCUMENTED)


# https://docs.aws.amazon.com/sagemaker/latest/dg/IC-TF-tuning.html
TUNED = {
    "batch_size": (8, 512), "beta_1": (1e-6, 0.999), "beta_2": (1e-6, 0.999),
    "epsilon": (1e-8, 1.0), "learning_rate": (1e-6, 0.5), "momentum": (0.0, 0.999),
    "regularizers_l2": (0.0, 0.999),
}  # fmt: skip


def test_the_ranges_are_those_of_awss_page() -> None:
    spans = {
        name: (span.low, span.high)
        for name, span in tuning.DOCUMENTED.items()
        if not isinstance(span, tuning.Categorical)
    }
    assert spans == TUNED
    assert set(tuning.DOCUMENTED) - set(spans) == {"optimizer", "train_only_on_top"}
    assert set(tuning.DEFAULT) == {"batch_size", "learning_rate", "optimizer"}


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (tuning.Integer(64, 8), "The range of 'batch_size' is empty: 64 to 8."),
        (tuning.Integer(8, 8), "The range of 'batch_size' is empty: 8 to 8."),
        (tuning.Integer(8, 9, "Log"), "The scaling of 'batch_size' is 'Log'; it is one of Auto, "),  # type: ignore[arg-type]
        ((8, 64), "give tuning.Integer(low, high), tuning.Real(low, high) or tuning.Categorical("),
    ],
)
def test_a_range_that_is_none_is_refused(span: Any, said: str) -> None:
    with pytest.raises(HyperparameterError) as refused:
        tuning.checked({"batch_size": span})
    [problem] = refused.value.problems
    assert said in problem


def test_two_spellings_of_one_hyperparameter_are_one_too_many() -> None:
    twice = {"learning_rate": tuning.Real(0.1, 0.2), "adam-learning-rate": tuning.Real(0.1, 0.2)}
    with pytest.raises(HyperparameterError, match="learning_rate"):
        tuning.checked(twice)
    assert tuning.checked({"batch_size": tuning.Integer(8, 9)})


def test_a_metric_of_two_classes_may_be_tuned_where_binary_mode_is_said_elsewhere() -> None:
    assert tuning.checked({"eval_metric": tuning.Categorical(("auc", "accuracy"))})


def test_a_tuning_jobs_name_has_room_for_its_time() -> None:
    assert re.fullmatch(r"imagenet-mob-[0-9a-f]{6}", tuning.base_name("imagenet-mobilenet-v2"))
    assert re.fullmatch(r"abc-[0-9a-f]{6}", tuning.base_name("abc"))
    # A name does not end in the hyphen at which it was cut.
    assert re.fullmatch(r"abcdefghijk-[0-9a-f]{6}", tuning.base_name("abcdefghijk-lmn"))


def test_the_model_is_deployed_as_it_is_and_isolated(plane: ControlPlane) -> None:
    data = f"{OUTPUT}/job/output/model.tar.gz"
    made = launch.model(data, MODEL_ID, role=ROLE, instance_type="ml.m5.large", session=session())
    made.deploy(initial_instance_count=1, instance_type="ml.m5.large", wait=False)
    [sent] = plane.sent("CreateModel")
    assert sent["PrimaryContainer"]["ModelDataUrl"] == data
    assert sent["PrimaryContainer"]["Image"].endswith("tensorflow-inference:2.20-cpu-py312")
    assert sent["EnableNetworkIsolation"] is True


def test_the_predictor_asks_with_an_images_bytes_and_gives_bytes(plane: ControlPlane) -> None:
    from sagemaker.deserializers import JSONDeserializer
    from sagemaker.serializers import JSONSerializer

    def answer(body: bytes, content_type: str, _: str | None) -> tuple[int, bytes, str]:
        container_handler.check_content_type(content_type)
        image = container_handler.read_image(body, content_type)
        return 200, json.dumps({"image": image.decode(), "sent": content_type}).encode(), "a/b"

    made = launch.model(
        f"{OUTPUT}/model.tar.gz",
        MODEL_ID,
        role=ROLE,
        instance_type="ml.m5.large",
        session=session(),
    )
    where = {"initial_instance_count": 1, "instance_type": "ml.m5.large", "wait": False}
    predictor = made.deploy(**where, endpoint_name="photos")
    plane.endpoints["photos"] = answer
    sent = {"image": "photo", "sent": "application/x-image"}
    assert json.loads(predictor.predict(b"photo")) == sent
    sent["sent"] = "image/jpg"
    assert json.loads(predictor.predict(b"photo", {"ContentType": "image/jpg"})) == sent
    plane.endpoints["json"] = answer
    chosen = {"serializer": JSONSerializer(), "deserializer": JSONDeserializer()}
    predictor = made.deploy(**where, **chosen, endpoint_name="json")
    assert predictor.predict({"b64": "cGhvdG8="}) == {"image": "photo", "sent": "application/json"}


def test_the_command_prints_the_request_or_sends_it(plane: ControlPlane) -> None:
    words = [
        "launch",
        MODEL_ID,
        "--role",
        ROLE,
        "--training",
        DATA["training"],
        "--set",
        "epochs=2",
    ]
    words += ["--output", OUTPUT, "--spot"]
    dry = CliRunner().invoke(main, [*words, "--dry-run"])
    assert dry.exit_code == 0, dry.output
    request = json.loads(dry.output)
    assert plane.sent("CreateTrainingJob") == []
    assert request["HyperParameters"]["epochs"] == '"2"'
    assert request["EnableManagedSpotTraining"] is True
    sent = CliRunner().invoke(main, words)
    assert sent.output.startswith("arn:aws:sagemaker:us-west-2:")
    [received] = plane.sent("CreateTrainingJob")
    assert set(received) == set(request)
    missing = CliRunner().invoke(main, [*words, "--bucket", "never-published"])
    assert missing.exit_code == 1
    assert "`ic-tf publish --bucket never-published" in missing.output
    assert len(plane.sent("CreateTrainingJob")) == 1
    wrong = CliRunner().invoke(main, [*words, "--set", "epoch=2"])
    assert wrong.exit_code == 1
    assert "Did you mean 'epochs'" in wrong.output


def test_a_warning_of_the_command_is_a_sentence() -> None:
    job = ["launch", MODEL_ID, "--role", ROLE, "--training", DATA["training"], "--output", OUTPUT]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "ic_tf_sdk.cli",
            *job,
            "--instance-type",
            "ml.g6e.xlarge",
            "--dry-run",
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "AWS_DEFAULT_REGION": "us-west-2"},
        check=True,
    )
    assert json.loads(done.stdout)["ResourceConfig"]["InstanceType"] == "ml.g6e.xlarge"
    [line] = done.stderr.splitlines()
    assert line.startswith("Warning: ml.g6e.xlarge is not among the instance types")
