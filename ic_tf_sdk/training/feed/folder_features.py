"""The features that a backbone gives of a folder of images, outside of a job."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ic_tf_sdk.contract import phases
from ic_tf_sdk.contract.scratch_folder import scratch_folder
from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training.data.image_folder import ImageFolder
from ic_tf_sdk.training.feed.batches import ImageExamples
from ic_tf_sdk.training.feed.feature_store import FeatureStore
from ic_tf_sdk.training.feed.frozen_pass import FrozenBackbone, FrozenPass
from ic_tf_sdk.training.graph import saved_model
from ic_tf_sdk.training.graph.preprocessing import Preprocessing
from ic_tf_sdk.training.network.backbone import Source, open_source
from ic_tf_sdk.training.network.classifier import Classifier

__all__ = ["FolderFeatures", "folder_features"]


class FolderFeatures(NamedTuple):
    """Features of a folder.

    Attributes:
        features: float32 [images, width], in the folder's order.
        passed: How many of the images passed the backbone now; the others were in the store.
        preprocessing: The path from a file's bytes to what the backbone takes.
    """

    features: npt.NDArray[np.float32]
    passed: int
    preprocessing: Preprocessing


def _opened_pass(
    source: Source, *, interpolation: str = "bilinear", store: FeatureStore | None = None
) -> FrozenPass:
    """What gives the features of an opened model's backbone.

    Args:
        source: The model.
        interpolation: The hyperparameter ``image_resize_interpolation``.
        store: The features of earlier jobs; None to have every image pass.
    """
    info = source.info
    size = (info.input_height, info.input_width)
    preprocessing = Preprocessing(*size, interpolation, info.pixel_range)
    # How many classes there are says nothing about the backbone.
    classifier = Classifier(source, 2, Hyperparameters(train_only_on_top=True))
    return FrozenPass(FrozenBackbone.of(classifier), preprocessing, store)


def folder_features(
    model: Path,
    folder: ImageFolder,
    *,
    interpolation: str = "bilinear",
    store: FeatureStore | None = None,
) -> FolderFeatures:
    """Have each image pass a frozen backbone once, or take what a store knows.

    They are what a job of the same model trains its classification layer on.

    Args:
        model: Any path that ``model_archive.opened`` takes.
        folder: The images, none of which is damaged.
        interpolation: The hyperparameter ``image_resize_interpolation``.
        store: The features of earlier jobs, to which these are added; None for neither.

    Raises:
        ArchiveError: The model cannot be used.
        StorageError: The disk has no room for features that exceed the memory budget.
    """
    with saved_model.refusing(model):
        frozen = _opened_pass(open_source(model), interpolation=interpolation, store=store)
    images = ImageExamples(folder, frozen.preprocessing, binary_mode=False)
    progress = phases.phase("features", total=len(folder.files))
    with scratch_folder("features") as scratch, progress as advance:
        # A mapped file stays for as long as the array, also when its name is gone.
        features = frozen.features(images, scratch / "all.npy", advance)
    return FolderFeatures(features, frozen.passed, frozen.preprocessing)
