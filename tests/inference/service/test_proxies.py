"""The example proxies: TLS before an endpoint with a token, by the real server where it is."""

import contextlib
import http.client
import json
import logging
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ic_tf_sdk import settings
from ic_tf_sdk.contract.container_handler import MAX_BODY_BYTES
from ic_tf_sdk.inference.endpoint.app import ANSWER_TIMEOUT_SECONDS, Endpoint
from ic_tf_sdk.inference.endpoint.callers import AllowedHosts
from tests.inference.servers import running, until_loaded
from tests.inference.service import files
from tests.inference.service.running import BEARER, TOKEN, free_port
from tests.inference.test_authentication import until
from tests.inference.test_callers import until_listening

NAME = "models.example"
NGINX = (files.FOLDER / "nginx.conf").read_text()
CADDY = (files.FOLDER / "Caddyfile").read_text()
WHERE = "endpoint:8080"


def test_both_pass_on_what_the_endpoint_takes_and_wait_as_long() -> None:
    assert f"client_max_body_size {MAX_BODY_BYTES >> 20}m;" in NGINX
    assert f"max_size {MAX_BODY_BYTES >> 20}MiB" in CADDY
    for text, pattern in ((NGINX, r"read_timeout (\d+)s"), (CADDY, r"header_timeout (\d+)s")):
        [seconds] = re.findall(pattern, text)
        assert int(seconds) > ANSWER_TIMEOUT_SECONDS
        assert WHERE in text
        assert NAME in text
    # The endpoint on a loopback believes it of whoever asks there: nginx must write it.
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in NGINX
    unit = files.unit().command
    assert unit[unit.index("--allowed-host") + 1] == NAME
    proxy = files.compose()["services"]["proxy"]
    assert "./nginx.conf:/etc/nginx/nginx.conf:ro" in proxy["volumes"]
    certificates = re.findall(r"ssl_certificate\w* (\S+)/\w+\.pem;", NGINX)
    assert {f"./tls:{folder}:ro" for folder in certificates} <= set(proxy["volumes"])


@pytest.fixture(scope="module")
def endpoint(model_tar_gz: Path) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "endpoint_token", TOKEN)
        # By this name, as the unit has it.
        made = Endpoint(model_tar_gz, hosts=AllowedHosts([NAME]))
    with running(made.app) as url:
        until_loaded(url)
        yield url


def certificate(folder: Path) -> None:
    """A certificate of the example's name, which signs itself."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    subprocess.run(command, check=True, capture_output=True)


def ask(port: int, folder: Path, path: str, body: bytes = b"", **headers: str) -> Any:
    """Status, text and headers over TLS, the certificate checked."""
    context = ssl.create_default_context(cafile=folder / "certificate.pem")
    context.check_hostname = False
    client = http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=context)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with contextlib.closing(client):
        client.request("POST" if body else "GET", path, body or None, {"Host": NAME, **named})
        answer = client.getresponse()
        return answer.status, answer.read().decode(), answer.headers


@pytest.fixture(scope="module")
def proxy(
    endpoint: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[int, int, Path]]:
    """Nginx with the example as it is but for its ports, paths and the endpoint's address."""
    if not shutil.which("nginx") or not shutil.which("openssl"):
        pytest.skip("needs nginx and openssl")
    folder = tmp_path_factory.mktemp("nginx")
    certificate(folder)
    plain, secure = free_port(), free_port()
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}; " for kind in kinds)
    text = NGINX.replace("listen 80;", f"listen 127.0.0.1:{plain};")
    text = text.replace("listen 443 ssl;", f"listen 127.0.0.1:{secure} ssl;")
    text = text.replace("/etc/nginx/tls", str(folder)).replace(WHERE, endpoint.split("//")[1])
    text = text.replace("http {", f"http {{ {temporary}", 1)
    conf = folder / "nginx.conf"
    conf.write_text(f"daemon off; pid {folder}/pid;\n{text}")
    process = subprocess.Popen(["nginx", "-c", conf, "-e", folder / "error"])
    try:
        until_listening(secure, process)
        yield plain, secure, folder
    finally:
        process.terminate()
        process.wait(30)


def test_nginx_puts_tls_before_an_endpoint_and_leaves_the_token_to_it(
    proxy: tuple[int, int, Path], photos: list[Path], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="ic_tf_sdk.access")
    plain, secure, folder = proxy
    image, kind = photos[0].read_bytes(), {"Content_Type": "image/png"}
    assert ask(secure, folder, "/invocations", image, **kind)[0] == 401
    status, text, headers = ask(secure, folder, "/invocations", image, **kind, **BEARER)
    assert status == 200, text
    # nginx's own, which its log can have, too.
    assert re.fullmatch("[0-9a-f]{32}", headers["X-Request-Id"])
    assert "max-age" in headers["Strict-Transport-Security"]
    assert ask(secure, folder, "/ping")[0] == 200
    assert ask(secure, folder, "/live", X_Forwarded_For="10.0.0.7")[0] == 200
    # A line of the log is written a moment after the answer.
    [line] = until(lambda: [said for said in caplog.messages if "/live" in said])
    assert json.loads(line)["client"] == "127.0.0.1"
    assert ask(secure, folder, "/metrics", **BEARER)[0] == 404
    client = http.client.HTTPConnection("127.0.0.1", plain, timeout=60)
    with contextlib.closing(client):
        client.request("GET", "/model?x=1", headers={"Host": NAME, **BEARER})
        answer = client.getresponse()
        assert (answer.status, answer.headers["Location"]) == (301, f"https://{NAME}/model?x=1")


def test_behind_nginx_the_page_may_ask_and_others_may_not(
    proxy: tuple[int, int, Path], photos: list[Path]
) -> None:
    _, secure, folder = proxy
    status, text, headers = ask(secure, folder, "/")
    assert status == 200
    assert 'id="token-form"' in text
    assert f"https://{NAME}:*" in headers["Content-Security-Policy"]
    own = {"Origin": f"https://{NAME}", "Sec_Fetch_Site": "same-origin", **BEARER}
    assert ask(secure, folder, "/model", **own)[0] == 200
    foreign = {"Origin": "https://evil.example", "Sec_Fetch_Site": "cross-site", **BEARER}
    assert ask(secure, folder, "/model", **foreign)[0] == 403


def test_nginx_tells_who_asks_too_often(proxy: tuple[int, int, Path]) -> None:
    _, secure, folder = proxy
    context = ssl.create_default_context(cafile=folder / "certificate.pem")
    context.check_hostname = False
    client = http.client.HTTPSConnection("127.0.0.1", secure, timeout=60, context=context)
    statuses = set()
    with contextlib.closing(client):
        for _ in range(400):
            client.request("GET", "/ping", headers={"Host": NAME})
            answer = client.getresponse()
            answer.read()
            statuses.add(answer.status)
            if 429 in statuses:
                break
    assert statuses == {200, 429}


def test_the_caddyfile_is_read_by_caddy_or_has_its_braces(tmp_path: Path) -> None:
    if shutil.which("caddy"):
        path = tmp_path / "Caddyfile"
        path.write_text(CADDY)
        command = ["caddy", "validate", "--adapter", "caddyfile", "--config", path]
        subprocess.run(command, check=True)
    depth = 0
    for line in CADDY.splitlines():
        text = "" if line.startswith("#") else re.sub(r"\{[\w.]+\}", "", line)
        assert line.startswith("\t" * (depth - text.startswith("\t" * (depth - 1) + "}")))
        depth += text.count("{") - text.count("}")
        assert depth >= 0
    assert depth == 0
