"""Foreign names and other sites' pages are refused; a proxy that was named is let through."""

import contextlib
import http.client
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse

from ic_tf_sdk import settings as sdk_settings
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.inference.endpoint.callers import AllowedHosts, Callers
from tests.inference.servers import running, serving, until_loaded

PROXY = "proxy.example"


@pytest.fixture(scope="module")
def url(model_tar_gz: Path) -> Iterator[str]:
    # Here, so that what needs no model is tested without TensorFlow, too.
    from ic_tf_sdk.inference.endpoint.app import Endpoint

    with running(Endpoint(model_tar_gz).app) as address:
        until_loaded(address)
        yield address


@contextlib.contextmanager
def guarded(**hosts: Any) -> Iterator[str]:
    """The middleware before an application that answers "fine"."""
    with running(Callers(PlainTextResponse("fine"), hosts=AllowedHosts(**hosts))) as url:
        yield url


def ask(
    url: str, method: str = "POST", path: str = "/invocations", body: bytes = b"", **named: str
) -> Any:
    """Status, text and headers of the answer; a port that is none in Host is the server's."""
    address = urlsplit(url)
    client = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
    headers = {name.replace("_", "-"): value for name, value in named.items()}
    client.request(method, path, body, headers)
    answer = client.getresponse()
    with contextlib.closing(client):
        return answer.status, answer.read().decode(), answer.headers


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "LocalHost:80", "localhost.", "[::1]:8080", "127.0.0.2"]
)
def test_the_endpoints_own_names_are_answered(url: str, photos: list[Path], host: str) -> None:
    image = photos[0].read_bytes()
    assert ask(url, body=image, Host=host, Content_Type="image/png")[0] == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "",
     "xn--nxasmq6b", "10.0.0.1", "0.0.0.0", "localhost@evil.example", "[::2]", "127.0.0.1evil"],
)  # fmt: skip
@pytest.mark.parametrize(
    "path", ["/", "/model", "/ping", "/live", "/invocations", "/metrics", "/openapi.json", "/x"]
)
def test_a_foreign_name_is_refused_everywhere_and_the_option_is_named(
    url: str, host: str, path: str
) -> None:
    status, text, headers = ask(url, "GET", path, Host=host)
    assert status == 403
    name = host.removesuffix(":8080").strip("[]")
    assert f"start it with --allowed-host {name}." in json.loads(text)["description"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_two_names_at_once_are_refused(url: str) -> None:
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as client:
        client.sendall(b"GET /ping HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 403")


CROSS = {"Sec_Fetch_Site": "cross-site"}


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("POST", {}, 200),  # a program
        ("POST", {"Sec_Fetch_Site": "same-origin", "Origin": "http://localhost:1"}, 200),
        ("POST", {"Origin": "http://127.0.0.1:8080"}, 200),
        ("POST", {"Origin": "http://localhost:3000", "Sec_Fetch_Site": "same-site"}, 200),
        ("POST", {"Origin": "http://[::1]:3000"}, 200),
        ("POST", {"Origin": "https://evil.example"}, 403),
        ("POST", {"Origin": "null"}, 403),
        ("POST", {"Origin": "http://localhost.evil.example"}, 403),
        ("POST", {"Origin": "http://evil.example", **CROSS}, 403),
        ("POST", CROSS, 403),
        ("POST", {**CROSS, "Sec_Fetch_Mode": "navigate"}, 403),
        ("GET", {**CROSS, "Sec_Fetch_Mode": "no-cors"}, 403),
        ("GET", {**CROSS, "Sec_Fetch_Mode": "navigate"}, 200),
        ("GET", {"Sec_Fetch_Site": "none", "Sec_Fetch_Mode": "navigate"}, 200),
    ],
)  # fmt: skip
def test_pages_of_other_sites_cannot_ask_and_people_can_follow_links(
    method: str, headers: dict[str, str], status: int
) -> None:
    with guarded() as url:
        found, text, _ = ask(url, method, **headers)
        assert found == status
        assert ("--allowed-host" in text) == (status == 403)


