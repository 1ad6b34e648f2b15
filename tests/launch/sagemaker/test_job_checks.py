"""What launch lets pass, the API's own model lets pass; and what it drops or refuses is said."""

import json
import re
import warnings
from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session
import pytest
from click.testing import CliRunner
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ic_tf_sdk import launch
from ic_tf_sdk.cli import main
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch.sagemaker import job_checks
from tests.launch.sagemaker.job_options import DATA, MODEL_ID, OUTPUT, ROLE

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@cache
def api() -> Any:
    """The shape of ``CreateTrainingJob`` in the API's model."""
    model = botocore.session.get_session().get_service_model("sagemaker")
    return model.operation_model("CreateTrainingJob").input_shape


def violations(shape: Any, value: Any, place: str = "") -> Iterator[str]:
    """Where a request breaks the API's patterns, lengths, numbers or words."""
    rules = shape.metadata
    size = len(value) if isinstance(value, str | list | dict) else value
    if not rules.get("min", size) <= size <= rules.get("max", size):
        yield f"{place}: {size} is not from {rules.get('min')} to {rules.get('max')}"
    if value not in rules.get("enum", [value]):
        yield f"{place}: {value!r}"
    if "pattern" in rules and not re.fullmatch(_plain(rules["pattern"]), value):
        yield f"{place}: {value!r} is not {rules['pattern']}"
    for part, inner, name in _parts(shape, value):
        yield from violations(part, inner, place + name)


def _parts(shape: Any, value: Any) -> Iterator[tuple[Any, Any, str]]:
    if shape.type_name == "structure":
        yield from ((shape.members[name], inner, f".{name}") for name, inner in value.items())
    elif shape.type_name == "list":
        yield from ((shape.member, inner, "[]") for inner in value)
    elif shape.type_name == "map":
        yield from ((shape.key, name, f"<{name}>") for name in value)
        yield from ((shape.value, inner, f"[{name}]") for name, inner in value.items())


def _plain(pattern: str) -> str:
    # Classes of letters, blanks and digits, which Python's re does not have by these names.
    return pattern.replace(r"\p{L}\p{Z}\p{N}", r"\w\s")


TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
IDS = st.lists(st.one_of(st.sampled_from(["subnet-1", "sg-2"]), TEXT), max_size=18)
URIS = st.one_of(
    st.sampled_from(["s3://my-bucket/o", "s3://My_Bucket/", "s3://", "https://x/y", "s3://a..b/c"]),
    TEXT.map("s3://my-bucket/{}".format),
    st.just("s3://my-bucket/" + "x" * 1100),
)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "environment": st.dictionaries(st.one_of(st.just("A_1"), TEXT), TEXT, max_size=3),
        "tags": st.dictionaries(st.one_of(st.just("team"), TEXT), TEXT, max_size=3),
        "subnets": IDS,
        "security_group_ids": IDS,
        "kms_key": TEXT,
        "keep_alive_period_in_seconds": st.integers(-1, 30_000),
        "volume_size_gb": st.integers(-1, 20_000),
        "max_run_seconds": st.integers(0, 3_000_000),
        "max_wait_seconds": st.integers(0, 3_000_000),
        "spot": st.booleans(),
        "checkpoint_s3_uri": URIS,
        "model_uri": URIS,
        "input_mode": st.sampled_from(["File", "FastFile", "Pipe", "file"]),
        "base_job_name": st.one_of(st.just("flowers"), TEXT),
        "bucket": st.one_of(st.just("my-bucket"), TEXT),
    },
)


