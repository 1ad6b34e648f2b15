"""A warning names the caller's line, from whatever depth of the package."""

import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from ic_tf_sdk.launch import clarify, endpoints
from ic_tf_sdk.launch.callers_warning import warn

_RETIRED = "ml.p2.xlarge"


@pytest.mark.parametrize(
    "call",
    [
        lambda: warn("of a function of this package"),
        lambda: endpoints.create_endpoint_config("flowers", instance_type=_RETIRED),
        lambda: clarify.analysis_config("flowers", labels=["daisy"], instance_type=_RETIRED),
    ],
    ids=["warn", "endpoint", "clarify"],
)
def test_the_line_that_called_is_named(call: Callable[[], object]) -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        call()
    assert [Path(one.filename) for one in told] == [Path(__file__)]
    assert "lambda" in Path(__file__).read_text(encoding="utf-8").splitlines()[told[0].lineno - 1]
