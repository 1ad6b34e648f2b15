"""The catalogue of models.

>>> from ic_tf_sdk import specs
>>> spec = specs.get("tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4")
>>> spec.input_height, spec.feature_vector_size
(224, 1280)

The names here are the interface; the modules below are not part of the interface.
"""

from typing import TYPE_CHECKING

from ic_tf_sdk._lazy import lazy_names
from ic_tf_sdk.specs import catalogue
from ic_tf_sdk.specs.filters import And, Not, Or
from ic_tf_sdk.specs.model_spec import ModelSpec

if TYPE_CHECKING:
    from ic_tf_sdk.specs.model_card import ModelCard
    from ic_tf_sdk.specs.search import list_models

__all__ = [
    "And",
    "ModelCard",
    "ModelSpec",
    "Not",
    "Or",
    "describe",
    "get",
    "list_models",
    "model_ids",
]

# The search asks the content sources too, which read this package: it is imported last.
if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(
        __name__, {"ModelCard": "model_card:ModelCard", "list_models": "search:list_models"}
    )


def get(model_id: str, version: str = "*") -> ModelSpec:
    """The frozen record of one model.

    >>> from ic_tf_sdk import specs
    >>> specs.get("tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4").version
    '4.0.17'

    Args:
        model_id: For example ``"tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"``.
        version: Exact, or a prefix that ends in ``*``; the newest that it names is taken.

    Raises:
        UnknownModelError: No such id; the message names the nearest.
        UnknownVersionError: The model has no such version; the message lists what it has.
    """
    return catalogue.record(model_id, version)


def model_ids() -> list[str]:
    """Every id of the catalogue, aliases and embedded models included, in alphabetical order.

    >>> from ic_tf_sdk import specs
    >>> len(specs.model_ids())
    137
    """
    return catalogue.model_ids()


def describe(model_id: str, version: str = "*") -> "ModelCard":
    """A model card: text when printed, a table with links in a notebook.

    >>> from ic_tf_sdk import specs
    >>> specs.describe("mobilenet_v2_100_224").spec.model_id
    'tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4'

    Args:
        model_id: An id, or a name that fits one model only: ``_`` and ``-``, capitals and small
            letters are alike, words may stand in any order, plain words that no id has are left
            out.
        version: Exact, or a prefix that ends in ``*``; the newest that it names is taken.

    Raises:
        UnknownModelError: No id, and a name that fits no model or several; the message names the
            nearest.
        UnknownVersionError: The model has no such version; the message lists what it has.
    """
    from ic_tf_sdk.specs.model_card import ModelCard

    return ModelCard(get(catalogue.identify(model_id), version))
