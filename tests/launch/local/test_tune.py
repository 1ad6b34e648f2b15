"""``tune``: trials that are what jobs would be, the best of them kept, and none lost."""

import json
import logging
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from ic_tf_sdk.cli.group import main
from ic_tf_sdk.errors import (
    DatasetError,
    HyperparameterError,
    OutputExistsError,
    UserError,
)
from ic_tf_sdk.launch import LocalEstimator, LocalTuner, tuning
from ic_tf_sdk.launch.local.request import request
from ic_tf_sdk.launch.local.stopped_job import JobStoppedError
from ic_tf_sdk.launch.local.tune import Budget, tune
from ic_tf_sdk.launch.local.tuning_objective import objective
from ic_tf_sdk.launch.local.tuning_result import Tuning

optuna = pytest.importorskip("optuna")

FROZEN = {"train_only_on_top": "True", "epochs": "2"}
RATES = {"learning_rate": tuning.Real(1e-4, 0.5), "batch_size": tuning.Integer(4, 32)}


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path_factory.getbasetemp() / "tune-features"
    monkeypatch.setenv("IC_TF_SDK_FEATURE_CACHE", str(folder))


@pytest.fixture
def wanted(tiny_archive: Path, tiny_dataset: SimpleNamespace) -> Any:
    def wanted(**hyperparameters: str) -> Any:
        return request(
            model=tiny_archive,
            training=tiny_dataset.training,
            hyperparameters={**FROZEN, **hyperparameters},
        )

    return wanted


@pytest.fixture(scope="module")
def found(
    tiny_archive: Path, tiny_dataset: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory
) -> Tuning:
    output = tmp_path_factory.mktemp("tuned") / "out"
    training = request(model=tiny_archive, training=tiny_dataset.training, hyperparameters=FROZEN)
    return tune(training, output, ranges=RATES, budget=Budget(5))


@pytest.mark.slow
def test_the_best_trial_is_a_model_of_its_hyperparameters(found: Tuning) -> None:
    from ic_tf_sdk.contract import model_info

    assert found.model_data is not None
    info = model_info.read(found.model_data)
    assert info is not None
    assert info.fine_tuning is not None
    for name, value in found.best.hyperparameters.items():
        assert float(info.fine_tuning.hyperparameters[name]) == float(value)
    assert len(found.trials) == 5
    assert found.best.value == max(one.value or 0 for one in found.trials)
    history = json.loads((found.model_data.parent / "output_data" / "history.json").read_text())
    best = history["epochs"][history["best_epoch"]]
    assert best["val_accuracy"] == pytest.approx(found.best.value, abs=1e-6)


@pytest.mark.slow
def test_the_first_trial_is_what_nobody_has_tuned(found: Tuning) -> None:
    assert found.trials[0].hyperparameters == {"learning_rate": "0.001", "batch_size": "32"}


@pytest.mark.slow
def test_page_table_and_json_have_every_trial(found: Tuning) -> None:
    assert found.model_data is not None
    page = (found.model_data.parent / "tuning.html").read_text()
    told = json.loads((found.model_data.parent / "tuning.json").read_text())
    assert len(told["trials"]) == len(found.rows()) == 5
    assert all(one.name in page for one in found.trials)
    assert page.count("<svg") == (2 if found.importance else 1)
    assert "<script" not in page
    assert next(row[0] for row in found.rows()) == found.best.name


@pytest.mark.slow
def test_a_head_trial_is_the_job_of_its_hyperparameters(wanted: Any, tmp_path: Path) -> None:
    """Number for number: the trial in memory, and a job in its own process's code."""
    from ic_tf_sdk.launch.local.frozen_trials import FrozenTrials
    from ic_tf_sdk.training import environment, job, plan

    for more in ({"optimizer": "adagrad", "dropout_rate": "0.4"}, {"head_solver": "converged"}):
        asked = wanted(**more)
        lines, best = FrozenTrials(asked).run(asked.hyperparameters)
        flags = [f"--{name}={value}" for name, value in asked.hyperparameters.items()]
        root = tmp_path / more.get("optimizer", "solved")
        flags.append(f"--checkpoint_dir={root / 'checkpoints'}")
        variables = {
            "SM_CHANNEL_TRAINING": str(asked.channels["training"]),
            "SM_CHANNEL_MODEL": str(asked.model.path),
            "SM_MODEL_DIR": str(root / "model"),
            "SM_OUTPUT_DATA_DIR": str(root / "output" / "data"),
        }
        record = job.run(plan.make(environment.read(flags, variables)))
        goal = objective("val:loss")
        expected = [f"{one['val_loss']:.5f}" for one in record.epochs]
        assert [f"{value:.5f}" for value in goal.values(lines)] == expected
        assert best == record.best_epoch


