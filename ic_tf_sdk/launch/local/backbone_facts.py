"""A backbone as far as it can be told without loading it; what loading told once is kept."""

import json
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from ic_tf_sdk.contract import model_archive
from ic_tf_sdk.contract.model_info import ModelInfo
from ic_tf_sdk.launch.local.model_source import ModelSource
from ic_tf_sdk.training.feed.feature_store import FeatureStore

if TYPE_CHECKING:
    from ic_tf_sdk.training.feed.frozen_pass import FrozenBackbone
    from ic_tf_sdk.training.network.classifier import Classifier

__all__ = ["Backbone"]

_NOTE = "facts"


class _Facts(NamedTuple):
    info: ModelInfo
    width: int
    parameters: int


class Backbone:
    """The backbone of a model.

    Args:
        model: The model.
        store: Where the facts are kept; None to find them out by loading.

    Attributes:
        digest: SHA-256 of its files.

    Raises:
        ArchiveError: There is no model, or it is damaged.
    """

    def __init__(self, model: ModelSource, store: FeatureStore | None) -> None:
        from ic_tf_sdk.training.network.backbone import saved_digest

        self._model, self._store = model, store
        with model_archive.opened(model.path) as opened:
            self.digest = saved_digest(opened)
            # A fine-tuned model and a described one say all that loading would say of them.
            self._described = opened.info or model.described_by

    @cached_property
    def network(self) -> "Classifier":
        """It, loaded, with a layer of no meaning on it."""
        from ic_tf_sdk.specs.hyperparameters import Hyperparameters
        from ic_tf_sdk.training.graph import saved_model
        from ic_tf_sdk.training.network.backbone import open_source
        from ic_tf_sdk.training.network.classifier import Classifier

        with saved_model.refusing(self._model.path):
            source = open_source(self._model.path, described_by=self._model.described_by)
            return Classifier(source, 2, Hyperparameters(train_only_on_top=True))

    def frozen(self) -> "FrozenBackbone":
        """It, for a pass; it is loaded when the first image passes."""
        from ic_tf_sdk.training.feed.frozen_pass import FrozenBackbone

        return FrozenBackbone(self.digest, self.width, lambda: self.network)

    @property
    def info(self) -> ModelInfo:
        """Its description, or what was inferred of it."""
        return self._facts.info

    @property
    def width(self) -> int:
        """The number of its features."""
        return self._facts.width

    @property
    def parameters(self) -> int:
        """The number of its parameters, those of the layer on it not counted."""
        return self._facts.parameters

    @cached_property
    def _facts(self) -> _Facts:
        kind = f"{self.digest} {self._described}".encode()
        kept = self._store.recall(kind, _NOTE) if self._store else None
        if kept is not None:
            info, width, parameters = json.loads(kept)
            return _Facts(ModelInfo.model_validate(info), width, parameters)
        network = self.network
        width = network.feature_vector_size
        layer = 2 * (width + 1)
        facts = _Facts(network.source.info, width, sum(network.parameter_counts()) - layer)
        if self._store is not None:
            values = [facts.info.model_dump(mode="json"), width, facts.parameters]
            self._store.note(kind, _NOTE, json.dumps(values))
        return facts
