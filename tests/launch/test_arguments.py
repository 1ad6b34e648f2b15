"""Arguments of the launch functions: shown by name, and a wrong one is told the right one."""

import inspect
import re
from collections.abc import Callable
from importlib import metadata
from typing import Any, TypedDict

import pytest
from typing_extensions import Unpack

from ic_tf_sdk import launch
from ic_tf_sdk.errors import MissingArgumentError, UserError
from ic_tf_sdk.launch import argument_names, sdk_arguments
from ic_tf_sdk.launch.keywords import explicit
from ic_tf_sdk.launch.sagemaker.job_options import DEFAULTS, JobOptions

MODEL_ID = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
EMBEDDED = "tensorflow-ic-embedded-formulanet-96"
JOB: dict[str, Any] = {
    "role": "arn:aws:iam::123456789012:role/training",
    "output_path": "s3://my-bucket/output",
}
JOB_FUNCTIONS = [
    launch.training_job,
    launch.estimator,
    launch.model_trainer,
    launch.sdk_v3.tuner,
    launch.preflight,
]
FUNCTIONS = [
    *JOB_FUNCTIONS,
    launch.model,
    launch.model_builder,
    launch.tuner,
    launch.sdk_v2.from_job,
    launch.sdk_v3.from_job,
    launch.sdk_v3.inputs,
    launch.transform.batch_transform,
    launch.transform.create_transform_job,
]


def parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(function).parameters)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f"{f.__module__}.{f.__name__}")
def test_a_notebook_sees_every_argument_by_name_and_reads_what_it_means(
    function: Callable[..., Any],
) -> None:
    kinds = {parameter.kind for parameter in parameters(function).values()}
    assert not kinds & {inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL}
    text = function.__doc__ or ""
    if "Args:\n" in text:
        missing = [name for name in parameters(function) if f"    {name}: " not in text]
        assert missing == []


@pytest.mark.parametrize("function", JOB_FUNCTIONS, ids=lambda f: f"{f.__module__}.{f.__name__}")
def test_every_function_that_makes_a_job_has_all_options_of_a_job(
    function: Callable[..., Any],
) -> None:
    assert set(DEFAULTS) == set(JobOptions.__annotations__) <= set(parameters(function))
    defaults = {name: parameters(function)[name].default for name in DEFAULTS}
    assert defaults == DEFAULTS


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("instnce_type", "Did you mean 'instance_type'"),
        ("volume_size", "called 'volume_size_gb'"),
        ("volume_size_in_gb", "called 'volume_size_gb'"),
        ("max_run", "called 'max_run_seconds'"),
        ("use_spot_instances", "called 'spot'"),
        ("train_instance_type", "called 'instance_type'"),
        ("volume_kms_key", "called 'kms_key'"),
        ("enable_network_isolation", "called 'network_isolation'"),
        ("role_arn", "called 'role'"),
        ("image_uri", "looked up from the model"),
        ("networking", "said by subnets"),
        ("max_retry_attempts", "SDK's Estimator takes it"),
        ("training_input_mode", "called 'input_mode'"),
        ("sagemaker_session", "work through the SageMaker SDK"),
    ],
)
def test_a_misspelt_or_sdk_spelt_name_is_answered_with_the_right_one(
    wrong: str, right: str
) -> None:
    with pytest.raises(UserError, match=f"training_job has no argument {wrong!r}.*{right}"):
        launch.training_job(MODEL_ID, **JOB, **{wrong: 1})


def test_the_session_is_named_where_there_is_one() -> None:
    with pytest.raises(UserError, match="here it is called 'session'"):
        launch.estimator(MODEL_ID, role="r", sagemaker_session=None)  # type: ignore[call-arg]
    with pytest.raises(UserError, match="here it is called 'ranges'"):
        launch.tuner(None, hyperparameter_ranges={})  # type: ignore[call-arg]
    with pytest.raises(UserError, match="here it is called 'environment'"):
        launch.model("s3://b/m.tar.gz", MODEL_ID, env={})  # type: ignore[call-arg]


