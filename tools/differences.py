"""Every deliberate difference to the SageMaker SDK: what the differential test accepts, and why.

The test and the documentation page read this list; a difference that is not here is a defect.
Standard library only: it also runs in environments that have no ic_tf_sdk.
"""

import math
import re
from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["DIFFERENCES", "UNTESTED", "Difference"]

Answer = dict[str, Any]
Arguments = dict[str, Any]


class Difference(NamedTuple):
    """One deliberate difference.

    Attributes:
        name: A few words.
        theirs: What the SDK does.
        ours: What this package does.
        reason: Why.
        concerns: Whether a call is of this kind: function, arguments.
        answers: Whether this package answers such a call with a ``"value"`` or an ``"error"``.
        sides: SDK versions that it is a difference to.
    """

    name: str
    theirs: str
    ours: str
    reason: str
    concerns: Callable[[str, Arguments], bool]
    answers: str = "error"
    sides: tuple[str, ...] = ("v2", "v3")

    def explains(self, side: str, function: str, arguments: Arguments, our: Answer) -> bool:
        """Whether this difference is the reason why our answer is not the SDK's.

        An error of ours must be one of the package's own; otherwise nothing explains it.
        """
        meant = self.answers in our and our.get("ours", True)
        return meant and side in self.sides and self.concerns(function, arguments)


def _version(pattern: str) -> Callable[[str, Arguments], bool]:
    def concerns(_: str, arguments: Arguments) -> bool:
        version = arguments.get("model_version")
        return isinstance(version, str) and re.fullmatch(pattern, version) is not None

    return concerns


def _of_model_image(function: str, arguments: Arguments) -> bool:
    return function == "image_uris.retrieve" and arguments.get("model_id") is not None


def _of_framework_image(function: str, arguments: Arguments) -> bool:
    return function == "image_uris.retrieve" and arguments.get("model_id") is None


IGNORED = (
    *("version", "py_version", "container_version", "accelerator_type", "distribution"),
    *("inference_tool", "sdk_version", "base_framework_version"),
)


def _ignored_given(function: str, arguments: Arguments) -> bool:
    given = any(arguments.get(name) is not None for name in IGNORED)
    other = arguments.get("framework") not in (None, "tensorflow")
    return _of_model_image(function, arguments) and (given or other)


def _values(function: str, arguments: Arguments) -> list[tuple[str, Any]]:
    if function != "hyperparameters.validate":
        return []
    return list((arguments.get("hyperparameters") or {}).items())


def _value(test: Callable[[str, Any], bool]) -> Callable[[str, Arguments], bool]:
    return lambda function, arguments: any(test(k, v) for k, v in _values(function, arguments))


ALIASES = ("train_only_top_layer", "eps", "batch-size")
OWN = (
    *("class_weight", "on_bad_image", "mixed_precision", "feature_cache", "deterministic"),
    *("preset", "head_solver", "learning_rate_schedule", "warmup_ratio", "clip_norm"),
    *("ema_decay", "layer_decay", "head_first_epochs", "batch_norm_statistics"),
)
TEXT = ("train_only_on_top", "augmentation_random_flip", "optimizer")


def _mode(*modes: str) -> Callable[[str, Arguments], bool]:
    return lambda function, arguments: (
        function == "hyperparameters.validate" and arguments.get("validation_mode") in modes
    )


def _odd_number(_: str, value: Any) -> bool:
    text = isinstance(value, str) and not re.fullmatch(r"[+-]?[0-9.eE+-]+", value, re.ASCII)
    return text or (isinstance(value, float) and not math.isfinite(value))


def _of_another_kind(_: str, value: Any) -> bool:
    return not isinstance(value, str | int | float | list | dict | None) and not _is_variable(value)


def _is_variable(value: Any) -> bool:
    return any(kind.__name__ == "PipelineVariable" for kind in type(value).__mro__)


def _metric_without_binary_mode(function: str, arguments: Arguments) -> bool:
    values = dict(_values(function, arguments))
    return values.get("eval_metric", "accuracy") != "accuracy" and "binary_mode" not in values


def _search(test: Callable[[str], bool]) -> Callable[[str, Arguments], bool]:
    return lambda function, arguments: (
        function == "list_models" and test(repr(arguments.get("filter")))
    )


