"""Names that are images to who imports them: more than training takes."""

import posixpath

from ic_tf_sdk.contract import image_names

__all__ = ["is_image", "suffix"]

_SUFFIXES = frozenset(
    (
        *image_names.SUFFIXES,
        *(".jpe", ".jfif", ".webp", ".heic", ".heif", ".hif", ".avif", ".tif", ".tiff"),
        *(".bmp", ".gif", ".jp2", ".j2k", ".ppm", ".pgm", ".pnm"),
    )
)


def suffix(name: str) -> str:
    """The suffix of a path or URI, in lower case; ``"(none)"`` without one.

    Args:
        name: With ``/`` between its parts.
    """
    ending = posixpath.splitext(name)[1].lower()
    return ending if len(ending) > 1 else "(none)"


def is_image(name: str) -> bool:
    """Whether a path or URI ends as an image's does.

    Args:
        name: With ``/`` between its parts.
    """
    return suffix(name) in _SUFFIXES
