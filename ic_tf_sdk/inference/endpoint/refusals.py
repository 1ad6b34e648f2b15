"""Refusals as answers: JSON in the container's words, and what their status asks for."""

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ic_tf_sdk.contract import container_answer
from ic_tf_sdk.contract.container_answer import RequestError
from ic_tf_sdk.inference.endpoint import request_id

__all__ = ["answer", "of_failure", "of_http_exception"]

_NO_PAGE = "default-src 'none'; frame-ancestors 'none'"
# Who sends too slowly would go on, and who is told to come again later need not stay.
_HEADERS = {408: {"Connection": "close"}, 503: {"Retry-After": "1"}}


def answer(error: RequestError, headers: Mapping[str, str] | None = None) -> Response:
    """The answer to a request that is refused.

    Args:
        error: Why.
        headers: More of the answer's headers.
    """
    body, status = container_answer.error_body(error), int(error.status[:3])
    sent = {**_HEADERS.get(status, {}), **(headers or {})}
    return Response(body, status, sent, media_type="application/json")


async def of_http_exception(_: Request, error: HTTPException) -> Response:
    """The answer in place of Starlette's own: a path or method that is not there."""
    described = RequestError(f"{error.status_code} {error.detail}", str(error.detail))
    return answer(described, error.headers)


async def of_failure(_: Request, __: Exception) -> Response:
    """The answer of an endpoint that broke: Starlette logs the traceback, nothing for callers."""
    name = request_id.CURRENT.get() or "-"
    reason = f"The endpoint failed; its log says why, of the request {name}."
    error = RequestError("500 Internal Server Error", reason)
    # This answer passes by what puts these into all others.
    guards = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": _NO_PAGE}
    return answer(error, {**dict.fromkeys(request_id.HEADERS, name), **guards})
