"""The user's feature cache: features of images that trainings on this machine share."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ic_tf_sdk.backbones import cache
from ic_tf_sdk.training.feed import store_place

if TYPE_CHECKING:
    from ic_tf_sdk.training.feed.feature_store import FeatureStore

__all__ = ["for_job", "location", "store"]


def location() -> Path:
    """Its folder, in the user's cache unless ``IC_TF_SDK_FEATURE_CACHE`` names another."""
    # A user's trainings have no folder of checkpoints in common.
    chosen = os.environ.get(store_place.VARIABLE)
    named = None if chosen == "checkpoints" else store_place.folder(os.environ)
    return named or cache.location() / "features"


def store(*, used: bool = True) -> "FeatureStore | None":
    """The cache; None where it is not to be used.

    Args:
        used: What the caller was told; ``IC_TF_SDK_FEATURE_CACHE=off`` says the same for all.

    Raises:
        UserError: ``IC_TF_SDK_FEATURE_CACHE_GB`` is no number.
    """
    if not used or os.environ.get(store_place.VARIABLE) == "off":
        return None
    from ic_tf_sdk.training.feed.feature_store import FeatureStore

    return FeatureStore(location(), store_place.most_bytes(os.environ))


def for_job(*, used: bool = True) -> dict[str, str]:
    """The environment variable that tells a job on this machine.

    Args:
        used: As for ``store``.
    """
    if not used:
        return {store_place.VARIABLE: "off"}
    return {store_place.VARIABLE: os.environ.get(store_place.VARIABLE) or str(location())}
