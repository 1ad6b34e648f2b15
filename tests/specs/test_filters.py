"""Every operator of a filter, on a fact of every kind."""

import pytest

from ic_tf_sdk.errors import FilterError
from ic_tf_sdk.specs.filters import And, Filter, Not, Or, parse

FACTS = {
    "task": "ic",
    "family": "Swin-L",
    "versions": ["1.0", "2.0"],
    "classes": 1000,
    "share": 0.5,
    "old": False,
    "licence": None,
}


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("task == ic", True),
        ("task === ic", True),
        ("task equals ic", True),
        ("task is ic", True),
        ("task == IC", False),
        ("task != ic", False),
        ("task !== tc", True),
        ("task is not tc", True),
        ("task not equals ic", False),
        ("classes == 1000", True),
        ("classes == 1000.0", False),
        ("old == false", True),
        ("old == False", True),
        ("old is true", False),
        ("old == no", False),
        # A fact that is not known is equal to nothing, and unequal to everything.
        ("licence == None", False),
        ("licence != MIT", True),
        ("licence < 3", False),
        ("classes < 1000", False),
        ("classes < 1000.5", True),
        ("classes <= 1000", True),
        ("classes <= 999", False),
        ("classes > 1000", False),
        ("classes > 999", True),
        ("classes >= 1000", True),
        ("classes >= 1001", False),
        ("share >= 0.5", True),
        ("task >= 0", False),
        ("task in topic", True),
        ("task in ['ic', 'od']", True),
        ("task in ('od', 'tc')", False),
        ("task in {'ic': 1}", True),
        ("task in 3", False),
        ("task not in ['ic']", False),
        ("task not in ['od']", True),
        ("classes in [1000, 2000]", True),
        ("classes in 1000", False),
        ("classes in [1000", False),
        ("versions in ['1.0']", False),
        ("old in [False]", False),
        ("family includes win", True),
        ("family contains Swim", False),
        ("family not includes win", False),
        ("family not contains Swim", True),
        ("versions includes 2.0", True),
        ("versions includes 2", False),
        ("classes includes 1", False),
        ("family begins with Swin", True),
        ("family starts with win", False),
        ("family ends with -L", True),
        ("family ends with Swin", False),
        ("classes begins with 1", False),
        ("classes ends with 0", False),
        ("True", True),
        ("false", False),
    ],
)
def test_an_operator_compares_as_the_sdks_does(sentence: str, expected: bool) -> None:
    assert parse(sentence).matches(FACTS) is expected
    assert Not(sentence).matches(FACTS) is not expected
    for other in (True, False):
        assert And(sentence, str(other)).matches(FACTS) is (expected and other)
        assert Or(sentence, str(other)).matches(FACTS) is (expected or other)


@pytest.mark.parametrize(
    "sentence",
    [
        "task",
        "",
        "task == ic == ic",
        "intask",
        3,
        None,
        ["task == ic"],
    ],
)
def test_what_is_no_sentence_of_three_parts_is_refused(sentence: object) -> None:
    with pytest.raises(FilterError, match=r"is no filter|A filter is a sentence"):
        parse(sentence)  # type: ignore[arg-type]


def test_a_key_that_no_model_has_is_told_wherever_it_stands() -> None:
    for one in (And("false", "tsk == ic"), Or("true", "tsk == ic"), Not("tsk == ic")):
        with pytest.raises(FilterError, match=r"No model has .tsk.\. Did you mean .task."):
            one.matches(FACTS)


def test_a_filter_is_a_filter() -> None:
    one = parse("task == ic")
    assert parse(one) is one


def test_what_is_compared_by_size_must_be_a_number() -> None:
    for operator in ("<", "<=", ">", ">="):
        with pytest.raises(FilterError, match="'many' is no number to compare with"):
            parse(f"classes {operator} many").matches(FACTS)


def test_the_two_nearest_keys_are_named() -> None:
    with pytest.raises(FilterError, match=r"Did you mean 'tasks' or 'task_'\? Keys: "):
        parse("task == ic").matches({"tasks": 1, "task_": 1, "tas": 1, "tax": 1})


def test_a_filter_of_ones_own_says_itself_what_matches() -> None:
    with pytest.raises(NotImplementedError):
        Filter().matches(FACTS)
