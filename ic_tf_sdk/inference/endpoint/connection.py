"""One connection of the endpoint, which a client can hold only as long as it gets on.

uvicorn has a time limit for a connection between two requests, and none for a request that does not
come to its end, for its headers' length, or for a client that does not read its answer.
"""

import asyncio
import socket
import struct
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["HEADER_BYTES", "HEADER_SECONDS", "LINGER_SECONDS", "MOST_CONNECTIONS", "Connection"]

HEADER_SECONDS = 10.0
"""A request's headers must have arrived after so long; so must the first of them."""

HEADER_BYTES = 1 << 16
"""What they, with the address in front of them, may take."""

LINGER_SECONDS = 10.0
"""How long a client may go on sending a body that is answered, or leave an answer unread."""

MOST_CONNECTIONS = 512
"""One more takes the place of the connection that has been idle for longest."""

_EMPTY = (
    b"connection: close\r\ncontent-length: 0\r\nx-content-type-options: nosniff\r\n"
    b"content-security-policy: default-src 'none'; frame-ancestors 'none'\r\n\r\n"
)
_INVALID = b"HTTP/1.1 400 Bad Request\r\n" + _EMPTY
_TIMEOUT = b"HTTP/1.1 408 Request Timeout\r\n" + _EMPTY
_TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\n" + _EMPTY


class Connection(HttpToolsProtocol):
    """uvicorn's connection, with deadlines: ``uvicorn.Config(http=Connection)``."""

    _timer: asyncio.TimerHandle | None = None
    _reading: asyncio.TimerHandle | None = None
    _header_bytes: int
    _since: float

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Expect headers; make room for this connection."""
        super().connection_made(transport)
        self._since = self.loop.time()
        self._expect_headers()
        if len(self.connections) > MOST_CONNECTIONS:
            # Only connections of this class are here.
            others: list[Any] = [one for one in self.connections if one is not self]
            idle = [one for one in others if one._is_idle()]
            if idle:
                min(idle, key=lambda one: one._since)._abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget every deadline."""
        self._stop_timer()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; headers have a deadline and a length."""
        # Between two requests: the first bytes of the next one, or of nothing.
        if self._timer is None and self._awaits_headers():
            self._expect_headers()
        self._header_bytes += len(data)
        super().data_received(data)
        if self._header_bytes > HEADER_BYTES and self._awaits_headers():
            self._end(_TOO_LONG)

    def send_400_response(self, _: str) -> None:
        """Answer what is no HTTP."""
        self._end(_INVALID)

    def on_headers_complete(self) -> None:
        """Go over to the body, which the application waits for."""
        self._stop_timer()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is here: nothing of it is waited for."""
        if self.cycle.response_complete:
            self._stop_timer()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Wait for the rest of a body that is answered, but not for long."""
        super().on_response_complete()
        self._since, self._header_bytes = self.loop.time(), 0
        if self.cycle.more_body and self.cycle.response_complete:
            self._stop_timer()
            self._timer = self.loop.call_later(LINGER_SECONDS, self._abort)

    def pause_writing(self) -> None:
        """The client does not read: it has some time for it."""
        super().pause_writing()
        self._reading = self.loop.call_later(LINGER_SECONDS, self._abort)

    def resume_writing(self) -> None:
        """It has read."""
        if self._reading is not None:
            self._reading.cancel()
        super().resume_writing()

    def _expect_headers(self) -> None:
        self._header_bytes = 0
        self._timer = self.loop.call_later(HEADER_SECONDS, self._end, _TIMEOUT)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self, answer: bytes) -> None:
        self._stop_timer()
        if not self.transport.is_closing():
            self.transport.write(answer)
            self.transport.close()

    def _abort(self) -> None:
        """End the connection, and what the system holds for a client that does not read it."""
        held: Any = self.transport.get_extra_info("socket")
        if held is not None:
            # Else the system would go on to offer it the rest, megabytes, for minutes.
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def _is_idle(self) -> bool:
        """Whether no request is being answered."""
        cycle: Any = self.cycle
        return cycle is None or bool(cycle.response_complete)

    def _awaits_headers(self) -> bool:
        """Whether nothing of a request is here but, perhaps, some of its headers."""
        cycle: Any = self.cycle
        return cycle is None or (cycle.response_complete and not cycle.more_body)
