"""Trainings on a real server of MLflow, with a SQLite store, on loopback.

`nox -s mlflow` runs these; no extra of the other environments brings a server.
"""

import logging
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ic_tf_sdk.contract import model_info
from ic_tf_sdk.launch import LocalEstimator, LocalTuner, tuning
from ic_tf_sdk.launch.local.request import request as training_request
from ic_tf_sdk.launch.local.tune import Budget, tune
from ic_tf_sdk.specs.hyperparameters import as_text
from ic_tf_sdk.training.tracking import sender, tracked_run
from tests.training.loop.test_resume import AfterSteps
from tests.training.tracking import unsteady_proxy
from tests.training.tracking.unsteady_proxy import UnsteadyProxy

mlflow = pytest.importorskip("mlflow")
pytest.importorskip("flask", reason="the package mlflow-skinny has no server")

pytestmark = pytest.mark.filterwarnings("default")

HEAD = {"train_only_on_top": "True", "epochs": 3, "batch_size": 8}


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a server."""
    folder = tmp_path_factory.mktemp("mlflow")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    line = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    line += ["--backend-store-uri", f"sqlite:///{folder}/runs.db", "--workers", "1"]
    line += ["--artifacts-destination", str(folder / "artifacts")]
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(line, cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            _wait(f"http://127.0.0.1:{port}/health", process)
            yield port
        finally:
            process.terminate()
            process.wait()


def _wait(address: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 240
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(address, timeout=5):
            return
        time.sleep(0.2)
    pytest.fail("The server does not answer.")


@pytest.fixture
def proxy(port: int, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> Iterator[UnsteadyProxy]:
    """What the trainings of a test know as their server."""
    with unsteady_proxy.before(port) as made:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", made.address)
        monkeypatch.setattr(sender, "_FIRST_PAUSE", 0.1)
        # As in a job's own process.
        caplog.set_level(logging.INFO, logger="ic_tf_sdk")
        # The job's own logger does not propagate where a job has run in this process.
        monkeypatch.setattr(logging.getLogger("ic_tf_sdk"), "propagate", True)
        yield made
    mlflow.set_tracking_uri(None)


class Runs:
    """The runs of one experiment, as the server has them.

    Args:
        port: The server's.
        experiment: Its name.
    """

    def __init__(self, port: int, experiment: str) -> None:
        self.client = mlflow.MlflowClient(f"http://127.0.0.1:{port}")
        self._experiment = experiment

    def all(self) -> list[Any]:
        """The newest first."""
        found = self.client.get_experiment_by_name(self._experiment)
        return list(self.client.search_runs([found.experiment_id])) if found else []

    def course(self, run: Any, name: str) -> list[tuple[int, float]]:
        """Step and value of each value of a metric."""
        history = self.client.get_metric_history(run.info.run_id, name)
        return sorted((one.step, one.value) for one in history)


@pytest.fixture
def runs(port: int, proxy: UnsteadyProxy, request: pytest.FixtureRequest, monkeypatch: Any) -> Runs:
    """Those of this test."""
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", request.node.name)
    return Runs(port, request.node.name)


def assert_complete(runs: Runs, run: Any, done: SimpleNamespace) -> None:
    """The run says of a training what its record says."""
    run_id = run.info.run_id
    assert run.info.status == "FINISHED"
    for name in done.record.epochs[0]:
        expected = [(i + 1, epoch[name]) for i, epoch in enumerate(done.record.epochs)]
        assert dict(runs.course(run, name)) == pytest.approx(dict(expected), abs=1e-6)
    wanted = {name: as_text(value) for name, value in done.plan.hyperparameters}
    assert run.data.params == wanted
    artifacts = {item.path for item in runs.client.list_artifacts(run_id)}
    assert {"report.html", "evaluation.json"} <= artifacts
    [model] = run.outputs.model_outputs
    assert runs.client.get_logged_model(model.model_id).status == "READY"


def test_a_run_has_all_of_a_training_and_the_model_answers_as_ours(
    train: Any,
    tiny_dataset: SimpleNamespace,
    proxy: UnsteadyProxy,
    runs: Runs,
    capfd: Any,
) -> None:
    import pandas as pd

    from ic_tf_sdk.inference.predictor import LocalPredictor

    done = train(test=tiny_dataset.training, **HEAD)
    [run] = runs.all()
    assert_complete(runs, run, done)
    tags = run.data.tags
    assert tags["model.id"] == model_info.read(done.model).model_id
    assert tags["data.training"] == str(tiny_dataset.training)
    assert (tags["data.training.images"], tags["data.classes"]) == ("39", "3")
    assert {"version.ic_tf_sdk", "version.tensorflow", "version.python"} <= tags.keys()
    assert run.data.metrics["Test accuracy"] == pytest.approx(
        done.record.test["accuracy"], abs=1e-6
    )
    assert run.data.metrics["Number of parameters"] > 0

    files = sorted(Path(tiny_dataset.training).rglob("*.*"))[:40]
    address = f"runs:/{run.info.run_id}/model"
    mlflow.set_tracking_uri(f"http://127.0.0.1:{proxy.behind}")
    model = mlflow.pyfunc.load_model(address)
    assert [column.name for column in model.metadata.signature.inputs] == ["image_bytes"]
    table = pd.DataFrame({"image_bytes": [file.read_bytes() for file in files]})
    answers = model.predict(table)
    ours = LocalPredictor(done.model).classify(files)
    assert list(answers["predicted_label"]) == [one.label for one in ours]
    for labels, theirs, one in zip(answers["labels"], answers["probabilities"], ours, strict=True):
        assert dict(zip(labels, theirs, strict=True)) == pytest.approx(one.probabilities, abs=1e-6)
    module = mlflow.tensorflow.load_model(address)
    assert {"serving_default", "serving_pixels"} <= module.signatures.keys()
    assert "geheim" not in "".join(capfd.readouterr())


def test_a_resumed_training_goes_on_in_its_run(train: Any, tmp_path: Path, runs: Runs) -> None:
    from ic_tf_sdk.training.loop.interruption import Interrupted

    with pytest.raises(Interrupted):
        train(folder=tmp_path / "job", interruption=AfterSteps(7), **HEAD)
    [run] = runs.all()
    assert run.info.status == "KILLED"
    done = train(folder=tmp_path / "job", **HEAD)
    [run] = runs.all()
    assert_complete(runs, run, done)
    assert [step for step, _ in runs.course(run, "val_accuracy")] == [1, 2, 3]

    more = train(folder=tmp_path / "job2", **HEAD)
    assert len(runs.all()) == 2
    assert more.record.epochs == done.record.epochs


def test_more_epochs_of_the_same_training_are_a_tag_of_the_same_run(
    train: Any, tmp_path: Path, runs: Runs
) -> None:
    from ic_tf_sdk.training.loop.interruption import Interrupted

    with pytest.raises(Interrupted):
        train(folder=tmp_path / "job", interruption=AfterSteps(7), **HEAD)
    train(folder=tmp_path / "job", **{**HEAD, "epochs": 4})
    [run] = runs.all()
    assert run.data.params["epochs"] == "3"
    assert run.data.tags["resumed.epochs"] == "4"
    assert len(runs.course(run, "loss")) == 4


@pytest.mark.parametrize("mood", ["fails", "hangs up"])
def test_a_server_that_is_away_for_a_while_loses_nothing(
    train: Any,
    proxy: UnsteadyProxy,
    runs: Runs,
    mood: unsteady_proxy.Mood,
    monkeypatch: pytest.MonkeyPatch,
    caplog: Any,
) -> None:
    taken = tracked_run.TrackedRun.metrics

    def take(run: Any, values: Any) -> None:
        if values[0].step == 2:
            proxy.mood = mood
        if values[0].name == "Total training duration":
            proxy.mood = "answers"
        taken(run, values)

    monkeypatch.setattr(tracked_run.TrackedRun, "metrics", take)
    done = train(**HEAD)
    [run] = runs.all()
    assert_complete(runs, run, done)
    assert "geheim" not in caplog.text


@pytest.mark.parametrize("mood", ["fails", "hangs up", "never answers"])
def test_a_server_that_stays_away_costs_no_training_and_a_bounded_time(
    train: Any,
    proxy: UnsteadyProxy,
    mood: unsteady_proxy.Mood,
    monkeypatch: pytest.MonkeyPatch,
    caplog: Any,
) -> None:
    monkeypatch.setattr(tracked_run, "_END_SECONDS", 2.0)
    monkeypatch.setattr(tracked_run, "_FAILING_SECONDS", 1.0)
    proxy.mood = mood
    done = train(**HEAD)
    assert (done.model / "1" / "saved_model.pb").is_file()
    assert len(done.record.epochs) == 3
    assert "has not got the run, the parameters, metrics, report.html" in caplog.text
    assert "geheim" not in caplog.text


def test_artifacts_that_the_server_refuses_cost_the_artifacts_alone(
    train: Any, proxy: UnsteadyProxy, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracked_run, "_END_SECONDS", 6.0)
    monkeypatch.setattr(tracked_run, "_FAILING_SECONDS", 3.0)
    proxy.moods_of_paths["mlflow-artifacts"] = "fails"
    done = train(**HEAD)
    [run] = runs.all()
    assert len(runs.course(run, "loss")) == len(done.record.epochs)


def test_a_training_that_fails_says_so(
    train: Any, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ic_tf_sdk.training import job

    def broken(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(job, "train_and_evaluate", broken)
    with pytest.raises(MemoryError):
        train(**HEAD)
    [run] = runs.all()
    assert run.info.status == "FAILED"


def test_a_local_estimator_tracks_into_the_experiment_that_is_named(
    tiny_archive: Path,
    tiny_dataset: SimpleNamespace,
    tmp_path: Path,
    runs: Runs,
    monkeypatch: pytest.MonkeyPatch,
    capfd: Any,
) -> None:
    monkeypatch.setenv("MLFLOW_RUN_NAME", "evening")
    estimator = LocalEstimator(
        model_uri=str(tiny_archive), hyperparameters=HEAD, output_path=str(tmp_path / "jobs")
    )
    estimator.fit({"training": str(tiny_dataset.training)})
    [run] = runs.all()
    assert (run.info.status, run.info.run_name) == ("FINISHED", "evening")
    assert [step for step, _ in runs.course(run, "loss")] == [1, 2, 3]
    assert "geheim" not in "".join(capfd.readouterr())


def nested(runs: Runs) -> tuple[Any, list[Any]]:
    """The run of a tuning, and those below it by their names."""
    every = runs.all()
    [parent] = [run for run in every if "mlflow.parentRunId" not in run.data.tags]
    below = [run for run in every if run is not parent]
    assert {run.data.tags["mlflow.parentRunId"] for run in below} <= {parent.info.run_id}
    return parent, sorted(below, key=lambda run: run.info.run_name)


def test_each_trial_of_a_tuning_is_a_run_below_that_of_the_tuning(
    tiny_archive: Path,
    tiny_dataset: SimpleNamespace,
    tmp_path: Path,
    runs: Runs,
    monkeypatch: pytest.MonkeyPatch,
    capfd: Any,
) -> None:
    pytest.importorskip("optuna")
    monkeypatch.setenv("IC_TF_SDK_FEATURE_CACHE", str(tmp_path / "features"))
    estimator = LocalEstimator(
        model_uri=str(tiny_archive), hyperparameters=HEAD, output_path=str(tmp_path / "jobs")
    )
    rates = {"learning_rate": tuning.Real(1e-4, 0.5)}
    tuner = LocalTuner(estimator, hyperparameter_ranges=rates, max_jobs=3)
    tuner.fit({"training": str(tiny_dataset.training)})
    parent, trials = nested(runs)
    result = tuner.result
    assert [run.info.run_name for run in trials] == ["trial-001", "trial-002", "trial-003"]
    for run, told in zip(trials, result.trials, strict=True):
        assert run.info.status == "FINISHED"
        assert run.data.params["learning_rate"] == told.hyperparameters["learning_rate"]
        assert run.data.params["epochs"] == "3"
        assert run.data.metrics["objective"] == pytest.approx(told.value)
        assert [step for step, _ in runs.course(run, "val_accuracy")] == [1, 2, 3]
        assert max(value for _, value in runs.course(run, "val_accuracy")) >= told.value - 1e-6
        assert run.data.tags["tuning.objective"] == tuning.OBJECTIVE
        assert run.info.start_time == pytest.approx(1000 * told.started.timestamp(), abs=2)
        assert run.info.end_time >= run.info.start_time
    assert parent.info.status == "FINISHED"
    assert parent.info.run_name.startswith("Tuning of ")
    course = {number: told.value for number, told in enumerate(result.trials, 1)}
    assert dict(runs.course(parent, "objective")) == pytest.approx(course)
    assert parent.data.params == result.hyperparameters
    assert parent.data.tags["tuning.best"] == result.best.name
    assert parent.data.tags["tuning.range.learning_rate"] == str(rates["learning_rate"])
    assert [step for step, _ in runs.course(parent, "loss")] == [1, 2, 3]
    artifacts = {item.path for item in runs.client.list_artifacts(parent.info.run_id)}
    assert {"report.html", "evaluation.json"} <= artifacts
    [model] = parent.outputs.model_outputs
    assert runs.client.get_logged_model(model.model_id).status == "READY"
    assert "geheim" not in "".join(capfd.readouterr())


def test_a_tuning_that_was_stopped_goes_on_in_its_run_and_tells_no_trial_twice(
    tiny_archive: Path,
    tiny_dataset: SimpleNamespace,
    tmp_path: Path,
    runs: Runs,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("optuna")
    monkeypatch.setenv("IC_TF_SDK_FEATURE_CACHE", str(tmp_path / "features"))
    wanted = training_request(
        model=tiny_archive, training=tiny_dataset.training, hyperparameters=HEAD
    )
    rates = {"learning_rate": tuning.Real(1e-4, 0.5)}

    def stop(line: str) -> None:
        if line.startswith("trial-002"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match="Stopped after 2 trials"):
        tune(wanted, tmp_path / "out", ranges=rates, budget=Budget(3), on_line=stop)
    parent, trials = nested(runs)
    assert parent.info.status == "KILLED"
    assert len(trials) == 2
    tune(wanted, tmp_path / "out", ranges=rates, budget=Budget(3))
    again, trials = nested(runs)
    assert again.info.run_id == parent.info.run_id
    assert again.info.status == "FINISHED"
    assert [run.info.run_name for run in trials] == ["trial-001", "trial-002", "trial-003"]
    assert [step for step, _ in runs.course(again, "objective")] == [1, 2, 3]


def test_trials_that_are_jobs_are_runs_below_that_of_the_tuning_too(
    tiny_archive: Path, tiny_dataset: SimpleNamespace, tmp_path: Path, runs: Runs
) -> None:
    pytest.importorskip("optuna")
    wanted = training_request(
        model=tiny_archive,
        training=tiny_dataset.training,
        hyperparameters={"train_only_on_top": "False", "epochs": 3, "batch_size": 8},
    )
    ranges = {"learning_rate": tuning.Categorical(("0.002", "0.0000001"))}
    found = tune(wanted, tmp_path / "out", ranges=ranges, budget=Budget(2), strategy="Random")
    parent, trials = nested(runs)
    assert len(trials) == 2
    for run, told in zip(trials, found.trials, strict=True):
        assert run.data.params["learning_rate"] == told.hyperparameters["learning_rate"]
        assert run.data.metrics["objective"] == pytest.approx(told.value)
        assert [step for step, _ in runs.course(run, "loss")] == [1, 2, 3]
        # The model of the best alone is kept, by the tuning.
        assert not run.outputs or not run.outputs.model_outputs
    assert len(parent.outputs.model_outputs) == 1
    assert parent.data.tags["tuning.best"] == found.best.name
