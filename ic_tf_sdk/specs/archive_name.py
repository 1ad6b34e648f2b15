"""The file names of a model's two archives, wherever they are written and looked for."""

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ic_tf_sdk.specs.model_spec import ModelSpec

__all__ = ["archive_name"]

_PREFIXES = {"training": "train", "inference": "infer"}


def archive_name(spec: "ModelSpec", scope: Literal["training", "inference"]) -> str:
    """The file name of a model's archive; an alias has that of its model.

    Args:
        spec: The model's record.
        scope: ``training`` for the backbone to fine-tune, ``inference`` for the classifier.

    Example:
        >>> from ic_tf_sdk import specs
        >>> archive_name(specs.get("tensorflow-ic-embedded-formulanet-96"), "inference")
        'infer-tensorflow-ic-embedded-formulanet-96.tar.gz'
    """
    return f"{_PREFIXES[scope]}-{spec.alias_of or spec.model_id}.tar.gz"
