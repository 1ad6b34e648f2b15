"""What the fuzz session prints at its end: the inputs of each target, and the longest of them."""

from typing import Any

from tests.fuzz.damages import TALLIES


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for name, tally in TALLIES.items():
        terminalreporter.write_line(
            f"{name}: {tally.inputs:,} inputs, longest step {tally.longest:.3f} s of processor time"
        )
