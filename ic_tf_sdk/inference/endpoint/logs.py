"""What the endpoint says while it runs: sentences for a terminal, JSON lines for a machine."""

import json
import logging
import sys
from datetime import datetime, timezone
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any

from ic_tf_sdk.contract import file_access
from ic_tf_sdk.contract.bearer_token import BearerTokens
from ic_tf_sdk.contract.plain_text import visible_lines
from ic_tf_sdk.inference.endpoint import request_id

__all__ = ["STDOUT", "JsonLines", "Sentences", "json_handler", "start"]

STDOUT = "-"
"""The name of the standard output, in place of a file's."""

_REQUESTS = "ic_tf_sdk.access"


class Sentences(logging.Formatter):
    """Messages in which no name of a file or class steers the terminal, and no token stands.

    Args:
        tokens: The endpoint's.
    """

    def __init__(self, tokens: BearerTokens) -> None:
        super().__init__("%(message)s")
        self._tokens = tokens

    def format(self, record: logging.LogRecord) -> str:
        """The message, and the traceback if there is one."""
        return self._tokens.hidden(visible_lines(super().format(record)))


class JsonLines(logging.Formatter):
    """Each record as one object of JSON in one line of ASCII.

    ``time``, ``level`` and ``logger`` are in each; an answered request has the fields of
    ``AccessLog``, everything else ``message``, ``request_id`` and perhaps ``traceback``.

    Args:
        tokens: The endpoint's; none stands in a line.
    """

    def __init__(self, tokens: BearerTokens) -> None:
        super().__init__()
        self._tokens = tokens

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        fields: dict[str, Any] = getattr(record, "request", None) or self._event(record)
        moment = datetime.fromtimestamp(record.created, timezone.utc)
        begin = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        return self._tokens.hidden(json.dumps({**fields, **begin}))

    def _event(self, record: logging.LogRecord) -> dict[str, Any]:
        fields = {"message": record.getMessage(), "request_id": request_id.CURRENT.get()}
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return fields


class _LogFile(WatchedFileHandler):
    """A file of which it is told, too, when it cannot be begun anew: no request breaks by it."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            super().emit(record)
        except OSError:
            self.handleError(record)


def json_handler(place: str, tokens: BearerTokens) -> logging.Handler:
    """What writes JSON lines to a place.

    Args:
        place: A file, to whose end it writes, and which may be moved away meanwhile; or ``STDOUT``.
        tokens: The endpoint's.

    Raises:
        FileAccessError: The file cannot be written.
    """
    handler: logging.Handler
    if place == STDOUT:
        handler = logging.StreamHandler(sys.stdout)
    else:
        with file_access.refusals(Path(place)):
            handler = _LogFile(place, encoding="ascii")
    handler.setFormatter(JsonLines(tokens))
    handler.handleError = _said_once(place)  # type: ignore[method-assign]
    return handler


def start(tokens: BearerTokens, *, quiet: bool, place: str | None) -> None:
    """Begin to log: sentences on stderr, and JSON lines to a place of their own if there is one.

    Args:
        tokens: The endpoint's.
        quiet: No line of a request on stderr.
        place: As for ``json_handler``; None keeps the lines of requests on stderr.
    """
    sentences = logging.StreamHandler()
    sentences.setFormatter(Sentences(tokens))
    handlers: list[logging.Handler] = [sentences]
    if place is not None:
        handlers.append(json_handler(place, tokens))
        sentences.addFilter(lambda record: record.name != _REQUESTS)
    logging.basicConfig(handlers=handlers, level=logging.INFO)
    told = not quiet or place is not None
    logging.getLogger(_REQUESTS).setLevel(logging.INFO if told else logging.WARNING)


def _said_once(place: str) -> Any:
    """In place of a traceback for each line, when a disk is full or a reader has gone."""
    said: list[bool] = []

    def handle(_: logging.LogRecord) -> None:
        if not said:
            said.append(True)
            reason = str(sys.exc_info()[1])
            name = "the standard output" if place == STDOUT else place
            text = f"Warning: the log cannot be written to {name}: {reason}. Requests are answered."
            sys.stderr.write(f"{visible_lines(text)}\n")

    return handle