def test_all_wrong_names_and_all_missing_ones_are_told_at_once() -> None:
    with pytest.raises(UserError) as wrong:
        launch.training_job(MODEL_ID, max_run=3, volumesize_gb=3, **JOB)  # type: ignore[call-arg]
    assert len(str(wrong.value).splitlines()) == 3
    with pytest.raises(MissingArgumentError) as missing:
        launch.training_job(MODEL_ID)  # type: ignore[call-arg]
    assert "'role'" in str(missing.value)
    assert "'output_path'" in str(missing.value)
    with pytest.raises(MissingArgumentError, match="'model_id'"):
        launch.training_job(**JOB)  # type: ignore[call-arg]


def test_all_wrong_values_are_told_at_once_and_in_own_words() -> None:
    values: dict[str, Any] = {
        "instance_count": "two",
        "volume_size_gb": 0,
        "spot": "perhaps",
        "base_job_name": "a" * 37,
        "tags": [{"Key": "team", "Value": "a"}, {"Key": "team", "Value": "b"}],
        "environment": ["A=b"],
        "input_mode": "fastfile",
        "keep_alive_period_in_seconds": 0,
        "subnets": "subnet-1",
        "hyperparameters": ["epochs"],
        "max_run_seconds": 1.5,
        "kms_key": 7,
    }
    with pytest.raises(UserError) as refused:
        launch.training_job(MODEL_ID, **JOB, **values)
    text = str(refused.value)
    assert len(text.splitlines()) == 1 + len(values)
    for name in values:
        assert re.search(rf"- {name} ", text), name
    assert "each name once; 'team' is there twice" in text
    assert "one of 'File', 'FastFile'; the nearest is 'FastFile'" in text
    assert "volume_size_gb cannot be 0; it must be 1 or more." in text
    assert "pydantic" not in text
    assert "Input should" not in text


def test_a_job_has_the_name_that_was_chosen() -> None:
    options = {"base_job_name": "tulips", "tags": {"a": "b"}, "bucket": "my-bucket"}
    job = launch.training_job(MODEL_ID, **JOB, **options)
    assert (job.base_job_name, job.tags) == ("tulips", {"a": "b"})


def test_tags_are_taken_as_the_sdk_writes_them_too() -> None:
    tags = [{"Key": "team", "Value": "vision"}, {"Key": "empty", "Value": ""}]
    job = launch.training_job(MODEL_ID, tags=tags, instance_type="ml.g5.xlarge", **JOB)
    assert job.tags == {"team": "vision", "empty": ""}
    for wrong in ([{"Key": "team"}], ["team"], "team", [{"Key": 1, "Value": "x"}]):
        with pytest.raises(UserError, match=r"tags cannot be .* a dictionary, name -> value"):
            launch.training_job(MODEL_ID, tags=wrong, **JOB)  # type: ignore[arg-type]


SDK_V2 = metadata.version("sagemaker").startswith("2.")


@pytest.mark.skipif(not SDK_V2, reason="needs the SageMaker SDK v2")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_every_argument_of_the_sdks_estimator_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    # Its advert for version 3.
    monkeypatch.setenv("SAGEMAKER_SUPPRESS_V2_WARNING", "1")
    from sagemaker.estimator import Estimator
    from sagemaker.model import Model

    ours = {
        *("model_uri", "hyperparameters", "output_path", "base_job_name"),
        "checkpoint_local_path",
    }
    taken = set(parameters(launch.LocalEstimator.deploy))
    of_job = set(parameters(launch.estimator))
    for name in set(parameters(Estimator)) - {"kwargs"}:
        assert name in sdk_arguments.ON_SAGEMAKER_ONLY | ours, name
        answered = {*of_job, *sdk_arguments.SDK_ONLY, *sdk_arguments.ON_SAGEMAKER_ONLY}
        assert name in answered or sdk_arguments.SDK_NAMES[name] in of_job, name
    for deploy in (Estimator.deploy, Model.deploy):
        names = set(parameters(deploy)) - {"self", "kwargs"} - taken
        assert names <= sdk_arguments.ON_DEPLOY_ONLY
    names = set(parameters(Model)) - {"model_data", "sagemaker_session"}
    assert names <= sdk_arguments.ON_DEPLOY_ONLY


def test_a_local_estimator_tells_every_misspelt_name_and_its_own_too() -> None:
    with pytest.raises(UserError) as refused:
        launch.LocalEstimator(MODEL_ID, instance_typ="x", hyperparameter={}, outputpath="y")
    for right in ("instance_type", "hyperparameters", "output_path"):
        assert f"Did you mean {right!r}" in str(refused.value)