DIFFERENCES = (
    Difference(
        "empty version",
        "IndexError from inside the SDK (v2)",
        "UnknownVersionError, a KeyError, that lists the versions",
        "an accident of the SDK's parsing",
        _version(""),
    ),
    Difference(
        "version as a specifier",
        "'4.0.2,>0' and '0!4.0.2' name 4.0.2, because the text is put behind '=='",
        "UnknownVersionError: an exact version, or a prefix that ends in *",
        "an accident of the SDK's parsing; a typo should not pass",
        _version(r".*[,!=].*"),
    ),
    Difference(
        "version prefix without a dot",
        "v3 refuses '4.0.1*' and '4.0.17*', which v2 knows",
        "as v2",
        "v3 lost what v2 documents",
        _version(r"[0-9.]*[0-9]\*"),
        "value",
        ("v3",),
    ),
    Difference(
        "new regions of v3",
        "v3 knows JumpStart in eu-isoe-west-1, me-west-1 and sa-west-1",
        "UnknownRegionError, as v2",
        "one catalogue for both lines, and v2 is the default one",
        lambda _, arguments: (
            arguments.get("region") in ("eu-isoe-west-1", "me-west-1", "sa-west-1")
        ),
        sides=("v3",),
    ),
    Difference(
        "arguments that a model's image ignores",
        "version, py_version, container_version, accelerator_type, distribution, framework and "
        "others are ignored beside a model_id, with a log line for some",
        "UnsupportedArgumentError; framework may be None or 'tensorflow'",
        "who gives one expects it to count; a region in the place of the framework is told",
        _ignored_given,
    ),
    Difference(
        "family as an instance type",
        "'m5' answers, because the spec has an entry of that name",
        "UnknownInstanceTypeError: write 'ml.m5.xlarge'",
        "SageMaker would refuse it when the job starts",
        lambda function, arguments: (
            _of_model_image(function, arguments) and "." not in str(arguments.get("instance_type"))
        ),
    ),
    Difference(
        "framework None without a model",
        "TypeError from inside the SDK",
        "UnknownImageError, a ValueError",
        "an accident of the SDK",
        lambda function, arguments: (
            _of_framework_image(function, arguments) and arguments.get("framework") is None
        ),
    ),
    Difference(
        "images newer than v2's table",
        "v2's table ends at TensorFlow 2.19, v3's at 2.21 for training and 2.20 for inference",
        "v3's table, also for version=None, the newest",
        "there is one catalogue for both lines",
        lambda function, arguments: (
            _of_framework_image(function, arguments)
            and arguments.get("version") in ("2.20", "2.21", "", None)
        ),
        "value",
        ("v2",),
    ),
    Difference(
        "Graviton without a version",
        "an error, or the newest of another scope, which Graviton does not have",
        "the newest Graviton image",
        "the SDK looks up the newest version before it has decided the scope",
        lambda function, arguments: (
            _of_framework_image(function, arguments) and not arguments.get("version")
        ),
        "value",
    ),
    Difference(
        "frameworks other than TensorFlow",
        "PyTorch and others have images too",
        "UnknownImageError",
        "not the concern of this package",
        lambda function, arguments: (
            _of_framework_image(function, arguments) and arguments.get("framework") == "pytorch"
        ),
    ),
    Difference(
        "seeds beyond 64 bits",
        "random_seed has no upper bound",
        "at most 2**63 - 1",
        "TensorFlow takes a signed 64-bit seed",
        _value(lambda name, value: name == "random_seed" and int(value) >= 2**63),
    ),
    Difference(
        "None, a list or another object as a hyperparameter",
        "TypeError from inside the SDK",
        "HyperparameterError with what is allowed",
        "an accident of the SDK",
        _value(
            lambda name, value: (
                value is None or isinstance(value, list | dict) or _of_another_kind(name, value)
            )
        ),
    ),
    Difference(
        "Python values for text hyperparameters",
        "True is refused where the text 'True' is meant; None where 'None' is an option",
        "accepted, as their text",
        "users write True; nothing else can be meant",
        _value(lambda name, value: name in TEXT and (value is None or isinstance(value, bool))),
        "value",
    ),
    Difference(
        "values of other kinds",
        "one that is no str (numpy.bool_, a member of an Enum) is refused where text is meant, and "
        "TypeError where a number is meant and float() does not take it",
        "accepted where its text is allowed, as numbers of numpy and Decimal are by both",
        "its text is what SageMaker is sent; searches and configurations give such values",
        _value(_of_another_kind),
        "value",
    ),
    Difference(
        "pipeline variables as hyperparameters",
        "TypeError from inside the SDK where a number is meant",
        "HyperparameterError that says where to set it: on the estimator",
        "its value is not known yet, so that nothing can be checked",
        _value(lambda _, value: _is_variable(value)),
    ),
    Difference(
        "numbers that are none",
        "nan passes every bound; digits of other scripts, blanks and underscores pass",
        "refused",
        "the training script would stop, or train into nan, in a paid job",
        _value(_odd_number),
    ),
    Difference(
        "True as a number",
        "True passes as 1.0 for a float",
        "refused",
        "a mistake in all likelihood",
        _value(lambda _, value: isinstance(value, bool)),
    ),
    Difference(
        "other spellings of hyperparameters",
        "train_only_top_layer, eps and names with hyphens are unknown to our exported specs",
        "accepted for train_only_on_top, epsilon and names with underscores",
        "AWS's documentation, spec and notebooks spell them differently",
        _value(lambda name, _: name in ALIASES),
        "value",
    ),
    Difference(
        "own hyperparameters",
        "unknown",
        f"accepted: {', '.join(OWN)}",
        "additions of this package's training script, neutral by default",
        _value(lambda name, _: name in OWN),
        "value",
    ),
    Difference(
        "metrics that need binary_mode",
        "eval_metric 'auc' passes without binary_mode",
        "refused, as AWS's documentation says",
        "the job would fail",
        _metric_without_binary_mode,
    ),
    Difference(
        "unknown names in the stricter modes",
        "validate_algorithm and validate_all ignore names that they do not know",
        "refused in every mode, with the nearest name",
        "a typo should not pass in the stricter modes when it does not in the default one",
        _mode("validate_algorithm", "validate_all"),
    ),
    Difference(
        "unknown validation mode",
        "AttributeError from inside the SDK",
        "UserError, a ValueError, that names the three",
        "an accident of the SDK",
        _mode("all"),
    ),
    Difference(
        "fields that the SDK does not read",
        "nothing is listed for hosting_prepacked_artifact_version and the like",
        "every field of the spec can be asked for",
        "nothing speaks against it",
        _search(lambda text: "hosting_prepacked_artifact_version" in text),
        "value",
    ),
    Difference(
        "unknown key in a filter",
        "nothing is listed, or NotImplementedError for a key with a dot",
        "FilterError, a ValueError, with the nearest keys",
        "a typo looks like an empty catalogue",
        _search(lambda text: "no_such_key" in text or "a.b" in text),
    ),
)

