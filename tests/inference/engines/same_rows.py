"""Whether an engine's rows are those of one process."""

from collections.abc import Iterable
from typing import Any

import pytest


def assert_same(
    rows: Iterable[dict[str, Any]], expected: dict[str, dict[str, Any]], *, unknown: bool = False
) -> None:
    """Each image once, with the same columns, labels, sentences and, to 1e-6, numbers."""
    rows = list(rows)
    assert sorted(row["image"] for row in rows) == sorted(expected)
    extra = ("unknown", "unknown_score")
    for row in rows:
        wanted = dict(expected[row["image"]])
        if not unknown:
            wanted = {name: value for name, value in wanted.items() if name not in extra}
        assert list(row) == list(wanted)
        for name, value in wanted.items():
            if name == "unknown_score" and value is not None:
                # A sum without bounds, of which float32 keeps seven digits.
                assert row[name] == pytest.approx(value, rel=2e-5, abs=1e-4), row["image"]
            elif isinstance(value, float | list):
                assert row[name] == pytest.approx(value, abs=1e-6), row["image"]
            else:
                assert row[name] == value, row["image"]
