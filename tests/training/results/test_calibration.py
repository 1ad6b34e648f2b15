"""The temperature is the one of the least log loss, and changes no answer."""

import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from ic_tf_sdk.contract import model_info
from ic_tf_sdk.contract.calibration import Calibration
from ic_tf_sdk.training.results import calibration


def drawn(
    count: int, *, classes: int, too_sure: float, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are too large by a factor, and classes drawn from what they should say."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (count, classes))
    answers = calibration.probabilities(logits)
    chosen = (answers.cumsum(axis=1) > rng.random((count, 1))).argmax(axis=1)
    return too_sure * logits, chosen


@pytest.mark.parametrize("too_sure", [0.25, 1.0, 4.0])
def test_the_temperature_is_what_the_logits_were_multiplied_by(too_sure: float) -> None:
    logits, classes = drawn(20_000, classes=6, too_sure=too_sure)
    assert calibration.temperature(logits, classes) == pytest.approx(too_sure, rel=0.03)


@pytest.mark.parametrize("binary", [False, True])
def test_it_is_the_one_that_scipy_finds(binary: bool) -> None:
    logits, classes = drawn(300, classes=2 if binary else 5, too_sure=2.5)
    logits = logits[:, 1:] - logits[:, :1] if binary else logits

    def loss(logarithm: float) -> float:
        value, inverse = math.exp(logarithm), math.exp(-logarithm)
        total = len(classes) * calibration.log_loss(
            logits, classes, temperature=value, binary_mode=binary
        )
        # The weight of one image towards 1.
        return total + inverse - math.log(inverse)

    expected = math.exp(minimize_scalar(loss, (-1.0, 1.0), tol=1e-10).x)
    found = calibration.temperature(logits, classes, binary_mode=binary)
    assert found == pytest.approx(expected, rel=1e-4)


def test_binary_mode_is_two_classes_of_which_one_has_no_logit() -> None:
    logits, classes = drawn(200, classes=2, too_sure=3.0)
    single = logits[:, 1:] - logits[:, :1]
    assert calibration.temperature(single, classes, binary_mode=True) == pytest.approx(
        calibration.temperature(logits, classes)
    )
    np.testing.assert_allclose(
        calibration.probabilities(single, temperature=2.0, binary_mode=True),
        calibration.probabilities(logits, temperature=2.0),
    )


@given(st.integers(1, 30), st.integers(2, 5), st.integers(0, 2**32 - 1), st.floats(1e-3, 1e3))
def test_any_validation_set_has_a_temperature_that_changes_no_answer(
    count: int, classes: int, seed: int, size: float
) -> None:
    rng = np.random.default_rng(seed)
    logits = (size * rng.normal(size=(count, classes))).astype(np.float32)
    truth = rng.integers(0, classes, count)
    fitted = calibration.fit(logits, truth, binary_mode=False)
    assert fitted.temperature is not None
    assert 0 < fitted.temperature < math.inf
    after = calibration.probabilities(logits, temperature=fitted.temperature)
    before = calibration.probabilities(logits)
    assert np.isfinite(after).all()
    np.testing.assert_allclose(after.sum(axis=1), 1)
    best = after[np.arange(count), before.argmax(axis=1)]
    np.testing.assert_allclose(best, after.max(axis=1))


def test_a_validation_set_without_a_mistake_does_not_make_the_model_certain() -> None:
    logits = np.array([[2.0, 0.0], [0.0, 2.0], [3.0, 0.0]])
    assert 0.3 < calibration.temperature(logits, np.array([0, 1, 0])) < 1
    # Nor one of nothing but mistakes endlessly unsure.
    assert 1 < calibration.temperature(logits, np.array([1, 0, 1])) < 100


def test_logits_that_are_no_numbers_have_a_reason_and_no_temperature() -> None:
    fitted = calibration.fit(np.array([[np.nan, 0.0]]), np.array([0]), binary_mode=False)
    assert fitted.temperature is None
    assert "no numbers" in str(fitted.reason)


def test_the_error_is_that_of_bins_of_equally_many_images() -> None:
    # 30 images in 15 bins of two: each answer 0.9 sure, each pair right once.
    answers = np.tile([[0.9, 0.1]], (30, 1))
    classes = np.tile([0, 1], 15)
    assert calibration.calibration_error(answers, classes) == pytest.approx(0.4)
    bins = calibration.reliability(answers, classes)
    assert [one.images for one in bins] == [2] * 15
    assert [one.accuracy for one in bins] == [0.5] * 15
    # Fewer images than bins: one each.
    assert len(calibration.reliability(answers[:4], classes[:4])) == 4
    # 31 are still all of them.
    more = np.vstack([answers, answers[:1]])
    assert sum(one.images for one in calibration.reliability(more, np.append(classes, 0))) == 31


def test_a_job_fits_on_its_validation_images_and_writes_both_errors(
    train: Any, tiny_dataset: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    job = train(train_only_on_top=True, epochs=3, learning_rate=0.1, test=tiny_dataset.test)
    fitted = read(job.model)
    assert fitted.images == len(job.plan.validation.files)
    assert fitted.temperature is not None
    summary = json.loads((job.output / "evaluation.json").read_text())["calibration"]
    assert summary["fitted"] == json.loads(fitted.model_dump_json())
    # Measured on the test images, which it was not fitted on.
    assert sum(one["images"] for one in summary["reliability"]) == 15
    assert sum(one["images"] for one in summary["calibrated_reliability"]) == 15
    assert summary["ece"] != summary["calibrated_ece"]
    assert f"{fitted.temperature:.3f}" in caplog.text
    # The penalty is one image's, so that the loss may not rise but by that.
    assert fitted.calibrated_log_loss <= fitted.log_loss + 1 / fitted.images
    page = (job.output / "report.html").read_text()
    assert "calibrated" in page


def test_test_images_do_not_move_the_temperature(train: Any, tiny_dataset: SimpleNamespace) -> None:
    with_test = train(train_only_on_top=True, epochs=2, test=tiny_dataset.test)
    without = train(train_only_on_top=True, epochs=2)
    assert read(with_test.model) == read(without.model)


def test_full_fine_tuning_in_binary_mode_has_a_temperature_too(
    train: Any, tiny_dataset: SimpleNamespace, tmp_path: Path
) -> None:
    (tmp_path / "two").mkdir()
    for label in ("dots", "stripes"):
        (tmp_path / "two" / label).symlink_to(tiny_dataset.training / label)
    job = train(training=tmp_path / "two", binary_mode=True, train_only_on_top=False, epochs=1)
    assert read(job.model).temperature is not None


def test_without_validation_images_there_is_a_reason_and_no_signature(train: Any) -> None:
    import tensorflow as tf

    job = train(train_only_on_top=True, epochs=1, validation_split_ratio=0)
    fitted = read(job.model)
    assert fitted == Calibration(reason=calibration.NO_VALIDATION)
    assert "calibrated" not in tf.saved_model.load(str(job.model / "1")).signatures


def read(model: Path) -> Calibration:
    info = model_info.read(model)
    assert info is not None
    assert info.fine_tuning is not None
    assert info.fine_tuning.calibration is not None
    return info.fine_tuning.calibration
