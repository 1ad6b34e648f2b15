"""The ASGI application: ``/invocations``, ``/ping``, a page, metrics and its own description."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import anyio
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from ic_tf_sdk.contract import accept_header, bearer_token, container_answer, container_handler
from ic_tf_sdk.contract.container_answer import Form, RequestError
from ic_tf_sdk.contract.served_pixels import most_pixels
from ic_tf_sdk.errors import ArchiveError, IcTfSdkError
from ic_tf_sdk.inference import available_memory
from ic_tf_sdk.inference.answering_model import AnsweringModel
from ic_tf_sdk.inference.endpoint import openapi, page, refusals
from ic_tf_sdk.inference.endpoint.access_log import AccessLog
from ic_tf_sdk.inference.endpoint.authentication import Authentication
from ic_tf_sdk.inference.endpoint.bodies import BODY_SECONDS, Bodies
from ic_tf_sdk.inference.endpoint.callers import AllowedHosts, Callers
from ic_tf_sdk.inference.endpoint.corrections import Collecting, Corrections
from ic_tf_sdk.inference.endpoint.explanations import Explanations
from ic_tf_sdk.inference.endpoint.metrics import Metrics
from ic_tf_sdk.inference.endpoint.micro_batcher import Graph, MicroBatcher
from ic_tf_sdk.inference.endpoint.model_facts import model_facts
from ic_tf_sdk.inference.runtime import Runtime, opened

__all__ = ["ANSWER_TIMEOUT_SECONDS", "Endpoint"]

ANSWER_TIMEOUT_SECONDS = 60.0
"""What has no answer after so long is given up: by then SageMaker's caller, too, has an error."""

_LONG_BODY = 1 << 16

# Without a token: probes have none, and the page is what asks for it.
_OPEN_PATHS = ("/", "/ping", "/live")

_LOG = logging.getLogger("ic_tf_sdk.endpoint")

# Nothing from elsewhere, neither into the page nor out of it.
_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src blob: data:; connect-src 'self'; "
    "style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
}


