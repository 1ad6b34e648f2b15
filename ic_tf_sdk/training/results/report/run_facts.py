"""What the report says of a run beside its answers: of what, from what, with what, how long."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

__all__ = ["RunFacts", "duration"]


@dataclass(frozen=True)
class RunFacts:
    """One run.

    Attributes:
        model: The id and version of the model that it started from.
        labels: The classes, by index.
        images: Channel name -> images per class that were used.
        seconds: How long the run took so far, from its start and not from its first epoch.
        finished: When the report was written, with its time zone.
        settings: Hyperparameter, its value, the model's default, of those that differ.
        command: The command line that does the same on another machine.
        warnings: Sentences on what is likely to be a mistake in the data.
        refused: File -> why it was left out.
        hints: Sentences on what would help the next training.
    """

    model: str
    labels: tuple[str, ...]
    images: Mapping[str, Sequence[int]] = field(default_factory=dict)
    seconds: float | None = None
    finished: datetime | None = None
    settings: Sequence[tuple[str, str, str]] = ()
    command: str = ""
    warnings: Sequence[str] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    hints: Sequence[str] = ()


def duration(seconds: float) -> str:
    """A time as people say it.

    Args:
        seconds: 0 or more.

    Example:
        >>> duration(4.26), duration(83), duration(7300)
        ('4.3 s', '1 min 23 s', '2 h 1 min')
    """
    # What is 60.0 when it is rounded is a minute.
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
