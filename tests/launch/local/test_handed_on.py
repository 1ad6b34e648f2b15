"""What a person says once reaches each training that comes of it, here by stand-ins for these."""

import os
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ic_tf_sdk.backbones import feature_cache
from ic_tf_sdk.contract import gpu_memory, memory_allocator, scratch_folder
from ic_tf_sdk.errors import ArchiveError, UserError
from ic_tf_sdk.launch import LocalEstimator, LocalTuner, tuning
from ic_tf_sdk.launch.local import earlier_model, endpoint, estimator_run, frozen_trials, tuner
from ic_tf_sdk.launch.local import job as local_job
from ic_tf_sdk.launch.local.display import Listener
from ic_tf_sdk.launch.local.endpoint import LocalEndpointPredictor
from ic_tf_sdk.launch.local.request import request
from ic_tf_sdk.training.feed import store_place

RATES = {"learning_rate": tuning.Real(1e-4, 0.1, "Logarithmic")}


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts a stand-in in the place of a training; what that is given."""

    def put(place: object, name: str) -> SimpleNamespace:
        found = SimpleNamespace()

        def stand_in(*given: Any, **named: Any) -> None:
            vars(found).update(named, given=given)
            raise UserError("This is seen.")

        monkeypatch.setattr(place, name, stand_in)
        return found

    return put


def estimator(archive: Path, output: Path, **more: Any) -> LocalEstimator:
    head = {"train_only_on_top": True, "epochs": 1}
    return LocalEstimator(model_uri=archive, hyperparameters=head, output_path=output, **more)


@pytest.mark.parametrize("cached", [True, False])
def test_whether_features_are_shared_holds_for_an_estimators_jobs_and_a_tuners_trials(
    cached: bool, handed: Any, tiny_archive: Path, tiny_dataset: SimpleNamespace, tmp_path: Path
) -> None:
    made = estimator(tiny_archive, tmp_path, feature_cache=cached)
    job = handed(estimator_run.local_job, "run")
    with pytest.raises(UserError, match="This is seen"):
        made.fit(tiny_dataset.training, logs=False)
    assert job.given[0].cached is cached
    trials = handed(tuner, "tune")
    with pytest.raises(UserError, match="This is seen"):
        LocalTuner(made, hyperparameter_ranges=RATES).fit(tiny_dataset.training, logs=False)
    assert trials.given[0].cached is cached
    # Of all trials on a frozen backbone at once.
    asked = handed(feature_cache, "store")
    with pytest.raises(UserError, match="This is seen"):
        frozen_trials.FrozenTrials(trials.given[0])
    assert asked.used is cached


def test_what_a_tuner_is_given_reaches_its_trials(
    handed: Any, tiny_archive: Path, tiny_dataset: SimpleNamespace, tmp_path: Path
) -> None:
    made = LocalTuner(
        estimator(tiny_archive, tmp_path),
        "val:loss",
        RATES,
        objective_type="Maximize",
        max_jobs=3,
        max_minutes=2.5,
        strategy="Random",
        base_tuning_job_name="mine",
    )
    found = handed(tuner, "tune")
    with pytest.raises(UserError, match="This is seen"):
        made.fit(tiny_dataset.training, logs=False)
    assert (found.goal.name, found.goal.direction) == ("val:loss", "Maximize")
    assert (found.ranges, found.strategy, found.budget.trials) == (RATES, "Random", 3)
    # Of each call anew.
    assert found.budget.allows(1)
    assert not found.budget.allows(3)
    assert made.latest_tuning_job is not None
    assert made.latest_tuning_job.name.startswith("mine-")
    assert found.given[1] == tmp_path / made.latest_tuning_job.name / "output"


@pytest.mark.parametrize("cached", [True, False])
def test_a_training_here_finds_in_its_environment_what_it_must_find_at_its_start(
    cached: bool, handed: Any, tiny_archive: Path, tiny_dataset: SimpleNamespace, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Glibc's allocator, a GPU's memory and the feature cache; no job of SageMaker's."""
    chosen = ("MALLOC_", "GLIBC_", "LD_PRELOAD", memory_allocator.SWITCH, gpu_memory.VARIABLE)
    for variable in [name for name in os.environ if name.startswith(chosen)]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("SM_CHANNEL_OTHER", "/elsewhere")
    monkeypatch.setenv(store_place.VARIABLE, str(tmp_path / "features"))
    wanted = request(model=tiny_archive, training=tiny_dataset.training, cached=cached)
    found = handed(local_job, "train")
    with pytest.raises(UserError, match="This is seen"):
        local_job.run(wanted, output=tmp_path / "out")
    environment = found.given[2]
    assert environment.items() >= memory_allocator.variables(os.environ).items()
    assert environment[gpu_memory.VARIABLE] == "true"
    assert environment[store_place.VARIABLE] == (str(tmp_path / "features") if cached else "off")
    assert "SM_CHANNEL_OTHER" not in environment


