"""The bodies of requests: read at a least speed, so many and so large at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

import anyio
from starlette.requests import ClientDisconnect, Request

from ic_tf_sdk.contract import container_handler
from ic_tf_sdk.contract.container_answer import RequestError

__all__ = ["BODY_SECONDS", "MOST_UNFINISHED", "Bodies"]

BODY_SECONDS = 60.0
"""A body must have arrived after so long: what SageMaker, too, gives a request in all."""

MOST_UNFINISHED = 128
"""Bodies that are arriving; one more ends the oldest, which is the slowest sender's."""

# What comes in drops is given up much earlier: the first seconds, and one more for each kilobyte.
_FIRST_SECONDS = 10.0
_BYTES_PER_SECOND = 1000


class Bodies:
    """All bodies that one endpoint holds.

    Args:
        limit: Bytes of one body.
        most_held: Bytes of all that are arriving or being answered.
    """

    def __init__(self, limit: int, most_held: int) -> None:
        self._limit = limit
        self._most_held = most_held
        self._held = 0
        # In the order in which they began.
        self._unfinished: dict[object, anyio.CancelScope] = {}

    async def read(self, request: Request) -> bytes:
        """A request's body; one too large is read to its end all the same, but not kept.

        A client that still sends would not read the refusal.

        Args:
            request: Within ``held``.

        Raises:
            RequestError: 408 of a slow sender, 413 of too large a body, 503 of more than can be
                held, 400 of a body that broke off.
        """
        _check_expected(request, self._limit)
        with anyio.CancelScope() as scope, self._among_unfinished(scope):
            try:
                return await self._read(request, scope)
            except ClientDisconnect as error:
                raise RequestError(
                    "400 Bad Request", "The body ended before its length."
                ) from error
        raise RequestError(
            "408 Request Timeout",
            f"The body did not arrive in time: it has {BODY_SECONDS:g} seconds, and must come "
            f"faster than {_BYTES_PER_SECOND} bytes a second.",
        )

    async def _read(self, request: Request, scope: anyio.CancelScope) -> bytes:
        parts: list[bytes] = []
        total, start = 0, anyio.current_time()
        scope.deadline = start + min(_FIRST_SECONDS, BODY_SECONDS)
        async for part in request.stream():
            total += len(part)
            seconds = _FIRST_SECONDS + total / _BYTES_PER_SECOND
            scope.deadline = start + min(seconds, BODY_SECONDS)
            if total > 4 * self._limit:
                break
            if total <= self._limit:
                parts.append(part)
                self._hold(request, len(part))
        if total > self._limit:
            raise container_handler.too_large(self._limit)
        return b"".join(parts)

    @contextmanager
    def held(self, request: Request) -> Iterator[None]:
        """Count what ``read`` keeps of a request until it is answered."""
        request.state.held = 0
        try:
            yield
        finally:
            self._held -= request.state.held

    def _hold(self, request: Request, count: int) -> None:
        request.state.held += count
        self._held += count
        if self._held > self._most_held:
            raise RequestError(
                "503 Service Unavailable", "Too many large requests are open; send it again."
            )

    @contextmanager
    def _among_unfinished(self, scope: anyio.CancelScope) -> Iterator[None]:
        if len(self._unfinished) >= MOST_UNFINISHED:
            next(iter(self._unfinished.values())).cancel()
        key = object()
        self._unfinished[key] = scope
        try:
            yield
        finally:
            del self._unfinished[key]


def _check_expected(request: Request, limit: int) -> None:
    """Refuse by the declared length a client that waits for leave to send, as curl does."""
    if request.headers.get("expect", "").lower() == "100-continue":
        declared = request.headers.get("content-length")
        container_handler.check_length(int(declared) if declared else None, limit)
