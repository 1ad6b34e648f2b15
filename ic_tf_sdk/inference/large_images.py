"""Large images: decoded a few at a time, in the background, so that no other request waits."""

import io
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import cache
from typing import Any

from ic_tf_sdk.contract import container_handler, image_cost
from ic_tf_sdk.contract.served_pixels import most_pixels
from ic_tf_sdk.inference import available_memory
from ic_tf_sdk.inference.answering_model import AnsweringModel

__all__ = ["at_once", "background_loader", "is_large", "load"]

_BYTES_PER_PIXEL = 9
"""Of the decoder, at its most: a PNG with transparency."""

_QUICK_WORK = 1 << 24
"""A photo of 16 megapixels: what is no more takes so little time that it waits for nothing."""

# Against threads that answer, a tenth of a core; all of a core that is idle.
_NICENESS = 10


def is_large(image: bytes) -> bool:
    """Whether decoding takes so long that others should not wait for it.

    Args:
        image: An encoded image.
    """
    return image_cost.measure(io.BytesIO(image), chunks=False).work > _QUICK_WORK


def at_once(most_pixels: int) -> int:
    """How many large images may be decoded at a time: at least one.

    One core stays free for the others, and all of them together take half of the memory.

    Args:
        most_pixels: Pixels of the largest.
    """
    cores = (os.cpu_count() or 1) - 1
    return max(1, min(cores, available_memory.granted() // 2 // (_BYTES_PER_PIXEL * most_pixels)))


def load(model: AnsweringModel, data: bytes) -> Any:
    """Decode one image of many, in any thread; large ones a few at a time.

    Args:
        model: Loaded.
        data: What may be an encoded image.

    Returns:
        As ``AnsweringModel.load_image``.

    Raises:
        RequestError: It costs too much, or does not decode.
        UserError: The setting of the most pixels is no number.
    """
    limit = most_pixels()
    image = container_handler.read_image(data, container_handler.IMAGE_TYPES[0], limit)
    with _turn(limit) if is_large(image) else nullcontext():
        return model.load_image(image)


@cache
def _turn(limit: int) -> threading.Semaphore:
    return threading.Semaphore(at_once(limit))


def background_loader(model: AnsweringModel, threads: int) -> Callable[[bytes], Any]:
    """The model's ``background_loader``, on threads that give way to all others.

    Args:
        model: Loaded.
        threads: How many images are decoded at a time.
    """
    with ThreadPoolExecutor(1, initializer=_step_back) as builder:
        return builder.submit(model.background_loader, threads).result()


def _step_back() -> None:
    # Only there threads have priorities of their own, which the threads that they start inherit.
    if sys.platform == "linux":
        me = threading.get_native_id()
        # What has less already, as below `nice`, may not ask for more.
        niceness = max(_NICENESS, os.getpriority(os.PRIO_PROCESS, me))
        os.setpriority(os.PRIO_PROCESS, me, niceness)
