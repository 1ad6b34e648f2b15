"""The training that an estimator stands for, with what lies elsewhere fetched."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from ic_tf_sdk import s3
from ic_tf_sdk.launch.local import location
from ic_tf_sdk.launch.local.rehearsing import rehearsing
from ic_tf_sdk.launch.local.request import TrainingRequest, request
from ic_tf_sdk.launch.local.suspects import Exclude

__all__ = ["fetched_request"]


class _Estimator(Protocol):
    model_id: str | None
    model_uri: str | Path
    exclude: Exclude | None
    rehearse: str | Path | None
    _feature_cache: bool

    def hyperparameters(self) -> dict[str, str]:
        """What was set."""


def fetched_request(
    estimator: _Estimator, channels: Mapping[str, str | Path], scratch: Path
) -> TrainingRequest:
    """Fetch an estimator's model and its channels, and check the training.

    Args:
        estimator: The estimator.
        channels: Channel name -> path, ``file://`` or S3 URI.
        scratch: A folder for what is fetched, which stays as long as the request is used.

    Raises:
        UserError: One of its subclasses: the training cannot be.
        StorageError: S3 refuses, or is not there.
    """
    exclude = estimator.exclude
    if isinstance(exclude, str | Path) and s3.is_uri(exclude):
        exclude = location.fetch(exclude, scratch / "exclude")
    old = estimator.rehearse
    training = request(
        model=location.fetch(estimator.model_uri, scratch / "model"),
        model_id=estimator.model_id,
        hyperparameters=estimator.hyperparameters(),
        exclude=exclude,
        cached=estimator._feature_cache,
        **{name: location.fetch(uri, scratch / name) for name, uri in channels.items()},
    )
    return rehearsing(training, None if old is None else location.fetch(old, scratch / "old"))
