"""Statistics of a pretraining are given up where an epoch with them taught next to nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ic_tf_sdk.specs.hyperparameters import Hyperparameters, parse
from ic_tf_sdk.training.data.image_folder import ImageFolder
from ic_tf_sdk.training.loop.interruption import Interrupted
from tests.training.loop.test_resume import AfterSteps, assert_same

AUTO = {"train_only_on_top": "False", "batch_norm_statistics": "auto", "batch_size": 8}


def folder(counts: list[int]) -> ImageFolder:
    classes = [index for index, count in enumerate(counts) for _ in range(count)]
    labels = tuple(f"class-{index}" for index in range(len(counts)))
    files = tuple(f"{index}.jpg" for index in range(len(classes)))
    return ImageFolder(Path("images"), labels, files, tuple(classes), {})


def judge(
    counts: list[int], hyperparameters: Hyperparameters, penalty: float = 0.0, **more: Any
) -> Any:
    from ic_tf_sdk.training.loop.kept_statistics import KeptStatistics

    weight = more.pop("class_weight", None)
    validation = more.pop("validation", None)
    return KeptStatistics(lambda: penalty, folder(counts), validation, hyperparameters, weight)


def gives_up(judged: Any, epoch: int, **metrics: float) -> bool:
    from ic_tf_sdk.training.loop.kept_statistics import StatisticsUnfitError

    try:
        judged(epoch, metrics)
    except StatisticsUnfitError:
        return True
    return False


@settings(max_examples=40, deadline=None)
@given(
    counts=st.lists(st.integers(1, 40), min_size=2, max_size=6),
    smoothing=st.sampled_from([0.0, 0.1, 0.4]),
    binary=st.booleans(),
    balanced=st.booleans(),
)
def test_guessing_is_the_best_answer_that_is_the_same_for_every_image(
    counts: list[int], smoothing: float, binary: bool, balanced: bool
) -> None:
    import tensorflow as tf

    from ic_tf_sdk.training.loop.fit import class_weights
    from ic_tf_sdk.training.network import objective

    counts = counts[:2] if binary else counts
    hyperparameters = parse({"label_smoothing": smoothing, "binary_mode": binary})
    weights = class_weights(counts) if balanced else None
    guessed = judge(counts, hyperparameters, class_weight=weights)._guessed
    shares = np.array(counts) * [1.0 if weights is None else weights[i] for i in range(len(counts))]
    shares = objective.smoothed(shares[np.newaxis] / shares.sum(), hyperparameters)[0]
    logits = [np.log(shares[1] / shares[0])] if binary else np.log(shares)
    classes = folder(counts).classes
    expected = objective.targets(tf.constant(classes), count=len(counts), binary_mode=binary)
    answers = tf.tile(tf.constant([logits], tf.float32), [len(classes), 1])
    each = None if weights is None else tf.constant([weights[one] for one in classes], tf.float32)
    loss = float(objective.loss(hyperparameters)(expected, answers, sample_weight=each))
    assert guessed == pytest.approx(loss, abs=1e-5)


def test_an_epoch_that_taught_little_gives_the_statistics_up() -> None:
    judged = judge([320, 320], parse({"label_smoothing": 0}))
    # Guessing has log(2), 0.693.
    assert not gives_up(judged, 0, loss=0.6)
    assert gives_up(judged, 0, loss=0.65)
    # Once is enough: a later epoch may end anyhow.
    assert not gives_up(judged, 1, loss=0.65)


def test_nothing_is_expected_before_twenty_steps() -> None:
    judged = judge([30, 30], parse({"batch_size": 8}))
    # Eight steps an epoch.
    assert [gives_up(judged, epoch, loss=9.0) for epoch in range(4)] == [False, False, True, False]


def test_validation_images_judge_where_there_are_any() -> None:
    judged = judge([320, 320], parse({"label_smoothing": 0}), validation=folder([10, 90]))
    # Guessing nine of ten has 0.325.
    assert gives_up(judged, 0, loss=0.01, val_loss=0.31)
    assert not gives_up(judged, 0, loss=9.0, val_loss=0.28)


def test_what_a_regularizer_adds_to_the_loss_is_no_answer() -> None:
    judged = judge([320, 320], parse({"label_smoothing": 0}), penalty=2.0)
    assert not gives_up(judged, 0, loss=2.6)
    assert gives_up(judged, 0, loss=2.65)


def test_images_that_the_statistics_fit_are_trained_on_as_with_kept_ones(
    train: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    chosen = train(epochs=4, learning_rate=0.1, **AUTO)
    assert "begins anew" not in caplog.text
    kept = {**AUTO, "batch_norm_statistics": "kept"}
    assert_same(chosen, train(epochs=4, learning_rate=0.1 * 0.3, **kept))
    assert chosen.record.chosen == {"learning_rate": "0.03", "batch_norm_statistics": "kept"}


# At such a rate nobody learns anything, so that the first training is given up after 20 steps.
HOPELESS = {**AUTO, "epochs": 5, "learning_rate": 1e-6, "augmentation": "True"}


@pytest.mark.parametrize("more", [{}, {"head_solver": "converged", "validation_split_ratio": 0}])
def test_a_training_that_begins_anew_is_the_one_with_updated_statistics(
    train: Callable[..., Any], caplog: pytest.LogCaptureFixture, more: dict[str, object]
) -> None:
    given_here = {**HOPELESS, **more}
    if more:
        # A solved layer answers from the start; with labels smoothed nearly away it hardly can.
        given_here["label_smoothing"] = 0.9
    with caplog.at_level("INFO", logger="ic_tf_sdk"):
        anew = train(**given_here)
    assert "after 4 epoch(s) the loss is" in caplog.text
    assert anew.record.chosen == {"batch_norm_statistics": "updated"}
    updated = train(**{**given_here, "batch_norm_statistics": "updated"})
    assert updated.record.chosen == {}
    assert_same(anew, updated)


@pytest.mark.parametrize(
    "stops",
    [
        pytest.param((7,), id="before"),
        # Twenty steps are given up; the five of an epoch and two more follow.
        pytest.param((27, 3), id="after"),
    ],
)
def test_interrupted_before_and_after_it_begins_anew_ends_as_undisturbed(
    train: Callable[..., Any], tmp_path: Path, stops: tuple[int, ...]
) -> None:
    job = tmp_path / "interrupted"
    for steps in stops:
        with pytest.raises(Interrupted):
            train(folder=job, interruption=AfterSteps(steps), **HOPELESS)
    resumed = train(folder=job, **HOPELESS)
    assert_same(train(**HOPELESS), resumed)
