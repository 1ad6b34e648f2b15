"""The errors are what the SDK's users catch, and say what to do."""

import pytest

from ic_tf_sdk import errors
from ic_tf_sdk.install_line import adding


def test_every_deliberate_error_is_of_one_tree() -> None:
    kinds = [getattr(errors, name) for name in errors.__all__]
    classes = [kind for kind in kinds if isinstance(kind, type)]
    assert all(issubclass(kind, errors.IcTfSdkError) for kind in classes)


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (errors.UnknownModelError("x", []), KeyError),
        (errors.UnknownVersionError("x", "9", ["1.0.0"]), KeyError),
        (errors.HyperparameterError(["no"]), ValueError),
        (errors.OutputExistsError("no"), FileExistsError),
        (errors.MissingExtraError("boto3", "aws"), ImportError),
        (errors.JobFailedError("no"), RuntimeError),
    ],
)
def test_an_error_is_also_the_built_in_that_the_sdk_raises(
    error: Exception, builtin: type[Exception]
) -> None:
    assert isinstance(error, builtin)


def test_messages_are_sentences_not_representations() -> None:
    error = errors.UnknownModelError("resnet", ["tensorflow-ic-resnet-50-classification-1"])
    assert str(error).startswith("Unknown model id 'resnet'. Did you mean 'tensorflow-ic-resnet")


def test_a_missing_extra_names_the_command() -> None:
    text = str(errors.MissingExtraError("boto3", "aws"))
    assert text == f"boto3 is not installed. It comes with ic-tf-sdk[aws]: {adding('aws')}"


def test_several_hyperparameter_problems_are_listed() -> None:
    text = str(errors.HyperparameterError(["one", "two"]))
    assert text == "2 hyperparameters cannot be used:\n  - one\n  - two"
