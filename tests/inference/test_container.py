"""A deployment rehearsed: the archive as the container lays it out, its service, its requests."""

import base64
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from ic_tf_sdk.contract import archive
from ic_tf_sdk.contract.container_answer import ANSWER_TYPES
from ic_tf_sdk.inference.predictor import LocalPredictor
from tests.costly_images import png, progressive_jpeg
from tests.inference.servers import gunicorn, post

VERBOSE = "application/json;verbose"


@pytest.fixture(scope="module")
def opt_ml_model(model_tar_gz: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``model.tar.gz`` unpacked, as SageMaker unpacks it to /opt/ml/model."""
    folder = tmp_path_factory.mktemp("opt-ml") / "model"
    archive.extract(model_tar_gz, folder)
    return folder


@pytest.fixture(scope="module", params=["old", "new"])
def container(
    request: pytest.FixtureRequest,
    opt_ml_model: Path,
    tensorflow_serving: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[SimpleNamespace]:
    """The Python service of either generation, under gunicorn with gevent."""
    scratch = tmp_path_factory.mktemp("gunicorn")
    with gunicorn(opt_ml_model, tensorflow_serving, request.param, scratch) as url:
        yield SimpleNamespace(url=url, generation=request.param)


@pytest.fixture(scope="module")
def predictor(model_tar_gz: Path) -> LocalPredictor:
    return LocalPredictor(model_tar_gz)


def test_layout_is_what_the_container_looks_for(opt_ml_model: Path) -> None:
    assert (opt_ml_model / "1" / "saved_model.pb").is_file()
    assert (opt_ml_model / "code" / "inference.py").is_file()
    assert not list((opt_ml_model / "code").rglob("saved_model.pb"))


def test_handler_imports_nothing_that_the_container_lacks(opt_ml_model: Path) -> None:
    """Only the standard library when it is imported; requests and falcon when it answers."""
    script = opt_ml_model / "code" / "inference.py"
    program = f"""
import runpy, sys
runpy.run_path({str(script)!r})
alien = {{name.partition('.')[0] for name in sys.modules}} - set(sys.stdlib_module_names)
print(sorted(name for name in alien if not name.startswith('_')))
"""
    found = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "accept", [None, "*/*", VERBOSE, "application/json;n_predictions=2", *ANSWER_TYPES]
)
def test_answers_are_byte_for_byte_the_local_predictors(
    container: SimpleNamespace,
    predictor: LocalPredictor,
    photos: list[Path],
    accept: str | None,
) -> None:
    for path in photos:
        headers = {"Content_Type": "application/x-image"}
        expected = {"ContentType": "application/x-image"}
        if accept:
            headers["Accept"] = expected["Accept"] = accept
        answer = post(f"{container.url}/invocations", path.read_bytes(), **headers)
        assert answer.status == 200
        kind = accept if accept in ANSWER_TYPES else "application/json"
        assert answer.headers["Content-Type"] == kind
        assert answer.body == predictor.predict(path.read_bytes(), expected)


@pytest.mark.parametrize("content_type", ["image/jpeg", "image/png"])
@pytest.mark.parametrize("accept", [None, "application/json", "application/jsonlines", "text/csv"])
def test_clarifys_requests_are_answered_with_a_probability_for_each_class(
    container: SimpleNamespace, photos: list[Path], content_type: str, accept: str | None
) -> None:
    """Clarify sends an image of one of both types and reads the list of probabilities."""
    headers = {"Content_Type": content_type} | ({"Accept": accept} if accept else {})
    answer = post(f"{container.url}/invocations", photos[0].read_bytes(), **headers)
    assert answer.status == 200
    text = answer.body.decode()
    if accept == "text/csv":
        probabilities = [float(cell) for cell in text.rstrip("\n").split(",")]
    else:
        [line] = text.splitlines()
        probabilities = json.loads(line)["probabilities"]
    assert len(probabilities) == 3
    assert sum(probabilities) == pytest.approx(1, abs=1e-5)


def test_json_with_base64_is_answered_like_the_bytes(
    container: SimpleNamespace, photos: list[Path]
) -> None:
    image = photos[0].read_bytes()
    body = json.dumps({"instances": [{"b64": base64.b64encode(image).decode()}]}).encode()
    url = f"{container.url}/invocations"
    encoded = post(url, body, Content_Type="application/json", Accept=VERBOSE)
    plain = post(url, image, Content_Type="image/png", Accept=VERBOSE)
    assert encoded.status == plain.status == 200
    assert encoded.body == plain.body


@pytest.mark.parametrize(
    ("body", "content_type", "accept", "status", "reason"),
    [
        (b"a,b", "text/csv", "*/*", 415, "'text/csv' is not supported"),
        (b"", "image/png", "*/*", 400, "0 bytes"),
        (
            b"<html>",
            "image/jpeg",
            "*/*",
            400,
            "not a JPEG or PNG image. Its 6 bytes begin like HTM",
        ),
        (b"\xff\xd8\xff\xe0", "image/jpeg", "*/*", 400, "begin like a JPEG image"),
        (b"GIF89a" + b"\0" * 30, "image/gif", "*/*", 415, "image/gif"),
        (b"{", "application/json", "*/*", 400, "not JSON"),
        (progressive_jpeg(64, 64, 101), "image/jpeg", "*/*", 400, "more than 100 scans"),
        (png(10_001, 10_000, rows=1), "image/png", "*/*", 400, "at most 100000000 are served here"),
    ],
)
def test_refusals_have_their_status_or_at_least_their_reason(
    container: SimpleNamespace,
    body: bytes,
    content_type: str,
    accept: str,
    status: int,
    reason: str,
) -> None:
    url = f"{container.url}/invocations"
    answer = post(url, body, Content_Type=content_type, Accept=accept)
    assert answer.status == (status if container.generation == "new" else 500)
    text = answer.json()["description" if container.generation == "new" else "error"]
    assert reason in text


def test_a_body_declared_too_large_is_refused_before_it_is_sent(
    container: SimpleNamespace,
) -> None:
    address = urlsplit(container.url)
    with socket.create_connection((address.hostname, address.port), timeout=30) as client:
        client.sendall(
            b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n"
            b"Connection: close\r\nContent-Length: 105906176\r\n\r\n"
        )
        answer = b"".join(iter(lambda: client.recv(4096), b""))
    assert answer.split()[1] == (b"413" if container.generation == "new" else b"500")
    assert b"larger than 104857600 bytes" in answer


def test_an_accept_that_cannot_be_given_is_406(container: SimpleNamespace) -> None:
    """Falcon writes no body for a caller who takes no JSON; the older service writes one always."""
    url = f"{container.url}/invocations"
    answer = post(url, b"x", Content_Type="image/png", Accept="text/html")
    assert answer.status == (406 if container.generation == "new" else 500)
    assert (b"cannot be given" in answer.body) == (container.generation == "old")


def test_the_notebooks_predictor_calls_are_answered(
    container: SimpleNamespace, tiny_dataset: SimpleNamespace
) -> None:
    """What the example notebook does: the photo's bytes in, labels out, the best one picked."""
    right = 0
    for label in tiny_dataset.labels:
        for path in sorted((tiny_dataset.test / label).iterdir()):
            headers = {"Content_Type": "application/x-image", "Accept": VERBOSE}
            answer = post(f"{container.url}/invocations", path.read_bytes(), **headers).json()
            best = max(range(3), key=answer["probabilities"].__getitem__)
            assert answer["predicted_label"] == answer["labels"][best]
            right += answer["predicted_label"] == label
    assert right >= 12
