"""What the loop reads: images, or the features that a frozen backbone made of them once."""

import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import reduce
from pathlib import Path

import numpy as np

from ic_tf_sdk.contract import phases
from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training.data.image_folder import ImageFolder
from ic_tf_sdk.training.devices.exchange import Array, HostExchange
from ic_tf_sdk.training.feed import features, mapped_array
from ic_tf_sdk.training.feed.augmentation import augmenter
from ic_tf_sdk.training.feed.batches import Examples, FeatureExamples, ImageExamples, Rows
from ic_tf_sdk.training.feed.feature_store import FeatureStore
from ic_tf_sdk.training.feed.frozen_pass import FrozenBackbone, FrozenPass
from ic_tf_sdk.training.feed.known_pixels import KnownPixels
from ic_tf_sdk.training.feed.pixel_cache import PixelCache
from ic_tf_sdk.training.loop.quick_head import QuickExamples
from ic_tf_sdk.training.network.classifier import Classifier

__all__ = ["ChannelExamples"]

logger = logging.getLogger(__name__)


class ChannelExamples:
    """The examples of a job's channels, as the model that is trained takes them.

    With ``train_only_on_top`` and no augmentation an image's features never change: each image
    passes the backbone once, and the examples are features. Otherwise they are images, which are
    decoded in the first epoch, and again in those that follow where there is no room to keep them.

    Args:
        hyperparameters: The hyperparameters of the job.
        backbone: What makes the features, if these are cached.
        scratch: A folder for features that exceed the memory budget, and for decoded images.
        exchange: The exchange between all hosts of the job, which share the backbone's one pass;
            by default this host passes alone.
    """

    def __init__(
        self,
        hyperparameters: Hyperparameters,
        backbone: FrozenPass,
        scratch: Path,
        exchange: HostExchange | None = None,
    ) -> None:
        self._hyperparameters = hyperparameters
        self._preprocessing = backbone.preprocessing
        self._scratch = scratch
        self._exchange = exchange or HostExchange()
        self._augment = augmenter(hyperparameters) if hyperparameters.augmentation else None
        self._pass = backbone if hyperparameters.caches_features else None
        self._by_channel: dict[str, Examples] = {}
        self._known: KnownPixels | None = None

    def of(self, folders: Mapping[str, ImageFolder]) -> dict[str, Examples]:
        """The examples of some channels; the same objects for the same names.

        Args:
            folders: The images of ``training``, ``validation`` or ``test``. Only training is
                augmented. Over all that are asked for together a frozen backbone passes at once.
        """
        new = {name: folder for name, folder in folders.items() if name not in self._by_channel}
        if new:
            self._by_channel |= self._images(new) if self._pass is None else self._passed(new)
        return {name: self._by_channel[name] for name in folders}

    def of_features(
        self, classifier: Classifier, store: FeatureStore | None = None
    ) -> "ChannelExamples":
        """The same for a network as it now is: its examples are features in any case.

        Args:
            classifier: The network.
            store: The features of earlier jobs, where its backbone is as it was opened.
        """
        if self._pass is not None:
            return self
        changed = {"train_only_on_top": True, "augmentation": False, "feature_cache": "auto"}
        frozen = self._hyperparameters.model_copy(update=changed)
        backbone = FrozenPass(FrozenBackbone.of(classifier), self._preprocessing, store)
        examples = ChannelExamples(frozen, backbone, self._scratch, self._exchange)
        examples._known = self._kept()
        return examples

    def _kept(self) -> KnownPixels:
        """The pixels that the epochs have kept."""
        images = (one for one in self._by_channel.values() if isinstance(one, ImageExamples))
        kept = [(one.pixels, one.folder) for one in images if isinstance(one.pixels, PixelCache)]
        return KnownPixels(self._preprocessing, kept)

    def _images(self, folders: Mapping[str, ImageFolder]) -> dict[str, ImageExamples]:
        return {
            name: ImageExamples(
                folder,
                self._preprocessing,
                self._hyperparameters.binary_mode,
                self._augment if name == "training" else None,
                self._pixels(name, folder),
            )
            for name, folder in folders.items()
        }

    def _pixels(self, name: str, folder: ImageFolder) -> PixelCache | None:
        """Room for a channel that is read in each epoch; the test images are read once."""
        read_again = self._hyperparameters.epochs > 1 and name != "test"
        if not read_again or self._hyperparameters.feature_cache == "off":
            return None
        return PixelCache(self._scratch / f"{name}.pixels", len(folder.files), self._preprocessing)

    def _passed(self, folders: Mapping[str, ImageFolder]) -> dict[str, FeatureExamples]:
        """Pass the backbone over all of these channels in one stretch, and part its answers."""
        assert self._pass is not None
        started, before = time.perf_counter(), self._pass.known
        binary = self._hyperparameters.binary_mode
        every = reduce(ImageFolder.joined, folders.values())
        images = ImageExamples(every, self._preprocessing, binary, pixels=self._known)
        with phases.phase("features", total=len(images)) as advance:
            computed = self._features("-".join(folders), images, advance)
        counts = " and ".join(f"{len(folder.files)} {name}" for name, folder in folders.items())
        seconds = time.perf_counter() - started
        known = self._pass.known - before
        kept = (
            f", {known} of them from the feature cache"
            if known and not self._exchange.hosts.several
            else ""
        )
        logger.info("Features of %s images computed in %.1fs%s", counts, seconds, kept)
        # What is mapped from a file is read ahead, by a pipeline.
        kind = FeatureExamples if mapped_array.is_mapped(computed) else QuickExamples
        ends = np.cumsum([len(folder.files) for folder in folders.values()])
        return {
            name: kind(part, folder.classes, len(folder.labels), binary)
            for part, (name, folder) in zip(
                np.split(computed, ends[:-1]), folders.items(), strict=True
            )
        }

    def _features(self, name: str, images: ImageExamples, advance: phases.Advance) -> Array:
        """float32 [images, width], computed by all hosts together."""
        frozen = self._pass
        assert frozen is not None
        spill = self._scratch / f"{name}.npy"

        def compute(rows: Rows) -> Array:
            part = replace(images, folder=images.folder.subset(rows.tolist()))
            return frozen.features(part, spill, advance)

        def allocate(width: int) -> Array:
            return features.allocated((len(images), width), spill.with_stem(f"all-{name}"))

        return self._exchange.shared(compute, len(images), allocate)
