"""What a person should know of a channel before training on it, in words."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from ic_tf_sdk.contract import image_names
from ic_tf_sdk.contract.container_handler import MAX_BODY_BYTES
from ic_tf_sdk.contract.image_header import ImageHeader
from ic_tf_sdk.contract.served_pixels import most_pixels
from ic_tf_sdk.training.data.image_folder import ImageFolder

__all__ = ["ChannelReport", "report"]

IMBALANCE = 10.0
"""Largest class over smallest from which a warning is due."""


@dataclass(frozen=True)
class ChannelReport:
    """The images of one channel, counted.

    Attributes:
        counts: Class name -> usable images.
        kinds: ``"JPEG"`` and ``"PNG"`` -> images.
        notes: What is worth knowing -> images: ``"CMYK"``, ``"turned by EXIF"``, ….
        ignored: Suffix -> files that are no images.
        strays: Images beside the class folders, which belong to no class.
        refused: File, relative to the channel -> reason.
        widths: The least and the greatest width in pixels; zeros without images.
        heights: The least and the greatest height in pixels; zeros without images.
        unserved: File, relative to the channel -> why an endpoint refuses it, though training takes
            it.
    """

    counts: dict[str, int]
    kinds: dict[str, int]
    notes: dict[str, int]
    ignored: dict[str, int]
    refused: dict[str, str]
    widths: tuple[int, int]
    heights: tuple[int, int]
    strays: tuple[str, ...] = ()
    unserved: dict[str, str] = field(default_factory=dict)

    def warnings(self) -> list[str]:
        """Sentences on what is likely to be a mistake."""
        sentences = []
        largest = max(self.counts, key=lambda name: self.counts[name])
        smallest = min(self.counts, key=lambda name: self.counts[name])
        if self.counts[largest] >= IMBALANCE * self.counts[smallest]:
            sentences.append(
                f"The classes are uneven: {self.counts[largest]} images of {largest!r}, "
                f"{self.counts[smallest]} of {smallest!r}; class_weight 'balanced' weighs them."
            )
        passed_over = image_names.passed_over(self.ignored, self.strays)
        return sentences + ([passed_over] if passed_over else [])


def report(
    folder: ImageFolder, headers: Sequence[ImageHeader], bad: dict[int, str]
) -> ChannelReport:
    """Count a channel.

    Args:
        folder: The images of the channel.
        headers: The headers of its files, in its order.
        bad: Row -> reason of the files that are refused.
    """
    good = [row for row in range(len(headers)) if row not in bad]
    usable = Counter(folder.classes[row] for row in good)
    widths = [headers[row].width for row in good] or [0]
    heights = [headers[row].height for row in good] or [0]
    return ChannelReport(
        counts={label: usable[index] for index, label in enumerate(folder.labels)},
        kinds=dict(Counter(headers[row].kind for row in good).most_common()),
        notes=dict(Counter(note for row in good for note in set(headers[row].notes)).most_common()),
        ignored=folder.ignored,
        refused={folder.files[row]: reason for row, reason in sorted(bad.items())},
        widths=(min(widths), max(widths)),
        heights=(min(heights), max(heights)),
        strays=folder.strays,
        unserved=_unserved({folder.files[row]: headers[row] for row in good}),
    )


def _unserved(headers: dict[str, ImageHeader]) -> dict[str, str]:
    most, reasons = most_pixels(), {}
    for file, header in headers.items():
        pixels = header.width * header.height
        if pixels > most:
            reasons[file] = f"{pixels} pixels; an endpoint takes at most {most}"
        elif header.size > MAX_BODY_BYTES:
            reasons[file] = f"{header.size} bytes; an endpoint takes at most {MAX_BODY_BYTES}"
    return reasons
