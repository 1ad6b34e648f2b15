"""What the loop reads: images, or the features that a frozen backbone made of them once."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ic_tf_sdk.training import features
from ic_tf_sdk.training.augmentation import augmenter
from ic_tf_sdk.training.batches import Examples, FeatureExamples, ImageExamples
from ic_tf_sdk.training.classifier import Classifier
from ic_tf_sdk.training.image_folder import ImageFolder
from ic_tf_sdk.training.pixel_cache import PixelCache
from ic_tf_sdk.training.plan import Plan
from ic_tf_sdk.training.preprocessing import Preprocessing

__all__ = ["Channels"]

logger = logging.getLogger(__name__)


class Channels:
    """The examples of a job's channels, and the model that takes them.

    With ``train_only_on_top`` and no augmentation an image's features never change: each image
    passes the backbone once, and ``model`` is the head alone. Otherwise ``model`` is the whole
    network; images are decoded in the first epoch, and again in those that follow where there is no
    room to keep them.

    Args:
        plan: The job.
        classifier: Its network.
        preprocessing: From bytes to what the backbone takes.
        scratch: Folder for features that exceed the memory budget, and for decoded images.

    Attributes:
        model: The ``tf_keras`` model to train.
        variables: What training changes: the head's, and a trainable backbone's.
    """

    def __init__(
        self, plan: Plan, classifier: Classifier, preprocessing: Preprocessing, scratch: Path
    ) -> None:
        given = plan.hyperparameters
        self._given = given
        self._preprocessing = preprocessing
        self._classifier = classifier
        self._scratch = scratch
        self._made: dict[str, Examples] = {}
        self._augment = augmenter(given) if given.augmentation else None
        frozen = given.train_only_on_top and not given.augmentation
        self._backbone: Callable[[Any], Any] | None = None
        if frozen and given.feature_cache == "auto":
            self._backbone = features.folded(classifier)
        self.model = classifier.head if self._backbone else classifier.model
        trained = classifier.head if given.train_only_on_top else classifier.model
        self.variables = trained.weights

    def examples(self, name: str, folder: ImageFolder) -> Examples:
        """The examples of one channel; the same object for the same name.

        Args:
            name: ``training``, ``validation`` or ``test``; only training is augmented.
            folder: Its images.
        """
        if name not in self._made:
            self._made[name] = self._make(name, folder)
        return self._made[name]

    def _make(self, name: str, folder: ImageFolder) -> Examples:
        augment = self._augment if name == "training" else None
        pixels = self._pixels(name, folder)
        binary_mode = self._given.binary_mode
        images = ImageExamples(folder, self._preprocessing, binary_mode, augment, pixels)
        if self._backbone is None:
            return images
        started = time.perf_counter()
        width = self._classifier.feature_vector_size
        spill = self._scratch / f"{name}.npy"
        found = features.compute(self._backbone, images, width=width, spill=spill)
        seconds = time.perf_counter() - started
        logger.info("Features of %d %s images computed in %.1fs", len(found), name, seconds)
        return FeatureExamples(found, folder.classes, len(folder.labels), binary_mode)

    def _pixels(self, name: str, folder: ImageFolder) -> PixelCache | None:
        """Room for a channel that is read in each epoch; the test images are read once."""
        read_again = self._given.epochs > 1 and name != "test" and self._backbone is None
        if not read_again or self._given.feature_cache == "off":
            return None
        return PixelCache(self._scratch / f"{name}.pixels", len(folder.files), self._preprocessing)
