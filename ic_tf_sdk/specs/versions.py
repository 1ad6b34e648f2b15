"""Version identifiers as the SageMaker SDK reads them: exact, or a prefix that ends in ``*``."""

import re
from collections.abc import Sequence

__all__ = ["resolve"]

_EXACT = re.compile(r"\s*v?([0-9]+(?:\.[0-9]+)*)\s*", re.ASCII | re.IGNORECASE)


def resolve(identifier: str, versions: Sequence[str]) -> str | None:
    """The newest version that an identifier names, or None.

    Text that ends in ``*`` is a plain prefix: ``"*"``, ``"4.*"``, ``"4.0.1*"``. Anything else is
    one version, where missing places count as zero: ``"4.0"`` is 4.0.0, not the newest 4.0.

    >>> versions = ["4.0.17", "4.0.6", "4.0.2"]
    >>> resolve("4.*", versions), resolve("v4.0.6", versions), resolve("4.0", versions)
    ('4.0.17', '4.0.6', None)

    Args:
        identifier: What the caller asked for.
        versions: The model's versions in any order.
    """
    if identifier.endswith("*"):
        named = [version for version in versions if version.startswith(identifier[:-1])]
    else:
        exact = _EXACT.fullmatch(identifier)
        release = _release(exact[1]) if exact else None
        named = [version for version in versions if _release(version) == release]
    return max(named, key=_release, default=None)


def _release(version: str) -> tuple[int, ...]:
    """Numbers to compare by, without the zeros at the end that mean nothing."""
    places = [int(place) for place in version.split(".")]
    while places and not places[-1]:
        places.pop()
    return tuple(places)
