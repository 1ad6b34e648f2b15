"""What pydantic finds wrong reaches nobody in its own words."""

from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ic_tf_sdk.contract.validation import problems


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    size: int = Field(gt=0, le=9, description="Pixels.")


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    colour: Literal["red", "green"]
    inner: Inner
    rows: list[Inner] = []
    named: dict[str, Inner] = Field(default={}, description="By name.")
    share: float = 0.5
    on: bool = True


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"colour": "gren"}, "'colour' is 'gren'; it must be one of 'red', 'green'; the nearest"),
        ({"inner": {"size": 0}}, "'inner.size' is 0; it must be more than 0 (Pixels)"),
        ({"inner": {"size": 10}}, "'inner.size' is 10; it must be 9 or less (Pixels)"),
        ({"rows": [{"size": "x"}]}, "'rows.0.size' is 'x'; it must be a whole number (Pixels)"),
        ({"rows": [{}]}, "'rows.0.size' is missing (Pixels)"),
        ({"rows": [{"size": 1, "sise": 2}]}, "'rows.0.sise' is no field; the nearest is 'size'"),
        ({"inner": {"size": 1, "shar": 2}}, "'inner.shar' is no field"),
        ({"inner": {"colour": "red"}}, "'inner.size' is missing (Pixels)"),
        ({"inner": {"sise": 1}}, "'inner.size' is missing (Pixels); there is 'sise', which is no"),
        ({"named": {"a": {"size": 0}}}, "'named.a.size' is 0; it must be more than 0 (Pixels)"),
        ({"named": {"a": 3}}, "'named.a' is 3; it must be an object (By name)"),
        ({"share": []}, "'share' is []; it must be a number"),
        ({"on": "perhaps"}, "'on' is 'perhaps'; it must be true or false"),
        ({"color": "red"}, "'color' is no field; the nearest is 'colour'"),
        ({"share": "y" * 200}, "y..."),
    ],
)
def test_a_problem_names_its_field_and_what_is_allowed(value: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate({"colour": "red", "inner": {"size": 1}, **value})
    problem = problems(caught.value, Outer)[0]
    assert said in problem
    assert len(problem) < 160


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate({"on": 3, "inner": None})
    assert len(problems(caught.value, Outer)) == 3


@pytest.mark.parametrize(("length", "end"), [(118, "'"), (119, "...")])
def test_a_value_of_more_than_120_characters_is_cut(length: int, end: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Inner.model_validate({"size": "y" * length})
    assert problems(caught.value, Inner) == [
        f"'size' is '{'y' * length}{end}; it must be a whole number (Pixels)"
    ]


def test_a_value_that_is_no_object_at_all_is_called_the_whole() -> None:
    with pytest.raises(ValidationError) as caught:
        Inner.model_validate(3)
    assert problems(caught.value, Inner) == ["'the whole' is 3; it must be an object"]
