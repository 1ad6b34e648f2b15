r"""How far a job is, as lines for the program that started it, which asks for them.

Such a line begins with a control character, which in every other line of a job is an escape: no
name and no sentence can be taken for one. A container's log has none of them, because nobody asks.
"""

import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from typing import Literal, get_args

__all__ = [
    "Advance",
    "PhaseName",
    "PhaseReport",
    "Say",
    "heard_by",
    "ignore",
    "logger",
    "phase",
    "read",
]

PhaseName = Literal[
    "starting",
    "reading",
    "loading",
    "opening",
    "building",
    "decoding",
    "features",
    "training",
    "evaluation",
    "calibration",
    "export",
    "packing",
    "comparison",
    "copies",
    "timing",
    "solving",
    "alike",
    "tuning",
    "working",
]

logger = logging.getLogger("ic_tf_sdk.phases")
"""The logger of the lines; a job turns it on where it was started with ``--report_phases``."""
logger.setLevel(logging.CRITICAL + 1)

_MARK = "\x1e"
# A person sees no more changes than that, and a step may take a thousandth of it.
_SECONDS_BETWEEN = 0.25


@dataclass(frozen=True)
class PhaseReport:
    """Where a phase stands.

    Attributes:
        name: The phase.
        done: How much of it is done, in its unit; a part of an image counts where an epoch's
            validation is weighed against its training.
        total: How much there is; None where that is not known.
        unit: ``"images"``, for example, or empty.
        detail: What is under way within it: ``"epoch 2/5"``.
        ended: Whether it is over.
    """

    name: PhaseName
    done: float = 0
    total: float | None = None
    unit: str = ""
    detail: str = ""
    ended: bool = False

    def line(self) -> str:
        """The line of which ``read`` makes the same report again."""
        return _MARK + json.dumps(asdict(self))


Say = Callable[[PhaseReport], None]
Advance = Callable[..., None]
"""Called with how much more is done and, where it changes, with the new detail."""


def ignore(_: object) -> None:
    """What is called with each advance, or report, where nobody asks."""


def read(line: str) -> PhaseReport | None:
    """The report that a line is; None for a line of the log.

    Args:
        line: With or without its end.
    """
    # A warning begins with the mark, too.
    if not line.startswith(f"{_MARK}{{"):
        return None
    report = PhaseReport(**json.loads(line.removeprefix(_MARK)))
    return report if report.name in get_args(PhaseName) else None


def _log(report: PhaseReport) -> None:
    if logger.isEnabledFor(logging.INFO):
        logger.info("%s", report.line())


_hearer: ContextVar[Say] = ContextVar("hearer", default=_log)


@contextmanager
def heard_by(say: Say) -> Iterator[None]:
    """Let a function hear of the phases of work in this process, in place of the log.

    Args:
        say: Called with each report of a phase that begins in this thread meanwhile.
    """
    token = _hearer.set(say)
    try:
        yield
    finally:
        _hearer.reset(token)


class _Phase:
    """A phase under way; called with how much more is done, and with what comes next."""

    def __init__(self, report: PhaseReport, say: Say) -> None:
        self._report, self._say = report, say
        self._tell()

    def __call__(self, more: float, detail: str | None = None) -> None:
        self._change(self._report.done + more, self._report.detail if detail is None else detail)
        if time.monotonic() - self._told_at >= _SECONDS_BETWEEN:
            self._tell()

    def end(self) -> None:
        """Say that it is over."""
        self._change(self._report.done, self._report.detail, ended=True)
        self._tell()

    def _change(self, done: float, detail: str, *, ended: bool = False) -> None:
        old = self._report
        self._report = PhaseReport(old.name, done, old.total, old.unit, detail, ended)

    def _tell(self) -> None:
        self._told_at = time.monotonic()
        self._say(self._report)


@contextmanager
def phase(
    name: PhaseName,
    *,
    done: float = 0,
    total: float | None = None,
    unit: str = "images",
    detail: str = "",
    say: Say | None = None,
) -> Iterator[Advance]:
    """Say that a phase begins, how far it is, and that it ends, but not that it breaks.

    Args:
        name: The phase.
        done: How much was done before, of a phase that is taken up again.
        total: How much there is to do; None where that is not known.
        unit: What ``total`` counts.
        detail: What is under way within it.
        say: Called with each report, at most four times a second; by default what ``heard_by`` was
            given, or it is logged.

    Yields:
        A function to call with how much more is done and, if it changes, the new detail.
    """
    unit = "" if total is None else unit
    under_way = _Phase(PhaseReport(name, done, total, unit, detail), say or _hearer.get())
    yield under_way
    under_way.end()
