"""One backbone on one folder of images: its one pass, or what the feature cache knows of it."""

import json
import platform
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from ic_tf_sdk.contract import phases
from ic_tf_sdk.contract.scratch_folder import scratch_folder
from ic_tf_sdk.launch.local.backbone_facts import Backbone
from ic_tf_sdk.launch.local.model_source import ModelSource
from ic_tf_sdk.training.data.image_folder import ImageFolder
from ic_tf_sdk.training.feed.feature_store import FeatureStore

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ic_tf_sdk.training.feed.frozen_pass import FrozenPass

__all__ = ["BackboneTrial", "try_backbone"]

_CALLS = 30
_ENOUGH = 32


class BackboneTrial(NamedTuple):
    """What one backbone made of a folder.

    Attributes:
        features: float32 [images, width], in the folder's order.
        milliseconds: What one image takes in the backbone, alone, on this machine: the fastest of
            some calls, for other programs only make it slower.
        pass_seconds: What a pass over as many images takes on this machine, decoding included; the
            backbone alone, where no more than a few have ever passed here.
        parameters: The number of the backbone's parameters.
        kind: What the features depend on beside the images, as a SHA-256.
        passed: How many images passed now; the others were in the cache.
    """

    features: "npt.NDArray[np.float32]"
    milliseconds: float
    pass_seconds: float
    parameters: int
    kind: bytes
    passed: int


def try_backbone(
    model: ModelSource, folder: ImageFolder, store: FeatureStore | None
) -> BackboneTrial:
    """Have every image pass a backbone, and measure it; what is known already is taken.

    Args:
        model: The model.
        folder: The images, none of which is damaged.
        store: The feature cache; None to use none.

    Raises:
        ArchiveError: The model cannot be used.
    """
    from ic_tf_sdk.training.feed.batches import ImageExamples
    from ic_tf_sdk.training.feed.frozen_pass import FrozenPass
    from ic_tf_sdk.training.graph.preprocessing import Preprocessing

    backbone = Backbone(model, store)
    size = (backbone.info.input_height, backbone.info.input_width)
    preprocessing = Preprocessing(*size, "bilinear", backbone.info.pixel_range)
    frozen = FrozenPass(backbone.frozen(), preprocessing, store)
    images = ImageExamples(folder, preprocessing, binary_mode=False)
    started = time.perf_counter()
    progress = phases.phase("features", total=len(folder.files))
    with scratch_folder("features") as scratch, progress as advance:
        features = frozen.features(images, scratch / "all.npy", advance)
    seconds = time.perf_counter() - started
    each, milliseconds = _speed(frozen, seconds)
    whole_pass = each * len(folder.files)
    facts = (backbone.parameters, frozen.kind, frozen.passed)
    return BackboneTrial(features, milliseconds, whole_pass, *facts)


def _speed(frozen: "FrozenPass", seconds: float) -> tuple[float, float]:
    """Seconds of the pass for an image, and milliseconds of the backbone for one alone.

    Args:
        frozen: What the images have passed.
        seconds: What that took.
    """
    # Of a cache on a network disk the figures of another machine are none of this one.
    name = f"speed of a pass on {platform.node()}"
    kept = frozen.store.recall(frozen.kind, name) if frozen.store else None
    known = json.loads(kept) if kept else None
    # The longest pass says most.
    if known and frozen.passed < max(1, known[2]):
        return known[0], known[1]
    with phases.phase("timing"):
        milliseconds = _milliseconds(frozen)
    # Most of a pass over a few images is the making of the graph.
    each = seconds / frozen.passed if frozen.passed >= _ENOUGH else milliseconds / 1000
    if frozen.store is not None:
        frozen.store.note(frozen.kind, name, json.dumps([each, milliseconds, frozen.passed]))
    return each, milliseconds


def _milliseconds(frozen: "FrozenPass") -> float:
    import numpy as np

    before = frozen.preprocessing
    noise = np.random.default_rng(0).uniform(0, 255, (1, before.height, before.width, 3))
    image: Any = before.normalise(noise.astype(np.float32))
    frozen.backbone(image)
    times = []
    for _ in range(_CALLS):
        started = time.perf_counter()
        frozen.backbone(image)
        times.append(time.perf_counter() - started)
    return 1000 * min(times)
