"""An unknown hyperparameter is told what was meant, never something that is like it by chance."""

import pytest

from ic_tf_sdk.specs.hyperparameter_hints import _ELSEWHERE, hint
from ic_tf_sdk.specs.hyperparameters import ALIASES, Hyperparameters, problems

KNOWN = [*Hyperparameters.model_fields, *ALIASES]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("epoch", "epochs"),
        ("lr", "learning_rate"),
        ("LR", "learning_rate"),
        ("weight-decay", "regularizers_l2"),
        ("batchsize", "batch_size"),
        ("agumentation", "augmentation"),
        # Of two that are near the nearer one alone.
        ("early_stopping_patienc", "early_stopping_patience"),
    ],
)
def test_a_slip_and_another_librarys_word_are_told_the_name(typed, meant):
    assert hint(typed, KNOWN) == f" Did you mean {meant!r}?"


@pytest.mark.parametrize("typed", ["framework_version", "instance-type", "model_id"])
def test_an_argument_of_the_job_is_told_where_it_belongs(typed):
    assert "argument of the job" in hint(typed, KNOWN)


def test_what_is_like_nothing_is_told_where_all_are_listed():
    assert problems({"colour": 1}) == [
        "Unknown hyperparameter 'colour'. `ic-tf hyperparameters MODEL_ID` lists them all."
    ]


def test_words_of_other_libraries_lead_to_names_that_there_are():
    assert set(_ELSEWHERE.values()) <= set(Hyperparameters.model_fields)
    assert not set(_ELSEWHERE) & set(KNOWN)
