"""Pixels that the epochs have kept serve a later pass over any of the images."""

import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from tests.training.feed.test_pixel_cache import examples, has_decoder, images


def test_a_pass_over_some_images_of_two_channels_opens_only_those_that_are_not_kept(
    tiny_dataset: SimpleNamespace, tmp_path: Path
) -> None:
    from ic_tf_sdk.training.feed.known_pixels import KnownPixels

    folders = [tmp_path / "training", tmp_path / "test"]
    for folder, source in zip(folders, (tiny_dataset.training, tiny_dataset.test), strict=True):
        shutil.copytree(source, folder)
    training, test = (examples(folder, tmp_path / f"{folder.name}.pixels") for folder in folders)
    joined = training.folder.subset([40, 3, 17]).joined(test.folder.subset([2, 9]))
    plain = images(replace(training, folder=joined, pixels=None), range(5))
    # The epochs have seen all of the first channel, and the first five of the second.
    images(training, range(48))
    images(test, range(5))
    shutil.rmtree(folders[0])
    known = KnownPixels(
        training.preprocessing, [(one.pixels, one.folder) for one in (training, test)]
    )
    found = images(replace(training, folder=joined, pixels=known), range(5))
    np.testing.assert_array_equal(found, plain)
    # Where all are kept no graph has a decoder.
    some = replace(training, folder=joined, pixels=known)
    assert has_decoder(some, range(5))
    assert not has_decoder(some, [3, 0])
    np.testing.assert_array_equal(images(some, [3, 1]), plain[[3, 1]])
    unknown = replace(some, folder=test.folder.subset([7]))
    assert has_decoder(unknown, [0])
