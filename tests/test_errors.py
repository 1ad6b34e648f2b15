"""The errors are what the SDK's users catch, and say what to do."""

import copy
import inspect
import pickle
from pathlib import Path
from typing import Any

import pytest

from ic_tf_sdk import errors
from ic_tf_sdk.install_line import adding
from ic_tf_sdk.launch.local.stop_signals import StopSignal
from ic_tf_sdk.launch.local.stopped_job import JobStoppedError


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


def test_an_error_without_words_has_none() -> None:
    assert str(errors.IcTfSdkError()) == ""
    assert str(errors.UnknownModelError("x", [])).startswith("Unknown model id 'x'. `ic-tf models`")


def test_one_problem_stands_alone_and_every_problem_is_kept() -> None:
    one = errors.HyperparameterError(["only this"])
    assert (str(one), one.problems) == ("only this", ["only this"])
    assert errors.HyperparameterError(("a", "b")).problems == ["a", "b"]


def test_a_version_is_told_with_those_there_are_and_how_to_take_the_newest() -> None:
    text = str(errors.UnknownVersionError("m", "9", ["4.0.6", "3.1.0"]))
    assert text == (
        "Model 'm' has no version '9'. It has 4.0.6, 3.1.0; '*' takes the newest and '4.*' the "
        "newest of a line."
    )


def test_several_missing_packages_are_spoken_of_as_several() -> None:
    assert "boto3 and rich are not installed. They come with ic-tf-sdk[aws,cli]" in str(
        errors.MissingExtraError("boto3 and rich", "aws,cli")
    )


def test_what_kind_of_refusal_storage_gave_is_told() -> None:
    assert errors.StorageError("no").kind == "other"
    assert errors.StorageError("no", kind="denied").kind == "denied"
    assert errors.RequestRefusedError("415 Unsupported Media Type", "no").status.startswith("415")


@pytest.mark.parametrize(
    ("word", "count", "found"),
    [
        ("epoch", 3, ["epochs"]),
        ("batch", 2, ["batch_size", "batches"]),
        ("batch", 1, ["batches"]),
        ("zzz", 3, []),
        # Half alike is enough, less is not.
        ("epqrst", 3, ["epochs"]),
        ("epqrtu", 3, []),
    ],
)
def test_the_nearest_words_come_first(word: str, count: int, found: list[str]) -> None:
    known = ["epochs", "batch_size", "batches", "beta_1"]
    assert sorted(errors.nearest(word, known, count)) == sorted(found)


def test_at_most_three_are_suggested_unless_told() -> None:
    assert len(errors.nearest("a1", ["a2", "a3", "a4", "a5"])) == 3
    assert errors.did_you_mean([]) == ""
    assert errors.did_you_mean(["a", "b"]) == " Did you mean 'a' or 'b'?"


def test_an_error_says_its_first_argument_and_a_scope_the_nearest_one() -> None:
    assert str(errors.IcTfSdkError("what was wrong", 3)) == "what was wrong"
    text = str(errors.UnsupportedScopeError("TRAIN", ["training", "inference", "traini"]))
    assert text == (
        "Scope 'TRAIN' is not supported: it is 'training' or 'inference' or 'traini'. Did you mean "
        "'traini'?"
    )


# Of those that are not made of their message.
MADE: dict[str, tuple[Any, ...]] = {
    "UnknownModelError": ("x", ["y"]),
    "UnknownVersionError": ("m", "9", ["4.0.6"]),
    "UnsupportedScopeError": ("infer", ["training", "inference"]),
    "HyperparameterError": (["one", "two"],),
    "RequestRefusedError": ("415 Unsupported Media Type", "no image"),
    "MissingExtraError": ("boto3", "aws"),
}


KINDS = [name for name in errors.__all__ if inspect.isclass(getattr(errors, name))]


@pytest.mark.parametrize("name", KINDS)
def test_an_error_comes_whole_from_another_process(name: str) -> None:
    kind = getattr(errors, name)
    error = kind(*MADE.get(name, ("no",)))
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is kind
        assert str(again) == str(error) != ""
        assert vars(again) == vars(error)


def test_what_an_error_says_beside_its_text_is_pickled_too() -> None:
    error = errors.StorageError("no", kind="denied")
    assert pickle.loads(pickle.dumps(error)).kind == "denied"


@pytest.mark.parametrize(
    "error",
    [
        JobStoppedError("Stopped.", number=2, model_data=Path("model.tar.gz"), kept=True),
        StopSignal(15),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_stop_comes_whole_from_another_process(error: KeyboardInterrupt) -> None:
    """Ctrl-C reaches each process of a pool: one that cannot be read there breaks the pool."""
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (str(again), vars(again)) == (str(error), vars(error))