@pytest.mark.parametrize(
    ("names", "host", "status"),
    [
        ([PROXY], PROXY, 200),
        ([PROXY], "PROXY.example.:443", 200),
        ([PROXY], "evil.example", 403),
        ([PROXY], f"{PROXY}.evil.example", 403),
        (["*.studio.example"], "a-b.studio.example", 200),
        (["*.studio.example"], "studio.example", 403),
        (["*.studio.example"], "evilstudio.example", 403),
        (["*"], "anything", 200),
        (["fd00::7"], "[fd00::7]:8080", 200),
        (["10.0.0.7"], "10.0.0.7:8080", 200),
        (["a.example", PROXY], "localhost", 200),
    ],
)
def test_the_names_that_are_given_are_answered(names: list[str], host: str, status: int) -> None:
    with guarded(names=names) as url:
        found = ask(url, Host=host, Origin=f"https://{host}", Sec_Fetch_Site="same-origin")
        assert found[0] == status
        cross = ask(url, Host="localhost", Origin=f"https://{host}", Sec_Fetch_Site="cross-site")
        assert (cross[0] == 200) == (status == 200 and host != "localhost")


def test_a_server_for_others_answers_every_name_and_no_foreign_page() -> None:
    with guarded(any_name=True) as url:
        assert ask(url, Host="10.0.0.7:8080")[0] == 200
        assert ask(url, Host="balancer.example")[0] == 200
        assert ask(url, Host="balancer.example", Origin="https://balancer.example")[0] == 200
        assert ask(url, Host="balancer.example", Origin="https://evil.example")[0] == 403
    with guarded(names=[PROXY], any_name=True) as url:
        assert ask(url, Host="balancer.example")[0] == 403


@pytest.mark.parametrize(
    "name",
    ["https://proxy.example", "proxy.example:80", "", "a b", "*.", "**.x", "-a", "a..b", "x\ny",
     "proxy.example; script-src *", "[::1]", "proxy.example."],
)  # fmt: skip
def test_what_is_no_name_is_refused_with_an_example(name: str) -> None:
    with pytest.raises(UserError, match=r"proxy\.example or"):
        AllowedHosts([PROXY, name])


def test_the_names_may_be_a_setting_or_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IC_TF_SDK_ALLOWED_HOSTS", f"a.example, {PROXY}")
    assert AllowedHosts().may_address(PROXY)
    monkeypatch.setattr(sdk_settings, "allowed_hosts", ("b.example",))
    assert not AllowedHosts().may_address(PROXY)
    assert AllowedHosts().may_address("b.example")
    assert AllowedHosts([PROXY]).may_address(PROXY)


@given(host=st.text(max_size=80), origin=st.text(max_size=80))
def test_no_header_is_too_strange_to_be_judged(host: str, origin: str) -> None:
    from starlette.datastructures import Headers

    callers = Callers(PlainTextResponse(""), hosts=AllowedHosts([PROXY]))
    names = [("host", host), ("origin", origin)]
    raw = [(name.encode(), value.encode("utf-8", "replace")) for name, value in names]
    headers = Headers(raw=raw)
    assert callers._wrong_name(headers) is None or "--allowed-host" in callers._wrong_name(headers)
    callers._wrong_page("POST", headers)


@pytest.mark.parametrize("path", ["/", "/ping", "/metrics", "/openapi.json", "/other"])
def test_no_answer_is_taken_for_something_else_or_framed_by_others(url: str, path: str) -> None:
    _, _, headers = ask(url, "GET", path)
    assert headers.get_all("X-Content-Type-Options") == ["nosniff"]
    [policy] = headers.get_all("Content-Security-Policy")
    assert policy.count("frame-ancestors 'self'") == 1
    assert "default-src 'none'" in policy


def test_a_named_proxy_may_frame_the_page(model_tar_gz: Path) -> None:
    from ic_tf_sdk.inference.endpoint.app import Endpoint

    with running(Endpoint(model_tar_gz, hosts=AllowedHosts([PROXY])).app) as url:
        policy = ask(url, "GET", "/")[2]["Content-Security-Policy"]
    assert policy.endswith(f"frame-ancestors 'self' http://{PROXY}:* https://{PROXY}:*")


