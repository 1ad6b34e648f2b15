"""The pixels that a job has kept of its channels, found by the image's file."""

import os
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from ic_tf_sdk.training.data.image_folder import ImageFolder
from ic_tf_sdk.training.feed.mapped_array import MappedArray
from ic_tf_sdk.training.feed.pixel_cache import PixelCache, kept_or_else
from ic_tf_sdk.training.graph.preprocessing import Preprocessing

__all__ = ["KnownPixels"]


class KnownPixels:
    """Pixels of whatever images are asked for: kept ones from where they are, others decoded.

    It is for a pass over some images of several channels, whose rows are not those of the caches.
    With ``input_mode="FastFile"`` opening a file again would be a request to S3.

    Args:
        preprocessing: The path from a file's bytes to pixels.
        channels: Caches, each with the images of its channel.
    """

    def __init__(
        self, preprocessing: Preprocessing, channels: Iterable[tuple[PixelCache, ImageFolder]]
    ) -> None:
        self._preprocessing = preprocessing
        self._shape = (preprocessing.height, preprocessing.width, 3)
        self._places = {
            os.fsencode(path): (cache, row)
            for cache, folder in channels
            for row, path in enumerate(folder.paths())
        }

    def load(self, row: tf.Tensor, path: tf.Tensor) -> tf.Tensor:  # noqa: ARG002
        """One image, from a cache or else from its file.

        Args:
            row: Not looked at: of the pass, not of a channel.
            path: string scalar, the image's file.

        Returns:
            float32 [height, width, 3], RGB in 0 to 255.
        """
        return kept_or_else(
            tf.numpy_function(self._read, [path], tf.float32),
            lambda: self._preprocessing.load(tf.io.read_file(path)),
            self._shape,
        )

    def has(self, rows: npt.NDArray[np.int64], paths: Sequence[bytes]) -> bool:  # noqa: ARG002
        """Whether images are all kept, so that none is to be decoded.

        Args:
            rows: Not looked at.
            paths: Their files.
        """
        places = [self._places.get(path) for path in paths]
        return all(found and found[0].has(np.array(found[1:]), ()) for found in places)

    def kept(self, row: tf.Tensor, path: tf.Tensor) -> tf.Tensor:  # noqa: ARG002
        """One of the images that are kept, as of ``load``: a graph without the decoder's.

        Args:
            row: Not looked at.
            path: string scalar, the image's file.
        """
        return tf.ensure_shape(tf.numpy_function(self._read, [path], tf.float32), self._shape)

    def _read(self, path: bytes) -> MappedArray:
        """float32 [height, width, 3] in 0 to 255, or [0] where the image is not kept."""
        cache, row = self._places.get(path, (None, 0))
        return np.empty(0, np.float32) if cache is None else cache.read(row)
