"""What a benchmark consists of, costs and comes to, as values: nothing is asked."""

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ic_tf_sdk import launch
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch.sagemaker import benchmark, benchmark_results, benchmark_run
from ic_tf_sdk.launch.sagemaker.benchmark import Benchmark
from ic_tf_sdk.launch.sagemaker.benchmark_job import BenchmarkJob
from tests.launch.sagemaker.job_options import MODEL_ID, OUTPUT, ROLE

USUAL: dict[str, Any] = {
    "role": ROLE, "output_path": OUTPUT, "region": "us-west-2", "instance_type": "ml.g4dn.xlarge",
}  # fmt: skip
CHANNELS = {name: f"s3://my-bucket/{name}/" for name in ("training", "test")}


def planned(**given: Any) -> Benchmark:
    return launch.benchmark([MODEL_ID], {"ants": CHANNELS}, **{**USUAL, **given})


def job(model: str = "a", dataset: str = "d", **given: Any) -> BenchmarkJob:
    """A tuning job of which only what a test names is known."""
    limits = {
        "MaxNumberOfTrainingJobs": given.get("most", 2),
        "MaxParallelTrainingJobs": given.get("parallel", 2),
    }
    request = {
        "HyperParameterTuningJobName": given.get("name", f"bm-{model}"),
        "HyperParameterTuningJobConfig": {"ResourceLimits": limits},
        "TrainingJobDefinition": {
            "StoppingCondition": {"MaxRuntimeInSeconds": given.get("seconds", 3600)}
        },
    }
    training: Any = SimpleNamespace(instance_type=given.get("machine", "ml.g5.xlarge"))
    return BenchmarkJob(model, dataset, "us-west-2", request, training)


def test_the_cost_adds_up_what_runs_and_what_runs_at_a_time() -> None:
    jobs = [job(str(n), most=3, parallel=n, seconds=3600 * n) for n in range(1, 11)]
    jobs.append(job("x", most=1, parallel=1, machine="ml.c5.xlarge", seconds=5400))
    cost = Benchmark(tuple(jobs)).cost
    # Eight tuning jobs are under way at a time, at worst those with the most training jobs.
    assert cost.startswith(
        "11 tuning jobs of 31 training jobs in all, on ml.c5.xlarge, ml.g5.xlarge, each of 10 "
        f"hours at most, {sum(range(3, 11))} at a time at most."
    )
    assert "each of 1.5 hours" in Benchmark((job(seconds=5400),)).cost
    assert Benchmark(()).cost.startswith("0 tuning jobs of 0 training jobs in all, on , each of 0 ")


@pytest.mark.parametrize(("most", "parallel"), [(1, 1), (2, 1), (2, 2)])
def test_as_many_jobs_at_a_time_as_there_are(most: int, parallel: int) -> None:
    [one] = planned(max_jobs=most, max_parallel_jobs=parallel).jobs
    assert (one.max_jobs, one.max_parallel_jobs) == (most, parallel)


@pytest.mark.parametrize(("most", "parallel"), [(0, 0), (1, 0), (1, 2), (0, 1), (2, -1)])
def test_more_at_a_time_than_there_are_or_none_is_refused(most: int, parallel: int) -> None:
    with pytest.raises(UserError, match=rf"as many at most; not {most} and {parallel}\."):
        planned(max_jobs=most, max_parallel_jobs=parallel)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(UserError) as refused:
        launch.benchmark(
            [MODEL_ID, MODEL_ID], {"ants": {"training": "s3://b/c/"}, "bees": {"test": "x"}},
            role=ROLE, output_path=OUTPUT, max_jobs=0,
        )  # fmt: skip
    for said in ("named twice", "max_jobs is 1 or more", "give a test channel", "'bees'"):
        assert said in str(refused.value)
    for models, data in (([], {"a": CHANNELS}), ([MODEL_ID], {}), (MODEL_ID, {"a": CHANNELS})):
        with pytest.raises(UserError, match="takes a list of model ids"):
            launch.benchmark(models, data, role=ROLE, output_path=OUTPUT)


def test_names_have_32_characters_at_most_and_end_in_no_hyphen() -> None:
    for base in ("imagenet-" + "a" * 60, "a" * 20 + "-" * 9, "x"):
        name = benchmark._name("bm-000-", base, "abcdef")
        assert re.fullmatch(r"bm-000-(a+|x)-abcdef", name)
        assert len(name) <= 32
    assert len(benchmark._name("bm-000-", "a" * 60, "abcdef")) == 32
    [one] = planned().jobs
    assert re.fullmatch(r"bm-000-mobilenet-v2-100-2-[0-9a-f]{6}", one.name)
    assert one.dataset == "ants"


def test_a_run_publishes_nothing_unasked_and_has_eight_at_a_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(benchmark_run, "run", lambda *_, **given: asked.append(given))
    monkeypatch.setattr(benchmark_run, "recorded", lambda *_: [])
    assert planned().run(tmp_path / "r.json") == {}
    assert asked == [{"publish": False, "on_line": print, "at_once": 8, "seconds": 30.0}]


def test_the_learning_rate_is_the_models_own_and_a_fifth_of_it() -> None:
    for given, values in ((None, ["0.001", "0.0002"]), (0.05, ["0.05", "0.01"])):
        sent = {} if given is None else {"hyperparameters": {"learning_rate": given}}
        [request] = planned(**sent).requests
        [rate] = request["HyperParameterTuningJobConfig"]["ParameterRanges"][
            "CategoricalParameterRanges"
        ]
        assert rate["Values"] == values


