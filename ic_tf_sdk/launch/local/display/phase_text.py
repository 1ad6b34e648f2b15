"""A phase in one line, as long as the terminal is wide at most."""

from typing import NamedTuple

from ic_tf_sdk.contract.phases import PhaseName, PhaseReport
from ic_tf_sdk.launch.local.display.time_left import TimeLeft

__all__ = ["clock", "ended", "fitting", "under_way"]

_TITLES: dict[PhaseName, str] = {
    "starting": "Starting",
    "reading": "Reading headers",
    "loading": "Loading TensorFlow",
    "opening": "Opening the model",
    "building": "Building the network",
    "decoding": "Decoding every image",
    "features": "Computing features",
    "training": "Training",
    "evaluation": "Evaluating",
    "calibration": "Calibrating",
    "export": "Exporting the model",
    "packing": "Packing the result",
    "comparison": "Testing the earlier model",
    "copies": "Looking for copies",
    "timing": "Timing the backbone",
    "solving": "Solving the layer",
    "alike": "Comparing pictures",
    "tuning": "Tuning",
    "working": "Working",
}


class _Parts(NamedTuple):
    title: str
    detail: str
    amount: str
    percent: str
    rate: str
    left: str


def clock(seconds: float) -> str:
    """``0:07``, ``12:30``, ``1:02:03``.

    Args:
        seconds: 0 or more.

    Example:
        >>> clock(3723.4)
        '1:02:03'
    """
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def under_way(report: PhaseReport, time: TimeLeft) -> str:
    """The whole line of a phase that goes on, for a log.

    Args:
        report: Where it stands.
        time: Its time.
    """
    parts = _parts(report, time)
    return _joined(parts.title, parts.detail, parts.amount, parts.rate, parts.left)


def fitting(report: PhaseReport, time: TimeLeft, width: int) -> str:
    """The longest line of a phase that goes on and fits.

    Args:
        report: Where it stands.
        time: Its time.
        width: In columns.
    """
    title, detail, amount, percent, rate, left = _parts(report, time)
    several = (
        (title, detail, amount, rate, left),
        (title, detail, percent, rate, left),
        (title, detail, percent, left),
        (title, percent, left),
        (title, left),
        (left,),
    )
    lines = [_joined(*parts) for parts in several]
    return next((line for line in lines if len(line) <= width), lines[-1][:width])


def ended(report: PhaseReport, time: TimeLeft) -> str:
    """The line of a phase that is over.

    Args:
        report: Its last.
        time: Its time.
    """
    seconds = time.elapsed
    of = f"{report.total:,.0f} {report.unit}" if report.total and not _weighs(report) else ""
    return f"{_joined(_title(report), of)} in {seconds:.1f} s."


def _weighs(report: PhaseReport) -> bool:
    # What an epoch's validation counts is no number of images.
    return report.name == "training"


def _title(report: PhaseReport) -> str:
    title = _TITLES[report.name]
    evaluated = report.name == "evaluation" and report.detail
    return f"{title} ({report.detail})" if evaluated else title


def _parts(report: PhaseReport, time: TimeLeft) -> _Parts:
    title = _title(report)
    detail = report.detail if report.name != "evaluation" else ""
    if report.total is None:
        return _Parts(title, detail, "", "", "", clock(time.elapsed))
    done = min(report.done, report.total)
    percent = f"{int(100 * done / report.total)}%" if report.total else ""
    amount = percent if _weighs(report) else f"{done:,.0f} of {report.total:,.0f} {report.unit}"
    rate, seconds = time.rate(), time.seconds(report.total)
    return _Parts(
        title,
        detail,
        amount,
        percent,
        "" if rate is None else f"{rate:.{1 if rate < 10 else 0}f} {report.unit}/s",
        f"{clock(time.elapsed)} so far" if seconds is None else f"{clock(seconds)} left",
    )


def _joined(title: str, *parts: str) -> str:
    rest = ", ".join(filter(None, parts))
    return f"{title}: {rest}" if rest else title
