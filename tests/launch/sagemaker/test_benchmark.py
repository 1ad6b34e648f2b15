"""A benchmark: the tuning jobs of AWS's notebook as values, run and read back on loopback."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ic_tf_sdk import launch, specs
from ic_tf_sdk.cli import main
from ic_tf_sdk.errors import HyperparameterError, UserError
from ic_tf_sdk.launch import BenchmarkData, tuning
from ic_tf_sdk.launch.sagemaker.tuning_request import TuningPlan, create_tuning_job
from tests.aws import BUCKET
from tests.launch.sagemaker.job_options import DATA, MODEL_ID, OPTIONS, OUTPUT, ROLE
from tests.launch.sagemaker.test_job import session
from tests.rehearsal.control_plane import ControlPlane

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

INCEPTION = "tensorflow-ic-imagenet-inception-v3-classification-4"
CHANNELS = {name: f"s3://{BUCKET}/flowers/{name}/" for name in ("training", "validation", "test")}
ANTS = BenchmarkData({**CHANNELS, "test": f"s3://{BUCKET}/ants/"}, {"binary_mode": "True"})
BOTH: dict[str, Any] = {"flowers": CHANNELS, "ants": ANTS}
RANGES = {
    "learning_rate": tuning.Categorical(("0.001", "0.0002")),
    "train_only_on_top": tuning.Categorical(("True", "False")),
    "momentum": tuning.Real(0.1, 0.9, "Linear"),
    "batch_size": tuning.Integer(8, 64),
}
METRICS = {
    "test:accuracy": 0.9,
    "Average test latency per sample": 0.02,
    "Average test throughput": 50.0,
    "Test evaluation latency": 4.0,
    "Number of parameters": 3_500_000.0,
    "Total training duration": 120.5,
}


def planned(models: Any = (MODEL_ID, INCEPTION), datasets: Any = BOTH, **more: Any) -> Any:
    return launch.benchmark(models, datasets, role=ROLE, output_path=OUTPUT, **more)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_a_request_is_what_the_sdks_tuner_sends(
    plane: ControlPlane, options: dict[str, Any]
) -> None:
    job = launch.training_job(MODEL_ID, role=ROLE, output_path=OUTPUT, **options)
    made = launch.tuner(launch.sdk_v2.from_job(job, session()), ranges=RANGES, max_jobs=4)
    made.fit(DATA, wait=False)
    [sent] = plane.sent("CreateHyperParameterTuningJob")
    name = sent["HyperParameterTuningJobName"]
    ours = create_tuning_job(job, TuningPlan(RANGES, max_jobs=4), job_name=name, channels=DATA)
    for request in (sent, ours):
        # The SDK makes up a training job's name, which no training job of the tuning has.
        del request["TrainingJobDefinition"]["StaticHyperParameters"]["sagemaker_job_name"]
    assert ours == sent


def test_a_plan_of_ranges_alone_is_of_twenty_jobs_two_at_a_time() -> None:
    job = launch.training_job(MODEL_ID, role=ROLE, output_path=OUTPUT)
    made = create_tuning_job(job, TuningPlan(RANGES), job_name="x", channels=DATA)
    limits = {"MaxNumberOfTrainingJobs": 20, "MaxParallelTrainingJobs": 2}
    assert made["HyperParameterTuningJobConfig"]["ResourceLimits"] == limits


def test_there_is_a_tuning_job_for_each_model_and_data_set_as_in_awss_notebook() -> None:
    plan = planned()
    assert [(job.model_id, job.dataset) for job in plan.jobs] == [
        (MODEL_ID, "flowers"),
        (MODEL_ID, "ants"),
        (INCEPTION, "flowers"),
        (INCEPTION, "ants"),
    ]
    for request, job in zip(plan.requests, plan.jobs, strict=True):
        config = request["HyperParameterTuningJobConfig"]
        limits = {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 2}
        assert config["ResourceLimits"] == limits
        [rate] = config["ParameterRanges"]["CategoricalParameterRanges"]
        default = float(specs.get(job.model_id).hyperparameters["learning_rate"])
        assert [float(value) for value in rate["Values"]] == pytest.approx([default, default / 5])
        fixed = request["TrainingJobDefinition"]["StaticHyperParameters"]
        assert "learning_rate" not in fixed
        assert json.loads(fixed["epochs"]) == "5"
        assert json.loads(fixed["early_stopping_patience"]) == "3"
        assert json.loads(fixed["binary_mode"]) == str(job.dataset == "ants")


def test_every_models_request_is_taken_by_boto3_under_a_name_of_its_own() -> None:
    import boto3
    from botocore.stub import Stubber

    client = boto3.client("sagemaker", region_name="us-west-2", aws_access_key_id="x",
                          aws_secret_access_key="x")  # fmt: skip
    plan = planned(sorted(specs.model_ids()), {"flowers": CHANNELS}, bucket=BUCKET)
    names = [job.name for job in plan.jobs]
    assert len(set(names)) == len(names) == len(specs.model_ids())
    assert not set(names) & {job.name for job in planned(bucket=BUCKET).jobs}
    arn = "arn:aws:sagemaker:us-west-2:123456789012:hyper-parameter-tuning-job/x"
    with Stubber(client) as stub:
        for request in plan.requests:
            name = request["HyperParameterTuningJobName"]
            assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}", name)
            stub.add_response(
                "create_hyper_parameter_tuning_job", {"HyperParameterTuningJobArn": arn}, request
            )
            client.create_hyper_parameter_tuning_job(**request)


def test_own_hyperparameters_and_ranges_take_the_place_of_the_notebooks() -> None:
    [job] = planned(
        [MODEL_ID], {"f": CHANNELS}, ranges=RANGES, max_jobs=6, max_parallel_jobs=3,
        hyperparameters={"adam-learning-rate": 0.1, "epochs": 7},
    ).jobs  # fmt: skip
    fixed = job.request["TrainingJobDefinition"]["StaticHyperParameters"]
    assert json.loads(fixed["epochs"]) == "7"
    assert not {"learning_rate", "train_only_top_layer", "batch_size"} & fixed.keys()
    [given] = planned([MODEL_ID], {"f": CHANNELS}, hyperparameters={"learning_rate": 0.1}).jobs
    spans = given.request["HyperParameterTuningJobConfig"]["ParameterRanges"]
    assert spans["CategoricalParameterRanges"][0]["Values"] == ["0.1", "0.02"]


def test_what_is_paid_is_said() -> None:
    cost = planned(max_jobs=4, max_run_seconds=7200).cost
    assert cost.startswith(
        "4 tuning jobs of 16 training jobs in all, on ml.g4dn.xlarge, each of 2 hours at most, "
        "8 at a time at most."
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"models": []}, "A benchmark takes a list of model ids"),
        ({"models": [MODEL_ID, MODEL_ID]}, "A model is named twice"),
        ({"datasets": {"f": {"training": f"s3://{BUCKET}/a/"}}}, "give a test channel"),
        ({"datasets": {"f": {**CHANNELS, "tests": "s3://b/c/"}}}, "'f'.*no channel 'tests'"),
        ({"datasets": {"f": {**CHANNELS, "test": "flowers/"}}}, "The data set 'f'"),
        ({"max_jobs": 1}, "max_jobs is 1 or more, and max_parallel_jobs as many at most"),
    ],
)
def test_what_cannot_be_compared_is_refused(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        planned(**change)
    with pytest.raises(HyperparameterError):
        planned(ranges={"batch_size": tuning.Integer(64, 8)})


class Outcomes:
    """A SageMaker whose tuning jobs end as a test says: data set of the job -> its outcome."""

    def __init__(self, plane: ControlPlane, s3: Any) -> None:
        self.plane, self.s3 = plane, s3
        self.ends: dict[str, dict[str, Any] | None] = {}

    def let(self, name: str, metrics: dict[str, float] | None, status: str = "Completed") -> None:
        training = f"{name}-001"
        best = {"TrainingJobName": training}
        described = {"HyperParameterTuningJobStatus": status}
        if metrics is not None:
            key = f"output/{training}/output/model.tar.gz"
            self.s3.put_object(Bucket=BUCKET, Key=key, Body=b"x" * 1000)
            described["BestTrainingJob"] = best  # type: ignore[assignment]
            self.plane.made["TrainingJob", training] = {
                "OutputDataConfig": {"S3OutputPath": OUTPUT}
            }
            self.ends[training] = {
                "FinalMetricDataList": [
                    {"MetricName": n, "Value": v, "Timestamp": 0} for n, v in metrics.items()
                ],
                "ModelArtifacts": {"S3ModelArtifacts": f"s3://{BUCKET}/{key}"},
            }
        self.ends[name] = described


@pytest.fixture
def outcomes(plane: ControlPlane, s3: Any, monkeypatch: pytest.MonkeyPatch) -> Outcomes:
    made = Outcomes(plane, s3)
    answer = plane.answer

    def changed(operation: str, given: dict[str, Any]) -> dict[str, Any]:
        if operation == "DescribeTrainingJob":
            return {"TrainingJobName": given["TrainingJobName"], **(
                made.ends[given["TrainingJobName"]] or {})}  # fmt: skip
        found = answer(operation, given)
        name = given.get("HyperParameterTuningJobName", "")
        if operation == "DescribeHyperParameterTuningJob":
            return {**found, **(made.ends.get(name) or {})}
        return found

    monkeypatch.setattr(plane, "answer", changed)
    return made


def test_a_run_starts_each_job_once_and_compares_what_they_came_to(
    outcomes: Outcomes, tmp_path: Path
) -> None:
    plan, record, lines = planned(), tmp_path / "benchmark.json", list[str]()
    first, second, third, fourth = plan.jobs
    outcomes.let(first.name, METRICS)
    outcomes.let(second.name, None, "Failed")
    outcomes.let(third.name, {**METRICS, "test:accuracy": 0.95, "Number of parameters": 2e7,
                              "Average test latency per sample": 0.2})  # fmt: skip
    outcomes.let(fourth.name, {"test:accuracy": 0.7})
    found = plan.run(record, on_line=lines.append, seconds_between_looks=0.01)
    assert outcomes.plane.sent("CreateHyperParameterTuningJob") == plan.requests
    assert lines[0] == f"{first.name}: {MODEL_ID} on flowers, started"
    assert f"{second.name}: Failed" in lines

    flowers = found["flowers"]
    assert [one.model for one in flowers.candidates] == [INCEPTION, MODEL_ID]
    other = flowers.candidates[1]
    assert (other.milliseconds, other.parameters, other.archive_bytes) == (20.0, 3_500_000, 1000)
    # 200 images cannot tell 0.90 from 0.95, and the smaller one is faster.
    assert flowers.images == 200
    assert other.standard_error == pytest.approx((0.9 * 0.1 / 200) ** 0.5)
    assert flowers.best is other
    assert "(tie)" in flowers.rows()[1][3]
    assert "200 test images" in flowers._repr_html_()
    assert json.loads(json.dumps(flowers.as_dict()))["picked"] == MODEL_ID

    ants = found["ants"]
    assert ants.candidates == ()
    assert ants.failures[MODEL_ID] == f"No training job of {second.name} has a result (Failed)."
    assert ants.failures[INCEPTION].startswith(f"{fourth.name}-001 has no metric ")
    assert MODEL_ID in ants._repr_html_()
    assert ants.as_dict()["picked"] is None


def test_a_run_that_was_interrupted_goes_on_with_its_record(
    outcomes: Outcomes, tmp_path: Path
) -> None:
    record = tmp_path / "benchmark.json"
    plan = planned([MODEL_ID], {"flowers": CHANNELS})
    outcomes.let(plan.jobs[0].name, METRICS)
    plan.run(record, on_line=lambda _: None, seconds_between_looks=0.01)
    again, lines = planned([MODEL_ID], {"flowers": CHANNELS}), list[str]()
    assert again.jobs[0].name != plan.jobs[0].name
    found = again.run(record, on_line=lines.append, seconds_between_looks=0.01)
    assert len(outcomes.plane.sent("CreateHyperParameterTuningJob")) == 1
    assert "which was started before (Completed)" in lines[0]
    assert found["flowers"].best.accuracy == 0.9
    with pytest.raises(UserError, match="of other models or data sets"):
        planned().results(record)


def test_a_job_that_was_never_started_is_told(plane: ControlPlane, tmp_path: Path) -> None:
    plan = planned([MODEL_ID], {"flowers": CHANNELS})
    record = tmp_path / "benchmark.json"
    name, region = plan.jobs[0].name, plan.jobs[0].region
    entry = {"model_id": MODEL_ID, "dataset": "flowers", "name": name, "region": region}
    record.write_text(json.dumps([entry]))
    [reason] = plan.results(record)["flowers"].failures.values()
    assert reason == f"The tuning job {name} was never started."
    for content in ("", "{", "[1]"):
        record.write_text(content)
        with pytest.raises(UserError, match="no record of a benchmark"):
            plan.results(record)


LINE = ["benchmark", MODEL_ID, INCEPTION, "--role", ROLE, "--output", OUTPUT]
LINE += [w for n, u in CHANNELS.items() for w in ("--dataset", f"flowers:{n}={u}")]


def test_the_command_prints_the_requests_and_the_cost_and_sends_nothing(
    plane: ControlPlane,
) -> None:
    done = CliRunner().invoke(main, [*LINE, "--dry-run", "--dataset", "flowers:binary_mode=True"])
    assert done.exit_code == 0
    requests = json.loads(done.stdout)
    assert len(requests) == 2
    fixed = requests[0]["TrainingJobDefinition"]["StaticHyperParameters"]
    assert json.loads(fixed["binary_mode"]) == "True"
    assert "2 tuning jobs of 4 training jobs in all, on ml.g4dn.xlarge" in done.stderr
    assert not plane.requests


def test_the_command_starts_nothing_unless_it_is_told(plane: ControlPlane) -> None:
    done = CliRunner().invoke(main, LINE)
    assert done.exit_code == 0
    assert "Nothing was sent; --run starts them." in done.stderr
    assert not plane.requests
    assert CliRunner().invoke(main, [*LINE, "--run", "--dry-run"]).exit_code == 2
    wrong = CliRunner().invoke(main, [*LINE, "--dataset", "training=s3://b/c/"])
    assert wrong.exit_code == 1
    assert "--dataset takes NAME:CHANNEL=URI" in wrong.stderr


def test_the_command_runs_and_shows_the_table(
    outcomes: Outcomes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ic_tf_sdk.launch.sagemaker import benchmark_run

    started = benchmark_run.started

    def ended(client: Any, name: str) -> Any:
        if name not in outcomes.ends:
            outcomes.let(name, METRICS)
        return started(client, name)

    monkeypatch.setattr(benchmark_run, "started", ended)
    record = ["--record", str(tmp_path / "benchmark.json")]
    done = CliRunner().invoke(main, [*LINE, "--run", *record])
    assert done.exit_code == 0, done.output
    assert "0.900" in done.stdout
    assert f"Picked: {MODEL_ID}." in done.stdout or f"Picked: {INCEPTION}." in done.stdout
