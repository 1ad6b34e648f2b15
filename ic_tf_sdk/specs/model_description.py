"""``model_info.json`` of a pretrained model, from its record in the catalogue."""

from typing import TYPE_CHECKING

from ic_tf_sdk.contract.model_info import ModelInfo

if TYPE_CHECKING:
    from ic_tf_sdk.specs.model_spec import ModelSpec

__all__ = ["describe"]


def describe(
    spec: "ModelSpec", *, hub_handle: str | None, feature_vector_size: int | None = None
) -> ModelInfo:
    """The description of a pretrained archive; an alias has that of its model.

    Args:
        spec: The model's record.
        hub_handle: The address that the SavedModel came from; None where it is not known.
        feature_vector_size: The width of a backbone's output; None for a classifier.

    Returns:
        The description, as yet without the digests of the archive's files.
    """
    return ModelInfo(
        kind="pretrained",
        model_id=spec.alias_of or spec.model_id,
        model_version=spec.version,
        input_height=spec.input_height,
        input_width=spec.input_width,
        pixel_range=spec.pixel_range,
        feature_vector_size=feature_vector_size,
        hub_handle=hub_handle,
    )
