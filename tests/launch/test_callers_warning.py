"""A warning names the caller's line, from whatever depth of the package."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import ic_tf_sdk
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


@pytest.mark.parametrize("room", ["launch", "cli"])
def test_no_line_of_the_package_is_named_in_whatever_room_it_stands(room: str) -> None:
    package = Path(ic_tf_sdk.__file__).parent
    within: dict[str, Any] = {"warn": warn}
    code = "def call():\n    warn('of a room')\n"
    exec(compile(code, str(package / room / "made.py"), "exec"), within)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        within["call"]()
    assert [Path(one.filename) for one in told] == [Path(__file__)]