@settings(max_examples=300, deadline=None)
@given(
    options=OPTIONS,
    output=URIS,
    role=st.one_of(st.just(ROLE), TEXT, TEXT.map("arn:aws:iam::123456789012:role/{}".format)),
    channel=st.one_of(st.just(DATA["training"]), URIS, TEXT),
)
@example({}, "s3://my-bucket/\n", ROLE, DATA["training"])
def test_a_request_is_legal_or_refused_in_a_sentence(
    options: dict[str, Any], output: str, role: str, channel: str
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            job = launch.training_job(MODEL_ID, role=role, output_path=output, **options)
            request = job.create_training_job(job_name="x", channels={"training": channel})
        except UserError as refused:
            request, text = None, str(refused)
    if request is None:
        assert "pydantic" not in text
        assert "Input should" not in text
        return
    assert list(violations(api(), request)) == []
    condition = request["StoppingCondition"]
    assert condition["MaxRuntimeInSeconds"] <= 28 * 24 * 3600
    assert condition.get("MaxWaitTimeInSeconds", 10**9) >= condition["MaxRuntimeInSeconds"]
    assert ("VpcConfig" in request) == bool(options.get("subnets"))
    for name, sent in (("environment", "Environment"), ("tags", "Tags")):
        assert len(request.get(sent, ())) >= len(options.get(name, ()))


def test_the_test_sees_what_is_illegal() -> None:
    job = launch.training_job(MODEL_ID, role=ROLE, output_path=OUTPUT)
    request = job.create_training_job(job_name="x", channels=DATA)
    assert list(violations(api(), request)) == []
    request["RoleArn"], request["VpcConfig"] = (
        "training",
        {"Subnets": ["a"], "SecurityGroupIds": []},
    )
    assert len(list(violations(api(), request))) == 3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"subnets": ["subnet-1"]}, "subnets without security_group_ids"),
        ({"security_group_ids": ["sg-1"]}, "security_group_ids without subnets"),
        ({"spot": True, "max_wait_seconds": 10}, "max_wait_seconds cannot be 10"),
        ({"max_wait_seconds": 10}, "max_wait_seconds is for spare capacity: set spot"),
        ({"max_run_seconds": 10**8}, "no job runs longer than 28 days, 2419200 seconds"),
        ({"keep_alive_period_in_seconds": 30_000}, "at most 21600 are allowed"),
        ({"environment": {"1A": "x"}}, "environment cannot have '1A'"),
        ({"environment": {"A": "x" * 513}}, "environment['A'] is too long: it has 513"),
        ({"environment": {f"A{i}": "" for i in range(101)}}, "environment has 101 names; at most"),
        ({"tags": {"aws:team": "x"}}, "does not begin with aws:"),
        ({"tags": {"a": "x;y"}}, "tags['a'] cannot be 'x;y'"),
        ({"tags": {f"a{i}": "" for i in range(49)}}, "tags has 49 names"),
        (
            {"subnets": ["s"] * 17, "security_group_ids": ["g"] * 6},
            "subnets has 17 ids; at most 16",
        ),
        ({"subnets": ["subnet 1"], "security_group_ids": ["g"]}, "an id is like subnet-0abc"),
        ({"kms_key": "my key"}, "kms_key cannot be 'my key'"),
        ({"bucket": "s3://my-bucket"}, "bucket: 's3://my-bucket' can be no bucket's name"),
        ({"checkpoint_s3_uri": "s3://192.168.1.1/o"}, "checkpoint_s3_uri must be an S3 URI"),
    ],
)
def test_each_option_is_sent_or_refused_in_a_sentence(options: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as refused:
        launch.training_job(MODEL_ID, role=ROLE, output_path=OUTPUT, **options)
    assert said in str(refused.value)


def refused(**options: Any) -> str | None:
    """What is said of a job with these options; None where it is legal."""
    try:
        launch.training_job(MODEL_ID, **{"role": ROLE, "output_path": OUTPUT, **options})
    except UserError as error:
        return str(error)
    return None


def subnets(count: int, length: int = 8) -> dict[str, Any]:
    ids = [f"{number:02}".ljust(length, "a") for number in range(count)]
    return {"subnets": ids, "security_group_ids": ["sg-1"]}


def groups(count: int) -> dict[str, Any]:
    return {"subnets": ["subnet-1"], "security_group_ids": [f"sg-{n}" for n in range(count)]}


def named(count: int) -> dict[str, str]:
    return {f"n{number}": "" for number in range(count)}


LIMITS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "a run": ({"max_run_seconds": 2_419_200}, {"max_run_seconds": 2_419_201}, "28 days, 2419200"),
    "a wait": (
        {"spot": True, "max_run_seconds": 9, "max_wait_seconds": 9},
        {"spot": True, "max_run_seconds": 9, "max_wait_seconds": 8},
        "and max_run_seconds is 9. Give as much or more",
    ),
    "warm instances": (
        {"keep_alive_period_in_seconds": 21_600},
        {"keep_alive_period_in_seconds": 21_601},
        "at most 21600 are",
    ),
    "a URI": (
        {"output_path": "s3://my-bucket/".ljust(1024, "x")},
        {"output_path": "s3://my-bucket/".ljust(1025, "x")},
        "output_path must be an S3 URI: It has 1025 characters; at most 1024 are allowed",
    ),
    "subnets": (subnets(16), subnets(17), "subnets has 17 ids; at most 16"),
    "groups": (groups(5), groups(6), "security_group_ids has 6 ids; at most 5"),
    "an id": (subnets(1, 32), subnets(1, 33), "an id is like subnet-0abc"),
    "variables": ({"environment": named(100)}, {"environment": named(101)}, "101 names; at most"),
    "a variable's name": (
        {"environment": {"A" * 512: ""}}, {"environment": {"A" * 513: ""}}, "cannot have 'AAA"
    ),
    "a variable": (
        {"environment": {"A": "x" * 512}}, {"environment": {"A": "x" * 513}}, "at most 512"
    ),
    "tags": ({"tags": named(48)}, {"tags": named(49)}, "tags has 49 names; at most 48"),
    "a tag's name": ({"tags": {"a" * 128: ""}}, {"tags": {"a" * 129: ""}}, "1 to 128 letters"),
    "no tag's name": ({"tags": {"a": ""}}, {"tags": {"": ""}}, "1 to 128 letters"),
    "AWS's tags": ({"tags": {"aws-x": "", "my:aws:": ""}}, {"tags": {"AWS:x": ""}}, "with aws:"),
    "a tag": ({"tags": {"a": "x" * 256}}, {"tags": {"a": "x" * 257}}, "at most 256 letters"),
    "a key": ({"kms_key": "k" * 2048}, {"kms_key": "k" * 2049}, "it is a key's id or ARN"),
    "a role's name": ({"role": "r" * 64}, {"role": "r" * 65}, "takes the ARN of a role"),
}  # fmt: skip


