"""A server of static files, and the runtime where this machine has it."""

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import platformdirs
import pytest

from ic_tf_sdk.backbones import cache
from ic_tf_sdk.content import web_runtime
from ic_tf_sdk.errors import UserError


@pytest.fixture(scope="session")
def real_runtime() -> dict[str, Path]:
    """onnxruntime-web, of a cache that has it; the test skips where none has."""
    for place in (cache.location(), platformdirs.user_cache_path("ic-tf-sdk")):
        with suppress(UserError):
            return web_runtime.find(place / f"onnxruntime-web-{web_runtime.VERSION}")
    pytest.skip(
        f"needs ONNX Runtime Web in the cache {cache.location()}: "
        "`python -c 'from ic_tf_sdk.content import web_runtime; web_runtime.find()'` fetches it"
    )


class StaticServer(ThreadingHTTPServer):
    """Serves a folder.

    ``asked`` is the paths that were asked for.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), functools.partial(_Handler, directory=str(folder)))
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        """Its root."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(SimpleHTTPRequestHandler):
    server: StaticServer

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        super().do_GET()

    def log_message(self, *_: object) -> None:
        """Nothing: pytest's output is for results."""


@contextmanager
def serving(folder: Path) -> Iterator[StaticServer]:
    """A running server of static files, on the loopback."""
    server = StaticServer(folder)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
