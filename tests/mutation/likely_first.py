"""The order of a module's tests: what failed for the changes before will most likely fail again."""

from pathlib import Path

import pytest

__all__ = ["LikelyFirst"]


class LikelyFirst:
    """A plugin of pytest that runs some tests before the others, and writes down which one fails.

    Args:
        names: Their node ids, the likeliest first.
        failed: The file for the node id of a test that fails.
    """

    def __init__(self, names: list[str], failed: Path) -> None:
        self._rank = {name: place for place, name in enumerate(names)}
        self._failed = failed

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Sort; tests of equal rank keep their order."""
        items.sort(key=lambda item: self._rank.get(item.nodeid, len(self._rank)))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write down what failed."""
        if report.failed:
            self._failed.write_text(report.nodeid, encoding="utf-8")
