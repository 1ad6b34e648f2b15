"""One JSON line for each answered request."""

import json
import logging
import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["AccessLog"]

_LOG = logging.getLogger("ic_tf_sdk.access")


class AccessLog:
    """ASGI middleware that logs method, path, status, bytes sent and duration.

    Args:
        app: What answers.
        paths: Known paths; another is reported to ``on_answer`` as ``other``.
        on_answer: Called with path, status and seconds.
    """

    def __init__(
        self, app: ASGIApp, *, paths: set[str], on_answer: Callable[[str, int, float], None]
    ) -> None:
        self._app = app
        self._paths = paths
        self._on_answer = on_answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer through the wrapped application, then log."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, sent, start = 500, 0, time.perf_counter()

        async def count(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
            sent += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, count)
        finally:
            seconds = time.perf_counter() - start
            path = scope["path"]
            self._on_answer(path if path in self._paths else "other", status, seconds)
            if _LOG.isEnabledFor(logging.INFO):
                _LOG.info(_line(scope, status, sent, seconds))


def _line(scope: Scope, status: int, sent: int, seconds: float) -> str:
    client = scope.get("client") or ("-", 0)
    return json.dumps(
        {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "client": client[0],
            "method": scope["method"],
            "path": scope["path"],
            "status": status,
            "bytes": sent,
            "milliseconds": round(1000 * seconds, 2),
        }
    )