UNTESTED = (
    (
        "default instance type of a job",
        (
            "instance_types.retrieve_default answers what AWS's spec names, ml.p3.2xlarge, as the "
            "SDK does. AWS takes P3 out of service, so the helpers of launch take ml.g4dn.xlarge "
            "instead and say so."
        ),
    ),
    (
        "hub_arn, config_name, model_type",
        (
            "UnsupportedArgumentError. The SDK needs a network for the first and refuses unknown "
            "values of the second; this catalogue has neither hubs, configurations nor proprietary "
            "models."
        ),
    ),
    (
        "sagemaker_session",
        (
            "Used for its region only, and None by default: nothing is fetched. The SDK makes a "
            "session of its own at import and fails on None."
        ),
    ),
    (
        "region of the environment",
        (
            "Read at each call, and AWS_REGION counts after AWS_DEFAULT_REGION. The SDK reads it "
            "once at import and ignores AWS_REGION."
        ),
    ),
    (
        "problems of hyperparameters",
        "validate reports all at once in .problems; the SDK stops at the first.",
    ),
    (
        "list_models",
        (
            "Sorts numbers in ids naturally, leaves out the alias id unless asked, and has the "
            "embedded model; the SDK sorts as text. Its list_incomplete_models lists every model, "
            "by an accident, and has no counterpart."
        ),
    ),
    (
        "log lines",
        (
            "None. The SDK logs wildcards, ignored arguments and upgrades; a deprecated id is a "
            "FutureWarning here."
        ),
    ),
    (
        "returned lists and dicts",
        "Fresh at each call. The SDK's instance_types.retrieve hands out its cache.",
    ),
)
