"""The classification layer of a whole network, solved before the first epoch.

On the features of the backbone as it was opened, which take one pass. The epochs then begin with
what a frozen backbone can do, and not with a layer that says nothing: that one would have changed
the backbone by chance until it had learned something itself.
"""

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training.devices.exchange import HostExchange
from ic_tf_sdk.training.feed.batches import Examples, FeatureExamples
from ic_tf_sdk.training.loop.converged_head import ConvergedHead, as_epochs
from ic_tf_sdk.training.network import objective

__all__ = ["solve"]

logger = logging.getLogger(__name__)


def solve(
    layer: Any,
    examples: Mapping[str, Examples],
    hyperparameters: Hyperparameters,
    class_weight: dict[int, float] | None,
    exchange: HostExchange,
) -> None:
    """Give a layer the solution, of several strengths that of the least validation loss.

    Args:
        layer: The ``tf_keras`` dense layer; every host has the chief's solution afterwards.
        examples: The features of ``training``, and of ``validation`` where there is one.
        hyperparameters: The hyperparameters of the job.
        class_weight: Class index -> weight in the loss; None weighs all alike.
        exchange: The exchange between all hosts of the job.
    """
    content = None
    if exchange.hosts.chief:
        solved = _best(layer, examples, hyperparameters, class_weight)
        content = np.concatenate([part.ravel() for part in solved]).tobytes()
    # Solvers on processors of two kinds round differently, and every host must begin alike.
    told = np.frombuffer(exchange.from_chief(content) or b"", np.float32)
    shape = layer.kernel.shape
    layer.set_weights([told[: -shape[1]].reshape(shape), told[-shape[1] :]])


def _best(
    layer: Any,
    examples: Mapping[str, Examples],
    hyperparameters: Hyperparameters,
    class_weight: dict[int, float] | None,
) -> list[npt.NDArray[np.float32]]:
    training, validation = examples["training"], examples.get("validation")
    assert isinstance(training, FeatureExamples)
    plan = as_epochs(hyperparameters, validated=validation is not None)
    head = ConvergedHead(layer, training, plan, class_weight)
    found = []
    for place, strength in enumerate(head.strengths):
        head.solve(place)
        loss = 0.0 if validation is None else _loss(layer, validation, hyperparameters)
        found.append((loss, -place, strength, layer.get_weights()))
    loss, _, strength, weights = min(found, key=lambda one: one[:2])
    said = "" if validation is None else f" (validation loss {loss:.4f})"
    logger.info("The classification layer begins as solved with L2 strength %s%s", strength, said)
    solution: list[npt.NDArray[np.float32]] = weights
    return solution


def _loss(layer: Any, examples: Examples, hyperparameters: Hyperparameters) -> float:
    assert isinstance(examples, FeatureExamples)
    kernel, bias = layer.get_weights()
    expected = objective.targets(
        np.asarray(examples.classes), count=examples.label_count, binary_mode=examples.binary_mode
    )
    return float(objective.loss(hyperparameters)(expected, examples.features @ kernel + bias))