def test_ranges_of_a_tuning_job_are_told_what_they_can_be() -> None:
    from ic_tf_sdk.launch import tuning

    ranges: Any = {"learning_rate": (0.1, 0.2), "batch_size": tuning.Integer(8, 64, "Log")}
    with pytest.raises(UserError) as refused:
        tuning.checked(ranges)
    assert "give tuning.Integer(low, high)" in str(refused.value)
    assert "one of Auto, Linear, Logarithmic" in str(refused.value)


def test_a_name_like_none_is_answered_with_all_that_there_are() -> None:
    known = ["alpha", "beta"]
    said = argument_names.unknown_name("f", "zzz", known)
    assert said == "f has no argument 'zzz'. It has alpha, beta."
    said = argument_names.unknown_name("f", "alpa", [*known, "alphas"])
    assert said == "f has no argument 'alpa'. Did you mean 'alpha'?"


def test_one_problem_is_a_sentence_and_several_are_lines() -> None:
    argument_names.refuse([])
    with pytest.raises(UserError, match=r"^One\.$"):
        argument_names.refuse(["One."])
    with pytest.raises(UserError) as refused:
        argument_names.refuse(["One.", "Two."])
    assert str(refused.value) == "2 arguments cannot be used:\n  - One.\n  - Two."


def test_what_has_no_effect_here_may_be_passed_and_more_than_one_machine_not() -> None:
    ignored = frozenset({"wait", "instance_count"})
    argument_names.refuse_misspelt("f", {"wait": 1, "instance_count": 1}, ignored, beside=["job"])
    argument_names.refuse_misspelt("f", {}, ignored, beside=[])
    with pytest.raises(UserError, match=r"^There is one machine here: the instance count must be"):
        argument_names.refuse_misspelt("f", {"instance_count": 2}, ignored, beside=[])
    for wrong, meant in (("wiat", "wait"), ("jobs", "job")):
        with pytest.raises(UserError) as refused:
            argument_names.refuse_misspelt("f", {wrong: 1}, ignored, beside=["job"])
        assert str(refused.value) == f"f has no argument {wrong!r}. Did you mean {meant!r}?"


@explicit()
def dish(fish: str, sauce: str = "butter", *, guests: int, wine: str | None = None) -> str:
    """Something to call."""
    return f"{fish} in {sauce} for {guests} with {wine}"


def test_what_is_given_by_its_place_is_not_missed() -> None:
    assert dish("cod", guests=2) == "cod in butter for 2 with None"
    assert dish("cod", "mustard", guests=2, wine="hock") == "cod in mustard for 2 with hock"
    assert dish(guests=3, fish="cod") == "cod in butter for 3 with None"
    for args, kwargs, missing in (
        ((), {}, "'fish' and 'guests'"),
        (("cod",), {}, "'guests'"),
        (("cod", "mustard"), {}, "'guests'"),
        ((), {"guests": 2}, "'fish'"),
    ):
        with pytest.raises(MissingArgumentError) as caught:
            dish(*args, **kwargs)  # type: ignore[arg-type]
        assert str(caught.value) == f"dish needs {missing}."
    with pytest.raises(UserError, match="Did you mean 'guests'"):
        dish("cod", guest=2)  # type: ignore[call-arg]
    # More than there are places is Python's own error.
    with pytest.raises(TypeError, match="positional"):
        dish("cod", "mustard", "more", guests=2)  # type: ignore[misc]


class Plates(TypedDict, total=False):
    """How it is served.

    Attributes:
        plates: How many.
    """

    plates: int


@explicit(Plates, {"plates": 4})
def served(dish: str, **options: Unpack[Plates]) -> int:
    """Serve it.

    Args:
        dish: What.
        **options: As of ``Plates``.
    """
    return options.get("plates", 1)


def test_options_stand_in_the_signature_and_in_the_docstring() -> None:
    shown = inspect.signature(served)
    assert list(shown.parameters) == ["dish", "plates"]
    assert shown.parameters["plates"].default == 4
    assert shown.parameters["plates"].kind is inspect.Parameter.KEYWORD_ONLY
    assert served.__doc__ is not None
    assert "**options" not in served.__doc__
    assert "    dish: What.\n    plates: How many." in served.__doc__
    assert served("cod", plates=2) == 2
    with pytest.raises(UserError, match="Did you mean 'plates'"):
        served("cod", plate=2)  # type: ignore[call-arg]
