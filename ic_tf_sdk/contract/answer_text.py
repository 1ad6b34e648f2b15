"""An answer of an endpoint, read back from the text that ``container_answer`` wrote."""

import json
import math
import re
from typing import Any

from ic_tf_sdk.contract.container_answer import predicted_index

__all__ = ["read_answer"]

# A list of labels and one of probabilities, in quotes where they hold a comma or a quote. It is not
# read with csv: that takes cells of 128 KiB at most, which 10,000 labels are more than.
_WITH_LABELS = re.compile(r'"?(?P<labels>\[.*\])"?,"?(?P<probabilities>\[[-+\d.eE, ]*\])"?')


def read_answer(text: str) -> dict[str, Any]:
    """The fields of an answer, of whatever media type it is.

    Args:
        text: A JSON object, a line of JSON lines, or a row of CSV.

    Returns:
        ``probabilities``; where the text has labels, also ``labels``, ``predicted_label`` and in
        binary mode ``positive_label``, of CSV as of JSON. Only a CSV row of the most probable
        labels does not show which label is the positive one.

    Raises:
        ValueError: It is no answer.

    Example:
        >>> read_answer("0.2,0.8")
        {'probabilities': [0.2, 0.8]}
        >>> read_answer('"[""dots"", ""stripes""]","[0.2, 0.8]"')["predicted_label"]
        'stripes'
    """
    row = text.strip()
    if row.startswith("{"):
        return dict(json.loads(row))
    if not row.startswith(('"', "[")):
        return {"probabilities": _numbers(f"[{row}]")}
    cells = _WITH_LABELS.fullmatch(row.replace('""', '"'))
    if cells is None:
        raise ValueError("It is no row of labels and probabilities.")
    return _labelled(_labels(cells["labels"]), _numbers(cells["probabilities"]))


def _labelled(labels: list[str], probabilities: list[float]) -> dict[str, Any]:
    binary = len(probabilities) == 1 and len(labels) == 2
    if not binary and len(labels) != len(probabilities):
        raise ValueError(f"It has {len(labels)} labels and {len(probabilities)} probabilities.")
    best = labels[predicted_index(probabilities) if len(labels) > 1 else 0]
    answer = {"probabilities": probabilities, "labels": labels, "predicted_label": best}
    return answer | ({"positive_label": labels[1]} if binary else {})


def _labels(text: str) -> list[str]:
    labels = json.loads(text)
    if not all(isinstance(label, str) for label in labels):
        raise ValueError("A label is no text.")
    return list(labels)


def _numbers(text: str) -> list[float]:
    numbers = json.loads(text)
    if not numbers or not all(map(_is_number, numbers)):
        raise ValueError("It has no row of probabilities.")
    return list(numbers)


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]
