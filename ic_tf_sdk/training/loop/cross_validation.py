"""How a classification layer on a backbone's features answers images that did not train it."""

import hashlib
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ic_tf_sdk.training.loop.converged_head import UNCHECKED
from ic_tf_sdk.training.loop.logistic_head import LogisticHead

__all__ = ["FOLDS", "OutOfFold", "dealt", "out_of_fold"]

FOLDS = 5

Rows = npt.NDArray[np.int64]


class OutOfFold(NamedTuple):
    """The answers on every image, each by a layer that was solved without it.

    Attributes:
        logits: float64 [images, classes].
        seconds: What solving one of the layers took on average.
    """

    logits: npt.NDArray[np.float64]
    seconds: float


def dealt(digests: Sequence[bytes], classes: Sequence[int], *, seed: int = 0) -> Rows:
    """The fold of each image, int64 [images] from 0 to ``FOLDS`` - 1.

    Each class is spread evenly. Images of the same bytes are in the same fold: a layer that was
    solved with one would know the other.

    Args:
        digests: SHA-256 of each image's bytes.
        classes: The class index of each image.
        seed: Another one deals otherwise.
    """
    members: dict[int, dict[bytes, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row, (digest, index) in enumerate(zip(digests, classes, strict=True)):
        members[index][digest].append(row)
    folds = np.zeros(len(digests), np.int64)
    for index, copies in members.items():
        order = sorted(copies, key=lambda one: hashlib.sha256(b"%d" % seed + one).digest())
        for place, digest in enumerate(order):
            # Else all small classes would have their one image more in the first folds.
            folds[copies[digest]] = (place + index) % FOLDS
    return folds


def out_of_fold(
    features: npt.NDArray[np.float32], classes: Sequence[int], folds: Rows
) -> OutOfFold:
    """Solve a layer without each fold, and have it answer that fold.

    The strength of the penalty is that of a job without validation images: no fold chooses it, so
    that what is measured flatters no backbone.

    Args:
        features: float32 [images, width].
        classes: The class index of each image.
        folds: From ``dealt``.
    """
    targets = np.eye(max(classes) + 1)[np.asarray(classes)]
    logits, started = np.zeros(targets.shape), time.perf_counter()
    for fold in range(FOLDS):
        asked = np.flatnonzero(folds == fold)
        known = np.flatnonzero(folds != fold)
        if len(asked):
            layer = LogisticHead(features[known], targets[known]).solve(UNCHECKED)
            logits[asked] = features[asked] @ layer.kernel + layer.bias
    return OutOfFold(logits, (time.perf_counter() - started) / FOLDS)
