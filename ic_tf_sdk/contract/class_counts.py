"""How many usable images each class must have, whoever counted them: by name, header or pixels."""

from collections.abc import Iterable, Mapping

__all__ = ["unsplittable", "used_up"]


def unsplittable(counts: Mapping[str, int], place: str) -> str | None:
    """Why no validation images can be split off a training channel; None where they can.

    Args:
        counts: Class name -> number of its usable images.
        place: The channel's folder or S3 URI.

    Example:
        >>> unsplittable({"ant": 5, "bee": 1}, "photos")[:37]
        "photos has a single image for 'bee': "
    """
    alone = [label for label, count in counts.items() if count == 1]
    none = [label for label, count in counts.items() if count == 0]
    said = [f"a single image for {_quoted(alone)}"] if alone else []
    said += [f"no usable image for {_quoted(none)}"] if none else []
    if not said:
        return None
    return (
        f"{place} has {' and '.join(said)}: a class needs two to be split into training and "
        "validation. Add images, give a validation channel, or set validation_split_ratio to 0."
    )


def used_up(counts: Mapping[str, int], place: str, *, each: bool) -> str | None:
    """Why a channel has too little left when unusable images are left out; None where it has not.

    Args:
        counts: Class name -> number of its usable images.
        place: The channel's folder or S3 URI.
        each: Whether each class needs an image, as in training, or one of all is enough.
    """
    none = [label for label, count in counts.items() if count == 0]
    if each and none:
        return f"No readable training image is left of {_quoted(none)} in {place}."
    if not each and len(none) == len(counts):
        return f"No readable image is left in {place}."
    return None


def _quoted(labels: Iterable[str]) -> str:
    return ", ".join(map(repr, labels))