@pytest.mark.parametrize("name", LIMITS)
def test_what_is_at_its_limit_is_sent_and_one_more_is_refused(name: str) -> None:
    allowed, excess, said = LIMITS[name]
    assert refused(**allowed) is None
    assert said in (refused(**excess) or "")


def test_a_wait_is_held_against_the_time_that_a_job_has_where_none_is_said() -> None:
    usual = launch.training_job(MODEL_ID, role=ROLE, output_path=OUTPUT).max_run_seconds
    assert refused(spot=True, max_wait_seconds=usual) is None
    said = refused(spot=True, max_wait_seconds=usual - 1) or ""
    assert f"and max_run_seconds is {usual}" in said


def test_without_what_is_refused_goes_what_makes_no_sense_alone() -> None:
    options = {"subnets": 1, "security_group_ids": 2, "max_run_seconds": 3, "max_wait_seconds": 4,
               "tags": 5}  # fmt: skip
    problem = job_checks.Problem
    assert job_checks.without(options, []) == options
    left = job_checks.without(options, [problem("subnets", "wrong")])
    assert left.keys() == {"max_run_seconds", "max_wait_seconds", "tags"}
    left = job_checks.without(options, [problem("max_wait_seconds", "wrong")])
    assert left.keys() == {"subnets", "security_group_ids", "tags"}
    assert job_checks.without(options, [problem("tags", "wrong")]).keys() == options.keys() - {
        "tags"
    }


def test_a_tag_that_is_there_twice_is_a_problem_like_others() -> None:
    """An endpoint's tags come here as they were given."""
    twice = [{"Key": "team", "Value": "a"}, {"Key": "team", "Value": "b"}]
    [problem] = job_checks.of_tags(twice)
    assert problem.subject == "tags"
    assert problem.text.endswith(": each name once; 'team' is there twice.")
    assert list(job_checks.of_tags(twice[:1])) == []


def test_a_sentence_says_once_what_it_is_about() -> None:
    assert job_checks.Problem("role", "role cannot be 'x'.").sentence() == "role cannot be 'x'."
    assert job_checks.Problem("training", "It is not there.").sentence() == (
        "training: It is not there."
    )
    job_checks.refuse([])
    with pytest.raises(UserError, match="training: It is not there"):
        job_checks.refuse([job_checks.Problem("training", "It is not there.")])


def test_a_channel_that_is_looked_at_elsewhere_is_passed_over() -> None:
    assert job_checks.of_request(ROLE, {"training": None, "test": None}) == []
    [wrong] = job_checks.of_request(ROLE, {"training": None, "testing": None})
    assert wrong.subject == "testing"
    assert wrong.text.endswith("training, validation, test. Did you mean 'test'?")


