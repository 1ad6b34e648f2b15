"""What the loop reads: images, or the features that a frozen backbone made of them once."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np

from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training.data.image_folder import ImageFolder
from ic_tf_sdk.training.devices.distribution import Array, Distribution
from ic_tf_sdk.training.feed import features
from ic_tf_sdk.training.feed.augmentation import augmenter
from ic_tf_sdk.training.feed.batches import Examples, FeatureExamples, ImageExamples, Rows
from ic_tf_sdk.training.feed.pixel_cache import PixelCache
from ic_tf_sdk.training.graph.preprocessing import Preprocessing
from ic_tf_sdk.training.network.classifier import Classifier

__all__ = ["Channels", "caches_features"]

logger = logging.getLogger(__name__)


def caches_features(given: Hyperparameters) -> bool:
    """Whether each image passes the backbone once, and the head alone is trained."""
    frozen = given.train_only_on_top and not given.augmentation
    return frozen and given.feature_cache == "auto"


class Channels:
    """The examples of a job's channels, and the model that takes them.

    With ``train_only_on_top`` and no augmentation an image's features never change: each image
    passes the backbone once, and ``model`` is the head alone. Otherwise ``model`` is the whole
    network; images are decoded in the first epoch, and again in those that follow where there is no
    room to keep them.

    Args:
        given: The job's hyperparameters.
        classifier: Its network.
        preprocessing: From bytes to what the backbone takes.
        scratch: Folder for features that exceed the memory budget, and for decoded images.
        distribution: The job's devices.

    Attributes:
        model: The ``tf_keras`` model to train.
        variables: What training changes: the head's, and a trainable backbone's.
        distribution: The devices that train ``model``: all, or for the head alone one, that of the
            chief. The hosts then share the backbone's pass.
    """

    def __init__(
        self,
        given: Hyperparameters,
        classifier: Classifier,
        preprocessing: Preprocessing,
        scratch: Path,
        distribution: Distribution | None = None,
    ) -> None:
        self._given = given
        self._preprocessing = preprocessing
        self._classifier = classifier
        self._scratch = scratch
        self._made: dict[str, Examples] = {}
        self._augment = augmenter(given) if given.augmentation else None
        self._backbone: Callable[[Any], Any] | None = None
        self._hosts = self.distribution = distribution or Distribution()
        if caches_features(given):
            self._backbone = features.folded(classifier)
            self.distribution = Distribution()
        self.model = classifier.head if self._backbone else classifier.model
        trained = classifier.head if given.train_only_on_top else classifier.model
        self.variables = trained.weights

    @property
    def trains_here(self) -> bool:
        """Whether this host trains ``model``; a head alone is trained by the chief."""
        return self._hosts.chief or self._backbone is None

    def examples(self, folders: Mapping[str, ImageFolder]) -> dict[str, Examples]:
        """The examples of some channels; the same objects for the same names.

        Args:
            folders: The images of ``training``, ``validation`` or ``test``. Only training is
                augmented. Over all that are asked for together a frozen backbone passes at once.
        """
        missing = {name: folder for name, folder in folders.items() if name not in self._made}
        if missing:
            self._made |= self._images(missing) if self._backbone is None else self._passed(missing)
        return {name: self._made[name] for name in folders}

    def _images(self, folders: Mapping[str, ImageFolder]) -> dict[str, ImageExamples]:
        return {
            name: ImageExamples(
                folder,
                self._preprocessing,
                self._given.binary_mode,
                self._augment if name == "training" else None,
                self._pixels(name, folder),
            )
            for name, folder in folders.items()
        }

    def _passed(self, folders: Mapping[str, ImageFolder]) -> dict[str, FeatureExamples]:
        started = time.perf_counter()
        every = reduce(ImageFolder.joined, folders.values())
        images = ImageExamples(every, self._preprocessing, self._given.binary_mode)
        found = self._features("-".join(folders), images)
        counts = " and ".join(f"{len(folder.files)} {name}" for name, folder in folders.items())
        seconds = time.perf_counter() - started
        logger.info("Features of %s images computed in %.1fs", counts, seconds)
        parts = np.split(found, np.cumsum([len(folder.files) for folder in folders.values()])[:-1])
        return {
            name: FeatureExamples(part, folder.classes, len(folder.labels), self._given.binary_mode)
            for part, (name, folder) in zip(parts, folders.items(), strict=True)
        }

    def _pixels(self, name: str, folder: ImageFolder) -> PixelCache | None:
        """Room for a channel that is read in each epoch; the test images are read once."""
        read_again = self._given.epochs > 1 and name != "test" and self._backbone is None
        if not read_again or self._given.feature_cache == "off":
            return None
        return PixelCache(self._scratch / f"{name}.pixels", len(folder.files), self._preprocessing)

    def _features(self, name: str, images: ImageExamples) -> Array:
        spill = self._scratch / f"{name}.npy"
        width = self._classifier.feature_vector_size

        def compute(rows: Rows) -> Array:
            own = replace(images, folder=images.folder.subset(rows.tolist()))
            return features.compute(self._backbone, own, width=width, spill=spill)

        return self._hosts.shared(
            compute,
            len(images),
            lambda width: features.allocated((len(images), width), spill.with_stem(f"all-{name}")),
        )
