"""Dynamic micro-batching: requests that arrive while the model is busy are answered together."""

import asyncio
import logging
import os
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Literal, NamedTuple, ParamSpec, TypeVar

import numpy as np
from typing_extensions import Self

from ic_tf_sdk.contract import image_cost
from ic_tf_sdk.contract.container_answer import PROBABILITIES, Form, RequestError
from ic_tf_sdk.inference import grey_pictures, large_images
from ic_tf_sdk.inference.answering_model import AnsweringModel

__all__ = ["MAX_BATCH_SIZE", "Graph", "MicroBatcher"]

MAX_BATCH_SIZE = 8
"""Images in one call of the model. A small network takes less time for each of eight than for one
alone, a larger one as much, and more in batches that leave the cache (``docs/benchmarks.md``)."""

Graph = Literal["auto", "exact", "folded"]
"""``exact``: every request by itself through ``serving_default``, its operations split over the
cores, the numbers of TensorFlow Serving bit for bit. ``folded``: the graph of constants in batches,
each on one thread; probabilities differ by some 1e-6. ``auto``: folded, but a request that is alone
is split over the cores where the warm-up showed that this pays, as for a large network."""

MOST_LARGE = 32
"""Large images that are decoded or wait for it; one more is refused at once."""

# One of each signature.
_FORMS = (PROBABILITIES, Form(unknown=True), Form(calibrated=True))

# Less than a tenth of one caller's time is not worth the processor time of the other cores.
_WORTH = 0.9
# Beside other work five tries choose wrongly at one start in seven. A large network has no time for
# more, and needs them least.
_TRIES, _MOST_TRIES, _TRIED_SECONDS = 5, 25, 0.5

_LOG = logging.getLogger("ic_tf_sdk.endpoint")

_Given = ParamSpec("_Given")
_Found = TypeVar("_Found")


class _Waiting(NamedTuple):
    """A request whose pixels are decoded, float32 [height, width, 3]."""

    pixels: Any
    form: Form
    answered: "asyncio.Future[dict[str, Any]]"


