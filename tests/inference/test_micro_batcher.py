"""What a request meets that comes alone, with others, or large; of a model that is no network."""

import asyncio
import io
import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ic_tf_sdk.contract import container_answer, image_cost
from ic_tf_sdk.contract.container_answer import PROBABILITIES, Form, RequestError
from ic_tf_sdk.inference import large_images
from ic_tf_sdk.inference.endpoint import micro_batcher
from ic_tf_sdk.inference.endpoint.micro_batcher import MicroBatcher
from tests.inference.plain_model import PlainModel, picture

EVERY = (container_answer.PLAIN, container_answer.CALIBRATED, container_answer.UNKNOWN)
LARGE = picture(255, side=64)


@pytest.fixture(autouse=True)
def _one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    monkeypatch.setattr(
        large_images, "_QUICK_WORK", image_cost.measure(io.BytesIO(LARGE), chunks=False).work - 1
    )


@pytest.fixture
def model() -> PlainModel:
    return PlainModel()


@contextmanager
def closed(model: PlainModel) -> Iterator[None]:
    model.open.clear()
    try:
        yield
    finally:
        model.open.set()


def run(batcher: MicroBatcher, work: Callable[[], Awaitable[Any]]) -> Any:
    async def within() -> Any:
        async with batcher:
            return await asyncio.wait_for(work(), 30)

    return asyncio.run(within())


async def until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0.001)


def light(answer: Any) -> float:
    found: float = answer["probabilities"][1]
    return found


