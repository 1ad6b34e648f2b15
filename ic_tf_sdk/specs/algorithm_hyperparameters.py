"""The 27 hyperparameters of AWS's algorithm: names, types, ranges, defaults and meanings.

Names, types and ranges are those of the real JumpStart spec v4.0.6; defaults are those of the AWS
documentation where both have one (``epochs`` 3 rather than 5, ``initial_accumulator_value`` 0.0001
rather than 0.1).
"""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from ic_tf_sdk.specs.hyperparameter_types import Choice, Flag, Fraction, Signed, Whole

__all__ = ["AlgorithmHyperparameters"]


class AlgorithmHyperparameters(BaseModel):
    """What AWS's algorithm knows, in the order of the real spec."""

    train_only_on_top: Flag = Field(
        False, description="Train only the classification layer; the backbone stays as it is."
    )
    epochs: Annotated[int, Whole, Field(strict=True, ge=1, le=1000)] = Field(
        3, description="Passes over the training images."
    )
    batch_size: Annotated[int, Whole, Field(strict=True, ge=1, le=1024)] = Field(
        32, description="Images per step, over all devices and hosts together."
    )
    optimizer: Annotated[
        Literal["adam", "sgd", "nesterov", "rmsprop", "adagrad", "adadelta"], Choice
    ] = Field("adam", description="The optimizer.")
    learning_rate: Fraction = Field(0.001, description="The optimizer's learning rate.")
    beta_1: Fraction = Field(0.9, description="Decay of the first moment (adam).")
    beta_2: Fraction = Field(0.999, description="Decay of the second moment (adam).")
    momentum: Fraction = Field(0.9, description="Momentum (sgd, nesterov, rmsprop).")
    epsilon: Fraction = Field(
        1e-07, description="Numerical-stability constant (adam, rmsprop, adagrad, adadelta)."
    )
    rho: Fraction = Field(0.95, description="Decay of the gradient average (rmsprop, adadelta).")
    initial_accumulator_value: Fraction = Field(
        0.0001, description="Start of the gradient accumulators (adagrad)."
    )
    reinitialize_top_layer: Annotated[Literal["Auto", "True", "False"], Choice] = Field(
        "Auto",
        description=(
            "Start the classification layer afresh in incremental training. Auto keeps it: the "
            "class set must be the same anyway."
        ),
    )
    early_stopping: Flag = Field(
        False, description="Stop when the evaluation metric no longer improves."
    )
    early_stopping_patience: Annotated[int, Whole, Field(strict=True, ge=1, le=1000)] = Field(
        5, description="Epochs without improvement before stopping."
    )
    early_stopping_min_delta: Fraction = Field(
        0.0, description="The least change of the metric that counts as an improvement."
    )
    dropout_rate: Fraction = Field(
        0.2, description="Fraction of features dropped before the classification layer."
    )
    regularizers_l2: Fraction = Field(
        0.0001, description="L2 penalty on the classification layer's weights."
    )
    label_smoothing: Fraction = Field(
        0.1, description="Probability moved from the true class to all classes in the loss."
    )
    image_resize_interpolation: Annotated[
        Literal[
            "bilinear",
            "nearest",
            "bicubic",
            "area",
            "lanczos3",
            "lanczos5",
            "gaussian",
            "mitchellcubic",
        ],
        Choice,
    ] = Field("bilinear", description="How images are resized to the model's input size.")
    augmentation: Flag = Field(
        False, description="Flip, rotate and zoom the training images at random."
    )
    augmentation_random_flip: Annotated[
        Literal["horizontal_and_vertical", "horizontal", "vertical", "None"], Choice
    ] = Field("horizontal_and_vertical", description="Which random flips augmentation makes.")
    augmentation_random_rotation: Signed = Field(
        0.2,
        description=(
            "Largest rotation as a fraction of a full turn: positive counterclockwise, negative "
            "clockwise."
        ),
    )
    augmentation_random_zoom: Signed = Field(
        0.1, description="Largest zoom as a fraction of the size: positive out, negative in."
    )
    binary_mode: Flag = Field(
        False, description="Two classes with one sigmoid output; needs exactly two classes."
    )
    eval_metric: Annotated[Literal["accuracy", "precision", "recall", "auc", "prc"], Choice] = (
        Field(
            "accuracy",
            description=(
                "The metric that picks the best epoch and stops early; others than accuracy need "
                "binary_mode."
            ),
        )
    )
    validation_split_ratio: Fraction = Field(
        0.2, description="Fraction of the training images held out without a validation channel."
    )
    random_seed: Annotated[int, Whole, Field(strict=True, ge=0, le=2**63 - 1)] = Field(
        123, description="Seed of the split, the order, the weights and augmentation."
    )
