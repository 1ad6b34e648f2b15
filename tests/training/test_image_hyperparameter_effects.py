"""What hyperparameters do to pictures: resizing and augmentation."""

from typing import Any

import numpy as np
import pytest

from ic_tf_sdk.specs.hyperparameters import Hyperparameters, parse


@pytest.fixture
def picture() -> np.ndarray:
    """A picture without any symmetry."""
    return np.random.default_rng(3).integers(0, 256, (21, 34, 3), np.uint8)


def test_image_resize_interpolation_gives_eight_different_images(picture: np.ndarray) -> None:
    import tensorflow as tf

    from ic_tf_sdk.training.graph.preprocessing import Preprocessing

    field = Hyperparameters.model_fields["image_resize_interpolation"]
    names = field.annotation.__args__  # type: ignore[union-attr]
    results = {}
    for name in names:
        pixels = Preprocessing(8, 9, name, "0..255").resize(tf.constant(picture)).numpy()
        expected = np.clip(tf.image.resize(picture, (8, 9), method=name), 0, 255)
        np.testing.assert_array_equal(pixels, expected)
        results[name] = pixels.tobytes()
    assert len(set(results.values())) == len(names) == 8


def augmented(picture: np.ndarray, count: int = 64, **given: object) -> list[np.ndarray]:
    """The picture as augmentation makes it in so many draws."""
    import tensorflow as tf

    from ic_tf_sdk.training.feed.augmentation import augmenter

    plain = {"augmentation_random_rotation": 0, "augmentation_random_zoom": 0}
    augment = tf.function(augmenter(parse({"augmentation": True, **plain, **given})))
    image = tf.constant(picture, tf.float32)
    return [augment(image, tf.constant([5, row], tf.int64)).numpy() for row in range(count)]


@pytest.mark.parametrize(
    ("mode", "flips"),
    [
        ("None", [(1, 1)]),
        ("horizontal", [(1, 1), (1, -1)]),
        ("vertical", [(1, 1), (-1, 1)]),
        ("horizontal_and_vertical", [(1, 1), (1, -1), (-1, 1), (-1, -1)]),
    ],
)
def test_augmentation_random_flip_makes_exactly_its_flips(
    picture: np.ndarray, mode: str, flips: list[tuple[int, int]]
) -> None:
    found = {image.tobytes() for image in augmented(picture, augmentation_random_flip=mode)}
    assert found == {picture[::y, ::x].astype(np.float32).tobytes() for y, x in flips}


def angle_of(image: np.ndarray) -> float:
    """The direction from the centre to the bright spot, in turns, counterclockwise."""
    y, x = np.unravel_index(image[..., 0].argmax(), image.shape[:2])
    centre = (image.shape[0] - 1) / 2
    return float(np.arctan2(centre - y, x - centre) / (2 * np.pi))


@pytest.mark.parametrize("fraction", [0.2, -0.2])
def test_augmentation_random_rotation_turns_counterclockwise_for_positive_values(
    fraction: float,
) -> None:
    spot = np.zeros((101, 101, 3), np.float32)
    spot[48:53, 88:93] = 255
    given = {"augmentation_random_flip": "None", "augmentation_random_rotation": fraction}
    angles = np.array([angle_of(image) for image in augmented(spot, **given)]) * np.sign(fraction)
    # The spot is five pixels wide: a hundredth of a turn at this distance.
    assert angles.min() > -0.012
    assert 0.15 < angles.max() < 0.212
    assert np.ptp(angles) > 0.1


@pytest.mark.parametrize("fraction", [0.5, -0.5])
def test_augmentation_random_zoom_shows_more_for_positive_values(fraction: float) -> None:
    disc = np.zeros((101, 101, 3), np.float32)
    disc[30:71, 30:71] = 255
    given = {"augmentation_random_flip": "None", "augmentation_random_zoom": fraction}
    sizes = [np.sqrt((image[..., 0] > 128).sum()) / 41 for image in augmented(disc, **given)]
    if fraction > 0:
        assert 0.65 < min(sizes) < 0.75
        assert max(sizes) < 1.03
    else:
        assert 1.6 < max(sizes) < 2.05
        assert min(sizes) > 0.97


def test_augmentation_is_random_by_example_and_repeats_for_a_seed(picture: np.ndarray) -> None:
    first, again = augmented(picture, 8), augmented(picture, 8)
    assert [image.tobytes() for image in first] == [image.tobytes() for image in again]
    assert len({image.tobytes() for image in first}) > 1


def test_augmentation_changes_the_training_images_only(train: Any) -> None:
    still = {"learning_rate": 0, "epochs": 1, "train_only_on_top": True, "dropout_rate": 0}
    plain = train(**still).record.epochs[0]
    changed = train(**still, augmentation=True).record.epochs[0]
    assert changed["val_loss"] == pytest.approx(plain["val_loss"], abs=1e-5)
    assert changed["val_accuracy"] == plain["val_accuracy"]
    assert abs(changed["loss"] - plain["loss"]) > 1e-3
