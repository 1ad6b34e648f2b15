"""The container's environment is read as SageMaker's two toolkits write it."""

import json
from pathlib import Path

import pytest

from ic_tf_sdk.errors import UserError
from ic_tf_sdk.training import environment

CHANNELS = {"SM_CHANNEL_TRAINING": "/data/training", "SM_CHANNEL_MODEL": "/data/model"}


def test_the_toolkits_variables_are_read() -> None:
    found = environment.read(
        [], {**CHANNELS, "SM_CHANNEL_TEST": "/data/test", "SM_MODEL_DIR": "/m",
             "SM_OUTPUT_DATA_DIR": "/o/data"},
    )  # fmt: skip
    assert found.training == Path("/data/training")
    assert found.model == Path("/data/model")
    assert found.test == Path("/data/test")
    assert found.validation is None
    assert found.model_dir == Path("/m")
    assert found.output_data_dir == Path("/o/data")
    assert found.checkpoint_dir == Path("/opt/ml/checkpoints")


def test_flags_win_over_variables() -> None:
    found = environment.read(
        ["--training", "/mine", "--model_dir=/m2", "--epochs", "7"],
        {**CHANNELS, "SM_HPS": json.dumps({"epochs": 3, "batch_size": "8"})},
    )
    assert found.training == Path("/mine")
    assert found.model_dir == Path("/m2")
    assert found.hyperparameters == {"epochs": "7", "batch_size": "8"}


def test_an_s3_model_dir_is_ignored() -> None:
    found = environment.read(
        ["--model_dir", "s3://bucket/job/model"], {**CHANNELS, "SM_MODEL_DIR": "/opt/ml/model"}
    )
    assert found.model_dir == Path("/opt/ml/model")


def test_sagemakers_own_hyperparameters_are_no_hyperparameters() -> None:
    hps = {"sagemaker_program": "x.py", "sagemaker_region": "us-west-2", "model_dir": "s3://b/m"}
    found = environment.read(
        ["--sagemaker_job_name", "job"], {**CHANNELS, "SM_HPS": json.dumps(hps)}
    )
    assert found.hyperparameters == {}


@pytest.mark.parametrize("spelling", [["--flip", ""], ["--flip", "null"], ["--flip="], ["--flip"]])
def test_both_toolkits_spellings_of_none_are_none(spelling: list[str]) -> None:
    assert environment.read(spelling, CHANNELS).hyperparameters == {"flip": None}


def test_missing_channels_are_named_with_how_to_give_them() -> None:
    with pytest.raises(UserError, match="No training and no model channel: pass --training DIR"):
        environment.read([], {})


@pytest.mark.parametrize("text", ["{", "[1]", "3"])
def test_sm_hps_that_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="SM_HPS"):
        environment.read([], {**CHANNELS, "SM_HPS": text})


def test_a_stray_word_is_refused() -> None:
    with pytest.raises(UserError, match="'epochs' stands alone"):
        environment.read(["epochs", "3"], CHANNELS)


def test_the_failure_file_lies_beside_the_output_data(tmp_path: Path) -> None:
    found = environment.failure_file({"SM_OUTPUT_DATA_DIR": "/opt/ml/output/data"})
    assert found == Path("/opt/ml/output/failure")


def test_a_job_knows_its_hosts() -> None:
    variables = {**CHANNELS, "SM_HOSTS": '["algo-1", "algo-2"]', "SM_CURRENT_HOST": "algo-2"}
    found = environment.read(["--host_seconds=30"], variables)
    assert found.hosts.names == ("algo-1", "algo-2")
    assert not found.hosts.chief
    assert found.host_seconds == 30
    assert environment.read([], CHANNELS).hosts.chief


@pytest.mark.parametrize("seconds", ["nan", "inf", "-5"])
@pytest.mark.parametrize("name", ["checkpoint_seconds", "host_seconds"])
def test_a_time_that_is_none_is_refused(name: str, seconds: str) -> None:
    variables = {"SM_CHANNEL_TRAINING": "t", "SM_CHANNEL_MODEL": "m"}
    with pytest.raises(UserError, match=f"--{name} {seconds}"):
        environment.read([f"--{name}={seconds}"], variables)


def test_hyperparameters_nested_without_end_are_refused() -> None:
    variables = {"SM_CHANNEL_TRAINING": "t", "SM_CHANNEL_MODEL": "m", "SM_HPS": "[" * 100_000}
    with pytest.raises(UserError, match="SM_HPS is not JSON"):
        environment.read([], variables)
