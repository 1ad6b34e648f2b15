"""Requests without the endpoint's token are refused, all but those that need none."""

from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ic_tf_sdk.contract.bearer_token import FILE_VARIABLE, TOKEN_VARIABLE, BearerTokens
from ic_tf_sdk.contract.container_answer import RequestError
from ic_tf_sdk.inference.endpoint import refusals

__all__ = ["Authentication"]

_NEEDED = (
    "This endpoint asks for a token: send it as `Authorization: Bearer TOKEN`. It is the one that "
    f"the endpoint was started with ({TOKEN_VARIABLE}, or the file of {FILE_VARIABLE})."
)


class Authentication:
    """ASGI middleware that answers 401 to a request without a token.

    What it does not know is refused, so that no new path is open by mistake.

    Args:
        app: What answers.
        tokens: Those that are let in; where there are none, everybody is.
        open_paths: Paths that are answered without.
    """

    def __init__(self, app: ASGIApp, *, tokens: BearerTokens, open_paths: Collection[str]) -> None:
        self._app = app
        self._tokens = tokens
        self._open_paths = frozenset(open_paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse before a byte of the body is read."""
        if scope["type"] != "http" or scope["path"] in self._open_paths:
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).getlist("authorization")
        answer = self._app if self._tokens.allow(given) else _refusal(given=bool(given))
        await answer(scope, receive, send)


def _refusal(*, given: bool) -> Response:
    reason = f"That is not the token. {_NEEDED}" if given else _NEEDED
    challenge = 'Bearer realm="ic-tf serve"' + (', error="invalid_token"' if given else "")
    error = RequestError("401 Unauthorized", reason)
    return refusals.answer(error, {"WWW-Authenticate": challenge})
