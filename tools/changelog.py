"""Cuts the changelog for a release: what is unreleased becomes a version with a date."""

import re

HEADING = "## [Unreleased]\n"


def cut(changelog: str, version: str, date: str) -> str:
    """The changelog after a release.

    Args:
        changelog: Text of CHANGELOG.md, in the form of Keep a Changelog.
        version: The version that is released, for example "0.2.0".
        date: Of the release, for example "2026-11-26".

    Returns:
        The text with the entries below the version's heading, and nothing unreleased.

    Raises:
        ValueError: There is nothing to release, or the version was released before.
    """
    if f"\n## [{version}]" in changelog:
        raise ValueError(
            f"CHANGELOG.md has a section [{version}] already: raise the version in "
            "ic_tf_sdk/_version.py."
        )
    before, heading, after = changelog.partition(HEADING)
    entries = re.split(r"^## ", after, maxsplit=1, flags=re.MULTILINE)[0]
    if not heading or not re.search(r"^- ", entries, re.MULTILINE):
        raise ValueError(
            "CHANGELOG.md has no entry below [Unreleased]: there is nothing to release."
        )
    return f"{before}{heading}\n## [{version}] - {date}\n{after}"