class MicroBatcher:
    """Answers images one by one or together, whichever is there.

    Nothing waits for a batch to fill: while as many run as there are cores, the next gathers. Use
    it inside a running event loop, as an asynchronous context manager.

    Args:
        model: Loaded.
        graph: What to run.
        most_pixels: Pixels of the largest image that will come.
        on_batch: Called with the size of each batch of the folded graph.
    """

    def __init__(
        self,
        model: AnsweringModel,
        *,
        graph: Graph,
        most_pixels: int = image_cost.SERVED_PIXELS,
        on_batch: Callable[[int], None] | None = None,
    ) -> None:
        self._model = model
        self._graph = graph
        self._on_batch = on_batch or (lambda _: None)
        self._splits = graph == "exact"
        if not self._splits:
            self._folded, self._of_image = model.folded(), model.folded_of_image()
        self._in_flight = 0
        cores = os.cpu_count() or 1
        self._decoders = ThreadPoolExecutor(cores, "decode")
        # The folded graph runs on the thread that calls it.
        self._runners = ThreadPoolExecutor(cores, "model")
        self._count = cores
        at_once = large_images.at_once(most_pixels)
        self._load_large = large_images.background_loader(model, at_once)
        self._large_decoders = ThreadPoolExecutor(at_once, "decode-large")
        self._large = 0

    async def __aenter__(self) -> Self:
        """Start to gather batches."""
        self._waiting: asyncio.Queue[_Waiting] = asyncio.Queue()
        self._workers = [asyncio.create_task(self._work()) for _ in range(self._count)]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop; requests in flight are given up."""
        for worker in self._workers:
            worker.cancel()
        self._decoders.shutdown(cancel_futures=True)
        self._large_decoders.shutdown(wait=False, cancel_futures=True)
        self._runners.shutdown(cancel_futures=True)

    async def predict(self, image: bytes, form: Form) -> dict[str, Any]:
        """Classify one encoded image.

        Args:
            image: A JPEG or PNG.
            form: What the answer shall hold.

        Returns:
            What ``container_answer.response_body`` takes.

        Raises:
            RequestError: It does not decode, is one large image too many, or the model has no such
                answers.
        """
        self._model.require(form)
        if large_images.is_large(image):
            return await self._predict_large(image, form)
        self._in_flight += 1
        try:
            alone = self._in_flight == 1
            if self._graph == "exact" or (alone and self._splits):
                return (await self._in(self._decoders, self._model.predict, [image], form))[0]
            if alone:
                self._on_batch(1)
                return await self._in(self._decoders, self._run_alone, image, form)
            pixels = await self._in(self._decoders, self._model.load_image, image)
            return await self._with_others(pixels, form)
        finally:
            self._in_flight -= 1

    async def _predict_large(self, image: bytes, form: Form) -> dict[str, Any]:
        """As ``predict``, decoded in the background."""
        if self._large == MOST_LARGE:
            raise RequestError(
                "503 Service Unavailable",
                f"{MOST_LARGE} large images are waiting already; send it again, or a smaller one.",
            )
        self._large += 1
        try:
            pixels = await self._in(self._large_decoders, self._load_large, image)
        finally:
            self._large -= 1
        if self._graph == "exact":
            return (await self._in(self._runners, self._model.classify, [pixels], form))[0]
        return await self._with_others(pixels, form)

    async def _with_others(self, pixels: Any, form: Form) -> dict[str, Any]:
        """Classify decoded pixels in the next batch."""
        answered: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait(_Waiting(pixels, form, answered))
        return await answered

    def warm_up(self) -> None:
        """Run each form and batch size once: a shape's first call is slow. Blocks for seconds."""
        for encoded in grey_pictures.encoded():
            for form in filter(self._model.has, _FORMS):
                self._model.predict([encoded], form)
            if self._graph != "exact":
                self._run_alone(encoded, PROBABILITIES)
        if self._graph != "exact":
            self._warm_up_folded(encoded)

    def _warm_up_folded(self, image: bytes) -> None:
        pixels = self._model.load_image(image)
        for count in range(1, MAX_BATCH_SIZE + 1):
            self._run([pixels] * count, [PROBABILITIES] * count)
        if self._graph == "auto":
            self._splits = self._splitting_pays(image)

    def _splitting_pays(self, image: bytes) -> bool:
        """Whether one caller gets the answer sooner where operations are split over the cores."""
        calls = (
            lambda: self._model.predict([image]),
            lambda: self._run_alone(image, PROBABILITIES),
        )
        times: list[list[float]] = []
        until = time.perf_counter() + _TRIED_SECONDS
        while len(times) < _TRIES or (len(times) < _MOST_TRIES and time.perf_counter() < until):
            # In turns, so that other work slows both.
            times.append([_seconds(call) for call in calls])
        split, whole = map(statistics.median, zip(*times, strict=True))
        return bool(split < _WORTH * whole)

    async def _work(self) -> None:
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < MAX_BATCH_SIZE and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            self._on_batch(len(batch))
            for one, answer in zip(batch, await self._answers(batch), strict=True):
                _settle(one.answered, answer)

    async def _answers(self, batch: list["_Waiting"]) -> Sequence[dict[str, Any] | Exception]:
        pixels, forms = [one.pixels for one in batch], [one.form for one in batch]
        try:
            return await self._in(self._runners, self._run, pixels, forms)
        except Exception as error:
            # It is the answer to these requests; the worker goes on.
            _LOG.exception("A batch of %d images failed.", len(batch))
            return [error] * len(batch)

    def _run_alone(self, image: bytes, form: Form) -> dict[str, Any]:
        return self._model.answers(self._of_image(image), [form])[0]

    def _run(self, pixels: list[Any], forms: list[Form]) -> list[dict[str, Any]]:
        return self._model.answers(self._folded(np.stack(pixels)), forms)

    async def _in(
        self,
        pool: ThreadPoolExecutor,
        call: Callable[_Given, _Found],
        *values: _Given.args,
        **named: _Given.kwargs,
    ) -> _Found:
        return await asyncio.get_running_loop().run_in_executor(
            pool, partial(call, *values, **named)
        )


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _settle(answered: "asyncio.Future[Any]", answer: Any) -> None:
    if answered.done():  # the caller has gone
        return
    if isinstance(answer, Exception):
        answered.set_exception(answer)
    else:
        answered.set_result(answer)
