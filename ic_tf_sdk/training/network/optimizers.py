"""The six optimizers, each with exactly its own hyperparameters."""

from typing import Any

import tf_keras

from ic_tf_sdk.specs.hyperparameters import Hyperparameters

__all__ = ["optimizer"]


def optimizer(hyperparameters: Hyperparameters) -> Any:
    """A fresh ``tf_keras`` optimizer.

    ``sgd`` and ``nesterov`` take momentum; ``adam`` beta_1, beta_2 and epsilon; ``rmsprop`` rho,
    momentum and epsilon; ``adagrad`` initial_accumulator_value and epsilon; ``adadelta`` rho and
    epsilon. All take learning_rate.

    Args:
        hyperparameters: The hyperparameters of the job.
    """
    kinds = tf_keras.optimizers
    rate, epsilon = hyperparameters.learning_rate, hyperparameters.epsilon
    makers = {
        "adam": lambda: kinds.Adam(rate, hyperparameters.beta_1, hyperparameters.beta_2, epsilon),
        "sgd": lambda: kinds.SGD(rate, hyperparameters.momentum),
        "nesterov": lambda: kinds.SGD(rate, hyperparameters.momentum, nesterov=True),
        "rmsprop": lambda: kinds.RMSprop(
            rate, hyperparameters.rho, hyperparameters.momentum, epsilon
        ),
        "adagrad": lambda: kinds.Adagrad(rate, hyperparameters.initial_accumulator_value, epsilon),
        "adadelta": lambda: kinds.Adadelta(rate, hyperparameters.rho, epsilon),
    }
    return makers[hyperparameters.optimizer]()
