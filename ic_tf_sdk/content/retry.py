"""Downloads that are tried again."""

import urllib.error
from collections.abc import Callable
from http.client import HTTPException
from typing import TypeVar

from ic_tf_sdk import extras
from ic_tf_sdk.errors import DownloadError

__all__ = ["ATTEMPTS", "call"]

ATTEMPTS = 3

PAUSE_SECONDS = 2.0
"""Waited before the second attempt, and twice as long before the third."""

# What urllib, requests and the unpacking of half a file raise.
_BREAKS = (OSError, EOFError, ValueError, RuntimeError, HTTPException)

# Asking again does not help against these.
_PERMANENT = (400, 401, 403, 404, 410)

Result = TypeVar("Result")


def call(what: str, fetch: Callable[[], Result], *, remedies: str) -> Result:
    """Try a download up to three times.

    Args:
        what: The download's address, for the message.
        fetch: Called without arguments; downloads, and raises where that breaks off.
        remedies: Sentences that say what to do where it cannot be had.

    Returns:
        What ``fetch`` returns.

    Raises:
        DownloadError: The host refuses it, or it broke off at each attempt.
        MissingExtraError: From ``fetch``; not tried again.
    """
    tenacity = extras.load("tenacity")
    attempts = tenacity.Retrying(
        stop=tenacity.stop_after_attempt(ATTEMPTS),
        wait=tenacity.wait_exponential(multiplier=PAUSE_SECONDS),
        retry=tenacity.retry_if_exception(_may_pass),
        reraise=True,
    )
    try:
        result: Result = attempts(fetch)
    except _BREAKS as error:
        _drop_frames(error)
        raise DownloadError(f"{what} cannot be downloaded: {error}. {remedies}") from error
    return result


def _drop_frames(error: BaseException | None) -> None:
    """Drop the frames of an error and of those that led to it.

    tenacity keeps the error until the next collection of garbage; the frames hold the connection.
    """
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__


def _may_pass(error: BaseException) -> bool:
    """Whether a failure is worth another attempt."""
    if not isinstance(error, _BREAKS):
        return False
    if isinstance(error, urllib.error.HTTPError):
        return error.code not in _PERMANENT
    # kagglehub's are those of requests.
    return getattr(getattr(error, "response", None), "status_code", None) not in _PERMANENT
