"""The six optimizers, each with exactly its own hyperparameters."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import tf_keras

from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training.network.learning_rate import learning_rate

__all__ = ["optimizer"]


def optimizer(
    hyperparameters: Hyperparameters, *, steps: int, rates: Sequence[tuple[Any, float]] = ()
) -> Any:
    """A fresh ``tf_keras`` optimizer.

    ``sgd`` and ``nesterov`` take momentum; ``adam`` beta_1, beta_2 and epsilon; ``rmsprop`` rho,
    momentum and epsilon; ``adagrad`` initial_accumulator_value and epsilon; ``adadelta`` rho and
    epsilon. All take the learning rate, its schedule, and clip_norm, which holds for the gradient
    of the whole batch, over all devices.

    Args:
        hyperparameters: The hyperparameters of the job.
        steps: How many steps all its epochs have.
        rates: Variables whose learning rate has a factor, each with it; all others have the whole.
    """
    kinds = _KindsByVariable() if rates else tf_keras.optimizers
    rate, epsilon = learning_rate(hyperparameters, steps=steps), hyperparameters.epsilon
    clip = {"global_clipnorm": hyperparameters.clip_norm or None}
    makers = {
        "adam": lambda: kinds.Adam(
            rate, hyperparameters.beta_1, hyperparameters.beta_2, epsilon, **clip
        ),
        "sgd": lambda: kinds.SGD(rate, hyperparameters.momentum, **clip),
        "nesterov": lambda: kinds.SGD(rate, hyperparameters.momentum, nesterov=True, **clip),
        "rmsprop": lambda: kinds.RMSprop(
            rate, hyperparameters.rho, hyperparameters.momentum, epsilon, **clip
        ),
        "adagrad": lambda: kinds.Adagrad(
            rate, hyperparameters.initial_accumulator_value, epsilon, **clip
        ),
        "adadelta": lambda: kinds.Adadelta(rate, hyperparameters.rho, epsilon, **clip),
    }
    made = makers[hyperparameters.optimizer]()
    if rates:
        made.take_rates(rates)
    return made


class _KindsByVariable:
    """Keras's optimizers, with a factor of the learning rate for each variable."""

    def __getattr__(self, name: str) -> Any:
        return _by_variable(getattr(tf_keras.optimizers, name))


@cache
def _by_variable(kind: Any) -> Any:
    """An optimizer whose steps, linear in the rate, are computed with the variable's own rate.

    Gradients cannot carry the factor: most of the rules divide by their size.
    """

    class ByVariable(kind):
        _factor = 1.0
        _factor_of: Callable[[Any], float]

        def take_rates(self, rates: Sequence[tuple[Any, float]]) -> None:
            factors = {self._var_key(variable): factor for variable, factor in rates}
            # A closure, for Keras would track what it finds in an attribute.
            self._factor_of = lambda variable: factors.get(self._var_key(variable), 1.0)

        @property
        def learning_rate(self) -> Any:
            return super().learning_rate * self._factor

        def update_step(self, gradient: Any, variable: Any) -> Any:
            self._factor = self._factor_of(variable)
            try:
                return super().update_step(gradient, variable)
            finally:
                self._factor = 1.0

    return ByVariable
