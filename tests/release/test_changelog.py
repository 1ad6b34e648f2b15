"""Cutting the changelog keeps every line and moves what is unreleased under the version."""

from pathlib import Path

import pytest

from tools.changelog import cut

CHANGELOG = """\
# Changelog

## [Unreleased]

### Added

- One thing.

## [0.1.0] - 2026-01-01

### Added

- The first.
"""


def test_unreleased_entries_get_the_version_and_the_date():
    after = cut(CHANGELOG, "0.2.0", "2026-11-26")
    assert after.index("## [Unreleased]") < after.index("## [0.2.0] - 2026-11-26")
    assert after.index("## [0.2.0]") < after.index("- One thing.") < after.index("## [0.1.0]")
    assert after.replace("\n## [0.2.0] - 2026-11-26\n", "") == CHANGELOG


def test_a_version_is_not_released_twice():
    with pytest.raises(ValueError, match=r"has a section \[0\.1\.0\] already: raise the version"):
        cut(CHANGELOG, "0.1.0", "2026-11-26")


def test_nothing_to_release_is_said():
    empty = cut(CHANGELOG, "0.2.0", "2026-11-26")
    with pytest.raises(ValueError, match="there is nothing to release"):
        cut(empty, "0.3.0", "2026-11-27")
    with pytest.raises(ValueError, match="there is nothing to release"):
        cut("# Changelog\n", "0.3.0", "2026-11-27")


def test_the_changelog_of_this_repository_can_be_cut():
    text = (Path(__file__).parents[2] / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [999.0.0] - 2026-11-26" in cut(text, "999.0.0", "2026-11-26")
