"""Resized pixels stay in 0 to 255, whether they are clipped or cannot leave it."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training.graph.preprocessing import Preprocessing

INTERPOLATIONS = get_args(Hyperparameters.model_fields["image_resize_interpolation"].annotation)
SIDES = st.integers(1, 40)
EXTREME = st.sampled_from((0, 1, 127, 128, 254, 255))
PICTURES = st.tuples(SIDES, SIDES, st.just(3)).flatmap(
    lambda shape: arrays.arrays(np.uint8, shape, elements=EXTREME | st.integers(0, 255))
)


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@given(picture=PICTURES, height=SIDES, width=SIDES)
@example(picture=np.full((3, 5, 3), 255, np.uint8), height=7, width=11)
@settings(max_examples=40, deadline=None)
def test_no_pixel_leaves_its_range(
    interpolation: str, picture: np.ndarray, height: int, width: int
) -> None:
    found = Preprocessing(height, width, interpolation, "0..1").resize(picture).numpy()
    assert found.shape == (height, width, 3)
    assert found.dtype == np.float32
    # An ulp is what rounding may leave.
    assert found.min() >= 0.0
    assert found.max() <= np.nextafter(np.float32(255), np.float32(256))


def test_cubic_overshoot_is_clipped_which_bilinear_and_nearest_have_not() -> None:
    import tensorflow as tf

    edge = np.zeros((8, 8, 3), np.uint8)
    edge[:, 4:] = 255
    for interpolation, overshoots in (("bicubic", True), ("bilinear", False), ("nearest", False)):
        raw = tf.image.resize(edge, (30, 30), method=interpolation).numpy()
        assert bool(raw.max() > 255 or raw.min() < 0) is overshoots
        found = Preprocessing(30, 30, interpolation, "0..1").resize(edge).numpy()
        np.testing.assert_array_equal(found, np.clip(raw.astype(np.float32), 0, 255))


def test_the_graph_of_an_image_is_made_ahead_and_once() -> None:
    preprocessing = Preprocessing(4, 4, "bilinear", "0..1")
    preprocessing.trace()
    made = preprocessing._traced
    preprocessing.trace()
    assert preprocessing._traced is made
