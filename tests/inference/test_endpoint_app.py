"""The endpoint's application asked in this process, of a model that is no network."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ic_tf_sdk import settings
from ic_tf_sdk.contract import container_handler
from ic_tf_sdk.contract.container_answer import CALIBRATED, PLAIN, UNKNOWN
from ic_tf_sdk.errors import ArchiveError
from ic_tf_sdk.inference import available_memory
from ic_tf_sdk.inference.endpoint import app as application
from ic_tf_sdk.inference.endpoint import collection, explanations
from ic_tf_sdk.inference.endpoint.app import Endpoint
from ic_tf_sdk.inference.endpoint.callers import AllowedHosts
from ic_tf_sdk.inference.endpoint.corrections import Collecting
from ic_tf_sdk.inference.explanation import Explanation
from tests.inference.plain_model import PlainModel, picture

IMAGE = {"content-type": "application/x-image"}
LOADING = {"title": "Service Unavailable", "description": "The model is being loaded"}


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> PlainModel:
    made = PlainModel(signatures=(PLAIN, CALIBRATED, UNKNOWN))
    monkeypatch.setattr(application, "opened", lambda *_, **__: made)
    return made


async def ask(
    endpoint: Endpoint, path: str, body: bytes | None = None, **headers: str
) -> SimpleNamespace:
    """GET, or POST where there is a body."""
    sent: list[Any] = []
    path, _, query = path.partition("?")
    named = {"host": "localhost", **(IMAGE if body is not None else {}), **headers}
    parts = iter([{"type": "http.request", "body": body or b"", "more_body": False}])

    async def receive() -> Any:
        return next(parts, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET" if body is None else "POST",
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in named.items()],
    }
    await endpoint.app(scope, receive, send)
    content = b"".join(message.get("body", b"") for message in sent)
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return SimpleNamespace(
        status=sent[0]["status"], headers=found, body=content, json=lambda: json.loads(content)
    )


@asynccontextmanager
async def started(endpoint: Endpoint) -> AsyncIterator[None]:
    """Within it the endpoint lives, and has tried to load its model."""
    async with endpoint.app.router.lifespan_context(endpoint.app):
        while endpoint._batcher is None and endpoint.failure is None:
            await asyncio.sleep(0.002)
        yield


def answers(endpoint: Endpoint, *questions: Any) -> list[SimpleNamespace]:
    """What a loaded endpoint answers to a path, or a path and a body, one after the other."""

    async def work() -> list[SimpleNamespace]:
        async with started(endpoint):
            return [await ask(endpoint, *question) for question in questions]

    found: list[SimpleNamespace] = run(work())
    return found


def unloaded(endpoint: Endpoint, *question: Any) -> SimpleNamespace:
    """The answer of an endpoint whose server is about to start."""
    found: SimpleNamespace = run(ask(endpoint, *question))
    return found


def run(work: Coroutine[Any, Any, Any]) -> Any:
    async def within() -> Any:
        return await asyncio.wait_for(work, 30)

    return asyncio.run(within())


@pytest.mark.parametrize("graph", ["exact", "folded"])
def test_the_graph_that_answers_is_loaded_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, graph: Any
) -> None:
    """Of a large model the whole graph beside the folded one is as much memory again."""
    asked: list[bool] = []

    def opened(*_: Any, whole: bool) -> PlainModel:
        asked.append(whole)
        return PlainModel()

    monkeypatch.setattr(application, "opened", opened)
    [ping] = answers(Endpoint(tmp_path, graph=graph), ("/ping",))
    assert ping.status == 200
    assert asked == [graph == "exact"]


@pytest.mark.usefixtures("model")
def test_before_it_has_its_model_it_lives_and_answers_nothing(tmp_path: Path) -> None:
    endpoint = Endpoint(tmp_path, explain=True, collect=Collecting(tmp_path))
    assert unloaded(endpoint, "/live").status == 200
    questions = (
        ("/ping",),
        ("/model",),
        ("/invocations", picture(0)),
        ("/explanations", picture(0)),
        ("/corrections?label=dark", picture(0)),
    )
    for half in (None, PlainModel()):
        # Loaded and not yet tried is not ready, too.
        endpoint._model = half
        for question in questions:
            answer = unloaded(endpoint, *question)
            assert (answer.status, answer.json()) == (503, LOADING)
            assert answer.headers["retry-after"] == "1"
    assert b"ic_tf_ready 0.0" in unloaded(endpoint, "/metrics").body


def test_with_its_model_it_answers(model: PlainModel, tmp_path: Path) -> None:
    info: Any = SimpleNamespace(model_id="m-1", model_version="2.0", kind="k", fine_tuning=None)
    model.info = info
    ping, facts, answer, metrics, broken = answers(
        Endpoint(tmp_path),
        ("/ping",),
        ("/model",),
        ("/invocations", picture(255)),
        ("/metrics",),
        ("/invocations", b"<html>"),
    )
    assert ping.status == 200
    assert (facts.json()["model_id"], facts.json()["labels"]) == ("m-1", ["dark", "light"])
    assert answer.json() == {"probabilities": [0.0, 1.0]}
    assert b'ic_tf_model_info{model_id="m-1",model_version="2.0"} 1.0' in metrics.body
    assert b"ic_tf_ready 1.0" in metrics.body
    assert broken.status == 400
    assert "begin like HTML" in broken.json()["description"]


@pytest.mark.usefixtures("model")
def test_of_a_model_that_says_nothing_of_itself_nothing_is_said(tmp_path: Path) -> None:
    [metrics] = answers(Endpoint(tmp_path), ("/metrics",))
    assert b'ic_tf_model_info{model_id="",model_version=""} 1.0' in metrics.body


@pytest.mark.usefixtures("model")
def test_where_the_server_ends_no_more_requests_are_asked_for(tmp_path: Path) -> None:
    endpoint = Endpoint(tmp_path)

    async def work() -> SimpleNamespace:
        async with started(endpoint):
            endpoint.is_stopping = lambda: True
            return await ask(endpoint, "/ping")

    answer = run(work())
    assert answer.status == 503
    assert answer.json()["description"] == "The model is not answered any more: the endpoint ends"
    assert endpoint._batcher is not None
    assert endpoint._batcher._decoders._shutdown


def test_of_what_loading_raises_the_beginning_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised: list[Exception] = []

    def fail(*_: object, **__: object) -> None:
        raise raised[-1]

    monkeypatch.setattr(application, "opened", fail)
    told: list[None] = []
    for error, said in (
        (IndexError("x" * 300 + "\nat node"), f"cannot be served: {'x' * 200}. It is damaged"),
        (IndexError("short\nat node"), "cannot be served: short. It is damaged"),
        (MemoryError(), "cannot be served: MemoryError. It is damaged"),
        (ArchiveError("m has 5 labels."), "The model is not loaded: m has 5 labels."),
        (OSError(28, "No space left"), "The model is not loaded: [Errno 28] No space left"),
    ):
        raised.append(error)
        endpoint = Endpoint(tmp_path, on_failure=lambda: told.append(None))
        [ping] = answers(endpoint, ("/ping",))
        assert ping.status == 503
        assert said in ping.json()["description"]
    assert len(told) == 5


@pytest.mark.usefixtures("model")
def test_what_is_no_answer_in_time_is_given_up(
    model: PlainModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert application.ANSWER_TIMEOUT_SECONDS == 60
    monkeypatch.setattr(application, "ANSWER_TIMEOUT_SECONDS", 0.01)
    endpoint = Endpoint(tmp_path)

    async def work() -> SimpleNamespace:
        async with started(endpoint):
            model.open.clear()
            try:
                return await ask(endpoint, "/invocations", picture(0))
            finally:
                model.open.set()

    answer = run(work())
    assert answer.status == 503
    assert answer.json()["description"] == "There is no answer after 0 seconds; send it again."


@pytest.mark.usefixtures("model")
@pytest.mark.parametrize(("size", "is_quick"), [(1 << 16, True), ((1 << 16) + 1, False)])
def test_a_long_body_is_read_beside_the_others(
    size: int, is_quick: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers: list[threading.Thread] = []

    def read(*_: object) -> bytes:
        readers.append(threading.current_thread())
        return picture(255)

    monkeypatch.setattr(container_handler, "read_image", read)
    [answer] = answers(Endpoint(tmp_path), ("/invocations", bytes(size)))
    assert answer.status == 200
    assert [one is threading.main_thread() for one in readers] == [is_quick]


@pytest.mark.usefixtures("model")
def test_what_it_holds_at_a_time_fits_the_memory_and_two_of_the_largest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(available_memory, "granted", lambda: 7200)
    assert Endpoint(tmp_path, max_body_bytes=10)._bodies._most_held == 900
    assert Endpoint(tmp_path, max_body_bytes=1000)._bodies._most_held == 2000


@pytest.mark.usefixtures("model")
def test_the_largest_image_is_the_settings_or_the_one_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "max_pixels", 3)
    for limit, status in ((None, 400), (3, 400), (4, 200)):
        [answer] = answers(Endpoint(tmp_path, max_pixels=limit), ("/invocations", picture(0)))
        assert answer.status == status


@pytest.mark.usefixtures("model")
def test_it_answers_under_its_names_alone(tmp_path: Path) -> None:
    for hosts, status in ((None, 403), (AllowedHosts(["other.example"]), 200)):
        endpoint = Endpoint(tmp_path, hosts=hosts)
        answer = run(ask(endpoint, "/live", host="other.example"))
        assert answer.status == status


@pytest.mark.usefixtures("model")
def test_where_the_model_looks_is_shown_where_it_is_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explain(*_: Any, **__: Any) -> Explanation:
        return Explanation("hé", None, "gradient", b"a png")

    monkeypatch.setattr(explanations, "explain", explain)
    page, refused = answers(Endpoint(tmp_path), ("/",), ("/explanations", picture(0)))
    assert refused.status == 403
    assert b'"explains": false' in page.body
    assert b'"seconds": 130.0' in page.body
    page, shown, broken = answers(
        Endpoint(tmp_path, explain=True),
        ("/",),
        ("/explanations", picture(0)),
        ("/explanations", b""),
    )
    assert b'"explains": true' in page.body
    assert (shown.status, shown.body) == (200, b"a png")
    assert (shown.headers["x-label"], shown.headers["x-method"]) == ("h%C3%A9", "gradient")
    assert broken.status == 400


@pytest.mark.usefixtures("model")
def test_a_picture_is_kept_and_moved_where_it_collects(tmp_path: Path) -> None:
    collection.prepare(tmp_path / "kept")
    new, moved, broken = answers(
        Endpoint(tmp_path, collect=Collecting(tmp_path / "kept")),
        ("/corrections?label=dark", picture(0)),
        ("/corrections?label=light", picture(0)),
        ("/corrections?label=light", b"<html>"),
    )
    assert (new.status, new.json()["state"]) == (201, "new")
    assert (moved.status, moved.json()["state"]) == (200, "moved")
    assert broken.status == 400