def test_a_gpus_memory_is_left_to_others_also_where_this_process_asks_the_network(
    handed: Any, tiny_archive: Path, tiny_dataset: SimpleNamespace, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    wanted = request(model=tiny_archive, training=tiny_dataset.training)
    for variable in (gpu_memory.VARIABLE, "TF_CPP_MIN_LOG_LEVEL"):
        # Whatever it is afterwards is put back.
        monkeypatch.setenv(variable, "")
    monkeypatch.delenv(gpu_memory.VARIABLE)
    with pytest.raises(ArchiveError):
        earlier_model.accuracy(tmp_path / "none.tar.gz", tiny_dataset.test)
    assert os.environ[gpu_memory.VARIABLE] == "true"
    monkeypatch.delenv(gpu_memory.VARIABLE)
    handed(feature_cache, "store")
    with pytest.raises(UserError, match="This is seen"):
        frozen_trials.FrozenTrials(wanted)
    assert os.environ[gpu_memory.VARIABLE] == "true"


def test_an_endpoint_writes_into_a_folder_that_goes_with_it(handed: Any) -> None:
    """TensorFlow writes where TMPDIR says, and removes it only where nobody kills it."""
    started = handed(endpoint.child_process, "start")
    with pytest.raises(UserError, match="This is seen"):
        LocalEndpointPredictor("tensorflow-ic-embedded-formulanet-96", endpoint_name="mine")
    scratch = Path(started.environment["TMPDIR"]).parents[1]
    assert scratch.name.startswith(scratch_folder.PREFIX)
    assert scratch.parent == Path(tempfile.gettempdir())
    assert not scratch.exists()


def test_a_result_is_packed_without_a_search_for_repetitions(handed: Any, tmp_path: Path) -> None:
    packed = handed(local_job.archive, "pack")
    partial: Any = SimpleNamespace(root=tmp_path)
    with pytest.raises(UserError, match="This is seen"):
        local_job._collect(partial, None, Listener(print))
    assert packed.given == (tmp_path / "model", tmp_path / "model.tar.gz")
    assert packed.quickly is True


def test_an_endpoint_shows_where_its_page_is_until_it_is_deleted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    process = SimpleNamespace(
        terminate=lambda: None, wait=lambda _: None, stdin=SimpleNamespace(close=lambda: None)
    )
    monkeypatch.setattr(LocalEndpointPredictor, "_start", lambda *_: process)
    monkeypatch.setattr(LocalEndpointPredictor, "_listening", lambda *_: "http://127.0.0.1:1")
    predictor = LocalEndpointPredictor(
        "tensorflow-ic-embedded-formulanet-96", endpoint_name="<b>\x1b"
    )
    assert repr(predictor) == "LocalEndpointPredictor <b>\\x1b, http://127.0.0.1:1"
    page = predictor._repr_html_()
    assert '<a href="http://127.0.0.1:1"' in page
    assert "page to try it on" in page
    assert "<b>" not in page
    predictor.delete_endpoint()
    assert repr(predictor) == "LocalEndpointPredictor <b>\\x1b, deleted"
    assert "was deleted" in predictor._repr_html_()
