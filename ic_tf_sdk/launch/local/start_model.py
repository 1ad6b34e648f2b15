"""Where the model lies that an estimator starts from."""

from pathlib import Path

from ic_tf_sdk.backbones import at_hand
from ic_tf_sdk.launch.local import model_source
from ic_tf_sdk.specs import catalogue
from ic_tf_sdk.specs import source as content
from ic_tf_sdk.specs.regions import chosen_region

__all__ = ["place"]


def place(model_id: str | None, model_uri: str | Path | None) -> str | Path:
    """The model's path or URI; checked as far as that needs no network.

    Args:
        model_id: A model of the catalogue; None where ``model_uri`` is given.
        model_uri: As the user gave it; None for the weights of the id that are at hand, or the
            archive in the bucket of published models.

    Raises:
        ArchiveError: The model's weights are not here.
    """
    if model_uri is not None:
        return model_uri
    assert model_id is not None
    record, source = catalogue.record(model_id, "*"), content.in_force()
    if source.name == content.PUBLISHED and at_hand.find(model_id) is None:
        return source.model_uri(record, chosen_region(None), "training")
    return model_source.locate(model_id).path
