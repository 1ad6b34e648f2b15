"""The learning rate of each step: warm-up, then constant or along a cosine."""

from typing import Any

import tf_keras

from ic_tf_sdk.specs.hyperparameters import Hyperparameters

__all__ = ["learning_rate"]


def learning_rate(hyperparameters: Hyperparameters, *, steps: int) -> Any:
    """What a ``tf_keras`` optimizer takes as its learning rate: a number, or a schedule.

    It depends on the step alone, which a checkpoint has, so that a resumed job goes on with it.

    Args:
        hyperparameters: The hyperparameters of the job.
        steps: How many steps all its epochs have.
    """
    rate = hyperparameters.learning_rate
    kinds = tf_keras.optimizers.schedules
    warmup = round(hyperparameters.warmup_ratio * steps)
    if hyperparameters.learning_rate_schedule == "cosine":
        # Of nothing but warm-up no step is left for the cosine, which divides by their number.
        falling = max(1, steps - warmup)
        return (
            kinds.CosineDecay(rate, falling)
            if warmup == 0
            else kinds.CosineDecay(0.0, falling, warmup_target=rate, warmup_steps=warmup)
        )
    # Stays at its end.
    return kinds.PolynomialDecay(0.0, warmup, rate) if warmup else rate
