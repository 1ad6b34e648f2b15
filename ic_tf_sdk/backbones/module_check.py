"""Whether a TF Hub module is the one that a model's record describes, shown by running it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from ic_tf_sdk import specs
from ic_tf_sdk.contract import model_archive
from ic_tf_sdk.contract.model_archive import OpenedModel
from ic_tf_sdk.errors import ArchiveError

if TYPE_CHECKING:
    from ic_tf_sdk.specs.model_spec import ModelSpec

__all__ = ["Role", "backbone_width", "opened_backbone_width", "output_width"]

Role = Literal["feature vector", "classifier"]


def output_width(module: Callable[[Any], Any], spec: "ModelSpec", role: Role) -> int:
    """Send a black picture of the spec's size through a module.

    Args:
        module: A loaded SavedModel: images float32 [1, height, width, 3] to float32 [1, width], or
            to a tuple of tensors whose first it is.
        spec: The record of the model that it is to be.
        role: Which of the model's two modules it is to be.

    Returns:
        The width of its output: features or classes.

    Raises:
        ArchiveError: The picture does not pass it, or its output has another shape.
    """
    import tensorflow as tf

    from ic_tf_sdk.training.graph.hub_module import feature_vector, hub_layer
    from ic_tf_sdk.training.graph.saved_model import LOADING_ERRORS, reason

    layer = hub_layer(module, trainable=False)
    picture = tf.zeros([1, spec.input_height, spec.input_width, 3])
    try:
        shape = feature_vector(layer(picture)).shape.as_list()
    except LOADING_ERRORS as error:
        if isinstance(error, ArchiveError):
            raise
        raise ArchiveError(
            f"The SavedModel is not the {role} of {spec.model_id}: a picture of "
            f"{spec.input_height} x {spec.input_width} pixels does not pass it ({reason(error)})."
        ) from error
    classifier = role == "classifier"
    width = None if classifier else spec.feature_vector_size
    if len(shape) != 2 or width not in (None, shape[-1]):
        handle = spec.classification_handle if classifier else spec.feature_vector_handle
        raise ArchiveError(
            f"The SavedModel is not the {role} of {spec.model_id}: its output has shape {shape}, "
            f"not [1, {'classes' if classifier else width or 'features'}]."
            + (f" Take {handle}." if handle else "")
        )
    return int(shape[-1])


def backbone_width(path: str, model_id: str) -> int:
    """Open a backbone and try it.

    Args:
        path: Any path that ``model_archive.opened`` takes.
        model_id: The model that it is to be.

    Returns:
        The width of its features.

    Raises:
        ArchiveError: It does not load, or is not the model.
    """
    with model_archive.opened(path) as model:
        return opened_backbone_width(model, specs.get(model_id))


def opened_backbone_width(model: OpenedModel, spec: "ModelSpec") -> int:
    """As ``backbone_width``, of a model that is open."""
    from ic_tf_sdk.training.graph import saved_model
    from ic_tf_sdk.training.graph.tf1_module import wrapped

    module = wrapped(saved_model.load(model.saved_model, model.name))
    return output_width(module, spec, "feature vector")
