"""The score lets validation images pass, finds what is far away, and stays small."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ic_tf_sdk.contract import model_info
from ic_tf_sdk.training.results import unknown


def near(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Features around three directions, and the logits of a head that knows them."""
    rng = np.random.default_rng(seed)
    classes = rng.integers(0, 3, count)
    features = 5 * np.eye(8, dtype=np.float32)[classes] + rng.normal(0, 0.3, (count, 8))
    return features.astype(np.float32), classes


def head(features: np.ndarray) -> np.ndarray:
    return features[:, :3]


@pytest.fixture(scope="module")
def fitted() -> Any:
    training, classes = near(400, 1)
    validation, _ = near(200, 2)
    return unknown.fit(training, classes, validation, head(validation), seed=3)


def test_95_in_100_validation_images_pass_and_as_many_others(fitted: Any) -> None:
    score, record = fitted
    assert 0.95 <= record.passing <= 0.96
    assert (record.known_images, record.images) == (400, 200)
    others, _ = near(2000, 4)
    assert (score(others, head(others)).numpy() <= 0).mean() == pytest.approx(0.95, abs=0.04)


def test_other_directions_and_weak_logits_are_found(fitted: Any) -> None:
    score, _ = fitted
    other = np.zeros((1, 8), np.float32)
    other[0, 6] = 5
    assert score(other, head(other)).numpy()[0] > 0
    # The same direction as a class, and no class recognised.
    weak = np.zeros((1, 8), np.float32)
    weak[0, 0] = 0.01
    assert score(weak, head(weak)).numpy()[0] > 0


def test_what_is_kept_stays_small_and_has_every_class(monkeypatch: pytest.MonkeyPatch) -> None:
    training, classes = near(400, 1)
    monkeypatch.setattr(unknown, "MOST_BYTES", 2 * 8 * 30)
    score, record = unknown.fit(training, classes, training, head(training), seed=3)
    assert record.known_images == 30
    assert score.known.shape == (30, 8)
    rows = unknown.fitting_rows(classes, 30, 3)
    assert np.bincount(classes[rows]).tolist() == [10, 10, 10]


@given(st.lists(st.integers(0, 4), min_size=1, max_size=40), st.integers(1, 50))
def test_some_rows_are_as_even_as_the_classes_allow(classes: list[int], most: int) -> None:
    rows = unknown.fitting_rows(classes, most, 0)
    assert len(rows) == len(set(rows.tolist())) == min(most, len(classes))
    taken = np.bincount(np.asarray(classes)[rows], minlength=5)
    there = np.bincount(classes, minlength=5)
    for index in np.flatnonzero(taken < there):
        assert taken[index] >= taken.max() - 1


def test_one_validation_image_is_enough(fitted: Any) -> None:
    training, classes = near(9, 1)
    score, record = unknown.fit(training, classes, training[:1], head(training[:1]), seed=3)
    assert record.passing == 1.0
    assert np.isfinite(score(training, head(training))).all()


@pytest.mark.parametrize("settings", [
    {"train_only_on_top": True}, {"train_only_on_top": False},
    {"train_only_on_top": True, "augmentation": True},
])  # fmt: skip
def test_frozen_augmented_and_whole_networks_have_a_score(train: Any, settings: Any) -> None:
    job = train(epochs=1, **settings)
    record = read(job.model)
    assert record.reason is None
    assert record.known_images == len(job.plan.training.files)
    assert record.images == len(job.plan.validation.files)
    assert record.passing >= 0.95


def test_the_score_is_of_the_trained_network_and_lets_its_validation_images_pass(
    train: Any,
) -> None:
    import tensorflow as tf

    job = train(epochs=2, train_only_on_top=False)
    served = tf.saved_model.load(str(job.model / "1")).signatures["unknown"]
    data = [Path(path).read_bytes() for path in job.plan.validation.paths()]
    found = served(image_bytes=tf.constant(data))
    assert (found["unknown_score"].numpy() <= 1e-3).mean() >= 0.95
    assert found["unknown"].dtype == tf.bool


def test_binary_mode_has_a_score(train: Any, tiny_dataset: SimpleNamespace, tmp_path: Path) -> None:
    (tmp_path / "two").mkdir()
    for label in ("dots", "stripes"):
        (tmp_path / "two" / label).symlink_to(tiny_dataset.training / label)
    job = train(training=tmp_path / "two", binary_mode=True, train_only_on_top=True, epochs=1)
    assert read(job.model).passing >= 0.95


def test_without_validation_images_there_is_a_reason(train: Any) -> None:
    job = train(train_only_on_top=True, epochs=1, validation_split_ratio=0)
    assert "no validation images" in read(job.model).reason


def read(model: Path) -> Any:
    info = model_info.read(model)
    assert info is not None
    assert info.fine_tuning is not None
    return info.fine_tuning.unknown
