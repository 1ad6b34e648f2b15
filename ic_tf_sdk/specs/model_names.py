"""Which model a person means: names in any spelling, matched with the ids of the catalogue.

>>> from ic_tf_sdk.specs.model_names import only_fit
>>> display_names = {
...     "tensorflow-ic-efficientnet-b0-classification-1": "EfficientNet B0",
...     "tensorflow-ic-efficientnet-lite0-classification-2": "EfficientNet B0 Lite",
... }
>>> only_fit("keras/EfficientNetB0", display_names)
'tensorflow-ic-efficientnet-b0-classification-1'
>>> only_fit("efficientnet_lite_b0", display_names)
'tensorflow-ic-efficientnet-lite0-classification-2'
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ic_tf_sdk.errors import nearest

__all__ = ["fitting", "only_fit", "suggestions"]

# Words that tell no two models apart.
_COMMON = frozenset({"tensorflow", "ic", "imagenet", "classification"})

# The end of an id, or of a TF Hub URL, says which of its kind an artifact is, not which model.
_END = re.compile(r"[-_/ ](classification|feature[-_]vector)[-_/ ][0-9]$")

# Widths are "1.00" in display names, "100" in ids.
_POINT = re.compile(r"(?<=[0-9])\.(?=[0-9])")

# No name of a model is longer, and a search need not take longer for a text that is.
_LONGEST = 200


class _Fit(NamedTuple):
    """An id that has every word of a name; the fewest further words sort first.

    Attributes:
        further: Words of the id that the name has not.
        common: The same, words that tell no models apart included.
        model_id: The id.
    """

    further: int
    common: int
    model_id: str


def only_fit(name: str, display_names: Mapping[str, str]) -> str | None:
    """The one id that a name fits; None where it fits none or several.

    A name fits a model whose id and display name have all its words, in any order. Of several such
    models the one whose id has no further word is meant: ``"inception_v3"`` is not that of TF2's
    preview.

    Args:
        name: What was typed: ``_``, blanks and slashes are as good as hyphens, capitals as small
            letters, ``"resnet50"`` as ``"resnet-50"``; plain words that no model has are left out.
        display_names: Model id -> display name, of the models to choose from.
    """
    fits = _fits(name, display_names)
    if len(fits) == 1:
        return fits[0].model_id
    exact = [fit for fit in fits if fit.further == 0 and fit[:2] == fits[0][:2]]
    return exact[0].model_id if len(exact) == 1 else None


def fitting(name: str, display_names: Mapping[str, str]) -> list[str]:
    """Every id that a name fits, the nearest first; see ``only_fit``.

    Args:
        name: What was typed.
        display_names: Model id -> display name, of the models to choose from.
    """
    return [fit.model_id for fit in _fits(name, display_names)]


def suggestions(name: str, display_names: Mapping[str, str]) -> list[str]:
    """The ids most like a name, the nearest first: at most five that it fits, else at most three.

    Args:
        name: What was typed.
        display_names: Model id -> display name, of the models to choose from.
    """
    if fits := fitting(name, display_names):
        return fits[:5]
    text, words = name[:_LONGEST].lower(), _words(name, display_names) or frozenset()
    shared = {model_id: len((words - _COMMON) & _split(model_id)) for model_id in display_names}
    related = [model_id for model_id, count in shared.items() if count]
    # Of ids that are equally near, difflib takes the later one, and so does this.
    ranked = sorted(related, key=lambda i: (shared[i], _likeness(text, i), i), reverse=True)
    return ranked[:3] or nearest(text, display_names)


def _fits(name: str, display_names: Mapping[str, str]) -> list[_Fit]:
    """Every model that has all words of a name, the nearest first."""
    words = _words(name, display_names)
    if not words or _names_another(name, display_names):
        return []
    fits = []
    for model_id, display_name in display_names.items():
        of_id = _split(model_id)
        if words <= of_id | _split(display_name):
            further = of_id - words
            fits.append(_Fit(len(further - _COMMON), len(further), model_id))
    return sorted(fits)


def _words(name: str, display_names: Mapping[str, str]) -> frozenset[str]:
    """The words of a name that some model has."""
    vocabulary = _vocabulary(display_names)
    return frozenset(word for part in _split(name) for word in _known(part, vocabulary))


def _names_another(name: str, display_names: Mapping[str, str]) -> bool:
    """Whether a part with a digit is none of any model's: ``"v22"`` or ``"225"`` is another model.

    A plain word that no model has, such as ``"keras"``, is only a manner of speaking.
    """
    vocabulary = _vocabulary(display_names)
    strange = (part for part in _split(name) if not _known(part, vocabulary))
    return any(letter.isdigit() for part in strange for letter in part)


def _vocabulary(display_names: Mapping[str, str]) -> frozenset[str]:
    return frozenset().union(*map(_split, (*display_names, *display_names.values())))


def _known(part: str, vocabulary: Iterable[str]) -> list[str]:
    """The words of a part, which may be several in one, as in ``"mobilenetv2"``; else none.

    Of several one has three letters or more: else any short text would fall into ``"m"`` and
    ``"s"``.
    """
    if part in vocabulary:
        return [part]
    longest_first = sorted(vocabulary, key=len, reverse=True)
    words: list[str] = re.findall("|".join(map(re.escape, longest_first)), part)
    whole = "".join(words) == part and any(len(word) > 2 and word.isalpha() for word in words)
    return words if whole else []


def _split(text: str) -> frozenset[str]:
    plain = _POINT.sub("", _END.sub("", text[:_LONGEST].lower()))
    return frozenset(re.findall(r"[a-z0-9]+", plain))


def _likeness(text: str, model_id: str) -> float:
    return difflib.SequenceMatcher(None, model_id, text).ratio()
