"""A published classifier as an endpoint takes it: signatures, warm-up requests, handler."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ic_tf_sdk.contract import handler_file

if TYPE_CHECKING:
    from ic_tf_sdk.specs.model_spec import ModelSpec

__all__ = ["write"]


def write(
    module: Callable[[Any], Any],
    spec: "ModelSpec",
    labels: tuple[str, ...],
    folder: Path,
    *,
    folds: bool = True,
) -> None:
    """Write ``1/`` with its warm-up requests, and ``code/``.

    Args:
        module: A trackable object: images float32 [batch, height, width, 3] in the spec's pixel
            range to logits float32 [batch, classes].
        spec: Says the images' size and what turns logits into probabilities.
        labels: Class names by class index.
        folder: The content of the archive.
        folds: As of ``ServingModel``.
    """
    from ic_tf_sdk.training.graph import serving_model, warmup
    from ic_tf_sdk.training.graph.hub_module import feature_vector, hub_layer
    from ic_tf_sdk.training.graph.preprocessing import Preprocessing

    height, width = spec.input_height, spec.input_width
    # Not the module itself: what it does where nobody says whether it trains is its own choice, and
    # the distilled DeiT train then.
    layer = hub_layer(module, trainable=False)
    serving = serving_model.ServingModel(
        lambda images: feature_vector(layer(images)),
        Preprocessing(height, width, "bilinear", spec.pixel_range),
        labels,
        activation=spec.head_activation,
        parts={"classifier": module},
        folds=folds,
    )
    serving_model.save(serving, folder / "1")
    warmup.write(folder / "1", serving.of_bytes(), height=height, width=width)
    handler_file.write(folder / "code")
