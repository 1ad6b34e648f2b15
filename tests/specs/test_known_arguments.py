"""A name that a function does not have is answered in a sentence, several in one."""

import pytest

from ic_tf_sdk.errors import UnsupportedArgumentError
from ic_tf_sdk.specs.known_arguments import known_arguments


@known_arguments
def retrieve(region=None, *, script_scope=None, model_id=None, model_ids=None):
    given = region, script_scope, model_id, model_ids
    return list(given)


@known_arguments
def scopeless(epochs=None, epochs_max=None):
    return epochs


def refusal(function, **given):
    with pytest.raises(UnsupportedArgumentError) as refused:
        function(**given)
    return str(refused.value)


def test_every_name_that_it_has_is_taken_all_together_and_none():
    everything = {"region": 1, "script_scope": 2, "model_id": 3, "model_ids": 4}
    assert retrieve(**everything) == [1, 2, 3, 4]
    assert retrieve() == [None] * 4


def test_a_local_variable_is_no_argument():
    assert refusal(retrieve, given=1).startswith(
        "test_known_arguments.retrieve has no argument 'given'."
    )


@pytest.mark.parametrize(
    ("function", "name", "hint"),
    [
        (retrieve, "model", " 'model' is called 'model_id' here."),
        (retrieve, "image_scope", " 'image_scope' is called 'script_scope' here."),
        (retrieve, "modelid", " Did you mean 'model_id'?"),
        (scopeless, "epoch", " Did you mean 'epochs'?"),
        # What it would be called elsewhere is of no use here.
        (scopeless, "model", ""),
        (scopeless, "scope", ""),
    ],
)
def test_the_name_that_is_meant_is_given_and_one_alone(function, name, hint):
    names = "region, script_scope, model_id, model_ids"
    names = names if function is retrieve else "epochs, epochs_max"
    called = f"test_known_arguments.{function.__name__}"
    said = f"{called} has no argument '{name}'.{hint} It takes {names}."
    assert refusal(function, **{name: 1}) == said


def test_several_names_are_refused_in_one_sentence():
    assert " has no arguments 'wrong' and 'worse'." in refusal(retrieve, wrong=1, worse=2, region=3)
