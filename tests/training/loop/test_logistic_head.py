"""A solved layer is at the one minimum of its loss, whatever the features look like."""

from typing import Any

import numpy as np
import pytest

from ic_tf_sdk.training.loop import logistic_head
from ic_tf_sdk.training.loop.logistic_head import Layer, LogisticHead

pytest.importorskip("scipy")

STRENGTH = 0.3
WEIGHTS = np.linspace(0.2, 3.0, 30)


def features(seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(30, 4)) * [1, 5, 0.2, 2] + [3, -7, 0, 100]).astype(np.float32)


def targets(units: int) -> np.ndarray:
    rows = np.random.default_rng(1).dirichlet(np.ones(max(units, 2)), 30)
    return rows if units > 1 else rows[:, 1:]


def loss(layer: Layer, given: Any, wanted: np.ndarray, weights: Any) -> float:
    """As the docstring of ``LogisticHead`` has it, written down once more."""
    inputs = given.astype(np.float64)
    centred = inputs - inputs.mean(axis=0)
    scale = np.sqrt(np.mean(centred**2))
    logits = inputs @ layer.kernel + layer.bias
    if wanted.shape[1] == 1:
        share = 1 / (1 + np.exp(-logits))
        entropy = -(wanted * np.log(share) + (1 - wanted) * np.log(1 - share))[:, 0]
    else:
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        entropy = -(wanted * np.log(powers / powers.sum(axis=1, keepdims=True))).sum(axis=1)
    each = np.ones(len(inputs)) if weights is None else weights
    penalty = STRENGTH / 2 * float(((layer.kernel * scale) ** 2).sum())
    return float(np.mean(each * entropy)) + penalty


@pytest.mark.parametrize("blocks", [False, True])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["alike", "weighted"])
@pytest.mark.parametrize("units", [1, 2, 3])
def test_no_step_away_from_a_solution_makes_the_loss_less(
    units: int, weights: Any, blocks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if blocks:
        # Seven rows at a time, the last block with two.
        monkeypatch.setattr(logistic_head, "_BLOCK_BYTES", 8 * 4 * 7 + 5)
    given, wanted = features(), targets(units)
    head = LogisticHead(given, wanted, weights)
    assert (head._kept is None) == blocks
    solved = head.solve(STRENGTH)
    assert solved.kernel.shape == (4, units)
    least = loss(solved, given, wanted, weights)
    rng = np.random.default_rng(2)
    scale = np.sqrt(np.mean((given - given.mean(axis=0)) ** 2))
    for size in (1e-1, 1e-2):
        for _ in range(20):
            step = size * rng.normal(size=(5, units))
            kernel = solved.kernel + step[:-1] / scale
            bias = solved.bias + step[-1] - given.mean(axis=0) @ (step[:-1] / scale)
            assert loss(Layer(kernel, bias), given, wanted, weights) > least - 1e-9
    if units > 1:
        assert solved.bias.mean() == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("units", [1, 3])
def test_the_slope_is_that_of_the_loss(units: int) -> None:
    head = LogisticHead(features(), targets(units), WEIGHTS)
    layer = np.random.default_rng(3).normal(size=(5, units))
    value, slope = head._loss(layer, STRENGTH)
    assert value == pytest.approx(loss(head._raw(layer), features(), targets(units), WEIGHTS))
    for place in range(layer.size):
        step = np.zeros(layer.size)
        step[place] = 1e-6
        above, _ = head._loss(layer + step.reshape(layer.shape), STRENGTH)
        assert (above - value) / 1e-6 == pytest.approx(slope[place], abs=1e-4)


@pytest.mark.parametrize("units", [1, 2])
def test_answers_that_are_sure_overflow_nothing(units: int) -> None:
    wanted = np.eye(2)[[0, 1]][:, -units:]
    logits = np.array([[-1e4], [1e4]]) if units == 1 else np.array([[1e4, -1e4], [-1e4, 1e4]])
    with np.errstate(over="raise", invalid="raise"):
        losses, errors = logistic_head._cross_entropy(logits, wanted)
        assert losses.tolist() == [0.0, 0.0]
        assert np.abs(errors).max() == 0.0
        losses, errors = logistic_head._cross_entropy(-logits, wanted)
    assert losses.min() >= 1e4
    assert np.abs(errors).max() == 1.0


def test_a_solution_is_where_a_second_one_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    head, passes = LogisticHead(features(), targets(3)), list[int]()
    counted = head._loss
    monkeypatch.setattr(head, "_loss", lambda *given: (passes.append(1), counted(*given))[1])
    first = head.solve(STRENGTH)
    before = len(passes)
    again = head.solve(STRENGTH, first)
    assert len(passes) - before <= 2 < before
    np.testing.assert_allclose(again.kernel, first.kernel, atol=1e-6)
    np.testing.assert_allclose(again.bias, first.bias, atol=1e-4)
    # Of two whose answers are the same, one is given, wherever it began.
    shifted = head.solve(STRENGTH, Layer(first.kernel, first.bias + 5))
    np.testing.assert_allclose(shifted.bias, first.bias, atol=1e-4)


def test_a_solution_is_as_exact_as_it_is_said_to_be() -> None:
    head = LogisticHead(features(), targets(3))
    _, slope = head._loss(head._scaled(head.solve(STRENGTH)), STRENGTH)
    assert np.abs(slope).max() <= 1e-6


def test_features_that_are_all_one_number_are_divided_by_one() -> None:
    head = LogisticHead(np.full((30, 4), 7.0, np.float32), targets(3))
    assert head._scale == 1.0
    solved = head.solve(STRENGTH)
    assert not solved.kernel.any()
    frequencies = targets(3).mean(axis=0)
    shares = np.exp(solved.bias) / np.exp(solved.bias).sum()
    np.testing.assert_allclose(shares, frequencies, atol=1e-4)


@pytest.mark.parametrize(("size", "rows"), [(1, 1), (8 * 4 * 7, 7), (8 * 4 * 8 - 1, 7)])
def test_a_block_has_as_many_rows_as_it_holds_and_at_least_one(
    size: int, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logistic_head, "_BLOCK_BYTES", size)
    head = LogisticHead(features(), targets(2))
    starts = range(0, 30, rows)
    assert [block.indices(30) for block in head._rows()] == [
        (first, min(first + rows, 30), 1) for first in starts
    ]


@pytest.mark.parametrize(("more", "kept"), [(0, True), (-1, False)])
def test_features_of_up_to_a_block_are_kept(
    more: int, kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logistic_head, "_BLOCK_BYTES", 8 * 30 * 4 + more)
    assert (LogisticHead(features(), targets(2))._kept is not None) == kept
