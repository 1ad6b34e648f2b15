"""What is tracked is what the job prints, under the names of its lines."""

import logging
import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ic_tf_sdk.contract import metric_lines
from ic_tf_sdk.training.tracking.metric_reader import MetricReader, Value, values

NUMBERS = st.floats(0, 1e9) | st.sampled_from([math.nan, math.inf])
METRICS = st.dictionaries(
    st.sampled_from(
        [f"{kind}{name}" for kind in ("", "val_") for name in metric_lines.METRIC_NAMES]
    ),
    NUMBERS,
    min_size=1,
)


def same(found: float, printed: float) -> bool:
    return metric_lines.number(found) == metric_lines.number(printed)


@given(METRICS, st.integers(1, 500), st.floats(0, 1e5))
def test_every_metric_of_an_epoch_is_read_with_its_epoch(
    metrics: dict[str, float], epoch: int, seconds: float
) -> None:
    found = values(metric_lines.epoch_line(epoch, 500, seconds, metrics))
    assert [one.name for one in found] == list(metrics)
    assert all(same(one.value, metrics[one.name]) for one in found)
    assert {one.step for one in found} == {epoch}


@given(NUMBERS)
def test_the_other_lines_are_read_by_the_name_that_they_print(number: float) -> None:
    lines = {name: metric_lines.summary_line(name, number) for name in metric_lines.SUMMARY_NAMES}
    lines |= {
        f"Test {name}": metric_lines.test_line(name, number) for name in metric_lines.METRIC_NAMES
    }
    for name, line in lines.items():
        [found] = values(line)
        assert (found.name, found.step) == (name, 0)
        assert same(found.value, number)


def test_the_lines_of_a_job_are_read_where_they_are_logged() -> None:
    taken: list[Value] = []
    reader = MetricReader(taken.extend)
    metric_lines.logger.addHandler(reader)
    level = metric_lines.logger.level
    metric_lines.logger.setLevel(logging.INFO)
    try:
        metric_lines.log(metric_lines.test_line("accuracy", 0.5))
        metric_lines.log("no metric")
    finally:
        metric_lines.logger.removeHandler(reader)
        metric_lines.logger.setLevel(level)
    assert [one[:3] for one in taken] == [("Test accuracy", 0.5, 0)]
    assert taken[0].milliseconds == pytest.approx(1000 * time.time(), abs=60_000)
