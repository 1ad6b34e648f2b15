"""The pictures whose class the page's user says, where the endpoint collects them."""

import asyncio
from pathlib import Path
from typing import Any, NamedTuple

from starlette.requests import Request

from ic_tf_sdk.contract.container_answer import RequestError
from ic_tf_sdk.inference.answering_model import AnsweringModel
from ic_tf_sdk.inference.endpoint.collection import MOST_BYTES, MOST_IMAGES, Collection, Kept

__all__ = ["Collecting", "Corrections"]


class Collecting(NamedTuple):
    """Where an endpoint collects pictures.

    Attributes:
        folder: The folder, from ``collection.prepare``.
        most_images: Pictures that it holds at most.
        most_bytes: Bytes of all of them.
    """

    folder: Path
    most_images: int = MOST_IMAGES
    most_bytes: int = MOST_BYTES


class Corrections:
    """What asks to keep a picture under a class, of one endpoint.

    Args:
        collecting: Where; None keeps none.

    Attributes:
        allowed: Whether any is kept.
    """

    def __init__(self, collecting: Collecting | None) -> None:
        self._collecting = collecting
        self._collection: Collection | None = None
        self.allowed = collecting is not None
        # One after the other: each is a person's click.
        self._turn = asyncio.Lock()

    def open(self, model: AnsweringModel) -> None:
        """Look into the folder, once the model's classes are known.

        Args:
            model: Loaded.

        Raises:
            UserError: The folder is of another model.
        """
        if self._collecting is not None:
            folder, images, size = self._collecting
            self._collection = Collection(folder, model.labels, most_images=images, most_bytes=size)

    def refuse(self) -> None:
        """Refuse before anything is read.

        Raises:
            RequestError: 403 where nothing is kept.
        """
        if not self.allowed:
            raise RequestError(
                "403 Forbidden",
                "This endpoint keeps no picture; `ic-tf serve --collect DIR` does.",
            )

    def asked(self, request: Request) -> tuple[str, str]:
        """The class and the name that a request gives, before its body is read.

        Args:
            request: Its query has ``label``, and perhaps ``name``.

        Raises:
            RequestError: 400 without a class of the model.
        """
        assert self._collection is not None
        label = request.query_params.get("label")
        if label is None:
            raise RequestError(
                "400 Bad Request", "Say the picture's class: POST /corrections?label=CLASS."
            )
        self._collection.refuse_unknown(label)
        return label, request.query_params.get("name", "")

    async def keep(self, model: AnsweringModel, image: bytes, label: str, name: str) -> Kept:
        """Keep a picture that decodes.

        Args:
            model: Loaded.
            image: An encoded JPEG or PNG that the endpoint takes.
            label: From ``asked``.
            name: Likewise.

        Raises:
            RequestError: 400 of an image that does not decode, 507 where there is no room.
        """
        collection: Any = self._collection

        def work() -> Kept:
            model.load_image(image)
            kept: Kept = collection.keep(image, label, name)
            return kept

        async with self._turn:
            # A client that goes away does not break it off.
            return await asyncio.shield(asyncio.to_thread(work))