def test_trials_share_one_pass(
    wanted: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ic_tf_sdk.training.feed import frozen_pass

    monkeypatch.setenv("IC_TF_SDK_FEATURE_CACHE", str(tmp_path / "cold"))
    # Whatever it is afterwards is put back.
    monkeypatch.setenv("TF_FORCE_GPU_ALLOW_GROWTH", "")
    monkeypatch.delenv("TF_FORCE_GPU_ALLOW_GROWTH")
    calls: list[object] = []
    folded = frozen_pass.FoldedBackbone
    monkeypatch.setattr(frozen_pass, "FoldedBackbone", lambda one: calls.append(one) or folded(one))
    from ic_tf_sdk.launch.local import tune as module

    monkeypatch.setattr(module.local_job, "run", lambda *_, **__: pytest.fail("a job"))
    with pytest.raises(pytest.fail.Exception, match="a job"):
        tune(wanted(), tmp_path / "out", ranges=RATES, budget=Budget(2))
    assert len(calls) == 1
    # The job, in its own process, has the rest of a GPU.
    assert os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"
    # Only the best one's job was still to come: nothing of the trials is lost.
    lines: list[str] = []
    with pytest.raises(pytest.fail.Exception, match="a job"):
        tune(wanted(), tmp_path / "out", ranges=RATES, budget=Budget(3), on_line=lines.append)
    assert len(lines) == 1
    assert lines[0].startswith("trial-003")


_KILLED = """
    import os, sys
    from pathlib import Path
    from ic_tf_sdk.launch import tuning
    from ic_tf_sdk.launch.local.request import request
    from ic_tf_sdk.launch.local.tune import Budget, tune

    def on_line(line):
        if line.startswith("trial-002"):
            os.kill(os.getpid(), 9)

    training = request(model=sys.argv[1], training=sys.argv[2], hyperparameters={
        "train_only_on_top": "True", "epochs": "2"})
    ranges = {"learning_rate": tuning.Real(1e-4, 0.5), "batch_size": tuning.Integer(4, 32)}
    tune(training, sys.argv[3], ranges=ranges, budget=Budget(4), on_line=on_line)
"""


@pytest.mark.slow
def test_a_killed_tuning_goes_on_where_it_was(
    wanted: Any, tiny_archive: Path, tiny_dataset: SimpleNamespace, tmp_path: Path
) -> None:
    paths = [tiny_archive, tiny_dataset.training, tmp_path / "out"]
    code = [sys.executable, "-c", textwrap.dedent(_KILLED), *map(str, paths)]
    assert subprocess.run(code, check=False).returncode == -9
    assert not (tmp_path / "out").exists()
    lines: list[str] = []
    found = tune(wanted(), tmp_path / "out", ranges=RATES, budget=Budget(4), on_line=lines.append)
    assert [line[:9] for line in lines if line.startswith("trial")] == ["trial-003", "trial-004"]
    assert len(found.trials) == 4
    assert not (tmp_path / "out.tuning").exists()


@pytest.mark.slow
def test_what_another_tuning_left_beside_the_output_is_not_taken_for_a_trial(
    wanted: Any, tmp_path: Path
) -> None:
    from ic_tf_sdk.contract import model_info

    def stop(line: str) -> None:
        if line.startswith("trial-001"):
            raise KeyboardInterrupt

    whole = wanted(train_only_on_top="False", epochs="1")
    rate = {"learning_rate": tuning.Categorical(("0.001",))}
    with pytest.raises(JobStoppedError):
        tune(whole, tmp_path / "out", ranges=rate, budget=Budget(2), on_line=stop)
    assert len(list((tmp_path / "out.tuning").glob("*/trial-001/model.tar.gz"))) == 1
    # The first trial of jobs of another tuning, and one in memory whose model is still to come.
    other = {"learning_rate": tuning.Categorical(("0.002",))}
    with pytest.raises(JobStoppedError):
        tune(whole, tmp_path / "out", ranges=other, budget=Budget(2), on_line=stop)
    assert len(list((tmp_path / "out.tuning").glob("*/trial-001/model.tar.gz"))) == 2
    found = tune(wanted(), tmp_path / "out", ranges=rate, budget=Budget(1))
    assert [one.status for one in found.trials] == ["Completed"]
    assert found.model_data is not None
    info = model_info.read(found.model_data)
    assert info is not None
    assert info.fine_tuning is not None
    assert info.fine_tuning.hyperparameters["train_only_on_top"] == "True"
    assert not (tmp_path / "out.tuning").exists()


@pytest.mark.slow
def test_full_trials_are_jobs_and_those_that_fall_behind_end_early(
    wanted: Any, tmp_path: Path
) -> None:
    ranges = {"learning_rate": tuning.Categorical(("0.002", "0.0000001"))}
    lines: list[str] = []
    found = tune(
        wanted(train_only_on_top="False", epochs="4", batch_size="8"),
        tmp_path / "out",
        ranges=ranges,
        goal=objective("val:loss"),
        budget=Budget(8),
        strategy="Random",
        on_line=lines.append,
    )
    assert found.best.hyperparameters == {"learning_rate": "0.002"}
    stopped = [one for one in found.trials if one.status == "Stopped"]
    assert stopped
    assert all(one.epochs < 4 for one in stopped)
    assert (tmp_path / "out" / "model.tar.gz").is_file()
    assert (tmp_path / "out" / "tuning.html").is_file()
    assert not list(tmp_path.glob("out.*"))


@pytest.mark.slow
def test_a_trial_that_diverges_is_told_and_the_others_count(wanted: Any, tmp_path: Path) -> None:
    ranges = {"optimizer": tuning.Categorical(("sgd",)), "learning_rate": tuning.Real(1e-3, 1.0)}
    asked = wanted(
        optimizer="sgd", learning_rate="0.001", momentum="0.9", regularizers_l2="0.5", epochs="1"
    )
    found = tune(asked, tmp_path / "out", ranges=ranges, budget=Budget(2))
    assert {one.status for one in found.trials} <= {"Completed", "Failed"}
    assert found.best.status == "Completed"


@pytest.mark.slow
def test_what_cannot_be_used_is_one_sentence_and_leaves_nothing(
    wanted: Any, tiny_archive: Path, tmp_path: Path
) -> None:
    ranges: Any = {"momentum": tuning.Real(0.0, 0.9, "Logarithmic")}
    with pytest.raises(HyperparameterError, match="logarithms begin above 0"):
        tune(wanted(), tmp_path / "out", ranges=ranges)
    with pytest.raises(HyperparameterError, match="learning_rat"):
        tune(wanted(), tmp_path / "out", ranges={"learning_rat": tuning.Real(0.1, 0.2)})
    with pytest.raises(UserError, match="val:loss"):
        objective("val:los")
    with pytest.raises(UserError, match="more than 0 minutes"):
        Budget(3, minutes=0)
    with pytest.raises(UserError, match="No epoch says val:auc"):
        tune(wanted(), tmp_path / "out", ranges=RATES, goal=objective("val:auc"))
    (tmp_path / "empty").mkdir()
    empty = request(model=tiny_archive, training=tmp_path / "empty", hyperparameters=FROZEN)
    with pytest.raises(DatasetError):
        tune(empty, tmp_path / "out", ranges=RATES)
    (tmp_path / "there").mkdir()
    with pytest.raises(OutputExistsError):
        tune(wanted(), tmp_path / "there", ranges=RATES)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_the_tuner_has_the_calls_of_the_notebooks(
    tiny_archive: Path,
    tiny_dataset: SimpleNamespace,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    estimator = LocalEstimator(
        model_uri=tiny_archive, hyperparameters=FROZEN, output_path=tmp_path / "jobs"
    )
    tuner = LocalTuner(
        estimator,
        objective_metric_name="validation:accuracy",
        hyperparameter_ranges=RATES,
        max_jobs=3,
        max_parallel_jobs=2,
    )
    with pytest.raises(UserError, match="call fit first"):
        tuner.best_training_job()
    with caplog.at_level(logging.INFO):
        tuner.fit({"training": str(tiny_dataset.training)}, logs=False)
    frame = tuner.analytics().dataframe().sort_values("FinalObjectiveValue", ascending=False)
    assert len(frame) == 3
    assert {"learning_rate", "batch_size", "TrainingJobName", "TrainingElapsedTimeSeconds"} <= set(
        frame.columns
    )
    best = tuner.best_training_job()
    assert best in set(frame["TrainingJobName"])
    assert tuner.best_estimator().hyperparameters()["train_only_on_top"] == "True"
    predictor = tuner.deploy(1, "local")
    photo = next(tiny_dataset.test.rglob("*.jpg")).read_bytes()
    assert len(json.loads(predictor.predict(photo))["probabilities"]) == 3
    predictor.delete_endpoint()
    assert Path(tuner.model_data).is_file()
    # The result of the one is none of the other's.
    with pytest.raises(UserError, match="does not exist"):
        tuner.fit({"training": str(tmp_path / "missing")})
    with pytest.raises(UserError, match="No tuning has succeeded yet"):
        tuner.best_training_job()


def tuner(archive: Path, output: Path, **more: Any) -> LocalTuner:
    estimator = LocalEstimator(model_uri=archive, hyperparameters=FROZEN, output_path=output)
    return LocalTuner(estimator, hyperparameter_ranges=RATES, **more)


def test_a_tuning_beside_the_program_says_how_far_it_is_and_stops_before_its_next_trial(
    tiny_archive: Path, tiny_dataset: SimpleNamespace, tmp_path: Path
) -> None:
    made = tuner(tiny_archive, tmp_path / "jobs", max_jobs=1000)
    for call in (made.wait, made.logs, made.stop_tuning_job, made.describe):
        with pytest.raises(UserError, match="There is no tuning yet"):
            call()
    # What can be known at once is told at once.
    with pytest.raises(UserError, match="does not exist"):
        made.fit(tmp_path / "missing", wait=False)
    assert made.describe()["HyperParameterTuningJobStatus"] == "Failed"
    made.fit(tiny_dataset.training, wait=False)
    job = made.latest_tuning_job
    assert job is not None
    assert made.describe()["HyperParameterTuningJobStatus"] == "InProgress"
    with pytest.raises(UserError, match=r"The tuning is still running; call wait\(\) first"):
        made.deploy()
    with pytest.raises(UserError, match="A tuning of this tuner is still running"):
        made.fit(tiny_dataset.training)
    until = time.monotonic() + 120
    while len(job.trials) < 2 and job.is_running and time.monotonic() < until:
        time.sleep(0.05)
    made.stop_tuning_job()
    assert not job.is_running
    # Who stopped it is not told by an exception.
    made.wait(logs=False)
    described = made.describe()
    assert described["HyperParameterTuningJobStatus"] == "Stopped"
    done = described["TrainingJobStatusCounters"]["Completed"]
    assert 2 <= done < 1000
    best = max(one.value or 0.0 for one in job.trials)
    told = described["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]
    assert told == {"Type": "Maximize", "MetricName": tuning.OBJECTIVE, "Value": best}
    assert f"Stopped after {done} trials, which are kept in " in job.log[-1]
    assert "The same call of fit goes on" in job.log[-1]
    with pytest.raises(UserError, match="No tuning has succeeded yet"):
        made.best_training_job()
    study = tmp_path / "jobs" / job.name / "output.tuning" / "study.sqlite3"
    assert study.is_file()


@pytest.mark.slow
def test_a_stopped_tuning_goes_on_with_the_same_call_and_ends_as_one_that_is_waited_for(
    tiny_archive: Path,
    tiny_dataset: SimpleNamespace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = tuner(tiny_archive, Path("jobs"), max_jobs=4)
    monkeypatch.chdir(tmp_path)
    made.fit(tiny_dataset.training, wait=False)
    first = made.latest_tuning_job
    assert first is not None
    while not first.trials:
        time.sleep(0.02)
    first.stop()
    made.fit(tiny_dataset.training, wait=False)
    again = made.latest_tuning_job
    assert again is not None
    assert again.name == first.name
    monkeypatch.chdir(tmp_path.parent)
    made.wait()
    assert made.describe()["HyperParameterTuningJobStatus"] == "Completed"
    assert [one.name for one in again.trials] == [f"trial-00{number}" for number in range(1, 5)]
    printed = capsys.readouterr().out
    assert "trial-004: " in printed
    assert len(made.analytics().dataframe()) == 4
    assert Path(made.model_data).is_file()
    assert made.model_data.startswith(str(tmp_path / "jobs" / first.name))
    assert not (tmp_path / "jobs" / first.name / "output.tuning").exists()
    # The next one is another.
    made.fit(tiny_dataset.training, wait=False)
    assert made.latest_tuning_job is not None
    assert made.latest_tuning_job.name != first.name
    made.stop_tuning_job()


@pytest.mark.slow
def test_a_tuning_of_jobs_beside_the_program_ends_its_job_when_it_is_stopped(
    tiny_archive: Path, tiny_dataset: SimpleNamespace, tmp_path: Path
) -> None:
    settings = {"train_only_on_top": "False", "epochs": "1000", "batch_size": "8"}
    estimator = LocalEstimator(
        model_uri=tiny_archive, hyperparameters=settings, output_path=tmp_path
    )
    ranges = {"learning_rate": tuning.Real(1e-4, 1e-3)}
    made = LocalTuner(estimator, hyperparameter_ranges=ranges, max_jobs=2)
    made.fit(tiny_dataset.training, wait=False)
    job = made.latest_tuning_job
    assert job is not None
    while not any(line.startswith("Epoch 2/") for line in job.log):
        time.sleep(0.1)
    made.stop_tuning_job()
    assert job.describe()["HyperParameterTuningJobStatus"] == "Stopped"
    assert job.trials == []


def test_a_tuner_that_cannot_be_is_refused_by_name() -> None:
    estimator = LocalEstimator("tensorflow-ic-embedded-formulanet-96")
    with pytest.raises(UserError, match="max_jobs"):
        LocalTuner(estimator, max_job=3)
    with pytest.raises(UserError, match="Bayesian or Random"):
        LocalTuner(estimator, strategy="Grid")  # type: ignore[arg-type]


@pytest.mark.slow
def test_the_command_tunes(
    tiny_archive: Path, tiny_dataset: SimpleNamespace, tmp_path: Path
) -> None:
    line = ["tune", str(tiny_dataset.training), "-m", str(tiny_archive), "--trials", "3"]
    line += ["--set", "train_only_on_top=True", "--range", "learning_rate=1e-4..0.1:log"]
    line += ["--range", "optimizer=adam,sgd", "--range", "batch_size=4..16"]
    done = CliRunner().invoke(main, [*line, "-o", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "Best: trial-" in done.stdout
    assert "Tuning: 3 trials in" in done.stderr
    assert "Computing features: " in done.stderr
    assert (tmp_path / "out" / "model.tar.gz").is_file()


@pytest.mark.parametrize(
    ("text", "said"),
    [("learning_rate", "NAME=LOW..HIGH"), ("learning_rate=a..b", "are to be numbers")],
)
def test_a_range_that_cannot_be_read_is_told(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "flowers").mkdir()
    done = CliRunner().invoke(main, ["tune", str(tmp_path / "flowers"), "--range", text])
    assert done.exit_code == 1
    assert said in done.output
