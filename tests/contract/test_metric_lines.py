"""Every printed number is read back whole by the public regular expressions."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ic_tf_sdk.contract.metric_lines import (
    METRIC_DEFINITIONS,
    METRIC_NAMES,
    SUMMARY_NAMES,
    epoch_line,
    number,
    read_epoch,
    summary_line,
)
from ic_tf_sdk.contract.metric_lines import test_line as line_of_test

REGEX = {definition["Name"]: definition["Regex"] for definition in METRIC_DEFINITIONS}


@given(st.floats(0.0, 1e12))
def test_a_number_is_printed_in_fixed_point_and_read_back(value: float) -> None:
    text = number(value)
    found = re.fullmatch(r"[0-9\.]+", text)
    assert found is not None
    assert float(text) == pytest.approx(value, abs=5e-7 if value >= 0.001 else 5e-10)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_no_number_is_read_as_nothing_rather_than_as_a_wrong_number(value: float) -> None:
    line = epoch_line(1, 2, 0.5, {"loss": value, "val_loss": 0.25})
    assert re.search(REGEX["train:loss"], line) is None
    assert re.search(REGEX["val:loss"], line)[1] == "0.25"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (1e-9, "0.000000001"), (0.000123456, "0.000123456"),
        (0.001, "0.001"), (0.0015, "0.0015"), (0.1234567, "0.123457"), (100.0, "100"),
        (math.nan, "nan"), (math.inf, "inf"),
    ],
)  # fmt: skip
def test_a_number_has_nine_decimals_where_it_is_small_and_six_elsewhere(
    value: float, text: str
) -> None:
    assert number(value) == text


def test_the_notebooks_expressions_read_an_epoch() -> None:
    line = epoch_line(3, 5, 1.25, {"loss": 1e-7, "accuracy": 1.0, "val_loss": 123456.5,
                                   "val_accuracy": 0.875})  # fmt: skip
    expressions = (
        r"- loss: ([0-9\.]+)", r"- accuracy: ([0-9\.]+)",
        r"val_loss: ([0-9\.]+)", r"val_accuracy: ([0-9\.]+)",
    )  # fmt: skip
    assert [re.findall(regex, line) for regex in expressions] == [
        ["0.0000001"], ["1"], ["123456.5"], ["0.875"],
    ]  # fmt: skip
    assert read_epoch(line) == 3
    assert read_epoch("- Test loss: 1") is None


def test_every_metric_and_summary_line_has_its_definition() -> None:
    for name in METRIC_NAMES:
        assert re.search(REGEX[f"test:{name}"], line_of_test(name, 0.5))[1] == "0.5"
    for name in SUMMARY_NAMES:
        assert re.search(REGEX[name], summary_line(name, 2_257_984))[1] == "2257984"


def test_no_expression_reads_another_metrics_line() -> None:
    for name in METRIC_NAMES:
        line = epoch_line(1, 1, 0.1, {name: 0.5})
        read = {n for n, regex in REGEX.items() if re.search(regex, line)}
        assert read == {f"train:{name}"}


def test_the_real_specs_definition_comes_first() -> None:
    assert METRIC_DEFINITIONS[0] == {
        "Name": "tflow-ic:val-accuracy", "Regex": r"val_accuracy: ([0-9\.]+)",
    }  # fmt: skip


def test_an_unknown_summary_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="not one of"):
        summary_line("Number of fish", 1)