class Endpoint:
    """A model behind HTTP.

    The model is loaded after the server has started: until then, and if it fails, ``/ping`` and
    ``/invocations`` answer 503. Where the settings or the environment have a token, all but the
    page and the probes need it.

    Args:
        model: ``model.tar.gz``, or its folder.
        graph: What to run; see ``micro_batcher.Graph``.
        max_body_bytes: A larger body is refused.
        max_pixels: A larger image is refused; None takes the settings' number.
        hosts: The names under which it answers; None takes its own and those of the settings.
        explain: Whether it shows where the model looks.
        collect: Where it keeps pictures whose class the page's user says; None keeps none.
        runtime: What computes the answers.
        on_failure: Called when the model cannot be loaded.

    Attributes:
        app: The ASGI application.
        failure: Why the model could not be loaded, else None.
        is_stopping: Whether the server has been told to end: ``/ping`` then answers 503.
    """

    def __init__(
        self,
        model: str | Path,
        *,
        graph: Graph = "auto",
        max_body_bytes: int = container_handler.MAX_BODY_BYTES,
        max_pixels: int | None = None,
        hosts: AllowedHosts | None = None,
        explain: bool = False,
        collect: Collecting | None = None,
        runtime: Runtime = "auto",
        on_failure: Callable[[], None] = lambda: None,
    ) -> None:
        self._path = model
        self._graph, self._runtime = graph, runtime
        # Of two of the largest there is always room.
        most_held = max(2 * max_body_bytes, available_memory.granted() // 8)
        self._bodies = Bodies(max_body_bytes, most_held)
        self._max_pixels = most_pixels() if max_pixels is None else max_pixels
        self._hosts = hosts or AllowedHosts()
        self._on_failure = on_failure
        self._explanations = Explanations(allowed=explain)
        self._corrections = Corrections(collect)
        self._model: AnsweringModel | None = None
        self._batcher: MicroBatcher | None = None
        self._tokens = bearer_token.configured()
        self._metrics = Metrics(self._is_ready)
        # In each line of the log; nothing is known before it is loaded.
        self._named: dict[str, str | None] = {"model_id": None, "model_version": None}
        self.failure: Exception | None = None
        self.is_stopping: Callable[[], bool] = lambda: False
        self.app = self._application()

    def _application(self) -> Starlette:
        routes = [
            Route("/", self._page),
            Route("/model", self._which_model),
            Route("/ping", self._ping),
            Route("/live", self._live),
            Route("/invocations", self._invocations, methods=["POST"]),
            Route("/explanations", self._explain, methods=["POST"]),
            Route("/corrections", self._correct, methods=["POST"]),
            Route("/metrics", self._read_metrics),
            Route("/openapi.json", self._describe),
        ]
        log = Middleware(
            AccessLog,
            paths={route.path for route in routes},
            on_answer=self._metrics.request,
            model=lambda: self._named,
            hide=self._tokens.hidden,
        )
        callers = Middleware(Callers, hosts=self._hosts)
        token = Middleware(Authentication, tokens=self._tokens, open_paths=_OPEN_PATHS)
        handlers = {HTTPException: refusals.of_http_exception, Exception: refusals.of_failure}
        return Starlette(
            routes=routes,
            middleware=[log, callers, token],
            exception_handlers=handlers,  # type: ignore[arg-type]
            lifespan=self._lifespan,
        )

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        loading = asyncio.create_task(self._load())
        yield
        loading.cancel()
        if self._batcher is not None:
            await self._batcher.__aexit__()

    async def _load(self) -> None:
        try:
            batcher = await asyncio.to_thread(self._loaded)
        # Whatever it is: else the server would answer for ever that the model is being loaded.
        except Exception as error:
            self.failure = self._refusal_to_load(error)
            self._on_failure()
            return
        self._batcher = await batcher.__aenter__()
        _LOG.info("The model %s is loaded.", self._path)

    def _refusal_to_load(self, error: Exception) -> Exception:
        if isinstance(error, IcTfSdkError | OSError):
            return error
        said = str(error).strip().partition("\n")[0][:200]
        refusal = ArchiveError(
            f"{self._path} cannot be served: {said or type(error).__name__}. It is damaged, or is "
            "not for this TensorFlow; take it as it was written."
        )
        refusal.__cause__ = error
        return refusal

    def _loaded(self) -> MicroBatcher:
        self._model = opened(self._path, self._runtime, whole=self._graph == "exact")
        self._corrections.open(self._model)
        batcher = MicroBatcher(
            self._model,
            graph=self._graph,
            most_pixels=self._max_pixels,
            on_batch=self._metrics.batch,
        )
        batcher.warm_up()
        info = self._model.info
        if info is not None:
            self._named = {"model_id": info.model_id, "model_version": info.model_version}
        self._metrics.model(self._named)
        return batcher

    async def _invocations(self, request: Request) -> Response:
        try:
            return await self._answer(request)
        except RequestError as error:
            return refusals.answer(error)

    async def _answer(self, request: Request) -> Response:
        if self._batcher is None:
            raise self._unavailable()
        content_type = request.headers.get("content-type")
        container_handler.check_content_type(content_type)
        form = accept_header.read_accept(", ".join(request.headers.getlist("accept")))
        with self._bodies.held(request):
            body = await self._bodies.read(request)
            read = partial(container_handler.read_image, body, content_type, self._max_pixels)
            prediction = await self._predicted(
                self._batcher, read, form, quick=len(body) <= _LONG_BODY
            )
        text = container_answer.response_body(prediction, form)
        return Response(text, headers={"Content-Type": form.media_type})

    async def _explain(self, request: Request) -> Response:
        """The picture with what the answer hangs on coloured in, a PNG."""
        try:
            self._explanations.refuse()
            if self._batcher is None or self._model is None:
                raise self._unavailable()
            with self._bodies.held(request):
                found = await self._explanations.of(self._model, await self._image(request))
        except RequestError as error:
            return refusals.answer(error)
        headers = {"X-Label": quote(found.label), "X-Method": found.method}
        return Response(found.png, headers=headers, media_type="image/png")

    async def _correct(self, request: Request) -> Response:
        """What became of a picture whose class the page's user has said."""
        try:
            self._corrections.refuse()
            if self._batcher is None or self._model is None:
                raise self._unavailable()
            label, name = self._corrections.asked(request)
            with self._bodies.held(request):
                image = await self._image(request)
                kept = await self._corrections.keep(self._model, image, label, name)
        except RequestError as error:
            return refusals.answer(error)
        return JSONResponse(kept._asdict(), 201 if kept.state == "new" else 200)

    async def _image(self, request: Request) -> bytes:
        """The image of a request that is no prediction's, within the same limits."""
        content_type = request.headers.get("content-type")
        container_handler.check_content_type(content_type)
        body = await self._bodies.read(request)
        read = partial(container_handler.read_image, body, content_type, self._max_pixels)
        return await asyncio.to_thread(read)

    async def _predicted(
        self, batcher: MicroBatcher, read: Callable[[], bytes], form: Form, *, quick: bool
    ) -> dict[str, Any]:
        try:
            with anyio.fail_after(ANSWER_TIMEOUT_SECONDS):
                # Counting scans and chunks, or reading JSON, would keep all others waiting.
                image = read() if quick else await asyncio.to_thread(read)
                return await batcher.predict(image, form)
        except TimeoutError as error:
            raise RequestError(
                "503 Service Unavailable",
                f"There is no answer after {ANSWER_TIMEOUT_SECONDS:.0f} seconds; send it again.",
            ) from error

    async def _ping(self, _: Request) -> Response:
        """Whether it is to be asked."""
        return Response() if self._is_ready() else refusals.answer(self._unavailable())

    async def _live(self, _: Request) -> Response:
        """Whether it lives, also while it loads its model: nothing to be started anew for."""
        return Response()

    def _is_ready(self) -> bool:
        return self._batcher is not None and not self.is_stopping()

    def _unavailable(self) -> RequestError:
        reason = "is being loaded" if self.failure is None else f"is not loaded: {self.failure}"
        if self.is_stopping():
            reason = "is not answered any more: the endpoint ends"
        return RequestError("503 Service Unavailable", f"The model {reason}")

    async def _page(self, _: Request) -> Response:
        # Where the endpoint has given up a request, its answer says so better than the page.
        seconds = BODY_SECONDS + ANSWER_TIMEOUT_SECONDS + 10
        text = page.render(
            explains=self._explanations.allowed, collects=self._corrections.allowed, seconds=seconds
        )
        return HTMLResponse(text, headers=_PAGE_HEADERS)

    async def _which_model(self, _: Request) -> Response:
        # Loaded, and tried.
        if self._batcher is None or self._model is None:
            return refusals.answer(self._unavailable())
        return JSONResponse(model_facts(self._model))

    async def _read_metrics(self, _: Request) -> Response:
        return Response(self._metrics.text(), media_type="text/plain; version=0.0.4")

    async def _describe(self, _: Request) -> Response:
        document = openapi.document(
            explains=self._explanations.allowed,
            collects=self._corrections.allowed,
            asks_token=bool(self._tokens),
        )
        return JSONResponse(document)
