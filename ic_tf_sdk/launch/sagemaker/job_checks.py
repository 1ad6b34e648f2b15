"""What SageMaker's API refuses of a training job, found before anything is sent or costs.

The limits are those of ``CreateTrainingJob`` in the API's own model, with which a test compares
them, and of its documentation. Values that a pipeline leaves open are passed over.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ic_tf_sdk import s3
from ic_tf_sdk._quoted import quoted
from ic_tf_sdk.errors import did_you_mean, nearest
from ic_tf_sdk.launch import argument_names
from ic_tf_sdk.launch.open_values import Text
from ic_tf_sdk.launch.tag_list import Tags, by_name
from ic_tf_sdk.specs.pipeline_variable import is_pipeline_variable

__all__ = [
    "CHANNELS",
    "Problem",
    "of_environment",
    "of_kms_key",
    "of_options",
    "of_request",
    "of_role",
    "of_tags",
    "of_vpc",
    "refuse",
    "without",
]

CHANNELS = ("training", "validation", "test")
"""What the script reads."""

_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@/-]+", re.ASCII)
# What IAM calls a role; the SageMaker SDK looks its ARN up.
_ROLE_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
_LONGEST_RUN = 28 * 24 * 3600
_LONGEST_WARM = 21_600
_LONGEST_URI = 1024
_MOST_SUBNETS, _MOST_GROUPS = 16, 5
_NETWORK_ID = re.compile(r"[-0-9a-zA-Z]{1,32}", re.ASCII)
_MOST_VARIABLES, _LONGEST_VARIABLE = 100, 512
_VARIABLE = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)
# Two are the SDK's, on jobs with AWS's public content.
_MOST_TAGS, _LONGEST_KEY, _LONGEST_TAG = 48, 128, 256
_TAG = re.compile(r"[\w\s.:/=+@-]*")
_KMS = re.compile(r"[a-zA-Z0-9:/_-]{1,2048}", re.ASCII)
_TOGETHER = ({"subnets", "security_group_ids"}, {"max_run_seconds", "max_wait_seconds"})


class Problem(NamedTuple):
    """One thing that speaks against a job.

    Attributes:
        subject: The argument or the channel.
        text: What is wrong, what is allowed, and what to do.
    """

    subject: str
    text: str

    def sentence(self) -> str:
        """The text, with what it is about."""
        named = self.text.startswith(self.subject)
        return self.text if named else f"{self.subject}: {self.text}"


def refuse(problems: Sequence[Problem]) -> None:
    """Raise one error with every problem; nothing where there is none.

    Raises:
        UserError: There is a problem.
    """
    argument_names.refuse([problem.sentence() for problem in problems])


def of_options(arguments: Mapping[str, Any], longest_run: int) -> list[Problem]:
    """What speaks against the arguments of a job.

    Args:
        arguments: Those of ``JobArguments``, each of its kind.
        longest_run: Seconds that a job may run where nothing is said.
    """
    problems = [*of_role(arguments["role"], by_name=True), *_places(arguments)]
    problems += _times(arguments, longest_run)
    problems += of_vpc(arguments["subnets"], arguments["security_group_ids"])
    problems += of_environment(arguments["environment"])
    problems += of_tags(arguments["tags"])
    return [*problems, *of_kms_key(arguments["kms_key"])]


def without(options: Mapping[str, Any], problems: Sequence[Problem]) -> dict[str, Any]:
    """The options less those that are refused, and less what makes no sense without them.

    Args:
        options: Argument -> value.
        problems: From ``of_options``.
    """
    subjects = {problem.subject for problem in problems}
    dropped = subjects.union(*(group for group in _TOGETHER if subjects & group))
    return {name: value for name, value in options.items() if name not in dropped}


def of_request(role: Text, channels: Mapping[str, Text | None]) -> list[Problem]:
    """What speaks against the rest of a request, beside its job.

    Args:
        role: The job's; of a request that no SDK makes, an ARN.
        channels: Channel name -> S3 URI; None where it is looked at elsewhere.
    """
    problems = list(of_role(role))
    if "training" not in channels:
        problems.append(Problem("training", "A job needs a training channel."))
    for name, uri in channels.items():
        if name not in CHANNELS:
            close = did_you_mean(nearest(name, CHANNELS, 1))
            text = f"A job has no channel {quoted(name)}; it reads {', '.join(CHANNELS)}.{close}"
            problems.append(Problem(name, text))
        elif uri is not None and (reason := _uri(uri, folder=True)):
            problems.append(Problem(name, reason))
    return problems


def of_vpc(subnets: Sequence[Text], security_group_ids: Sequence[Text]) -> list[Problem]:
    """What speaks against a VPC: half of it is none.

    Args:
        subnets: Ids of its subnets.
        security_group_ids: Ids of its security groups.
    """
    given = {"subnets": subnets, "security_group_ids": security_group_ids}
    problems = []
    for (name, ids), other in zip(given.items(), reversed(given), strict=True):
        most = _MOST_SUBNETS if name == "subnets" else _MOST_GROUPS
        if ids and not given[other]:
            text = f"{name} without {other} would run outside of the VPC; give both, or neither."
            problems.append(Problem(name, text))
        if len(ids) > most:
            problems.append(
                Problem(name, f"{name} has {len(ids)} ids; at most {most} are allowed.")
            )
        known = [item for item in ids if not is_pipeline_variable(item)]
        wrong = [item for item in known if not _NETWORK_ID.fullmatch(item)]
        if wrong:
            example = "subnet-0abc" if name == "subnets" else "sg-0abc"
            shown = ", ".join(map(repr, wrong))
            problems.append(Problem(name, f"{name} cannot be {shown}: an id is like {example}."))
    return problems


def of_role(role: Text, *, by_name: bool = False) -> Iterator[Problem]:
    """What speaks against a role.

    Args:
        role: Its ARN.
        by_name: Whether its name will do, which the SageMaker SDK looks up.
    """
    if is_pipeline_variable(role) or _ROLE.fullmatch(role):
        return
    if not (by_name and _ROLE_NAME.fullmatch(role)):
        yield Problem(
            "role",
            f"role cannot be {quoted(role)}: the request takes the ARN of a role, for example "
            "arn:aws:iam::123456789012:role/training. `aws iam get-role --role-name NAME` prints "
            "that of a name, which the SageMaker SDK alone looks up.",
        )


def _places(arguments: Mapping[str, Any]) -> Iterator[Problem]:
    for name in ("output_path", "model_uri", "checkpoint_s3_uri"):
        if arguments[name] is not None and (text := _uri(arguments[name])):
            yield Problem(name, f"{name} must be an S3 URI: {text}")
    bucket = arguments["bucket"]
    if bucket is not None and (text := s3.bucket_problem(bucket)):
        yield Problem("bucket", text)


def _uri(uri: Text, *, folder: bool = False) -> str | None:
    if is_pipeline_variable(uri):
        return None
    if len(uri) > _LONGEST_URI:
        return f"It has {len(uri)} characters; at most {_LONGEST_URI} are allowed."
    return s3.problem(uri, folder=folder)


def _times(arguments: Mapping[str, Any], longest_run: int) -> Iterator[Problem]:
    seconds = arguments["max_run_seconds"] or longest_run
    wait, spot = arguments["max_wait_seconds"], arguments["spot"]
    warm = arguments["keep_alive_period_in_seconds"]
    if isinstance(seconds, int) and seconds > _LONGEST_RUN:
        yield Problem(
            "max_run_seconds",
            f"max_run_seconds cannot be {seconds}: no job runs longer than 28 days, {_LONGEST_RUN} "
            "seconds.",
        )
    if wait is not None and spot is False:
        text = "max_wait_seconds is for spare capacity: set spot, or leave it out."
        yield Problem("max_wait_seconds", text)
    elif isinstance(wait, int) and isinstance(seconds, int) and wait < seconds:
        yield Problem(
            "max_wait_seconds",
            f"max_wait_seconds cannot be {wait}: it is the limit of waiting and running together, "
            f"and max_run_seconds is {seconds}. Give as much or more, or lower max_run_seconds.",
        )
    if isinstance(warm, int) and warm > _LONGEST_WARM:
        yield Problem(
            "keep_alive_period_in_seconds",
            f"keep_alive_period_in_seconds cannot be {warm}: at most {_LONGEST_WARM} are allowed.",
        )


def of_environment(
    environment: Mapping[str, Text], longest: int = _LONGEST_VARIABLE
) -> Iterator[Problem]:
    """What speaks against variables of a container.

    Args:
        environment: Name -> value.
        longest: Characters that a name or a value may have.
    """
    if len(environment) > _MOST_VARIABLES:
        text = f"environment has {len(environment)} names; at most {_MOST_VARIABLES} are allowed."
        yield Problem("environment", text)
    for name, value in environment.items():
        if len(name) > longest or not _VARIABLE.fullmatch(name):
            text = "a name has letters, digits and '_', and does not begin with a digit."
            yield Problem("environment", f"environment cannot have {quoted(name)}: {text}")
        if isinstance(value, str) and len(value) > longest:
            text = f"it has {len(value)} characters; at most {longest} are allowed."
            yield Problem("environment", f"environment[{quoted(name)}] is too long: {text}")


def of_kms_key(key: Text | None) -> Iterator[Problem]:
    """What speaks against a KMS key."""
    if isinstance(key, str) and not _KMS.fullmatch(key):
        yield Problem("kms_key", f"kms_key cannot be {quoted(key)}: it is a key's id or ARN.")


def of_tags(given: Tags) -> Iterator[Problem]:
    """What speaks against tags, of either form."""
    try:
        tags = by_name(given)
    except ValueError as error:
        yield Problem("tags", f"tags cannot be {quoted(given)}: {error}.")
        return
    if not isinstance(tags, Mapping):
        text = "it is a dictionary of names and values, or a list of {'Key': ..., 'Value': ...}."
        yield Problem("tags", f"tags cannot be {quoted(given)}: {text}")
        return
    if len(tags) > _MOST_TAGS:
        text = f"tags has {len(tags)} names; at most {_MOST_TAGS} are allowed."
        yield Problem("tags", text)
    allowed = "letters, digits, blanks and . : / = + - @ _"
    for key, value in tags.items():
        if not 0 < len(key) <= _LONGEST_KEY or not _TAG.fullmatch(key) or key[:4].lower() == "aws:":
            text = f"a name has 1 to {_LONGEST_KEY} {allowed}, and does not begin with aws:."
            yield Problem("tags", f"tags cannot have {quoted(key)}: {text}")
        if isinstance(value, str) and (len(value) > _LONGEST_TAG or not _TAG.fullmatch(value)):
            text = f"a value has at most {_LONGEST_TAG} {allowed}."
            yield Problem("tags", f"tags[{quoted(key)}] cannot be {quoted(value)}: {text}")
