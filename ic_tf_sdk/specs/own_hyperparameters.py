"""The hyperparameters that are this package's own, neutral by default.

Each is accepted where it is given, and never part of a model's defaults, which mirror AWS's.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from ic_tf_sdk.specs.hyperparameter_types import Choice, Flag, Fraction, Norm, Whole

__all__ = ["OwnHyperparameters"]


class OwnHyperparameters(BaseModel):
    """What this package adds to the algorithm."""

    class_weight: Annotated[Literal["none", "balanced"], Choice] = Field(
        "none", description="Weigh the loss by inverse class frequency."
    )
    on_bad_image: Annotated[Literal["error", "skip"], Choice] = Field(
        "error", description="Stop at images that cannot be decoded, or leave them out."
    )
    mixed_precision: Annotated[Literal["off", "auto", "bfloat16"], Choice] = Field(
        "off", description="Compute the backbone in bfloat16 where the processor gains from it."
    )
    feature_cache: Annotated[Literal["auto", "off"], Choice] = Field(
        "auto",
        description="Do once for all epochs: a frozen backbone's features, else decoding.",
    )
    deterministic: Flag = Field(
        False, description="Refuse TensorFlow operations that may differ from run to run."
    )
    preset: Annotated[Literal["jumpstart", "quick", "best"], Choice] = Field(
        "jumpstart",
        description=(
            "Values for every hyperparameter that is absent or has the model's default, also one "
            "given on purpose: jumpstart keeps the defaults, quick solves the classification layer "
            "alone, best takes what was measured to do best of photos. The log names each change."
        ),
    )
    head_solver: Annotated[Literal["epochs", "converged"], Choice] = Field(
        "epochs",
        description=(
            "How the classification layer is found: by the optimizer's epochs, or solved to its "
            "minimum on the features of the backbone, with the L2 penalty that does best on the "
            "validation images. Of a whole network the epochs begin with that solution."
        ),
    )
    learning_rate_schedule: Annotated[Literal["constant", "cosine"], Choice] = Field(
        "constant",
        description=(
            "Keep the learning rate, or let it fall to 0 along half a cosine over all epochs."
        ),
    )
    warmup_ratio: Fraction = Field(
        0.0,
        description="Part of all steps in which the learning rate rises from 0, before all else.",
    )
    clip_norm: Norm = Field(
        0.0,
        description="Longest gradient of a step, all variables together; 0 leaves it as it is.",
    )
    ema_decay: Fraction = Field(
        0.0,
        description=(
            "Judge and keep the running average of the weights, of which each step keeps this "
            "part; 0 takes the weights as they are."
        ),
    )
    layer_decay: Fraction = Field(
        1.0,
        description=(
            "The learning rate in the backbone's first layer, as a part of the classification "
            "layer's; in between it grows by one factor from layer to layer."
        ),
    )
    head_first_epochs: Annotated[int, Whole, Field(strict=True, ge=0, le=1000)] = Field(
        0,
        description=(
            "Of a whole network: so many first epochs train the classification layer alone."
        ),
    )
    batch_norm_statistics: Annotated[Literal["updated", "kept", "auto"], Choice] = Field(
        "updated",
        description=(
            "Of a whole network: normalise by the statistics of each batch and keep up the moving "
            "ones, or keep those of the pretraining: the backbone then runs in inference mode, and "
            "wants a lower learning rate. auto keeps them, at three tenths of the learning rate, "
            "and begins anew with updated ones where the first epoch taught it next to nothing."
        ),
    )
