"""A server of MLflow that is sometimes away: a proxy on loopback before the real one."""

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

Mood = Literal["answers", "fails", "hangs up", "never answers"]


class UnsteadyProxy(ThreadingHTTPServer):
    """Hands requests on, as its mood is.

    Args:
        port: Of the real server.

    Attributes:
        mood: What it does with the next request.
        moods_of_paths: Part of a path -> the mood for such requests, whatever the other one is.
        seen: The path of every request.
    """

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = port
        self.mood: Mood = "answers"
        self.moods_of_paths: dict[str, Mood] = {}
        self.seen: list[str] = []

    @property
    def address(self) -> str:
        """With a password, as such addresses have."""
        return f"http://me:geheim@127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: UnsteadyProxy

    def _answer(self) -> None:
        moods = self.server.moods_of_paths.items()
        own = (mood for path, mood in moods if path in self.path)
        mood = next(own, self.server.mood)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen.append(self.path)
        if mood == "never answers":
            time.sleep(600)
        if mood == "hangs up":
            self.close_connection = True
            self.connection.close()
            return
        if mood == "fails":
            self.send_error(500)
            return
        self._hand_on(body)

    def _hand_on(self, body: bytes) -> None:
        behind = http.client.HTTPConnection("127.0.0.1", self.server.behind, timeout=60)
        left_out = ("host", "authorization", "accept-encoding", "connection")
        headers = {n: v for n, v in self.headers.items() if n.lower() not in left_out}
        behind.request(self.command, self.path, body or None, headers)
        answer = behind.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        behind.close()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


for _method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"):
    setattr(_Handler, f"do_{_method}", _Handler._answer)


@contextmanager
def before(port: int) -> Iterator[UnsteadyProxy]:
    """Run a proxy before the server of a port."""
    with UnsteadyProxy(port) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        yield proxy
        proxy.shutdown()
