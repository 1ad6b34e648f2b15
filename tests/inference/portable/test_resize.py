"""Resizing without TensorFlow gives TensorFlow's pixels, in each way and from every size."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from ic_tf_sdk.inference.portable.resize import WAYS, resize
from ic_tf_sdk.specs.algorithm_hyperparameters import AlgorithmHyperparameters
from ic_tf_sdk.training.graph.preprocessing import Preprocessing
from tests.inference.portable import recorded

SIZES = ((240, 320), (500, 333), (33, 47), (32, 32), (1, 5), (1000, 90), (2, 3), (64, 64))


def differs(way: str, before: tuple[int, int], after: tuple[int, int], seed: int = 0) -> float:
    picture = np.random.default_rng(seed).integers(0, 256, (*before, 3), dtype=np.uint8)
    expected = Preprocessing(*after, way, "0..255").resize(tf.constant(picture)).numpy()
    found = resize(picture, *after, way)
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype == np.float32
    return float(np.abs(found - expected).max())


@pytest.mark.parametrize("way", WAYS)
def test_each_way_gives_tensorflows_pixels(way: str) -> None:
    assert max(differs(way, size, (32, 48)) for size in SIZES) < 0.1


@settings(max_examples=60)
@given(st.sampled_from(sorted(WAYS)), st.integers(1, 60), st.integers(1, 60), st.integers(1, 40))
def test_every_size_gives_tensorflows_pixels(way: str, height: int, width: int, side: int) -> None:
    assert differs(way, (height, width), (side, 2 * side)) < 0.1


def test_what_is_recorded_is_what_tensorflow_gives() -> None:
    for one in recorded.every():
        way = Preprocessing(*one.expected.shape, one.way, "0..255")
        found = way.resize(tf.constant(one.picture)).numpy()[..., 0]
        assert np.abs(found - one.expected).max() < 0.001


def test_every_value_of_the_hyperparameter_is_known() -> None:
    field = AlgorithmHyperparameters.model_fields["image_resize_interpolation"]
    assert field.default in WAYS
    assert set(WAYS) == set(field.annotation.__args__)  # type: ignore[union-attr]
