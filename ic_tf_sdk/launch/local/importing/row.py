"""One image as a source names it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = ["Row", "Source"]


class Row(NamedTuple):
    """One line of a table or a list, or one file of a folder.

    Attributes:
        number: Its line, or its place, from 1.
        image: The path or URI as it is written there.
        label: The class; empty where there is none.
        reason: Why it cannot be used; empty where nothing is known against it.
        part: ``training``, ``validation`` or ``test``, of a source that has parts.
    """

    number: int
    image: str
    label: str
    reason: str = ""
    part: str = ""


@dataclass(frozen=True)
class Source:
    """What a source holds.

    Attributes:
        kind: ``csv``, ``manifest``, ``lst`` or ``folder``.
        rows: Everything that may be an image, in the source's order.
        passed_over: Suffix -> how many files of a folder are no images by their names.
        notes: What a person should know of how it was read.
    """

    kind: str
    rows: Sequence[Row]
    passed_over: Mapping[str, int] = field(default_factory=dict)
    notes: Sequence[str] = ()
