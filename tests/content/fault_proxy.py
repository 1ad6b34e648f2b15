"""An S3 with faults: passes requests on to another, and spoils those that a rule picks."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

CUT = "cut"

# S3 says with every refusal where the bucket is.
REGION = ("x-amz-bucket-region", "eu-west-1")

# From (method, path) to nothing, CUT, or a status with its S3 error code.
Rule = Callable[[str, str], str | tuple[int, str] | None]


@contextmanager
def faults(target: str, rule: Rule) -> Iterator[str]:
    """A running proxy; its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            fault = rule(self.command, self.path)
            if fault == CUT:
                # Half of the body is read, then the line is dead.
                self.rfile.read(int(self.headers.get("Content-Length", 0)) // 2)
                self.close_connection = True
                self.connection.close()
                return
            body = _body(self)
            if isinstance(fault, tuple):
                status, code = fault
                _answer(self, status, [REGION], f"<Error><Code>{code}</Code></Error>".encode())
                return
            connection = HTTPConnection(urlsplit(target).netloc, timeout=60)
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            _answer(self, answer.status, answer.getheaders(), answer.read())
            connection.close()

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _handle  # noqa: N815

        def log_message(self, *arguments: Any) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def _body(handler: BaseHTTPRequestHandler) -> bytes:
    if handler.headers.get("Expect") == "100-continue":
        handler.send_response_only(100)
        handler.end_headers()
    return handler.rfile.read(int(handler.headers.get("Content-Length", 0)))


def _answer(
    handler: BaseHTTPRequestHandler, status: int, headers: list[tuple[str, str]], body: bytes
) -> None:
    handler.send_response(status)
    dropped = ("transfer-encoding", "connection", "date", "server")
    kept = [(name, value) for name, value in headers if name.lower() not in dropped]
    if handler.command != "HEAD":
        kept = [(name, value) for name, value in kept if name.lower() != "content-length"]
        kept.append(("Content-Length", str(len(body))))
    for name, value in kept:
        handler.send_header(name, value)
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(body)
