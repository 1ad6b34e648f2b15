"""The name of a request, the caller's if it has one: in the answer and in its lines of the log."""

import re
import uuid
from contextvars import ContextVar

from starlette.datastructures import Headers

__all__ = ["CURRENT", "HEADERS", "read"]

HEADERS = ("X-Request-Id", "X-Amzn-RequestId")
"""The headers it comes in, and goes back in: the usual one, and SageMaker's."""

CURRENT: ContextVar[str | None] = ContextVar("request_id", default=None)
"""That of the request which the running code answers."""

# What UUIDs, traces and counters are made of. Anything else could forge a line or a header.
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:;=/+@-]{0,127}")


def read(headers: Headers) -> str:
    """A request's id: the first that is safe to repeat, else a new one.

    Args:
        headers: The request's.

    Returns:
        One to 128 printable characters of ASCII.
    """
    given = (headers.get(name, "") for name in HEADERS)
    return next((text for text in given if _SAFE.fullmatch(text)), None) or str(uuid.uuid4())
