"""What was given is shown in the sentence that refuses it, and never hides the sentence."""

import pytest

from ic_tf_sdk._quoted import quoted, text


@pytest.mark.parametrize(
    "value", ["epochs", "", 3, None, 0.5, [1, "a"], {"a": 1}, "a\nb"], ids=repr
)
def test_a_value_is_shown_as_python_writes_it(value: object) -> None:
    assert quoted(value) == repr(value)
    assert text(value) == str(value)


def test_of_a_long_value_the_beginning_is_shown() -> None:
    assert text("x" * 120) == "x" * 120
    assert text("x" * 121) == quoted("x" * 200).replace("'", "x") == "x" * 120 + "..."


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (10**5000, "(an int that is too long to be shown)"),
        ([10**5000], "(a list that is too long to be shown)"),
    ],
    ids=["int", "list"],
)
def test_what_python_does_not_write_is_named_by_its_kind(value: object, shown: str) -> None:
    assert quoted(value) == text(value) == shown
