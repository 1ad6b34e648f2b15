"""A module host as TF Hub is one: a redirect to storage, then a gzipped tar; or its bad days."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

BAD_DAY = b"as the behaviour in the path says"
"""Stands in ``files`` for what the host does not give."""


class Host(ThreadingHTTPServer):
    """Serves ``/<behaviour>/module/1`` and, as they are, ``files`` by path.

    ``requests`` counts the paths that were asked for.
    """

    def __init__(self, module: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.module = module
        self.files: dict[str, bytes] = {}
        self.requests: Counter[str] = Counter()

    def handle_of(self, behaviour: str) -> str:
        """The handle of the module under one behaviour."""
        return self.url_of(f"/{behaviour}/module/1")

    def url_of(self, path: str) -> str:
        """The address of a path."""
        return f"http://127.0.0.1:{self.server_port}{path}"


@contextmanager
def serving(module: bytes) -> Iterator[Host]:
    """A running host of one module's ``.tar.gz``."""
    host = Host(module)
    threading.Thread(target=host.serve_forever, args=(0.02,), daemon=True).start()
    yield host
    host.shutdown()
    host.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Host

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        behaviour = path.split("/")[1]
        self.server.requests[path] += 1
        if behaviour == "storage":
            self._send(self.server.module)
        elif path in self.server.files:
            content = self.server.files[path]
            getattr(self, f"_{behaviour}")(0) if content is BAD_DAY else self._send(content)
        elif query != "tf-hub-format=compressed":
            self.send_error(406, "a model page, not a module")
        else:
            getattr(self, f"_{behaviour}")(self.server.requests[path])

    def _good(self, count: int) -> None:
        self.send_response(302)
        self.send_header("Location", "/storage/module.tar.gz")
        self.end_headers()

    def _forbidden(self, count: int) -> None:
        self.send_error(403)

    def _broken(self, count: int) -> None:
        self.send_error(500)

    def _flaky(self, count: int) -> None:
        self.send_error(503) if count < 3 else self._send(self.server.module)

    def _cut(self, count: int) -> None:
        self._send(self.server.module[: len(self.server.module) // 2], len(self.server.module))

    def _corrupt(self, count: int) -> None:
        self._send(b"this is no archive" * 99)

    def _send(self, content: bytes, declared: int | None = None) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(declared or len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = True

    def log_message(self, *arguments: Any) -> None:
        """Keep the test's output clean."""