@pytest.mark.parametrize("role", ["", "arn:aws:s3:::b", "arn:aws:iam::12:role/x", "a/b", "a b"])
def test_a_role_is_an_arn_or_a_name(role: str) -> None:
    with pytest.raises(UserError, match="takes the ARN of a role"):
        launch.training_job(MODEL_ID, role=role, output_path=OUTPUT)
    named = launch.training_job(MODEL_ID, role="MyRole", output_path=OUTPUT)
    with pytest.raises(UserError, match="role cannot be 'MyRole'"):
        named.create_training_job(job_name="x", channels=DATA)
    for partition in ("aws", "aws-cn", "aws-us-gov"):
        good = named.model_copy(update={"role": f"arn:{partition}:iam::123456789012:role/a/b"})
        good.create_training_job(job_name="x", channels=DATA)


@pytest.mark.parametrize(
    ("channels", "said"),
    [
        ({"train": DATA["training"]}, "Did you mean 'training'"),
        ({"validation": DATA["validation"]}, "A job needs a training channel"),
        ({"training": "/local/path"}, "training: '/local/path' is not an S3 URI"),
        ({"training": "s3://my-bucket/a"}, "must end in '/'"),
        ({**DATA, "test": "s3://My_Bucket/"}, "test: 'My_Bucket' can be no bucket's name"),
    ],
)
def test_every_channel_is_a_folder_in_a_legal_bucket(channels: dict[str, str], said: str) -> None:
    job = launch.training_job(MODEL_ID, role=ROLE, output_path=OUTPUT)
    with pytest.raises(UserError) as refused:
        job.create_training_job(job_name="x", channels=channels)
    assert said in str(refused.value)


def test_half_a_vpc_is_refused_for_endpoints_too() -> None:
    problems = job_checks.of_vpc((), ("sg-1",))
    assert [problem.subject for problem in problems] == ["security_group_ids"]
    assert job_checks.of_vpc((), ()) == job_checks.of_vpc(("subnet-1",), ("sg-1",)) == []


def command(*words: str) -> Any:
    job = ["launch", MODEL_ID, "--role", ROLE, "--training", DATA["training"], "--output", OUTPUT]
    return CliRunner().invoke(main, [*job, "--region", "us-west-2", "--dry-run", *words])


def test_the_command_takes_what_the_helpers_take() -> None:
    done = command(
        *("--environment", "A=b=c", "--environment", "B=", "--tags", "team=vision"),
        *("--subnets", "subnet-1,subnet-2", "--security-group-ids", "sg-1"),
        *("--kms-key", "alias/mine", "--volume-size-gb", "90", "--max-run-seconds", "3600"),
        *("--keep-alive-period-in-seconds", "600", "--input-mode", "FastFile"),
        *("--spot", "--max-wait-seconds", "7200", "--checkpoint-s3-uri", "s3://my-bucket/c"),
        *("--base-job-name", "tulips", "--no-network-isolation"),
    )
    assert done.exit_code == 0, done.output
    request = json.loads(done.stdout)
    assert request["Environment"] == {"A": "b=c", "B": ""}
    assert {"Key": "team", "Value": "vision"} in request["Tags"]
    assert request["VpcConfig"] == {
        "Subnets": ["subnet-1", "subnet-2"],
        "SecurityGroupIds": ["sg-1"],
    }
    assert request["AlgorithmSpecification"]["TrainingInputMode"] == "FastFile"
    resources = request["ResourceConfig"]
    assert (resources["VolumeSizeInGB"], resources["KeepAlivePeriodInSeconds"]) == (90, 600)
    assert resources["VolumeKmsKeyId"] == "alias/mine"
    assert request["StoppingCondition"] == {
        "MaxRuntimeInSeconds": 3600,
        "MaxWaitTimeInSeconds": 7200,
    }
    assert request["TrainingJobName"].startswith("tulips-")
    assert "EnableNetworkIsolation" not in request
    assert list(violations(api(), request)) == []


def test_the_command_says_every_problem_at_once() -> None:
    done = command(
        *("--role", "MyRole", "--training", "./flowers", "--output", "s3://my..bucket/o"),
        *("--subnets", "subnet-1", "--tags", "aws:x=y", "--max-wait-seconds", "3"),
    )
    assert done.exit_code == 1
    for said in ("role", "training", "output_path", "subnets", "tags", "max_wait_seconds"):
        assert f"- {said}" in done.output
    assert "--environment takes NAME=VALUE, not 'A'" in command("--environment", "A").output
