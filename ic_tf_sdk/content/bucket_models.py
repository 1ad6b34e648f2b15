"""Which models of the catalogue a bucket holds, and not only lists."""

from typing import NamedTuple

from ic_tf_sdk import s3, specs
from ic_tf_sdk._version import __version__
from ic_tf_sdk.enums import Scope
from ic_tf_sdk.specs.source import PUBLISHED, named

__all__ = ["Held", "held"]


class Held(NamedTuple):
    """What can be done with the models of a published bucket.

    Attributes:
        listed: Models of its manifest; the SageMaker SDK lists them all, whatever the bucket holds.
        trainable: Models of which a job finds the weights there.
        deployable: Models of which an endpoint finds the pretrained classifier there.
    """

    listed: int
    trainable: int
    deployable: int

    def sentence(self) -> str:
        """What to tell who publishes."""
        return (
            f"The manifest lists {self.listed} models. This bucket has the archives to train "
            f"{self.trainable} of them, and to deploy {self.deployable} without training; "
            "`ic-tf publish MODEL_ID ...` adds others."
        )


def held(bucket: str, region: str | None = None) -> Held:
    """Count the models whose archives of this version of the package are in a bucket.

    Args:
        bucket: Its name.
        region: Its region; None takes the environment's.

    Raises:
        StorageError: S3 refuses, or is not there.
    """
    prefix = s3.S3Uri(bucket, f"ic-tf-sdk/v{__version__}/models/")
    keys = {entry.uri.key for entry in s3.Client(region=region).entries(prefix)}
    return Held(
        listed=len(specs.list_models(include_aliases=True)),
        trainable=_count(keys, "training"),
        deployable=_count(keys, "inference"),
    )


def _count(keys: set[str], scope: Scope) -> int:
    source = named(PUBLISHED)
    ids = specs.list_models(include_aliases=True)
    return sum(source.model_key(specs.get(model_id), scope) in keys for model_id in ids)
