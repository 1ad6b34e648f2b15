"""The six optimizers, each with exactly its own hyperparameters."""

from typing import Any

import tf_keras

from ic_tf_sdk.specs.hyperparameters import Hyperparameters

__all__ = ["optimizer"]


def optimizer(given: Hyperparameters) -> Any:
    """A fresh ``tf_keras`` optimizer.

    ``sgd`` and ``nesterov`` take momentum; ``adam`` beta_1, beta_2 and epsilon; ``rmsprop`` rho,
    momentum and epsilon; ``adagrad`` initial_accumulator_value and epsilon; ``adadelta`` rho and
    epsilon. All take learning_rate.
    """
    kinds = tf_keras.optimizers
    rate, epsilon = given.learning_rate, given.epsilon
    makers = {
        "adam": lambda: kinds.Adam(rate, given.beta_1, given.beta_2, epsilon),
        "sgd": lambda: kinds.SGD(rate, given.momentum),
        "nesterov": lambda: kinds.SGD(rate, given.momentum, nesterov=True),
        "rmsprop": lambda: kinds.RMSprop(rate, given.rho, given.momentum, epsilon),
        "adagrad": lambda: kinds.Adagrad(rate, given.initial_accumulator_value, epsilon),
        "adadelta": lambda: kinds.Adadelta(rate, given.rho, epsilon),
    }
    return makers[given.optimizer]()
