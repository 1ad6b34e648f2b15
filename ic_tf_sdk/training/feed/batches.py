"""Batches of images or of cached features, in an order that only the seed and the epoch decide."""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from ic_tf_sdk.training.data.image_folder import ImageFolder
from ic_tf_sdk.training.feed.known_pixels import KnownPixels
from ic_tf_sdk.training.feed.mapped_array import release
from ic_tf_sdk.training.feed.pixel_cache import PixelCache
from ic_tf_sdk.training.graph.preprocessing import Preprocessing
from ic_tf_sdk.training.network.objective import targets

__all__ = [
    "BATCHES_AHEAD",
    "Examples",
    "FeatureExamples",
    "ImageExamples",
    "Rows",
    "epoch_order",
    "epoch_seed",
    "untuned",
]

Rows = npt.NDArray[np.int64]

BATCHES_AHEAD = 2
"""Batches that are ready before the device asks for them."""


class Examples(Protocol):
    """Something that gives batches of (inputs, targets) for any order of its rows."""

    def __len__(self) -> int:
        """Number of examples."""

    def dataset(self, rows: Rows, *, batch_size: int, seed: int) -> tf.data.Dataset:
        """Batches of these rows, in this order; the last one may be smaller.

        Args:
            rows: int64 [count], which examples in which order, each 0 to ``len(self) - 1``.
            batch_size: The rows of a batch.
            seed: The seed of the augmentation, 0 to 2**32 - 1.

        Returns:
            Pairs of inputs float32 [batch, ...] and targets as of ``objective.targets``.
        """