NGINX = """
daemon off; pid {folder}/pid; error_log {folder}/error; worker_processes 1;
events {{}}
http {{
  access_log off; client_body_temp_path {folder}; proxy_temp_path {folder};
  fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{
    listen 127.0.0.1:{port};
    location /models/ {{ proxy_pass {url}/; proxy_set_header Host $http_host; }}
    location /other/ {{ proxy_pass {url}/; }}
  }}
}}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def until_listening(port: int, process: "subprocess.Popen[bytes]") -> str:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return f"http://127.0.0.1:{port}"
        time.sleep(0.1)
    raise AssertionError("it does not listen")


@contextlib.contextmanager
def nginx(folder: Path, url: str) -> Iterator[str]:
    port = free_port()
    (folder / "conf").write_text(NGINX.format(folder=folder, port=port, url=url))
    process = subprocess.Popen(["nginx", "-c", folder / "conf", "-e", folder / "error"])
    try:
        yield until_listening(port, process)
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.skipif(not shutil.which("nginx"), reason="needs Debian's nginx-light package")
def test_a_reverse_proxy_that_keeps_the_name_is_answered_once_it_is_named(
    model_tar_gz: Path, photos: list[Path], tmp_path: Path
) -> None:
    image = photos[0].read_bytes()
    browser = {"Sec_Fetch_Site": "same-origin", "Origin": f"https://{PROXY}"}
    words = ["--quiet", "--allowed-host", PROXY]
    with serving(tmp_path / "log", model_tar_gz, *words) as (_, url), nginx(tmp_path, url) as proxy:
        sent = {"body": image, "Content_Type": "image/png", **browser}
        assert ask(proxy, path="/models/invocations", Host=PROXY, **sent)[0] == 200
        # This one sends the endpoint's own address as Host, and the browser's headers.
        assert ask(proxy, path="/other/invocations", Host=PROXY, **sent)[0] == 200
        status, text, headers = ask(proxy, "GET", "/models/", Host=PROXY)
        assert status == 200
        assert 'call("invocations"' in text
        assert f"https://{PROXY}:*" in headers["Content-Security-Policy"]
        status, text, _ = ask(proxy, path="/models/invocations", body=image, Host="other.example")
        assert status == 403
        assert "--allowed-host other.example" in text


JUPYTER = shutil.which("jupyter-server")


@pytest.mark.skipif(JUPYTER is None, reason="needs jupyter-server with jupyter-server-proxy")
@pytest.mark.slow
def test_a_notebook_servers_proxy_is_answered_once_its_name_is_given(
    model_tar_gz: Path, photos: list[Path], tmp_path: Path
) -> None:
    name, port = "notebook.example", free_port()
    command = [JUPYTER, "--no-browser", "--allow-root", f"--port={port}", "--ip=127.0.0.1"]
    command += ["--IdentityProvider.token=secret", "--ServerApp.allow_remote_access=True"]
    with serving(tmp_path / "log", model_tar_gz, "--allowed-host", name) as (_, url):
        process = subprocess.Popen(
            command, cwd=tmp_path, env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
        )
        try:
            proxy = until_listening(port, process)
            prefix = f"/proxy/{urlsplit(url).port}/"
            headers = {"Authorization": "token secret", "Host": name}
            status, text, found = ask(proxy, "GET", prefix, **headers)
            assert status == 200
            assert 'call("invocations"' in text
            assert f"https://{name}:*" in found["Content-Security-Policy"]
            headers |= {"Origin": f"http://{name}", "Sec_Fetch_Site": "same-origin"}
            sent = {"body": photos[0].read_bytes(), "Content_Type": "image/png", **headers}
            assert ask(proxy, path=f"{prefix}invocations", **sent)[0] == 200
            status, text, _ = ask(
                proxy, path=f"{prefix}invocations", **{**sent, "Host": "x.example"}
            )
            assert status == 403
        finally:
            process.terminate()
            process.wait(30)
