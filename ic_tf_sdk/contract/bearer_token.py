"""The tokens that a local endpoint asks for: where they are given, compared, sent and hidden.

They come from the environment or from a file, never from a command line, which every user of a
machine can read while the command runs.
"""

import hashlib
import hmac
import os
import re
from collections.abc import Sequence
from pathlib import Path

from ic_tf_sdk import settings
from ic_tf_sdk.contract import file_access, regular_file
from ic_tf_sdk.errors import UserError

__all__ = ["FILE_VARIABLE", "TOKEN_VARIABLE", "BearerTokens", "child_environment", "configured"]

TOKEN_VARIABLE = "IC_TF_SDK_ENDPOINT_TOKEN"  # noqa: S105 - where it is
"""The environment variable with the token."""

FILE_VARIABLE = "IC_TF_SDK_ENDPOINT_TOKEN_FILE"
"""The environment variable with the path of a file of tokens, one a line."""

# What RFC 6750 allows: it fits into a header, a variable and a URL as it is.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
_LEAST_CHARACTERS = 16
_MOST_BYTES = 1 << 16
_MAKE = 'python -c "import secrets; print(secrets.token_urlsafe(32))" makes one'


class BearerTokens:
    """Tokens, each of which lets a request in; none of them, and every request is let in.

    Args:
        tokens: Several where one takes the place of another.
    """

    def __init__(self, tokens: Sequence[str] = ()) -> None:
        self._tokens = tuple(tokens)
        self._digests = [_digest(token) for token in tokens]

    def __bool__(self) -> bool:
        return bool(self._tokens)

    # No traceback and no debugger shall show one.
    def __repr__(self) -> str:
        return f"<BearerTokens: {len(self._tokens)}>"

    @property
    def headers(self) -> dict[str, str]:
        """What a request sends to be let in, by the first token; nothing where there is none."""
        return {"Authorization": f"Bearer {self._tokens[0]}"} if self._tokens else {}

    def allow(self, authorization: Sequence[str]) -> bool:
        """Whether a request is let in; the time this takes says nothing of the tokens.

        Args:
            authorization: The values of its Authorization headers.
        """
        if not self._tokens:
            return True
        if len(authorization) != 1:
            return False
        scheme, _, token = authorization[0].strip().partition(" ")
        digest = _digest(token.strip())
        # All of them, so that it does not tell which one it was.
        equal = [hmac.compare_digest(digest, one) for one in self._digests]
        return scheme.lower() == "bearer" and any(equal)

    def hidden(self, text: str) -> str:
        """A text in which none of the tokens stands, whoever has put it there.

        Args:
            text: A line of a log, for example with the path that a client asked for.
        """
        # The longest first: one may be the beginning of another.
        for token in sorted(self._tokens, key=len, reverse=True):
            text = text.replace(token, "[token]")
        return text


def configured() -> BearerTokens:
    """The tokens of ``settings.endpoint_token``, of the environment, or of the file it names.

    Raises:
        UserError: They are given in two places, or one of them is no token; the text has none.
        FileAccessError: The file cannot be read.
    """
    if settings.endpoint_token is not None:
        return _checked([settings.endpoint_token], "settings.endpoint_token")
    token, path = os.environ.get(TOKEN_VARIABLE), os.environ.get(FILE_VARIABLE)
    if token is not None and path is not None:
        raise UserError(f"Set one of {TOKEN_VARIABLE} and {FILE_VARIABLE}, not both.")
    if token is not None:
        return _checked([token.strip()], TOKEN_VARIABLE)
    return BearerTokens() if path is None else _checked(_lines(path), f"{FILE_VARIABLE} ({path})")


def child_environment() -> dict[str, str]:
    """The environment for an endpoint in a process of its own, with the tokens of this one."""
    variables = dict(os.environ)
    if settings.endpoint_token is not None:
        variables.pop(FILE_VARIABLE, None)
        variables[TOKEN_VARIABLE] = settings.endpoint_token
    return variables


def _lines(path: str) -> list[str]:
    if not path.strip():
        return []
    with file_access.refusals(path):
        text = regular_file.read(Path(path), most=_MOST_BYTES).decode(errors="replace")
    return [line.strip() for line in text.splitlines() if line.strip()]


def _checked(tokens: Sequence[str], place: str) -> BearerTokens:
    """The tokens, if each is one; an empty one would let nobody in, or everybody."""
    if not any(tokens):
        raise UserError(
            f"{place} holds no token. {_MAKE}; leave the setting away for an endpoint that asks "
            "for none."
        )
    for token in tokens:
        if len(token) < _LEAST_CHARACTERS or not _TOKEN.fullmatch(token):
            raise UserError(
                f"{place} holds a token of {len(token)} characters that cannot be used: it takes "
                f"at least {_LEAST_CHARACTERS} of A-Z a-z 0-9 - . _ ~ + /, and = at the end. "
                f"{_MAKE}."
            )
    return BearerTokens(tokens)


def _digest(token: str) -> bytes:
    """Of one length, whatever the token's: a comparison then tells nothing of it."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()