def untuned(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """A dataset whose parallelism stays as it was given.

    tf.data's autotuning thread measures, sleeps and measures again, twice as long each time, up to
    a minute. In TensorFlow 2.21 an iterator that ends while it sleeps often waits until it wakes.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


def epoch_order(count: int, *, seed: int, epoch: int) -> Rows:
    """The order of an epoch's examples: a permutation of 0 to count - 1, int64 [count].

    Args:
        count: The number of examples.
        seed: The hyperparameter ``random_seed``.
        epoch: The epoch, counted from 0.
    """
    # A generator of its own: nothing that was drawn before, or in an earlier process, matters.
    return np.random.default_rng([seed, epoch]).permutation(count)


def epoch_seed(seed: int, epoch: int) -> int:
    """The seed of an epoch's augmentation, 0 to 2**32 - 1.

    Args:
        seed: The hyperparameter ``random_seed``.
        epoch: The epoch, counted from 0.
    """
    return int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0])


@dataclass(frozen=True)
class ImageExamples:
    """Examples that are read from files: (normalised images, targets).

    Attributes:
        folder: The images of the channel.
        preprocessing: The path from a file's bytes to what the backbone takes.
        binary_mode: The hyperparameter: one target for two classes.
        augment: The function of ``augmentation.augmenter``, or None.
        pixels: The images decoded in earlier epochs, or None to decode in each.
    """

    folder: ImageFolder
    preprocessing: Preprocessing
    binary_mode: bool
    augment: Callable[[tf.Tensor, tf.Tensor], tf.Tensor] | None = None
    pixels: PixelCache | KnownPixels | None = None

    def __len__(self) -> int:
        """Number of images."""
        return len(self.folder.files)

    def dataset(self, rows: Rows, *, batch_size: int, seed: int = 0) -> tf.data.Dataset:
        """Batches of images float32 [batch, height, width, 3] and targets.

        Args:
            rows: int64 [count], which images in which order.
            batch_size: The images of a batch.
            seed: The epoch's seed, 0 to 2**32 - 1; with the row it decides each image's draw.
        """
        # Bytes: a file's name need not be valid UTF-8.
        paths = np.asarray([os.fsencode(path) for path in self.folder.paths()])[rows]
        classes = np.asarray(self.folder.classes, np.int32)[rows]
        # An image's draw goes by its own row, not by its place in the batch: a resumed epoch and
        # several devices then draw what one undisturbed run draws.
        seeds = np.stack([np.full_like(rows, seed), rows], axis=1)
        is_kept = self.pixels is not None and self.pixels.has(rows, paths.tolist())
        return untuned(
            tf.data.Dataset.from_tensor_slices((paths, seeds, classes))
            # Decoded in parallel, but handed on in order: the order is part of the result.
            .map(
                self._load_kept if is_kept else self._load,
                num_parallel_calls=os.cpu_count(),
                deterministic=True,
            )
            .batch(batch_size)
            .map(self._batch)
            .prefetch(BATCHES_AHEAD)
        )

    def hashed(self, rows: Rows, *, batch_size: int) -> tf.data.Dataset:
        """Batches of images as of ``dataset``, not augmented, with SHA-256 of each one's bytes.

        Args:
            rows: int64 [count], which images in which order.
            batch_size: The images of a batch.
        """
        paths = np.asarray([os.fsencode(path) for path in self.folder.paths()])[rows]
        return untuned(
            tf.data.Dataset.from_tensor_slices(paths)
            .map(self._load_hashed, num_parallel_calls=os.cpu_count(), deterministic=True)
            .batch(batch_size)
            .map(lambda images, digests: (self.preprocessing.normalise(images), digests))
            .prefetch(BATCHES_AHEAD)
        )

    @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
    def _load_hashed(self, path: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """One image float32 [height, width, 3] in 0 to 255, and a digest, a string scalar."""
        # One read for both: a file may be replaced at any time.
        data = tf.io.read_file(path)
        digest = tf.numpy_function(_sha256, [data], tf.string)
        return self.preprocessing.load(data), tf.ensure_shape(digest, [])

    @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
    def _load(
        self, path: tf.Tensor, seed: tf.Tensor, label: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """One image float32 [height, width, 3] in 0 to 255, and its class, an int32 scalar.

        Args:
            path: string scalar, the image's file.
            seed: int64 [2], the epoch's seed and the image's row.
            label: int32 scalar, the image's class index.
        """
        if self.pixels is None:
            image = self.preprocessing.load(tf.io.read_file(path))
        else:
            image = self.pixels.load(seed[1], path)
        return self._augmented(image, seed), label

    @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
    def _load_kept(
        self, path: tf.Tensor, seed: tf.Tensor, label: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """As ``_load``, where no image is left to decode.

        An epoch's dataset takes its graph up anew. The decoder's branches take a tenth of a second
        for it, also where none is run.
        """
        assert self.pixels is not None
        return self._augmented(self.pixels.kept(seed[1], path), seed), label

    def _augmented(self, image: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        return image if self.augment is None else self.augment(image, seed)

    @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
    def _batch(self, images: tf.Tensor, classes: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Images [batch, height, width, 3] in 0 to 255 normalised, int32 [batch] to targets."""
        expected = targets(classes, count=len(self.folder.labels), binary_mode=self.binary_mode)
        return self.preprocessing.normalise(images), expected


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


@dataclass(frozen=True)
class FeatureExamples:
    """Examples whose features were computed once: (features, targets).

    Attributes:
        features: float32 [examples, features], in memory or mapped from disk.
        classes: The class index of each example.
        label_count: The number of classes.
        binary_mode: The hyperparameter: one target for two classes.
    """

    features: npt.NDArray[np.float32]
    classes: Sequence[int]
    label_count: int
    binary_mode: bool

    def __len__(self) -> int:
        """Number of examples."""
        return len(self.classes)

    def dataset(self, rows: Rows, *, batch_size: int, seed: int = 0) -> tf.data.Dataset:  # noqa: ARG002
        """Batches of features float32 [batch, features] and targets."""
        classes = np.asarray(self.classes, np.int32)[rows]
        chosen = tf.data.Dataset.from_tensor_slices((rows, classes))
        return untuned(chosen.batch(batch_size).map(self._batch).prefetch(BATCHES_AHEAD))

    @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
    def _batch(self, rows: tf.Tensor, classes: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Rows int64 [batch] to their features, classes int32 [batch] to targets."""
        # numpy reads the rows, so that a mapped file is never held in memory as a whole.
        features = tf.numpy_function(self._rows, [rows], tf.float32)
        expected = targets(classes, count=self.label_count, binary_mode=self.binary_mode)
        return tf.ensure_shape(features, [None, self.features.shape[1]]), expected

    def _rows(self, rows: Rows) -> npt.NDArray[np.float32]:
        """float32 [batch, features] of these rows, int64 [batch]."""
        features = self.features[rows]
        release(self.features)
        return features
