"""The features of a frozen backbone: those that a store knows, and of other images one pass."""

import hashlib
import json
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from ic_tf_sdk.contract import regular_file
from ic_tf_sdk.contract.phases import ignore
from ic_tf_sdk.contract.stream_digest import digest_of
from ic_tf_sdk.training import graph
from ic_tf_sdk.training.data.concurrent_reads import read_each
from ic_tf_sdk.training.feed import features as feature_pass
from ic_tf_sdk.training.feed import mapped_array
from ic_tf_sdk.training.feed.batches import ImageExamples
from ic_tf_sdk.training.feed.feature_store import FeatureStore
from ic_tf_sdk.training.feed.folded_backbone import FoldedBackbone, batch_size
from ic_tf_sdk.training.graph.preprocessing import Preprocessing
from ic_tf_sdk.training.network.classifier import Classifier

__all__ = ["FrozenBackbone", "FrozenPass", "digests", "kind"]

Features = npt.NDArray[np.float32]

# Written at a time: a job that is killed loses no more, and a transaction for each image would take
# longer than its pass.
_PORTION = 256


def kind(backbone: str, preprocessing: Preprocessing) -> bytes:
    """What features depend on beside the image's bytes, as a SHA-256.

    Args:
        backbone: The digest of ``Source``.
        preprocessing: The path from a file's bytes to what the backbone takes.
    """
    options = tf.config.optimizer.get_experimental_options().items()
    gpus = [tf.config.experimental.get_device_details(one) for one in _gpus()]
    facts = [
        backbone,
        [preprocessing.height, preprocessing.width, preprocessing.interpolation],
        preprocessing.pixel_range,
        # What rounds otherwise: the code between file and backbone, TensorFlow, the machine's kind,
        # how many images pass together.
        _code(),
        tf.__version__,
        platform.machine(),
        gpus,
        batch_size(),
        sorted(name for name, chosen in options if chosen),
    ]
    return hashlib.sha256(json.dumps(facts, default=str, sort_keys=True).encode()).digest()


def _gpus() -> list[Any]:
    found: list[Any] = tf.config.list_physical_devices("GPU")
    return found


def _code() -> str:
    """A digest of the modules that decode, prepare and fold: a change of them is another kind."""
    found = hashlib.sha256()
    for path in sorted(Path(path) for folder in graph.__path__ for path in Path(folder).iterdir()):
        if path.suffix == ".py":
            found.update(path.read_bytes())
    return found.hexdigest()


@dataclass(frozen=True)
class FrozenBackbone:
    """A backbone that may not be needed.

    Attributes:
        digest: As of ``Source``.
        width: The number of its features.
        network: Makes the network that it is part of, or gives the one that there is.
    """

    digest: str
    width: int
    network: Callable[[], Classifier]

    @classmethod
    def of(cls, classifier: Classifier) -> "FrozenBackbone":
        """That of a network."""
        return cls(classifier.source.digest, classifier.feature_vector_size, lambda: classifier)

    @cached_property
    def folded(self) -> FoldedBackbone:
        """It, for images to pass; made when it is first asked for."""
        return FoldedBackbone(self.network())


class FrozenPass:
    """What gives the features of images.

    Args:
        backbone: What makes them; see there.
        preprocessing: The path from a file's bytes to what the backbone takes.
        store: The features of earlier jobs; None to have every image pass.

    Attributes:
        preprocessing: As given.
        store: The store, or None.
        passed: How many images have passed the backbone.
        known: How many the store knew.
    """

    def __init__(
        self,
        backbone: "FrozenBackbone",
        preprocessing: Preprocessing,
        store: FeatureStore | None = None,
    ) -> None:
        self._frozen = backbone
        self.preprocessing = preprocessing
        self.store = store
        self.passed = self.known = 0

    @cached_property
    def kind(self) -> bytes:
        """See the function of the name."""
        return kind(self._frozen.digest, self.preprocessing)

    @property
    def backbone(self) -> FoldedBackbone:
        """What images pass; made when one is the first to."""
        return self._frozen.folded

    def forget(self) -> None:
        """Give back the graph with its copy of the weights; who asks again gets another."""
        vars(self._frozen).pop("folded", None)

    def features(
        self, images: ImageExamples, spill: Path, advance: Callable[[int], object] = ignore
    ) -> Features:
        """The features of images.

        Args:
            images: The images, without augmentation.
            spill: The file to use past the memory budget of ``features``.
            advance: Called with how many more images are done.

        Returns:
            float32 [images, width], in the images' order; a memory map of ``spill`` where the
            budget is exceeded.

        Raises:
            StorageError: The disk has no room for the file.
        """
        found = feature_pass.allocated((len(images), self._frozen.width), spill)
        rows = list(range(len(images)))
        if self.store is not None:
            rows = self._fill(self.store, images, found)
            self.known += len(images) - len(rows)
            advance(len(images) - len(rows))
        if rows:
            self._compute(images, rows, found, advance)
        return found

    def _fill(self, store: FeatureStore, images: ImageExamples, found: Features) -> list[int]:
        """Fill in what the store knows; the rows that it does not know."""
        unknown: list[int] = []
        paths = images.folder.paths()
        for begin in range(0, len(paths), _PORTION):
            rows = range(begin, min(begin + _PORTION, len(paths)))
            hashed = digests([paths[row] for row in rows])
            unknown += store.read(self.kind, hashed, found, rows)
            mapped_array.release(found)
        return unknown

    def _compute(
        self,
        images: ImageExamples,
        rows: Sequence[int],
        found: Features,
        advance: Callable[[int], object],
    ) -> None:
        """Have rows pass the backbone, and keep what comes of them."""
        order, done = np.asarray(rows, np.int64), 0
        waiting: list[bytes] = []
        hashed = self.store is not None
        for vectors, told in feature_pass.passes(self.backbone, images, order, hashed=hashed):
            found[order[done : done + len(vectors)]] = vectors
            done += len(vectors)
            waiting += told
            if len(waiting) >= _PORTION or done == len(order):
                self._keep(waiting, found[order[done - len(waiting) : done]])
                waiting = []
            # Else a channel larger than memory would push out what the backbone works with.
            mapped_array.release(found)
            advance(len(vectors))
        self.passed += done

    def answers(self, meanwhile: Callable[[], object] = lambda: None) -> Features:
        """The features of a grey picture, float32 [1, width]: a damaged backbone's are no numbers.

        They are kept, too: a job whose images are all known does not run its backbone.

        Args:
            meanwhile: Called where the backbone runs for the first time, which takes a while.
        """
        found = np.empty((1, self._frozen.width), np.float32)
        digest = hashlib.sha256(b"a grey picture").digest()
        if self.store is None or self.store.read(self.kind, [digest], found, [0]):
            backbone = self.backbone
            # Its first call takes about as long.
            self.preprocessing.trace()
            meanwhile()
            found = backbone.of_grey().numpy()
            if self.store is not None and np.isfinite(found).all():
                self.store.write(self.kind, [digest], found)
        return found

    def _keep(self, hashed: Sequence[bytes], vectors: Features) -> None:
        if self.store is not None and hashed:
            self.store.write(self.kind, hashed, vectors)


def digests(paths: Sequence[str]) -> list[bytes]:
    """SHA-256 of each file's bytes.

    Args:
        paths: Files.
    """
    return read_each(_digest, paths)


def _digest(path: str) -> bytes:
    with regular_file.opened(path) as stream:
        return digest_of(stream).digest()
