"""What the real SDK v2 is given where nothing is said, and where something is; nothing is sent."""

from importlib import metadata
from typing import Any

import pytest

from ic_tf_sdk import launch
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch import tuning
from ic_tf_sdk.launch.sagemaker import published_content
from ic_tf_sdk.launch.sagemaker.sdk_ranges import sdk_ranges
from tests.aws import BUCKET
from tests.launch.sagemaker.job_options import MODEL_ID, OUTPUT, ROLE

if not metadata.version("sagemaker").startswith("2."):
    pytest.skip("needs the SageMaker SDK v2", allow_module_level=True)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

ARCHIVE = f"{OUTPUT}/job/output/model.tar.gz"


@pytest.fixture
def session(aws: str, s3: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A session of another region than the environment's."""
    import boto3
    from sagemaker import Session
    from sagemaker.telemetry import telemetry_logging

    # Its own switch, a configuration file, is checked anew by each of its objects: seconds.
    monkeypatch.setattr(telemetry_logging, "_send_telemetry_request", lambda *_, **__: None)
    made = Session(boto3.Session(region_name="eu-west-1"), default_bucket=BUCKET)
    made._default_bucket = BUCKET
    return made


class PipelineVariable:
    """Of this name is the base class of both lines of the SDK."""


def model(session: Any, **options: Any) -> Any:
    given = {"role": ROLE, "instance_type": "ml.m5.large", **options}
    return launch.model(ARCHIVE, MODEL_ID, session=session, **given)


def test_a_trainer_is_the_estimator_of_the_line_that_is_installed(session: Any) -> None:
    from sagemaker.estimator import Estimator

    for make in (launch.trainer, launch.estimator):
        made = make(MODEL_ID, role=ROLE, session=session)
        assert type(made) is Estimator
        assert made.sagemaker_session is session
        # What is missing in a bucket of one's own is published where that is asked for alone.
        with pytest.raises(UserError, match="or pass publish=True"):
            make(MODEL_ID, role=ROLE, session=session, bucket=BUCKET)


@pytest.mark.parametrize("make", [launch.trainer, launch.estimator])
def test_nothing_is_published_unless_it_is_said(
    make: Any, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[bool] = []
    monkeypatch.setattr(published_content, "ensure", lambda _, *, publish: said.append(publish))
    make(MODEL_ID, role=ROLE, session=session)
    make(MODEL_ID, role=ROLE, session=session, publish=True)
    assert said == [False, True]


def test_a_model_runs_isolated_in_no_network_and_in_its_sessions_region(session: Any) -> None:
    made = model(session)
    assert made.sagemaker_session is session
    assert made.enable_network_isolation() is True
    assert made.vpc_config is None
    assert made.env == {}
    assert ".dkr.ecr.eu-west-1." in made.image_uri


def test_a_model_is_made_as_it_was_said(session: Any) -> None:
    made = model(
        session,
        region="us-east-1",
        environment={"NAME": "value"},
        subnets=("subnet-1",),
        security_group_ids=["sg-1"],
        network_isolation=False,
    )
    assert ".dkr.ecr.us-east-1." in made.image_uri
    assert made.env == {"NAME": "value"}
    assert made.vpc_config == {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    assert made.enable_network_isolation() is False


@pytest.mark.parametrize("name", ["role", "model_version"])
def test_what_a_model_must_know_now_is_no_pipeline_variable(session: Any, name: str) -> None:
    with pytest.raises(UserError, match=f"{name} cannot be a pipeline variable"):
        model(session, **{name: PipelineVariable()})


def test_a_tuner_is_bounded_and_called_after_its_jobs_where_nothing_is_said(session: Any) -> None:
    estimator = launch.estimator(MODEL_ID, role=ROLE, session=session)
    made = launch.tuner(estimator)
    assert (made.max_jobs, made.max_parallel_jobs) == (20, 2)
    assert made.early_stopping_type == "Off"
    assert made.base_tuning_job_name.startswith("imagenet-mob-")
    assert made.tags is None
    said = launch.tuner(estimator, early_stopping=True, base_job_name="mine", tags={"a": "b"})
    assert (said.early_stopping_type, said.base_tuning_job_name) == ("Auto", "mine")
    assert said.tags == [{"Key": "a", "Value": "b"}]
    with pytest.raises(UserError, match="tag"):
        launch.tuner(estimator, tags={"aws:a": "b"})


def test_ranges_are_of_the_sdks_own_kinds_under_the_names_of_the_jobs() -> None:
    from sagemaker import tuner

    assert list(sdk_ranges(tuner, None)) == list(tuning.DEFAULT)
    made = sdk_ranges(
        tuner,
        {
            "learning_rate": tuning.Real(0.001, 0.1),
            "batch_size": tuning.Integer(8, 64),
            "train_only_on_top": tuning.Categorical(("True", "False")),
        },
        ["train-only-top-layer"],
    )
    assert {name: type(span).__name__ for name, span in made.items()} == {
        "learning_rate": "ContinuousParameter",
        "batch_size": "IntegerParameter",
        "train-only-top-layer": "CategoricalParameter",
    }
    assert (made["batch_size"].min_value, made["batch_size"].max_value) == (8, 64)
