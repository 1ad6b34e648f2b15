"""A model without a network: how light a picture is, and what it was asked one after the other."""

import io
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from ic_tf_sdk.contract import container_answer
from ic_tf_sdk.contract.container_answer import PROBABILITIES, Form
from ic_tf_sdk.contract.model_info import ModelInfo
from ic_tf_sdk.inference.answering_model import AnsweringModel

LABELS = ("dark", "light")


def picture(light: int, side: int = 2) -> bytes:
    """A PNG of one grey, 0 to 255."""
    stream = io.BytesIO()
    Image.new("L", (side, side), light).save(stream, "PNG")
    return stream.getvalue()


class PlainModel(AnsweringModel):
    """It answers by how light a picture is.

    Args:
        info: What it says of itself.
        signatures: Forms of answer that it has.

    Attributes:
        asked: What was called, with how many pictures or threads.
        open: Cleared, it keeps the calls of ``predict``, ``classify`` and ``load_image`` waiting.
        failure: What a call of the network raises.
    """

    labels = LABELS
    units = 2
    height = width = 2
    info = None
    fingerprint = "plain"

    def __init__(
        self,
        info: ModelInfo | None = None,
        signatures: Sequence[str] = (container_answer.PLAIN,),
    ) -> None:
        self.info = info
        self.asked: list[tuple[str, Any]] = []
        self.open = threading.Event()
        self.open.set()
        self.failure: Exception | None = None
        self._signatures = set(signatures)

    def has(self, form: Form) -> bool:
        return set(form.signatures) <= self._signatures

    def load_image(self, image: bytes) -> Any:
        self._note("load", len(image))
        try:
            grey = Image.open(io.BytesIO(image)).convert("RGB").resize((2, 2))
        except UnidentifiedImageError as error:
            raise container_answer.undecodable("not an image", image) from error
        return np.asarray(grey, np.float32)

    def predict(self, images: Sequence[bytes], form: Form = PROBABILITIES) -> list[dict[str, Any]]:
        pixels = [self.load_image(image) for image in images]
        self._note("predict", form)
        return self.answers(self._run(np.stack(pixels)), [form] * len(pixels))

    def classify(self, pixels: Sequence[Any], form: Form = PROBABILITIES) -> list[dict[str, Any]]:
        self._note("classify", len(pixels))
        return self.answers(self._run(np.stack(pixels)), [form] * len(pixels))

    def folded(self) -> Callable[[Any], dict[str, Any]]:
        def run(pixels: Any) -> dict[str, Any]:
            self._note("folded", len(pixels))
            return self._run(pixels)

        return run

    def folded_of_image(self) -> Callable[[bytes], dict[str, Any]]:
        def run(image: bytes) -> dict[str, Any]:
            self._note("alone", len(image))
            return self._run(self.load_image(image)[np.newaxis])

        return run

    def background_loader(self, threads: int) -> Callable[[bytes], Any]:
        self._note("background", threads)

        def load(image: bytes) -> Any:
            self._note("large", len(image))
            return self.load_image(image)

        return load

    def calls(self, *names: str) -> list[tuple[str, Any]]:
        """Those of what was asked that have one of these names."""
        return [call for call in self.asked if call[0] in names]

    def _note(self, name: str, what: Any) -> None:
        self.asked.append((name, what))
        assert self.open.wait(30)

    def _run(self, pixels: Any) -> dict[str, Any]:
        if self.failure is not None:
            raise self.failure
        light = pixels.mean(axis=(1, 2, 3)) / 255
        rows = np.stack([1 - light, light], 1)
        return {
            "probabilities": rows,
            "calibrated_probabilities": rows**2,
            "unknown_score": light - 0.5,
        }
