"""Images that occur more than once, found by their content."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from ic_tf_sdk.contract.plain_text import visible
from ic_tf_sdk.training.data.concurrent_reads import read_each, scan_each
from ic_tf_sdk.training.data.image_folder import ImageFolder

__all__ = ["Place", "duplicates", "warnings"]


class Place(NamedTuple):
    """Where a copy lies.

    Attributes:
        channel: The channel's name, ``training``, ``validation`` or ``test``.
        label: The class of the copy.
        file: The copy's path relative to the channel's folder.
    """

    channel: str
    label: str
    file: str


def duplicates(
    channels: Mapping[str, ImageFolder], samples: Mapping[Path, str] | None = None
) -> list[list[Place]]:
    """Groups of files with the same bytes, over all channels together.

    Args:
        channels: Channel name -> its images.
        samples: File -> a digest of ``file_sample``, of a scan that opened each; only what has the
            same is read then. None looks at the sizes instead.
    """
    places = [
        Place(channel, folder.labels[index], file)
        for channel, folder in channels.items()
        for file, index in zip(folder.files, folder.classes, strict=True)
    ]

    def path(place: Place) -> Path:
        return channels[place.channel].root / place.file

    if samples is None:
        # Files of different sizes cannot be the same, and a size costs no read. Empty and
        # unreadable files are no copies of each other.
        marks = scan_each(lambda place: _size(path(place)), places)
    else:
        marks = [samples.get(path(place), "") for place in places]
    counts = Counter(marks)
    alike = [place for place, mark in zip(places, marks, strict=True) if mark and counts[mark] > 1]
    digests = read_each(lambda place: _digest(path(place)), alike)
    groups: dict[bytes, list[Place]] = defaultdict(list)
    for digest, place in zip(digests, alike, strict=True):
        groups[digest].append(place)
    return [places for digest, places in groups.items() if digest and len(places) > 1]


def warnings(groups: list[list[Place]]) -> list[str]:
    """Sentences on copies that spoil an evaluation or contradict each other; one example each.

    Args:
        groups: The groups of ``duplicates``.
    """
    leaks = [places for places in groups if len({place.channel for place in places}) > 1]
    contradictions = [places for places in groups if len({place.label for place in places}) > 1]
    sentences = []
    if leaks:
        sentences.append(
            f"{_images(leaks)} in more than one channel, which flatters the evaluation: "
            f"{_example(leaks[0])}."
        )
    if contradictions:
        sentences.append(
            f"{_images(contradictions)} in more than one class: {_example(contradictions[0])}."
        )
    return sentences


def _images(groups: list[list[Place]]) -> str:
    return "1 image is" if len(groups) == 1 else f"{len(groups)} images are"


def _example(places: list[Place]) -> str:
    return " and ".join(f"{visible(place.file)} ({place.channel})" for place in places[:3])


def _size(path: Path) -> str:
    try:
        return str(path.stat().st_size or "")
    except OSError:
        return ""


def _digest(path: Path) -> bytes:
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return b""
