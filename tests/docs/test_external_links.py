"""Addresses of other sites: one that nobody answered at has not passed, and it is said."""

import http.server
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tools import links


def one(uri: str, status: str, info: str = "", code: int = 0) -> dict[str, Any]:
    return {"uri": uri, "status": status, "info": info, "code": code, "filename": "a.md"}


def test_who_did_not_answer_is_told_apart_from_who_refused() -> None:
    found = [
        one("https://pypi.org/project/a/", "working"),
        one("https://a.example/old", "redirected", "https://a.example/new", 301),
        one("https://b.example/", "broken", "404 Client Error: Not Found for url: https://b.ex"),
        one("https://c.example/1", "broken", "HTTPSConnectionPool(host='c.example'): Max retries"),
        one("https://c.example/2", "timeout", "404 would be an answer"),
        one("https://nobodys.example/", "ignored"),
    ]
    lines = links.report([*found, found[0]])
    assert lines[0] == (
        "5 addresses of other sites: 2 lead somewhere, 1 were refused, 2 could not be reached."
    )
    assert any(line.startswith("REFUSED https://b.example/ (a.md): 404") for line in lines)
    assert any(line.startswith("NOT REACHED c.example, 2 addresses") for line in lines)
    assert "moved for good: https://a.example/old -> https://a.example/new" in lines
    assert [links.passed(one) for one in found] == [True, True, False, False, False, True]


class _Site(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self.send_response(404 if "gone" in self.path else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.do_HEAD()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    """A site on loopback."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.slow
def test_what_sphinx_finds_is_understood(address: str, tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "conf.py").write_text("linkcheck_timeout = 5\nlinkcheck_retries = 1\n")
    page = f"Page\n====\n\n`a <{address}/here>`__ `b <{address}/gone>`__ `c <{nobody}>`__\n"
    (docs / "index.rst").write_text(page)
    found = {one["uri"]: one for one in links.ask(docs, tmp_path / "out")}
    assert links.passed(found[f"{address}/here"])
    assert not links.passed(found[f"{address}/gone"])
    assert links.answered(found[f"{address}/gone"])
    assert not links.passed(found[nobody])
    assert not links.answered(found[nobody])


@pytest.mark.slow
def test_what_an_earlier_call_found_does_not_pass_for_pages_that_cannot_be_read(
    tmp_path: Path,
) -> None:
    docs, out = tmp_path / "docs", tmp_path / "out"
    docs.mkdir()
    out.mkdir()
    (docs / "conf.py").write_text("extensions = ['no_such_extension']\n")
    (docs / "index.rst").write_text("Page\n====\n")
    (out / "output.json").write_text(json.dumps(one("https://a.example/", "working")) + "\n")
    with pytest.raises(SystemExit, match="could not be read"):
        links.ask(docs, out)
