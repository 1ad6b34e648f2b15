"""Ranges are drawn from as they are said, and what nothing can be drawn from is refused."""

import math
import subprocess
import sys
from typing import Any

import pytest

from ic_tf_sdk.errors import HyperparameterError, UserError
from ic_tf_sdk.launch.local import tuning_space
from ic_tf_sdk.launch.local.tuning_objective import objective
from ic_tf_sdk.launch.tuning import Categorical, Integer, Range, Real

optuna = pytest.importorskip("optuna")


def drawn(span: Range, **fixed: Any) -> tuple[str, Any, dict[str, Any]]:
    """What one trial sends, what Optuna was asked for, and what it drew."""
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    study.enqueue_trial(fixed)
    trial = study.ask()
    [text] = tuning_space.suggested(trial, {"learning_rate": span}).values()
    [asked] = trial.distributions.values()
    return text, asked, trial.params


@pytest.fixture(autouse=True)
def _quiet() -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)


@pytest.mark.parametrize(
    ("span", "low", "high", "log"),
    [
        (Real(0.001, 0.1), 0.001, 0.1, True),
        (Real(0.001, 0.09), 0.001, 0.09, False),
        (Real(0.0, 0.9), 0.0, 0.9, False),
        (Real(0.001, 0.1, "Linear"), 0.001, 0.1, False),
        (Real(0.01, 0.1, "Logarithmic"), 0.01, 0.1, True),
        (Integer(1, 100), 1, 100, True),
        (Integer(1, 99), 1, 99, False),
        (Integer(8, 64, "Logarithmic"), 8, 64, True),
        (Integer(1, 1000, "Linear"), 1, 1000, False),
    ],
)
def test_a_wide_range_is_spread_by_its_orders_of_magnitude(
    span: Any, low: float, high: float, log: bool
) -> None:
    text, asked, _ = drawn(span)
    assert (asked.low, asked.high, asked.log) == (low, high, log)
    assert low <= float(text) <= high
    assert ("." in text or "e" in text) == isinstance(span, Real)


def test_a_reversed_range_is_spread_towards_one() -> None:
    span = Real(0.9, 0.999, "ReverseLogarithmic")
    text, asked, params = drawn(span)
    assert asked.low == pytest.approx(0.001)
    assert asked.high == pytest.approx(0.1)
    assert asked.log
    assert 0.9 <= float(text) <= 0.999
    assert float(text) == 1 - params["1 - learning_rate"]


def test_one_of_some_values_is_sent_as_it_is() -> None:
    text, asked, _ = drawn(Categorical(("adam", "sgd")))
    assert asked.choices == ("adam", "sgd")
    assert text in asked.choices


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (Real(0.0, 1.0, "Logarithmic"), "begins at 0; logarithms begin above 0"),
        (Real(-1.0, 1.0, "Logarithmic"), "begins at -1; logarithms"),
        (Real(0.5, 1.0, "ReverseLogarithmic"), "not from 0 to below 1"),
        (Real(-0.1, 0.5, "ReverseLogarithmic"), "not from 0 to below 1"),
    ],
)
def test_what_its_scaling_cannot_spread_is_refused(span: Range, said: str) -> None:
    with pytest.raises(HyperparameterError, match=said) as refused:
        tuning_space.check({"a": span, "b": Categorical(("x",)), "c": span})
    assert [problem.split("'")[1] for problem in refused.value.problems] == ["a", "c"]


@pytest.mark.parametrize(
    "span",
    [
        Real(1e-9, 1.0, "Logarithmic"),
        Real(0.0, 0.999, "ReverseLogarithmic"),
        Real(0.0, 1.0),
        Real(0.5, 1.0, "Linear"),
        Categorical(("a",)),
    ],
)
def test_what_can_be_spread_is_taken(span: Range) -> None:
    tuning_space.check({"a": span})


@pytest.mark.parametrize(
    ("span", "value", "expected"),
    [
        (Real(0.001, 0.1), "0.01", {"learning_rate": 0.01}),
        (Real(0.01, 0.1), "0.01", {"learning_rate": 0.01}),
        (Real(0.001, 0.01), "0.01", {"learning_rate": 0.01}),
        (Real(0.02, 0.1), "0.01", {}),
        (Real(0.0001, 0.001), "0.01", {}),
        (Real(0.0, 0.5, "ReverseLogarithmic"), "0.25", {"1 - learning_rate": 0.75}),
        (Categorical(("0.01", "0.1")), "0.01", {"learning_rate": "0.01"}),
        (Categorical(("0.1", "1")), "0.01", {}),
        # What the algorithm's own default is.
        (Real(0.0001, 0.1), None, {"learning_rate": 0.001}),
    ],
)
def test_the_first_trial_is_what_would_be_without_tuning(
    span: Range, value: str | None, expected: dict[str, object]
) -> None:
    values = {} if value is None else {"learning_rate": value}
    found = tuning_space.starting({"learning_rate": span}, values)
    assert found == expected
    if found:
        text, _, _ = drawn(span, **found)
        assert math.isclose(float(text), float(value or 0.001))


def test_of_several_ranges_those_that_hold_the_value_begin_there() -> None:
    ranges: dict[str, Range] = {
        "optimizer": Categorical(("sgd",)),
        "learning_rate": Real(0.5, 0.9),
        "batch_size": Integer(8, 64),
    }
    found = tuning_space.starting(ranges, {"optimizer": "adam", "batch_size": "16"})
    assert found == {"batch_size": 16}
    assert isinstance(found["batch_size"], int)


def test_an_objective_is_read_off_epochs_alone() -> None:
    accuracy, loss = objective("validation:accuracy"), objective("val:loss")
    assert (accuracy.direction, loss.direction) == ("Maximize", "Minimize")
    assert objective("val:loss", "Maximize").direction == "Maximize"
    lines = [
        "Epoch 1/2 - 3.2s - loss: 0.5 - accuracy: 0.8 - val_loss: 0.7 - val_accuracy: 0.6",
        "val_accuracy: 0.99",
        "Epoch 2/2 - 3.2s - val_accuracy: 0.1 - val_accuracy: 0.5",
        "Epoch 2/2 - 3.2s - loss: 0.5 - accuracy: 0.8",
    ]
    # Of one that is there twice SageMaker keeps the last.
    assert accuracy.values(lines) == [0.6, 0.5]
    assert loss.values(lines) == [0.7]
    with pytest.raises(UserError, match=r"is called 'val:accurac'; there are val:accuracy"):
        objective("val:accurac")


def test_optuna_is_loaded_by_who_tunes_alone() -> None:
    code = "import ic_tf_sdk.launch.local.tuning_space, sys; sys.exit('optuna' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
