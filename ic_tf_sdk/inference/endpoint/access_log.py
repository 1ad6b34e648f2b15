"""One JSON line for each answered request."""

import json
import logging
import time
from collections.abc import Callable
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ic_tf_sdk.inference.endpoint import request_id

__all__ = ["AccessLog"]

_LOG = logging.getLogger("ic_tf_sdk.access")

# A path may be as long as all headers together.
_MOST_CHARACTERS = 500


class AccessLog:
    """ASGI middleware that logs which request had which answer, and gives the request its name.

    Args:
        app: What answers.
        paths: Known paths; another is reported to ``on_answer`` as ``other``.
        on_answer: Called with path, status and seconds.
        model: Fields that say which model answers, asked for at each answer.
        hide: What takes the tokens out of a text.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        paths: set[str],
        on_answer: Callable[[str, int, float], None],
        model: Callable[[], dict[str, Any]] = dict,
        hide: Callable[[str], str] = str,
    ) -> None:
        self._app = app
        self._paths = paths
        self._on_answer = on_answer
        self._model = model
        self._hide = hide

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer through the wrapped application, then log."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, sent, start = 500, 0, time.perf_counter()
        # Never reset: the server says of a request that broke why, after this has ended.
        name = request_id.read(Headers(scope=scope))
        request_id.CURRENT.set(name)

        async def count(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
                message.setdefault("headers", [])
                MutableHeaders(scope=message).update(dict.fromkeys(request_id.HEADERS, name))
            sent += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, count)
        finally:
            seconds = time.perf_counter() - start
            path = scope["path"]
            self._on_answer(path if path in self._paths else "other", status, seconds)
            if _LOG.isEnabledFor(logging.INFO):
                line = self._line(scope, status, sent, seconds)
                line |= self._model() | {"request_id": name}
                _LOG.info(json.dumps(line), extra={"request": line})

    def _line(self, scope: Scope, status: int, sent: int, seconds: float) -> dict[str, Any]:
        client, *_ = scope.get("client") or ("-",)
        return {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            # Of a proxy's header it may be as long as a path.
            "client": client[:_MOST_CHARACTERS],
            "method": scope["method"],
            # Cut afterwards: the beginning of a token would not be known for one.
            "path": self._hide(scope["path"])[:_MOST_CHARACTERS],
            "status": status,
            "bytes": sent,
            "milliseconds": round(1000 * seconds, 2),
        }
