"""The container's environment is read as SageMaker's two toolkits write it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ic_tf_sdk.errors import UserError
from ic_tf_sdk.training import environment
from ic_tf_sdk.training.environment import Environment

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


def test_flags_win_under_another_spelling_too() -> None:
    hps = {"learning_rate": "0.5", "batch_size": "8"}
    found = environment.read(
        ["--adam-learning-rate", "0.01"], {**CHANNELS, "SM_HPS": json.dumps(hps)}
    )
    assert found.hyperparameters == {"batch_size": "8", "adam-learning-rate": "0.01"}


@pytest.mark.parametrize(
    ("model", "output", "checkpoints", "said"),
    [
        ("m", "o", "m", "--checkpoint_dir .* is or lies in --model_dir"),
        ("m", "m", "c", "--output_data_dir .* is or lies in --model_dir"),
        ("m", "m/reports", "m/../m/deep/c", "--output_data_dir .*; --checkpoint_dir .*"),
        ("m", "o", "link/c", "--checkpoint_dir .* is or lies in --model_dir"),
        ("m", "o", "o", "--output_data_dir and --checkpoint_dir are one folder"),
    ],
)
def test_folders_of_which_one_would_be_part_of_the_model_are_refused(
    tmp_path: Path, model: str, output: str, checkpoints: str, said: str
) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "link").symlink_to("m")
    flags = zip(
        ("--model_dir", "--output_data_dir", "--checkpoint_dir"),
        (model, output, checkpoints),
        strict=True,
    )
    words = [word for flag, name in flags for word in (flag, str(tmp_path / name))]
    with pytest.raises(UserError, match=f"{said}.*Give each a folder of its own"):
        environment.read(words, CHANNELS)


def test_reports_and_checkpoints_may_lie_in_one_folder_apart(tmp_path: Path) -> None:
    words = ["--output_data_dir", str(tmp_path), "--checkpoint_dir", str(tmp_path / "c")]
    found = environment.read(words, {**CHANNELS, "SM_MODEL_DIR": str(tmp_path / "m")})
    assert found.checkpoint_dir == tmp_path / "c"


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


@pytest.mark.parametrize("name", ["training", "model"])
def test_the_one_missing_channel_is_named_with_its_variable(name: str) -> None:
    given = {n: v for n, v in CHANNELS.items() if n != f"SM_CHANNEL_{name.upper()}"}
    with pytest.raises(UserError, match=rf"^No {name} channel: .*SM_CHANNEL_{name.upper()}\)"):
        environment.read([], given)
    # Of two the first, as in the words before it.
    with pytest.raises(UserError, match=r"--training DIR.*SM_CHANNEL_TRAINING\)"):
        environment.read([], {})


@pytest.mark.parametrize("seconds", ["0", "0.5"])
def test_a_time_may_be_none_at_all(seconds: str) -> None:
    found = environment.read([f"--checkpoint_seconds={seconds}"], CHANNELS)
    assert found.checkpoint_seconds == float(seconds)


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


@pytest.mark.parametrize("there", [True, False])
def test_without_a_variable_the_failure_file_is_where_sagemakers_layout_is(
    monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    monkeypatch.setattr(Path, "is_dir", lambda path: there and str(path) == "/opt/ml/output")
    expected = Path("/opt/ml/output/failure") if there else None
    assert environment.failure_file({}) == expected


def test_a_job_knows_its_hosts() -> None:
    variables = {**CHANNELS, "SM_HOSTS": '["algo-1", "algo-2"]', "SM_CURRENT_HOST": "algo-2"}
    found = environment.read(["--host_seconds=30"], variables)
    assert found.hosts.names == ("algo-1", "algo-2")
    assert not found.hosts.chief
    assert found.host_seconds == 30
    assert environment.read([], CHANNELS).hosts.chief


def test_the_beginning_of_a_flag_is_a_hyperparameter_and_no_flag() -> None:
    found = environment.read(["--train", "/mine", "--model_di=/m"], CHANNELS)
    assert found.training == Path("/data/training")
    assert found.hyperparameters == {"train": "/mine", "model_di": "/m"}


def test_what_is_not_given_has_its_default() -> None:
    found = environment.read([], CHANNELS)
    assert (found.checkpoint_seconds, found.stopped_model) == (300.0, None)
    assert (found.validation, found.test) == (None, None)
    assert found.model_dir == Path("/opt/ml/model")
    assert found.hyperparameters == {}
    given = environment.read(["--stopped_model=/x", "--checkpoint_seconds", "1.5"], CHANNELS)
    assert (given.checkpoint_seconds, given.stopped_model) == (1.5, Path("/x"))


def test_a_value_may_have_an_equals_sign_and_begin_with_a_dash() -> None:
    found = environment.read(["--a=b=c", "--zoom", "-0.1"], CHANNELS)
    assert found.hyperparameters == {"a": "b=c", "zoom": "-0.1"}


@pytest.mark.parametrize("seconds", ["nan", "inf", "-5", "-0.5"])
@pytest.mark.parametrize("name", ["checkpoint_seconds", "host_seconds"])
def test_a_time_that_is_none_is_refused(name: str, seconds: str) -> None:
    variables = {"SM_CHANNEL_TRAINING": "t", "SM_CHANNEL_MODEL": "m"}
    with pytest.raises(UserError, match=f"--{name} {seconds}"):
        environment.read([f"--{name}={seconds}"], variables)


@pytest.mark.parametrize("flags", [["--checkpoint_seconds", "soon"], ["-h1"]], ids=str)
def test_a_line_that_cannot_be_read_is_refused_as_every_other_fault_is(flags: list[str]) -> None:
    """Not by an exit of the process, of which the failure file would say nothing."""
    variables = {"SM_CHANNEL_TRAINING": "t", "SM_CHANNEL_MODEL": "m"}
    with pytest.raises(UserError, match=r"^The job's command line cannot be read: .*\.$"):
        environment.read(flags, variables)


def test_hyperparameters_nested_without_end_are_refused() -> None:
    variables = {"SM_CHANNEL_TRAINING": "t", "SM_CHANNEL_MODEL": "m", "SM_HPS": "[" * 100_000}
    with pytest.raises(UserError, match="SM_HPS is not JSON"):
        environment.read([], variables)


def test_a_job_shares_features_where_it_has_a_folder_for_them(tmp_path: Path) -> None:
    alone = Environment(
        training=tmp_path, validation=None, test=None, model=tmp_path, model_dir=tmp_path / "m",
        output_data_dir=tmp_path / "o", checkpoint_dir=tmp_path / "c", checkpoint_seconds=1.0,
        hyperparameters={},
    )  # fmt: skip
    assert alone.store() is None
    # Nor does a program read the log of a job that is made here.
    assert not alone.report_phases
    shared = replace(alone, feature_store=tmp_path / "f", feature_store_bytes=7).store()
    assert shared is not None
    assert shared.folder == tmp_path / "f"
    assert shared.usage().most_bytes == 7
