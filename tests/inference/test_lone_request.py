"""What answers a request that is alone: the quicker of two ways, in the same words and numbers."""

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ic_tf_sdk.contract.container_answer import PROBABILITIES, Form, RequestError
from ic_tf_sdk.inference.endpoint import micro_batcher
from ic_tf_sdk.inference.endpoint.micro_batcher import Graph, MicroBatcher
from ic_tf_sdk.inference.served_model import ServedModel

FORMS = [PROBABILITIES, Form(calibrated=True), Form(unknown=True)]


class Timed:
    """A model that takes so many seconds for an image by either way, and notes which it was.

    Attributes:
        asked: The ways.
        now: The time, which passes by nothing else.
    """

    now = 1000.0

    def __init__(self, *, split: float, whole: float) -> None:
        self._seconds = {"split": split, "whole": whole}
        self.asked: list[str] = []

    def predict(self, images: list[bytes], form: Form = PROBABILITIES) -> list[dict[str, Any]]:
        return [{"way": self._took("split")} for _ in images]

    def folded_of_image(self) -> Any:
        return lambda image: {"way": self._took("whole")}

    def _took(self, way: str) -> str:
        self.asked.append(way)
        self.now += self._seconds[way]
        return way

    def answers(self, outputs: dict[str, Any], forms: list[Form]) -> list[dict[str, Any]]:
        return [outputs for _ in forms]

    def folded(self) -> Any:
        return lambda pixels: {"way": "together"}

    def load_image(self, image: bytes) -> Any:
        return np.zeros((2, 2, 3), np.float32)

    def background_loader(self, threads: int) -> Any:
        return self.load_image

    def has(self, form: Form) -> bool:
        return form == PROBABILITIES

    def require(self, form: Form) -> None: ...


def alone(model: Any, graph: Graph, image: bytes = b"", form: Form = PROBABILITIES) -> Any:
    """The answer to one request, after a warm-up."""

    async def run() -> Any:
        batcher = MicroBatcher(model, graph=graph)
        batcher.warm_up()
        async with batcher:
            return await batcher.predict(image, form)

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("graph", "split", "whole", "way"),
    [
        ("auto", 8, 10, "split"),
        # A tenth less is not worth the other cores' time.
        ("auto", 9, 10, "whole"),
        ("auto", 20, 1, "whole"),
        ("folded", 1, 20, "whole"),
        ("exact", 20, 1, "split"),
    ],
)
def test_auto_takes_for_a_request_that_is_alone_what_was_quicker_at_the_start(
    graph: Graph, split: float, whole: float, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Timed(split=split, whole=whole)
    monkeypatch.setattr(micro_batcher.time, "perf_counter", lambda: model.now)
    assert alone(model, graph) == {"way": way}


@pytest.mark.parametrize(
    ("each", "tries"), [(0.001, 25), (0.009, 25), (1 / 64, 16), (0.02, 13), (3.0, 5)]
)
def test_it_is_tried_often_but_not_for_long(
    each: float, tries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pair takes twice ``each`` seconds: half a second, five tries at least and 25 at most."""
    asked = {}
    for graph in ("auto", "folded"):
        model = Timed(split=each, whole=each)
        monkeypatch.setattr(micro_batcher.time, "perf_counter", lambda model=model: model.now)
        MicroBatcher(model, graph=graph).warm_up()
        asked[graph] = len(model.asked)
    assert asked["auto"] - asked["folded"] == 2 * tries


def test_other_work_during_a_few_tries_does_not_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Timed(split=0.009, whole=0.007)
    undisturbed = model._took

    def took(way: str) -> str:
        # Of 25 tries the first ten, where what runs on one thread shares its core.
        if way == "whole" and len(model.asked) < 2 * 10:
            model.now += 0.02
        return undisturbed(way)

    monkeypatch.setattr(model, "_took", took)
    monkeypatch.setattr(micro_batcher.time, "perf_counter", lambda: model.now)
    assert alone(model, "auto") == {"way": "whole"}


def test_the_exact_graph_is_all_that_is_run_where_it_is_asked_for() -> None:
    model = Timed(split=0, whole=0)
    alone(model, "exact")
    assert set(model.asked) == {"split"}


@pytest.mark.parametrize("form", FORMS)
def test_a_request_that_is_alone_gets_the_signatures_numbers(
    fine_tuned: Path, photos: list[Path], form: Form
) -> None:
    model = ServedModel(fine_tuned)
    answer = model.folded_of_image()
    for photo in photos:
        [found] = model.answers(answer(photo.read_bytes()), [form])
        [expected] = model.predict([photo.read_bytes()], form)
        assert found.pop("probabilities") == pytest.approx(expected.pop("probabilities"), abs=1e-6)
        if form.unknown:
            score = expected.pop("unknown_score")
            # In standard deviations, of which one may be a thousandth.
            assert found["unknown_score"] == pytest.approx(score, abs=1e-3)
        found.pop("unknown_score", None)
        assert found == expected


@pytest.mark.parametrize("image", [b"GIF89a", b"\xff\xd8\xff\xe0 no JPEG", b"\x89PNG\r\n\x1a\n"])
def test_a_request_that_is_alone_is_refused_in_the_signatures_words(
    fine_tuned: Path, image: bytes
) -> None:
    model = ServedModel(fine_tuned)
    with pytest.raises(RequestError) as expected:
        model.load_image(image)
    with pytest.raises(RequestError) as found:
        model.folded_of_image()(image)
    assert (found.value.status, str(found.value)) == (expected.value.status, str(expected.value))
