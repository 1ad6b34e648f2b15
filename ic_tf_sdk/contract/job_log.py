"""The log of a job: one line for each message, on the process's output, where SageMaker reads it.

The lines of metrics come whatever the level, since a tuner has no other objective. In every other
line names are escaped, and nothing can be read as a metric.
"""

import io
import logging
import os
import sys
from collections.abc import Mapping

from ic_tf_sdk.contract import metric_lines, phases
from ic_tf_sdk.contract.plain_text import visible, visible_lines

__all__ = [
    "only_errors",
    "read_refusal",
    "read_warning",
    "report_phases",
    "report_refusal",
    "start",
    "to_stderr",
]

_PACKAGE = logging.getLogger("ic_tf_sdk")
# Like that of the phases it begins with a control character, which no text of a line has.
_WARNING, _REFUSAL = "\x1e!", "\x1e?"


def start(environ: Mapping[str, str] = os.environ) -> None:
    """Send the package's messages to stdout.

    Args:
        environ: The environment. ``SM_LOG_LEVEL``, which the SageMaker training toolkit makes of
            ``container_log_level``, is the least level of what is no metric: 10 to 50, or a name
            such as ``WARNING``. What is no level counts as INFO.
    """
    for stream in (sys.stdout, sys.stderr):
        # A file's name need not be valid UTF-8.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_Lines("%(message)s"))
    _PACKAGE.handlers = [handler]
    # Other libraries (absl, at the first module without a fingerprint) put a handler on the root
    # logger; SageMaker reads stderr, too, and would count every metric twice.
    _PACKAGE.propagate = False
    _PACKAGE.setLevel(_level(environ.get("SM_LOG_LEVEL", "")))
    # A logger that has a level of its own does not ask those above it.
    metric_lines.logger.setLevel(logging.INFO)


def report_phases() -> None:
    """Say from now on, too, how far each phase is, and mark warnings, for who started the job."""
    phases.logger.setLevel(logging.INFO)


def read_warning(line: str) -> str | None:
    """The text of a line that is marked as a warning; None for any other line.

    Args:
        line: A line of a job that was asked to report its phases.
    """
    return line.removeprefix(_WARNING) if line.startswith(_WARNING) else None


def report_refusal(kind: str) -> None:
    """Say which class of error ends the job, to who started it and asked.

    Args:
        kind: Its name.
    """
    if phases.logger.isEnabledFor(logging.INFO):
        print(f"{_REFUSAL}{kind}", flush=True)


def read_refusal(line: str) -> str | None:
    """The class of error that a line names; None for any other line.

    Args:
        line: As for ``read_warning``.
    """
    return line.removeprefix(_REFUSAL).strip() if line.startswith(_REFUSAL) else None


def only_errors() -> None:
    """Say errors alone from now on: on a host beside the chief, which prints every line once."""
    _PACKAGE.setLevel(logging.ERROR)
    metric_lines.logger.setLevel(logging.ERROR)
    phases.logger.setLevel(logging.ERROR)


def to_stderr(text: str) -> None:
    """Print a message for people, of which SageMaker reads no metric either.

    Args:
        text: One or several lines.
    """
    print(metric_lines.without_metrics(visible_lines(text)), file=sys.stderr)


class _Lines(logging.Formatter):
    """A record of the metrics as it is; every other one as one line that holds no metric."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        if record.name in (metric_lines.logger.name, phases.logger.name):
            return text
        marked = record.levelno >= logging.WARNING and phases.logger.isEnabledFor(logging.INFO)
        return (_WARNING if marked else "") + metric_lines.without_metrics(visible(text))


def _level(text: str) -> int:
    """The level that a variable names, as a number or by its name."""
    word = text.strip().upper()
    level = int(word) if word.isascii() and word.isdigit() else logging.getLevelName(word)
    return level if isinstance(level, int) and 0 < level <= logging.CRITICAL else logging.INFO
