"""Downloads that are tried again."""

import time
import urllib.error
from collections.abc import Callable
from http.client import HTTPException
from typing import TypeVar

from ic_tf_sdk.errors import DownloadError, MissingExtraError

__all__ = ["ATTEMPTS", "until_done"]

ATTEMPTS = 3

PAUSE_SECONDS = 2.0
"""Waited before the second attempt, and twice as long before the third."""

# Asking again does not help against these.
_PERMANENT = (400, 401, 403, 404, 410)

Result = TypeVar("Result")


def until_done(what: str, fetch: Callable[[], Result], *, remedies: str) -> Result:
    """Try a download up to three times.

    Args:
        what: Its address, for the message.
        fetch: Downloads.
        remedies: What to do where it cannot be had.

    Raises:
        DownloadError: The host refuses it, or it broke off at each attempt.
        MissingExtraError: From ``fetch``; not tried again.
    """
    for attempt in range(ATTEMPTS):
        try:
            return fetch()
        except (OSError, EOFError, ValueError, RuntimeError, HTTPException) as error:
            if isinstance(error, MissingExtraError):
                raise
            if _is_final(error) or attempt == ATTEMPTS - 1:
                raise DownloadError(f"{what} cannot be downloaded: {error}. {remedies}") from error
        time.sleep(PAUSE_SECONDS * 2**attempt)
    raise AssertionError("unreachable: the last attempt returns or raises")


def _is_final(error: Exception) -> bool:
    if isinstance(error, urllib.error.HTTPError):
        return error.code in _PERMANENT
    # kagglehub's are those of requests.
    return getattr(getattr(error, "response", None), "status_code", None) in _PERMANENT
