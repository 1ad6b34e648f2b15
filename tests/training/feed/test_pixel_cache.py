"""Decoded images are kept between epochs, as far as there is room, and are what decoding gives."""

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ic_tf_sdk.training.data import image_folder

SIZE = 4 * 32 * 32 * 3


def examples(root: Path, cache: Path | None, augment: Any = None) -> Any:
    from ic_tf_sdk.training.feed.batches import ImageExamples
    from ic_tf_sdk.training.feed.pixel_cache import PixelCache
    from ic_tf_sdk.training.graph.preprocessing import Preprocessing

    preprocessing = Preprocessing(32, 32, "bilinear", "0..1")
    folder = image_folder.describe(root)
    pixels = None if cache is None else PixelCache(cache, len(folder.files), preprocessing)
    return ImageExamples(folder, preprocessing, False, augment, pixels)


def images(found: Any, rows: Any, seed: int = 0) -> np.ndarray:
    return np.concatenate(
        [batch.numpy() for batch, _ in found.dataset(np.asarray(rows), batch_size=7, seed=seed)]
    )


def test_a_second_epoch_needs_no_file_and_sees_the_same_pixels_in_any_order(
    tiny_dataset: SimpleNamespace, tmp_path: Path
) -> None:
    folder = tmp_path / "images"
    shutil.copytree(tiny_dataset.training, folder)
    plain = images(examples(folder, None), range(48))
    kept = examples(folder, tmp_path / "pixels")
    np.testing.assert_array_equal(images(kept, range(48)), plain)
    shutil.rmtree(folder)
    order = np.random.default_rng(3).permutation(48)
    np.testing.assert_array_equal(images(kept, order), plain[order])


def test_images_beyond_the_room_are_decoded_in_each_epoch(
    tiny_dataset: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ic_tf_sdk.training.feed import pixel_cache

    folder = tmp_path / "images"
    shutil.copytree(tiny_dataset.training, folder)
    for room in (10, 0):
        monkeypatch.setattr(pixel_cache, "rows_that_fit", lambda *_, room=room: room)
        kept = examples(folder, tmp_path / f"pixels-{room}")
        plain = images(examples(folder, None), range(48))
        for _ in range(2):
            np.testing.assert_array_equal(images(kept, range(48)), plain)
        assert (tmp_path / f"pixels-{room}").exists() is (room > 0)
    assert (tmp_path / "pixels-10").stat().st_size == 10 * SIZE


def test_room_is_bounded_by_memory_and_by_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ic_tf_sdk.training.feed import pixel_cache

    usage = SimpleNamespace(free=100 * SIZE)
    monkeypatch.setattr(pixel_cache.shutil, "disk_usage", lambda _: usage)
    assert pixel_cache.rows_that_fit(tmp_path, SIZE) == 50
    usage.free = 1 << 60
    assert 0 < pixel_cache.rows_that_fit(tmp_path, SIZE) < (1 << 60) // SIZE // 2


def test_augmentation_draws_anew_from_kept_pixels(
    tiny_dataset: SimpleNamespace, tmp_path: Path
) -> None:
    from ic_tf_sdk.specs.hyperparameters import parse
    from ic_tf_sdk.training.feed.augmentation import augmenter

    augment = augmenter(parse({"augmentation": True, "augmentation_random_rotation": 0.3}))
    plain = examples(tiny_dataset.training, None, augment)
    kept = examples(tiny_dataset.training, tmp_path / "pixels", augment)
    epochs = [images(kept, range(48), seed) for seed in (1, 2)]
    assert not np.array_equal(*epochs)
    for seed, found in zip((1, 2), epochs, strict=True):
        np.testing.assert_array_equal(found, images(plain, range(48), seed))


def has_decoder(found: Any, rows: Any) -> bool:
    """Whether the graph of a dataset of rows would decode one that is not kept."""
    import tensorflow as tf

    from ic_tf_sdk.training.graph import function_library

    dataset = found.dataset(np.asarray(rows), batch_size=7)
    graph = tf.compat.v1.GraphDef.FromString(dataset._as_serialized_graph().numpy())
    # It has every function of the process.
    functions = function_library.reached(graph.library.function, graph.node)
    nodes = [node for one in functions for node in one.node_def]
    return any(node.op == "DecodeJpeg" for node in nodes)


def test_a_dataset_of_kept_images_has_no_decoder(
    tiny_dataset: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To take its graph up takes a tenth of a second of each epoch, though nothing is decoded."""
    from ic_tf_sdk.training.feed import pixel_cache

    monkeypatch.setattr(pixel_cache, "rows_that_fit", lambda *_: 20)
    kept = examples(tiny_dataset.training, tmp_path / "pixels")
    plain = images(examples(tiny_dataset.training, None), range(48))
    assert has_decoder(kept, range(5))
    images(kept, range(10))
    for rows, expected in (([0, 9, 3], False), ([9, 10], True), ([3, 30], True)):
        assert has_decoder(kept, rows) is expected
    images(kept, range(48))
    assert not has_decoder(kept, range(20))
    # There is no room for more.
    assert has_decoder(kept, range(21))
    np.testing.assert_array_equal(images(kept, [19, 4]), plain[[19, 4]])


@pytest.mark.slow
def test_a_training_with_kept_pixels_ends_with_the_weights_of_one_without(
    train: Callable[..., Any],
) -> None:
    losses = [
        [epoch["loss"] for epoch in done.record.epochs]
        for done in (
            train(epochs=3, augmentation=True, feature_cache=value) for value in ("auto", "off")
        )
    ]
    assert losses[0] == losses[1]
