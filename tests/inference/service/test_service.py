"""The service as the example files start it: token, log and end, of real processes."""

import contextlib
import http.client
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from ic_tf_sdk import settings
from ic_tf_sdk.cli import main
from tests.inference.service import files
from tests.inference.service.clean_root import CleanRoot, can_make_roots
from tests.inference.service.running import (
    BEARER,
    TOKEN,
    Service,
    check_token,
    free_port,
    json_lines,
    load,
    started,
)
from tests.inference.test_callers import ask

NAME = "models.example"
IC_TF = (sys.executable, "-m", "ic_tf_sdk")


@pytest.fixture(scope="module")
def model(model_tar_gz: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model under a name that would be three lines."""
    path = tmp_path_factory.mktemp("service") / 'a "model"\n{}\x1b[31m\u202e.tar.gz'
    shutil.copyfile(model_tar_gz, path)
    return path


@pytest.fixture(scope="module")
def token_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("token") / "token"
    path.write_text(f"{TOKEN}\n")
    path.chmod(0o444)
    return path


@pytest.fixture(scope="module")
def service(
    model: Path, token_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """What ExecStart of the systemd unit starts, with its environment."""
    unit, port = files.unit(), free_port()
    program, *words = unit.command
    assert program == f"{files.environment()['PREFIX']}/bin/ic-tf"
    folder = tmp_path_factory.mktemp("run")
    places = {"/srv/ic-tf/model.tar.gz": str(model), "8080": str(port)}
    places[f"/var/log/{unit.one('Service', 'LogsDirectory')}/log.jsonl"] = str(folder / "log.jsonl")
    assert set(places) <= set(words)
    variables = {
        name: value.replace("/tmp", str(folder)).replace("%d/token", str(token_file))
        for name, value in unit.environment.items()
    }
    command = [*IC_TF, *(places.get(word, word) for word in words)]
    with started(command, port, folder, {**os.environ, "NO_COLOR": "1", **variables}) as running:
        yield running


def test_the_units_command_answers_who_has_the_token(service: Service, photos: list[Path]) -> None:
    image = photos[0].read_bytes()
    check_token(service.url, image)
    sent = {"body": image, "Content_Type": "image/png", **BEARER}
    assert ask(service.url, Host=NAME, **sent)[0] == 200
    assert ask(service.url, Host="other.example", **sent)[0] == 403


def test_its_log_parses_line_by_line_under_load_and_has_every_request(
    service: Service, photos: list[Path]
) -> None:
    names = load(service.url, photos[0].read_bytes())
    until = time.monotonic() + 30
    while True:
        lines = json_lines(service.log)
        requests = {line["request_id"]: line for line in lines if "path" in line}
        if set(filter(None, names)) <= set(requests) or time.monotonic() > until:
            break
        time.sleep(0.05)
    answered = [name for name in names if name]
    assert len(set(answered)) == len(answered)
    # The rest was no HTTP, and was answered before it had a name.
    assert len(answered) > 0.6 * len(names)
    assert set(answered) <= set(requests)
    for name in answered:
        line = requests[name]
        assert (line["model_id"], line["model_version"]) == ("tiny", "1.0.0")
        assert line["level"] == "info"
        assert line["status"] in {200, 401, 404}
        assert len(line["path"]) <= 500
    loaded = [line for line in lines if "is loaded" in line.get("message", "")]
    assert len(loaded) == 1
    assert "\x1b[31m\u202e.tar.gz" in loaded[0]["message"]
    # Its own stream: of a request no word among the sentences.
    assert "/invocations" not in service.stderr.read_text()
    assert "Uvicorn running on" in service.stderr.read_text()


def test_nothing_of_the_token_is_anywhere(
    service: Service, photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    image = photos[0].read_bytes()
    ask(service.url, body=image, Content_Type="image/png", **BEARER)
    ask(service.url, "GET", f"/{TOKEN}", **BEARER)
    metrics = ask(service.url, "GET", "/metrics", **BEARER)[1]
    assert "process_resident_memory_bytes" in metrics
    assert 'ic_tf_model_info{model_id="tiny",model_version="1.0.0"} 1.0' in metrics
    words = Path(f"/proc/{service.process.pid}/cmdline").read_bytes().decode()
    monkeypatch.setenv("IC_TF_SDK_ENDPOINT_TOKEN", TOKEN)
    monkeypatch.setattr(settings, "endpoint_token", TOKEN)
    told = CliRunner().invoke(main, ["env", "--no-devices"])
    assert "IC_TF_SDK_ENDPOINT_TOKEN" in told.output
    assert "settings.endpoint_token" in told.output
    for text in (service.said, metrics, words, told.output):
        assert text
        assert TOKEN not in text


def test_sigterm_answers_what_is_running_and_ends_with_0(
    service: Service, photos: list[Path]
) -> None:
    body, address = photos[0].read_bytes(), urlsplit(service.url)
    clients = []
    for number in range(4):
        client = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
        client.putrequest("POST", "/invocations")
        headers = {"Content-Type": "image/png", "Content-Length": len(body), **BEARER}
        for name, value in {**headers, "X-Request-Id": f"last-{number}"}.items():
            client.putheader(name, str(value))
        client.endheaders(body[:100])
        clients.append(client)
    time.sleep(0.3)
    service.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    # Not to be asked any more, while what was begun is answered.
    with contextlib.suppress(OSError):
        assert ask(service.url, "GET", "/ping")[0] == 503
    for client in clients:
        client.send(body[100:])
    for client in clients:
        with contextlib.closing(client), client.getresponse() as answer:
            assert answer.status == 200
    assert service.process.wait(30) == 0
    last = {line["request_id"]: line for line in json_lines(service.log) if "path" in line}
    assert [last[f"last-{number}"]["status"] for number in range(4)] == [200] * 4
    assert TOKEN not in service.said


@pytest.mark.slow
@pytest.mark.parametrize("when", ["at once", "while the model is loaded"])
def test_sigterm_before_it_is_ready_ends_it_soon(when: str, model: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [*IC_TF, "serve", model, "--port", "0"], stderr=stream, stdout=stream
        )
    try:
        until = time.monotonic() + 60
        word = "" if when == "at once" else "Uvicorn running on"
        while word not in log.read_text() and time.monotonic() < until:
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        # At once Python itself is not there yet, which the signal ends by itself.
        assert process.wait(30) in ({143, -signal.SIGTERM} if when == "at once" else {0})
    finally:
        process.kill()
        process.wait()


@pytest.mark.slow
# It installs TensorFlow from the package registry.
@pytest.mark.timeout(2400)
@pytest.mark.skipif(not can_make_roots(), reason="needs root that may make mount namespaces")
def test_the_dockerfiles_steps_in_a_clean_root_make_an_endpoint_that_answers(
    model_tar_gz: Path, token_file: Path, photos: list[Path], tmp_path: Path
) -> None:
    """Its own user, a root that can only be read, the compose file's places and settings."""
    with CleanRoot() as root:
        root.build()
        port = free_port()
        with started(root.command(model_tar_gz, token_file, port), port, tmp_path) as service:
            check_token(service.url, photos[0].read_bytes())
            status = Path(f"/proc/{service.process.pid}/status").read_text()
            assert "\nUid:\t10001\t10001\t10001\t10001\n" in status
            assert subprocess.run(root.health_check(port), check=False).returncode == 0
            load(service.url, photos[0].read_bytes(), 40)
            assert root.writable(service.process.pid) == {"/tmp"}
            service.process.send_signal(signal.SIGTERM)
            assert service.process.wait(40) == 0
        assert "WARNING: " not in service.said
        assert "all interfaces of this machine (0.0.0.0). Requests need the token" in service.said
        assert TOKEN not in service.said
        assert json_lines(service.log)
        assert subprocess.run(root.health_check(port), check=False).returncode != 0
