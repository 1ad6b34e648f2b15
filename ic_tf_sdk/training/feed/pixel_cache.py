"""Decoded and resized images, kept from the first epoch for those that follow.

Augmentation and normalisation come after it, so that what is kept is what decoding would give
again, bit for bit. It pays where photos are large: decoding twelve megapixels takes longer than
training on the 224 by 224 that are left of them.
"""

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from ic_tf_sdk.errors import StorageError
from ic_tf_sdk.training.feed import mapped_array
from ic_tf_sdk.training.graph.preprocessing import Preprocessing

__all__ = ["PixelCache", "kept_or_else", "rows_that_fit"]


def rows_that_fit(folder: Path, bytes_per_image: int) -> int:
    """How many images to keep in a folder.

    At most a quarter of the machine's memory, so that the system can hold the file there: reading
    it from a disk would be slower than decoding; and at most half of what is free on the disk.

    Args:
        folder: The folder that the file would lie in.
        bytes_per_image: The size of a decoded and resized image in memory.
    """
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min(memory // 4, shutil.disk_usage(folder).free // 2) // bytes_per_image


def kept_or_else(
    kept: tf.Tensor, otherwise: Callable[[], tf.Tensor], shape: Sequence[int]
) -> tf.Tensor:
    """One image in a graph, float32 of a shape: as it was kept, or made where that is empty."""
    return tf.ensure_shape(tf.cond(tf.size(kept) > 0, lambda: kept, otherwise), shape)


class PixelCache:
    """The pixels of a channel's first images; the others are decoded whenever they are asked for.

    Args:
        path: The file to keep them in; it must not exist.
        images: The number of images that the channel has.
        preprocessing: The path from a file's bytes to pixels.
    """

    def __init__(self, path: Path, images: int, preprocessing: Preprocessing) -> None:
        self._preprocessing = preprocessing
        self._shape = (preprocessing.height, preprocessing.width, 3)
        rows = min(images, rows_that_fit(path.parent, 4 * int(np.prod(self._shape))))
        try:
            self._pixels = mapped_array.create(path, (rows, *self._shape)) if rows else None
        except StorageError:
            # Somebody else took the room meanwhile; decoding again needs none.
            self._pixels = None
        self._kept = np.zeros(0 if self._pixels is None else rows, bool)

    def load(self, row: tf.Tensor, path: tf.Tensor) -> tf.Tensor:
        """One image, from here or else from its file.

        Args:
            row: int64 scalar, the image's number in the channel.
            path: string scalar, the image's file.

        Returns:
            float32 [height, width, 3], RGB in 0 to 255.
        """
        return kept_or_else(
            tf.numpy_function(self.read, [row], tf.float32),
            lambda: tf.numpy_function(self._keep, [row, self._decode(path)], tf.float32),
            self._shape,
        )

    def has(self, rows: npt.NDArray[np.int64], paths: Sequence[bytes]) -> bool:  # noqa: ARG002
        """Whether images are all kept, so that none is to be decoded.

        Args:
            rows: int64 [count], their numbers in the channel.
            paths: Not looked at: their files.
        """
        return bool(rows.max(initial=-1) < len(self._kept) and self._kept[rows].all())

    def kept(self, row: tf.Tensor, path: tf.Tensor) -> tf.Tensor:  # noqa: ARG002
        """One of the images that are kept, as of ``load``: a graph without the decoder's.

        Args:
            row: int64 scalar, the image's number in the channel.
            path: Not looked at: its file.
        """
        return tf.ensure_shape(tf.numpy_function(self.read, [row], tf.float32), self._shape)

    def read(self, row: int) -> mapped_array.MappedArray:
        """float32 [height, width, 3] in 0 to 255, or [0] where the row is not kept yet."""
        if self._pixels is None or row >= len(self._kept) or not self._kept[row]:
            return np.empty(0, np.float32)
        return np.array(self._pixels[row])

    def _decode(self, path: tf.Tensor) -> tf.Tensor:
        """float32 [height, width, 3] in 0 to 255 from a file's path, a string scalar."""
        return self._preprocessing.load(tf.io.read_file(path))

    def _keep(self, row: int, image: mapped_array.MappedArray) -> mapped_array.MappedArray:
        """The image itself, float32 [height, width, 3], which is kept where there is room."""
        if self._pixels is not None and row < len(self._kept):
            self._pixels[row] = image
            # Only after the pixels: another thread may read the row at once.
            self._kept[row] = True
            mapped_array.release(self._pixels)
        return image
