"""Rows of an augmented manifest: JSON lines, as Ground Truth writes them.

::

    {"source-ref": "s3://bucket/1.jpg", "species": 0, "species-metadata": {"class-name": "dog",
     "confidence": 0.93, "type": "groundtruth/image-classification", "job-name": "…"}}
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ic_tf_sdk.errors import UserError, did_you_mean, nearest
from ic_tf_sdk.launch.local.importing.numbered import class_of_number
from ic_tf_sdk.launch.local.importing.row import Row, Source

__all__ = ["is_manifest", "read"]

_METADATA = "-metadata"
_TYPE = "groundtruth/image-classification"


def is_manifest(content: bytes) -> bool:
    """Whether a file begins as a manifest does.

    Args:
        content: The file, or its beginning.
    """
    return content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def read(
    content: bytes, place: str, *, attribute: str | None = None, names: Sequence[str] = ()
) -> Source:
    """Read a manifest.

    Args:
        content: The file, UTF-8.
        place: The file, as it is said to the user.
        attribute: The label's attribute; None takes the one that there is.
        names: Class names by number, for labels that are numbers without a name.

    Raises:
        UserError: There are several label attributes, or not the one that is asked for.
    """
    lines = content.decode("utf-8-sig", "replace").splitlines()
    parsed = [(number, _parsed(line)) for number, line in enumerate(lines, 1) if line.strip()]
    if not parsed:
        raise UserError(f"{place} has no line.")
    entries = [entry for _, entry in parsed if isinstance(entry, dict)]
    chosen = _attribute(entries, place, attribute)
    return Source("manifest", [_row(number, entry, chosen, names) for number, entry in parsed])


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _attribute(entries: Sequence[Mapping[str, Any]], place: str, wanted: str | None) -> str:
    found: Counter[str] = Counter()
    for entry in entries:
        for name, value in entry.items():
            metadata = entry.get(f"{name}{_METADATA}")
            described = isinstance(metadata, dict) and _is_classification(metadata)
            plain = metadata is None and isinstance(value, int | str)
            if not name.startswith("source") and not name.endswith(_METADATA):
                found[name] += described or (plain and name in ("class", "label"))
    there = [name for name, count in found.items() if count]
    if wanted is not None:
        if wanted not in found:
            known = ", ".join(map(repr, found)) or "none"
            close = did_you_mean(nearest(wanted, found, 1))
            raise UserError(f"No line of {place} has {wanted!r}; its attributes: {known}.{close}")
        return wanted
    if len(there) == 1:
        return there[0]
    if there:
        raise UserError(
            f"{place} has several label attributes, {', '.join(map(repr, there))}; name one "
            "(--label-attribute)."
        )
    raise UserError(
        f"No line of {place} has a label of image classification, as Ground Truth writes them: an "
        f"attribute NAME beside a NAME{_METADATA} of the type {_TYPE} with a class-name. Name the "
        "attribute (--label-attribute) where it has no description."
    )


def _is_classification(metadata: Mapping[str, Any]) -> bool:
    kind = str(metadata.get("type", _TYPE))
    return kind.startswith(_TYPE) or "failure-reason" in metadata


def _row(number: int, entry: Any, attribute: str, names: Sequence[str]) -> Row:
    if not isinstance(entry, dict):
        return Row(number, "", "", "no JSON object")
    image = entry.get("source-ref")
    if not isinstance(image, str) or not image:
        inline = "its source is text inside of the manifest" if "source" in entry else "no image"
        return Row(number, "", "", inline)
    label, reason = _label(entry, attribute, names)
    return Row(number, image, label, reason)


def _label(entry: Mapping[str, Any], attribute: str, names: Sequence[str]) -> tuple[str, str]:
    """The class, or the reason why there is none."""
    metadata = entry.get(f"{attribute}{_METADATA}")
    if isinstance(metadata, dict):
        if failure := metadata.get("failure-reason"):
            return "", f"labelling failed: {failure}"
        kind = str(metadata.get("type", _TYPE))
        if kind != _TYPE:
            return "", f"its label is of {kind}, not of one class of an image"
        name = metadata.get("class-name")
        if isinstance(name, str) and name.strip():
            return name.strip(), ""
    if attribute not in entry:
        return "", "no label"
    value = entry[attribute]
    if isinstance(value, bool) or not isinstance(value, int | float | str) or value == "":
        return "", "no class-name, and its label is no number and no name"
    return class_of_number(str(value), names)