def test_settings_of_the_caller_go_before_the_data_sets_and_these_before_the_notebooks() -> None:
    data = {"d": launch.BenchmarkData(CHANNELS, {"epochs": 7, "early_stopping": "False"})}
    mine = {"early-stopping": "True"}
    plan = launch.benchmark([MODEL_ID], data, hyperparameters=mine, **USUAL)
    [one] = plan.jobs
    fixed = one.request["TrainingJobDefinition"]["StaticHyperParameters"]
    assert json.loads(fixed["epochs"]) == "7"
    assert json.loads(fixed["early_stopping_patience"]) == "3"
    assert [json.loads(v) for n, v in fixed.items() if n.replace("-", "_") == "early_stopping"] == [
        "True"
    ]


METRICS = {
    "test:accuracy": 0.9,
    "Average test latency per sample": 0.0125,
    "Average test throughput": 79.6,
    "Test evaluation latency": 2.5,
    "Number of parameters": 3_500_000.4,
    "Total training duration": 120.5,
}


def test_a_line_is_what_the_best_training_job_printed() -> None:
    line, images = benchmark_results._line(job("m"), {}, METRICS)
    # 2.5 s at 79.6 a second.
    assert images == 199
    assert line.milliseconds == 12.5
    assert line.parameters == 3_500_000
    assert line.training_seconds == 120.5
    assert line.standard_error == pytest.approx((0.9 * 0.1 / 199) ** 0.5)
    assert (line.model, line.archive_bytes, line.path, line.right) == ("m", None, "", ())
    # As few as it may print.
    assert benchmark_results._line(job(), {}, {**METRICS, "Test evaluation latency": 0.0})[1] == 1


def test_models_are_ranked_by_accuracy_and_then_by_time() -> None:
    lines = {
        name: benchmark_results._line(
            job(name),
            {},
            {**METRICS, "test:accuracy": share, "Average test latency per sample": seconds},
        )
        for name, share, seconds in (("a", 0.5, 0.1), ("b", 0.9, 0.2), ("c", 0.9, 0.1))
    }
    found = benchmark_results._selection("ants", [*lines.values()], {"d": "no memory"})
    assert [one.model for one in found.candidates] == ["c", "b", "a"]
    assert (found.images, found.classes, found.failures) == (199, None, {"d": "no memory"})
    assert found.basis.startswith("199 test images")
    assert found.place == "on the instance"
    assert benchmark_results._selection("ants", [], {}).images == 0


class _Service:
    """Statuses of tuning jobs: each look at one gives the next."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **looks: list[str]) -> None:
        self.looks, self.under_way, self.most = looks, set[str](), 0
        self.slept: list[float] = []
        monkeypatch.setattr(benchmark_run, "_start", self.start)
        monkeypatch.setattr(benchmark_run, "_status", self.status)
        monkeypatch.setattr(benchmark_run.time, "sleep", self.slept.append)
        monkeypatch.setattr(benchmark_run.published_content, "ensure", lambda *_, **__: None)
        monkeypatch.setattr(benchmark_run, "_entry", lambda one: {"name": one.name})

    def start(self, one: BenchmarkJob) -> str:
        self.under_way.add(one.name)
        self.most = max(self.most, len(self.under_way))
        return "started"

    def status(self, one: BenchmarkJob) -> str:
        status = self.looks[one.model_id].pop(0)
        if status not in ("InProgress", "Stopping"):
            self.under_way.discard(one.name)
        return status


def test_so_many_run_at_a_time_and_each_to_its_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    service = _Service(
        monkeypatch, a=["InProgress", "Failed"], b=["Completed"], c=["Stopping", "Stopped"],
        d=["DeleteFailed"],
    )  # fmt: skip
    jobs = [job(name) for name in "abcd"]
    for one in jobs:
        one.training.model_uri = "s3://b/m"
    lines: list[str] = []
    benchmark_run.run(
        jobs, tmp_path / "r.json", publish=False, on_line=lines.append, at_once=2, seconds=7.0
    )
    assert service.most == 2
    assert all(looks == [] for looks in service.looks.values())
    assert lines == [
        "bm-a: a on d, started", "bm-b: b on d, started", "bm-b: Completed",
        "bm-c: c on d, started", "bm-a: Failed", "bm-d: d on d, started", "bm-c: Stopped",
        "bm-d: DeleteFailed",
    ]  # fmt: skip
    # None after the last has ended.
    assert service.slept == [7.0, 7.0]


def test_content_is_looked_for_once_for_each_model(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _Service(monkeypatch, a=["Completed", "Completed"], b=["Completed"])
    asked: list[Any] = []
    ensure = lambda training, **given: asked.append((training.model_uri, given))  # noqa: E731
    monkeypatch.setattr(benchmark_run.published_content, "ensure", ensure)
    jobs = [job("a", "d"), job("a", "e", name="bm-a2"), job("b", "d")]
    for one in jobs:
        one.training.model_uri = f"s3://b/{one.model_id}"
    benchmark_run.run(
        jobs, tmp_path / "r.json", publish=True, on_line=lambda _: None, at_once=8, seconds=0.0
    )
    assert asked == [("s3://b/a", {"publish": True}), ("s3://b/b", {"publish": True})]


def test_a_record_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"r\.json cannot be read: No such file"):
        benchmark_run.recorded([job()], tmp_path / "r.json")


def test_a_job_that_is_gone_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark_run.s3, "service", lambda *_: None)
    described: list[Any] = [None, {"HyperParameterTuningJobStatus": "Stopping"}]
    monkeypatch.setattr(benchmark_run, "started", lambda *_: described.pop(0))
    assert [benchmark_run._status(job()) for _ in range(2)] == ["Failed", "Stopping"]


def test_what_sagemaker_refuses_beside_an_unknown_name_is_no_answer() -> None:
    class Client:
        def describe_hyper_parameter_tuning_job(self, **_: str) -> None:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        benchmark_run.started(Client(), "bm-a")
