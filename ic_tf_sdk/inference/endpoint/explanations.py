"""Where the model looks, for the page: one picture at a time, and no longer than a while."""

import asyncio
import logging
import time
from functools import partial

from ic_tf_sdk.contract.container_answer import RequestError
from ic_tf_sdk.errors import ArchiveError, UserError
from ic_tf_sdk.inference.answering_model import AnsweringModel
from ic_tf_sdk.inference.explanation import Explanation, explain

__all__ = ["EXPLANATION_SECONDS", "Explanations"]

EXPLANATION_SECONDS = 30.0
"""What takes longer is given up: it costs many times what an answer does."""

_LOG = logging.getLogger("ic_tf_sdk.endpoint")


class Explanations:
    """What asks for where the model looks, of one endpoint.

    Args:
        allowed: Whether any is answered.
    """

    def __init__(self, *, allowed: bool) -> None:
        self.allowed = allowed
        self._busy = False

    def refuse(self) -> None:
        """Refuse before a body is read.

        Raises:
            RequestError: 403 where this is turned off, 503 while another one is answered.
        """
        if not self.allowed:
            raise RequestError(
                "403 Forbidden",
                "This endpoint does not show where the model looks; `ic-tf serve --explain` does.",
            )
        if self._busy:
            raise RequestError(
                "503 Service Unavailable",
                "Another picture is being looked at, one at a time; send it again.",
            )

    async def of(self, model: AnsweringModel, image: bytes) -> Explanation:
        """Where the model looks in an image.

        Args:
            model: Loaded.
            image: An encoded JPEG or PNG that the endpoint takes.

        Raises:
            RequestError: 400 of an image that does not decode, 503 while another one is answered or
                where it takes too long.
        """
        self.refuse()
        self._busy = True
        until = float("inf")

        def check() -> None:
            # From the first call of the network: the whole model may have to be read before it.
            nonlocal until
            until = min(until, time.monotonic() + EXPLANATION_SECONDS)
            if time.monotonic() > until:
                raise TimeoutError

        work = asyncio.create_task(asyncio.to_thread(partial(explain, model, image, check=check)))
        # Not at the end of this call: a client that goes away does not end the thread.
        work.add_done_callback(self._done)
        try:
            return await asyncio.shield(work)
        except TimeoutError as error:
            raise RequestError(
                "503 Service Unavailable",
                f"Looking took more than {EXPLANATION_SECONDS:g} seconds, and was given up.",
            ) from error
        except ArchiveError as error:
            # Not the caller's fault, and with a path of this machine.
            _LOG.warning("Where the model looks cannot be worked out: %s", error)
            raise RequestError(
                "503 Service Unavailable",
                "The file of the model that answers was replaced or removed; the endpoint has to "
                "be started anew to show where it looks.",
            ) from error
        except UserError as error:
            raise RequestError("400 Bad Request", str(error)) from error

    def _done(self, work: "asyncio.Task[Explanation]") -> None:
        self._busy = False
        if not work.cancelled():
            # Asked for, so that nobody is told that it was never seen.
            work.exception()
