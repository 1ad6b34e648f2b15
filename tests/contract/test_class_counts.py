"""How many images each class must have, in words."""

import pytest

from ic_tf_sdk.contract.class_counts import unsplittable, used_up


@pytest.mark.parametrize("counts", [{}, {"ant": 2, "bee": 2}, {"ant": 2, "bee": 100}])
def test_two_images_of_each_class_can_be_split(counts: dict[str, int]) -> None:
    assert unsplittable(counts, "photos") is None


def test_every_class_that_cannot_be_split_is_named_with_its_reason() -> None:
    sentence = unsplittable({"ant": 1, "bee": 0, "cow": 2, "dog": 1, "eel": 0}, "photos")
    assert sentence is not None
    start = "photos has a single image for 'ant', 'dog' and no usable image for 'bee', 'eel': "
    assert sentence.startswith(start)
    assert "validation_split_ratio" in sentence
    assert (unsplittable({"ant": 0, "bee": 3}, "p") or "").startswith(
        "p has no usable image for 'ant': "
    )


def test_each_training_class_needs_an_image_that_is_left() -> None:
    assert used_up({"ant": 1, "bee": 1}, "photos", each=True) is None
    assert used_up({"ant": 0, "bee": 1, "cow": 0}, "photos", each=True) == (
        "No readable training image is left of 'ant', 'cow' in photos."
    )


def test_another_channel_needs_one_image_in_all() -> None:
    assert used_up({"ant": 0, "bee": 1}, "photos", each=False) is None
    assert used_up({"ant": 0, "bee": 0}, "photos", each=False) == (
        "No readable image is left in photos."
    )