@pytest.mark.parametrize(
    ("graph", "calls", "batches"),
    [("exact", ["predict"], []), ("auto", ["alone"], [1]), ("folded", ["alone"], [1])],
)
def test_a_request_alone_is_answered_by_itself_also_after_another(
    graph: Any,
    calls: list[str],
    batches: list[int],
    model: PlainModel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[int] = []
    batcher = MicroBatcher(model, graph=graph, on_batch=told.append)
    # It does not wait for a worker to gather it.
    monkeypatch.setattr(batcher, "_with_others", None)

    async def work() -> list[float]:
        return [light(await batcher.predict(picture(one), PROBABILITIES)) for one in (255, 0, 255)]

    assert run(batcher, work) == [1, 0, 1]
    assert [name for name, _ in model.calls("predict", "alone", "folded", "classify")] == calls * 3
    assert told == batches * 3


@pytest.mark.parametrize("graph", ["auto", "folded"])
def test_those_that_come_together_are_answered_together_eight_at_most(
    graph: Any, model: PlainModel
) -> None:
    told: list[int] = []
    batcher = MicroBatcher(model, graph=graph, on_batch=told.append)
    greys = [0, 255] * 10

    async def work() -> Any:
        with closed(model):
            first = asyncio.create_task(batcher.predict(picture(255), PROBABILITIES))
            await until(lambda: len(model.asked) > 1)
        assert light(await first) == 1
        told.clear()
        # Past the decoding, which one core does one by one.
        pixels = [model.load_image(picture(grey)) for grey in greys]
        return await asyncio.gather(*(batcher._with_others(one, PROBABILITIES) for one in pixels))

    assert list(map(light, run(batcher, work))) == [grey / 255 for grey in greys]
    assert told == [8, 8, 4]
    assert model.calls("folded")[-3:] == [("folded", 8), ("folded", 8), ("folded", 4)]


def test_with_another_in_flight_a_request_joins_a_batch(model: PlainModel) -> None:
    told: list[int] = []
    batcher = MicroBatcher(model, graph="auto", on_batch=told.append)

    async def work() -> Any:
        with closed(model):
            tasks = [
                asyncio.create_task(batcher.predict(picture(255), PROBABILITIES)) for _ in range(3)
            ]
            await until(lambda: batcher._in_flight == 3)
        return await asyncio.gather(*tasks)

    assert list(map(light, run(batcher, work))) == [1, 1, 1]
    assert len(model.calls("alone")) == 1
    assert sum(told) == 3
    assert batcher._in_flight == 0


def test_the_exact_graph_alone_needs_no_folded_one(model: PlainModel) -> None:
    batcher = MicroBatcher(model, graph="exact")

    async def work() -> Any:
        every = (batcher.predict(picture(255), PROBABILITIES) for _ in range(3))
        return [*await asyncio.gather(*every), await batcher.predict(LARGE, PROBABILITIES)]

    batcher.warm_up()
    assert list(map(light, run(batcher, work))) == [1] * 4
    assert model.calls("folded") == []
    assert model.calls("classify") == [("classify", 1)]


@pytest.mark.parametrize(
    ("graph", "call"), [("exact", "classify"), ("auto", "folded"), ("folded", "folded")]
)
def test_a_large_picture_is_decoded_in_the_background(
    graph: Any, call: str, model: PlainModel
) -> None:
    batcher = MicroBatcher(model, graph=graph)

    async def work() -> Any:
        alone = await batcher.predict(LARGE, PROBABILITIES)
        assert [name for name, _ in model.calls("classify", "folded")] == [call]
        batcher._in_flight = 1
        return light(alone), light(await batcher.predict(LARGE, PROBABILITIES))

    assert run(batcher, work) == (1, 1)
    assert model.calls("large") == [("large", len(LARGE))] * 2
    assert [name for name, _ in model.calls("classify", "folded")] == [call] * 2
    assert model.calls("background") == [("background", 1)]


def test_one_large_picture_too_many_is_refused(model: PlainModel) -> None:
    batcher = MicroBatcher(model, graph="auto")

    async def work() -> Any:
        for _ in range(2):
            with closed(model):
                tasks = [
                    asyncio.create_task(batcher.predict(LARGE, PROBABILITIES)) for _ in range(32)
                ]
                await until(lambda: batcher._large == 32)
                with pytest.raises(RequestError, match="32 large images are waiting") as refused:
                    await batcher.predict(LARGE, PROBABILITIES)
                assert refused.value.status == "503 Service Unavailable"
            assert list(map(light, await asyncio.gather(*tasks))) == [1] * 32

    run(batcher, work)
    assert micro_batcher.MOST_LARGE == 32


def test_an_answer_that_the_model_has_not_is_refused(model: PlainModel) -> None:
    batcher = MicroBatcher(model, graph="auto")

    async def work() -> None:
        with pytest.raises(RequestError, match="no answers for unknown=true"):
            await batcher.predict(picture(0), Form(unknown=True))

    run(batcher, work)


def test_a_batch_that_fails_fails_its_requests_alone(model: PlainModel) -> None:
    batcher = MicroBatcher(model, graph="folded")
    pixels = model.load_image(picture(255))

    async def work() -> float:
        model.failure = ArithmeticError("broken")
        both = (batcher._with_others(pixels, PROBABILITIES) for _ in range(2))
        answers = await asyncio.gather(*both, return_exceptions=True)
        assert [str(one) for one in answers] == ["broken", "broken"]
        model.failure = None
        return light(await batcher._with_others(pixels, PROBABILITIES))

    assert run(batcher, work) == 1


def test_who_has_gone_disturbs_nobody(model: PlainModel) -> None:
    batcher = MicroBatcher(model, graph="folded")
    pixels = model.load_image(picture(255))

    async def work() -> float:
        with closed(model):
            one = asyncio.create_task(batcher._with_others(pixels, PROBABILITIES))
            await until(lambda: len(model.calls("folded")) == 1)
            one.cancel()
            await asyncio.wait([one])
        return light(await batcher._with_others(pixels, PROBABILITIES))

    assert run(batcher, work) == 1


def test_each_form_and_each_size_of_a_batch_is_warm_before_the_first_request() -> None:
    model = PlainModel(signatures=EVERY)
    batcher = MicroBatcher(model, graph="auto")
    batcher.warm_up()
    forms = [PROBABILITIES, Form(unknown=True), Form(calibrated=True)]
    # Of two pictures; then trials of which way is the quicker one, 25 where none takes any time.
    assert [form for _, form in model.calls("predict")] == [*forms * 2, *[PROBABILITIES] * 25]
    assert [count for _, count in model.calls("folded")] == list(range(1, 9))
    assert len(model.calls("alone")) == 2 + 25
    plain = PlainModel()
    MicroBatcher(plain, graph="exact").warm_up()
    assert [form for _, form in plain.calls("predict")] == [PROBABILITIES] * 2


def test_as_many_run_as_there_are_cores(model: PlainModel, monkeypatch: pytest.MonkeyPatch) -> None:
    for cores, count in ((None, 1), (3, 3)):
        monkeypatch.setattr(os, "cpu_count", lambda cores=cores: cores)
        batcher = MicroBatcher(model, graph="auto")
        assert batcher._decoders._max_workers == batcher._runners._max_workers == count
        assert batcher._count == count


def test_at_the_end_what_waits_is_given_up_and_no_large_picture_is_waited_for(
    model: PlainModel,
) -> None:
    batcher = MicroBatcher(model, graph="auto")
    pools = (batcher._decoders, batcher._runners, batcher._large_decoders)
    gates = [threading.Event() for _ in pools]
    ran: list[int] = []

    def work(place: int) -> None:
        assert gates[place].wait(30)
        ran.append(place)

    def end_when_told(place: int) -> None:
        """What runs ends once its pool takes no more: not before what waits is given up."""
        while not gates[place].wait(0.001):
            with pools[place]._shutdown_lock:
                if pools[place]._shutdown:
                    gates[place].set()

    async def fill() -> None:
        for place, pool in enumerate(pools):
            for _ in range(3):
                pool.submit(work, place)
        for place in (0, 1):
            threading.Thread(target=end_when_told, args=[place]).start()

    run(batcher, fill)
    assert sorted(ran) == [0, 1]
    gates[2].set()
    pools[2].shutdown()
    assert sorted(ran) == [0, 1, 2]


def test_at_the_end_nothing_gathers_any_more(model: PlainModel) -> None:
    batcher = MicroBatcher(model, graph="auto")

    async def work() -> list[bool]:
        async with batcher:
            await asyncio.sleep(0)
        await asyncio.wait(batcher._workers, timeout=5)
        return [worker.cancelled() for worker in batcher._workers]

    assert asyncio.run(work()) == [True]
