"""Starting servers on the loopback, and talking to them."""

import json
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any


def post(url: str, body: bytes, **headers: str) -> SimpleNamespace:
    """POST; status, body and content type of the answer, whatever the status.

    Keyword arguments are headers with underscores for hyphens.
    """
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, data=body, headers=named, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return _answer(answer.status, answer.read(), answer.headers)
    except urllib.error.HTTPError as error:
        with error:
            return _answer(error.code, error.read(), error.headers)


def _answer(status: int, body: bytes, headers: Any) -> SimpleNamespace:
    return SimpleNamespace(
        status=status, body=body, headers=headers, json=lambda: json.loads(body.decode())
    )


@contextmanager
def running(app: Any) -> Iterator[str]:
    """An ASGI application under uvicorn on a free port of the loopback; its URL."""
    import uvicorn

    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)


@contextmanager
def serving(log: Path, *words: object) -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    """``ic-tf serve`` with these words in a process of its own, loaded; the process and its URL."""
    program = "from ic_tf_sdk.cli import main; main()"
    command = [sys.executable, "-c", program, "serve", *map(str, words), "--port", "0"]
    with log.open("w") as stream:
        server = subprocess.Popen(command, stderr=stream, env={**os.environ, "NO_COLOR": "1"})
    try:
        url = _listening(server, log, "running on ")
        until_loaded(url)
        yield server, url
    finally:
        server.kill()
        server.wait()


@contextmanager
def gunicorn(
    folder: Path, rest_uri: str, generation: str, scratch: Path, *, many: bool = False
) -> Iterator[str]:
    """The container's Python service around an unpacked model, or for many; its URL."""
    command = [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", "-k", "gevent"]
    command += ["--workers", "1", "--chdir", str(Path(__file__).parent), "python_service:app"]
    variables = {"MODEL_FOLDER": str(folder), "REST_URI": rest_uri, "GENERATION": generation}
    variables["SAGEMAKER_MULTI_MODEL"] = "true" if many else "false"
    log = scratch / f"gunicorn-{generation}.log"
    with log.open("w") as stream:
        service = subprocess.Popen(
            command,
            env={"PATH": "", "HOME": str(scratch), **variables},
            stdout=stream,
            stderr=stream,
        )
    try:
        yield _listening(service, log)
    finally:
        service.terminate()
        service.wait(30)


def _listening(
    service: "subprocess.Popen[bytes]", log: Path, before: str = "Listening at: "
) -> str:
    while service.poll() is None:
        for line in log.read_text().splitlines():
            if before in line:
                return line.split(before)[1].split()[0]
        time.sleep(0.05)
    raise AssertionError(log.read_text())


def get(url: str) -> SimpleNamespace:
    """GET, whatever the status."""
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return _answer(answer.status, answer.read(), answer.headers)
    except urllib.error.HTTPError as error:
        with error:
            return _answer(error.code, error.read(), error.headers)


def until_loaded(url: str) -> None:
    """Wait until an endpoint has its model."""
    while (answer := get(f"{url}/ping")).status != 200:
        assert "being loaded" in answer.json()["description"]
        time.sleep(0.05)
