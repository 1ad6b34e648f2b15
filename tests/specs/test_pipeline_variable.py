"""A pipeline's variable is known by its class; a lookup goes by its default or refuses it."""

import pytest

from ic_tf_sdk.errors import UserError
from ic_tf_sdk.specs.pipeline_variable import (
    is_pipeline_variable,
    refusal,
    value_now,
    values_now,
)


class PipelineVariable:
    """Of this name is the base class of both lines of the SDK."""


class Parameter(PipelineVariable):
    def __init__(self, default_value=None):
        self.default_value = default_value


def test_a_variable_is_told_from_a_value_by_its_base_class():
    assert is_pipeline_variable(Parameter())
    assert is_pipeline_variable(PipelineVariable())
    assert not any(map(is_pipeline_variable, ("PipelineVariable", 3, None, object())))


def test_a_value_is_itself_and_a_parameter_its_default():
    assert value_now("region", "us-west-2") == "us-west-2"
    assert value_now("region", None) is None
    assert value_now("region", Parameter("eu-west-1")) == "eu-west-1"
    assert values_now(one=Parameter(""), two=2) == ["", 2]


@pytest.mark.parametrize("variable", [Parameter(), PipelineVariable()])
def test_without_a_default_it_is_refused_with_its_argument_and_kind(variable):
    kind = type(variable).__name__
    with pytest.raises(UserError, match=rf"^region is looked up now.*\({kind}\) without a default"):
        value_now("region", variable)
    assert refusal("Region", variable).startswith(f"Region cannot be a pipeline variable ({kind}),")
