"""Where TensorFlow is not installed a picture is resized to the pixels that it was seen to give."""

import numpy as np
import pytest

from ic_tf_sdk.inference.portable import resize as resizing
from ic_tf_sdk.inference.portable.resize import WAYS, resize
from tests.inference.portable import recorded

EVERY = recorded.every()


@pytest.mark.parametrize("one", EVERY, ids=[f"{n} {one.way}" for n, one in enumerate(EVERY)])
def test_resized_it_has_the_recorded_pixels(one: recorded.Resized) -> None:
    height, width = one.expected.shape
    found = resize(one.picture, height, width, one.way)
    assert (found.dtype, found.shape) == (np.float32, (height, width, 3))
    assert float(np.abs(found[..., 0] - one.expected).max()) < 0.002
    # Each colour for itself.
    for colour in (1, 2):
        alone = np.repeat(one.picture[..., colour : colour + 1], 3, 2)
        assert (found[..., colour] == resize(alone, height, width, one.way)[..., 0]).all()


def test_every_way_is_recorded_of_every_size() -> None:
    assert sorted(one.way for one in EVERY) == sorted([*WAYS] * len(recorded.SIZES))
    assert [(one.picture.shape[:2], one.expected.shape) for one in EVERY[:: len(WAYS)]] == [
        *recorded.SIZES
    ]


@pytest.mark.parametrize("way", sorted(WAYS))
def test_an_even_picture_stays_even(way: str) -> None:
    for value in (0, 1, 255):
        even = np.full((17, 11, 3), value, np.uint8)
        assert np.abs(resize(even, 5, 23, way) - value).max() < 1e-3


def test_what_overshoots_is_clipped() -> None:
    edge = np.zeros((8, 8, 3), np.uint8)
    edge[:, 4:] = 255
    for way in ("bicubic", "lanczos3", "lanczos5"):
        found = resize(edge, 8, 32, way)
        assert (found.min(), found.max()) == (0, 255)


def test_between_two_pixels_cubic_weights_are_of_1024_steps() -> None:
    assert resizing._STEPS == 1024
    places, weights = resizing.WAYS["bicubic"](np.float32([3]), np.float32(1.3), 9)
    share = round(0.05 * 1024) / 1024
    assert places.tolist() == [[3, 4, 5, 6]]
    near, far = resizing._near, resizing._far
    expected = [far(1 + share), near(share), near(1 - share), far(2 - share)]
    assert weights[0].tolist() == pytest.approx(expected, abs=1e-6)
