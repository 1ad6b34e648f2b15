"""Which epoch is the best, and when a training ends; without a network."""

import json
import math

import pytest

from ic_tf_sdk.specs.hyperparameters import Hyperparameters, parse
from ic_tf_sdk.training.loop.progress import Progress

ONE = {"loss": 1.0, "accuracy": 0.5}


def after(hyperparameters: Hyperparameters, *epochs: dict[str, float]) -> Progress:
    progress = Progress()
    for metrics in epochs:
        assert not progress.finished
        progress.close_epoch(metrics, 1.0, hyperparameters)
    return progress


def of(accuracy: float, loss: float = 1.0) -> dict[str, float]:
    return {**ONE, "val_accuracy": accuracy, "val_loss": loss}


MANY = parse({"epochs": 100})


@pytest.mark.parametrize(
    ("epochs", "best"),
    [
        ([of(0.5), of(0.6), of(0.55)], 1),
        # Of equals the one with the least loss, and of those the first.
        ([of(0.5, 1.0), of(0.5, 0.9), of(0.5, 0.95)], 1),
        ([of(0.5), of(0.5)], 0),
        # No number is never better; a number always is.
        ([of(math.nan), of(0.1)], 1),
        ([of(0.1), of(math.nan)], 0),
        ([of(0.1), {**of(0.9), "loss": math.inf}], 0),
        ([of(0.1), of(0.9, math.nan)], 0),
        # Without validation the last.
        ([ONE, ONE, ONE], 2),
    ],
)
def test_the_best_epoch_is_the_one_to_keep(epochs: list[dict[str, float]], best: int) -> None:
    progress = after(MANY, *epochs)
    assert progress.best_epoch == best
    assert progress.best() == epochs[best]
    assert progress.has_best


def test_an_epoch_with_a_weight_that_is_no_number_is_never_kept() -> None:
    progress = Progress()
    assert not progress.close_epoch(of(0.9), 1.0, MANY, finite_weights=False)
    assert not progress.has_best
    assert progress.close_epoch(of(0.1), 2.0, MANY)
    assert (progress.best_epoch, progress.seconds) == (1, [1.0, 2.0])


def test_a_training_ends_with_its_last_epoch_or_with_a_loss_that_is_no_number() -> None:
    two = parse({"epochs": 2})
    assert not after(two, ONE).finished
    assert after(two, ONE, ONE).finished
    assert after(two, {"loss": math.nan}).finished
    assert not after(two, {"loss": math.inf}).finished


def stopping(**values: object) -> Hyperparameters:
    return parse({"epochs": 100, "early_stopping": True, "early_stopping_patience": 2, **values})


def test_early_stopping_waits_for_its_patience_and_no_longer() -> None:
    assert not after(stopping(), of(0.5), of(0.5)).finished
    assert after(stopping(), of(0.5), of(0.5), of(0.4)).finished
    assert not after(stopping(), of(0.5), of(0.4), of(0.6), of(0.6)).finished
    assert not after(MANY, of(0.5), of(0.5), of(0.4)).finished


def test_an_improvement_below_its_delta_is_kept_and_does_not_count_for_stopping() -> None:
    given = stopping(early_stopping_min_delta=0.1)
    # Exactly the delta is no improvement either.
    progress = after(given, of(0.5), of(0.55), of(0.6))
    assert progress.finished
    assert progress.best_epoch == 2
    assert not after(given, of(0.5), of(0.55), of(0.61)).finished


def test_a_step_within_an_epoch_is_forgotten_when_it_ends() -> None:
    progress = Progress(step=7, elapsed=3.0)
    progress.close_epoch(ONE, 1.0, MANY)
    assert (progress.step, progress.elapsed) == (0, 0.0)


def test_a_job_started_again_with_more_epochs_goes_on() -> None:
    progress = after(parse({"epochs": 2}), ONE, ONE)
    progress.extended(parse({"epochs": 3}))
    assert not progress.finished
    progress.extended(parse({"epochs": 2}))
    assert progress.finished
    fresh = Progress(finished=True)
    fresh.extended(MANY)
    assert not fresh.finished


def test_what_is_saved_comes_back_the_same() -> None:
    progress = after(MANY, of(0.5), of(0.75, 0.25))
    assert Progress.from_json(json.loads(json.dumps(progress.as_json()))) == progress
    # Of no epoch, and within one.
    for step in (0, 1):
        assert Progress.from_json({"step": step}) == Progress(step=step)


ONE_EPOCH = {"epochs": [ONE], "seconds": [1.0]}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        # Of several faults the first is said.
        (
            {"epochs": [{"loss": "1"}], "step": 1.5, "finished": 1},
            r"epochs\.0\.loss: Input",
        ),
        ({"newer": 1}, "newer: "),
        ({**ONE_EPOCH, "seconds": []}, "its epochs have not as many durations, or its step is neg"),
        ({**ONE_EPOCH, "step": -1}, "its epochs have not as many durations, or its step is neg"),
        ({**ONE_EPOCH, "best_value": 0.5, "best_epoch": 1}, "its best epoch is 1, of 1"),
        ({**ONE_EPOCH, "best_value": 0.5, "best_epoch": -1}, "its best epoch is -1, of 1"),
        ({"best_value": 0.5}, "its best epoch is 0, of 0"),
    ],
)
def test_what_is_no_state_of_a_training_is_not_gone_on_from(
    value: dict[str, object], said: str
) -> None:
    with pytest.raises(ValueError, match=f"^{said}"):
        Progress.from_json(value)


def test_a_best_epoch_counts_where_one_was_kept() -> None:
    first = {**ONE_EPOCH, "best_value": 0.5, "best_epoch": 0}
    assert Progress.from_json(first).best() == ONE
    assert not Progress.from_json({**ONE_EPOCH, "best_epoch": 3}).has_best


def test_a_training_begins_with_nothing_done() -> None:
    assert Progress().as_json() == {
        "epochs": [], "seconds": [], "step": 0, "elapsed": 0.0, "best_epoch": 0,
        "best_value": None, "best_loss": math.inf, "reference": None, "improved_epoch": 0,
        "finished": False, "begun_anew": False,
    }  # fmt: skip
    assert not Progress().has_best


def test_an_epoch_is_kept_if_it_is_the_best_so_far_and_only_then() -> None:
    progress = Progress()
    kept = [progress.close_epoch(of(value), 1.0, MANY) for value in (0.5, 0.4, 0.5, 0.6, math.nan)]
    assert kept == [True, False, False, True, False]


def test_a_job_of_one_epoch_that_is_started_again_is_at_its_end() -> None:
    one = parse({"epochs": 1})
    progress = after(one, ONE)
    progress.finished = False
    progress.extended(one)
    assert progress.finished
