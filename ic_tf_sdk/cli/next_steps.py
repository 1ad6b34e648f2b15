"""The last lines of a command: what one does next, as commands to copy."""

import shlex
from collections.abc import Sequence

from ic_tf_sdk.cli.output import tell

__all__ = ["show"]


def show(*steps: tuple[str, Sequence[object]]) -> None:
    """Print what can be done next, on stderr, so that a pipe gets the answer alone.

    Args:
        steps: Of each what it is for, and its words; words with a blank are quoted.
    """
    calls = [(shlex.join(map(str, words)), purpose) for purpose, words in steps]
    tell("\nNext:")
    for call, purpose in calls:
        tell(f"  {call}")
        tell(f"      {purpose}")
