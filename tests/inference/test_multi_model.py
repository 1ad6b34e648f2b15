"""Two models in one container, under the Python service of either generation."""

import base64
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette

from ic_tf_sdk.inference.predictor import LocalPredictor
from tests.inference import servers
from tests.inference.servers import get, post

VERBOSE = "application/json;verbose"


@pytest.fixture(scope="module")
def folders(fine_tuned: Path, fine_tuned_binary: Path) -> dict[str, Path]:
    """Name of each model -> its archive, unpacked."""
    return {"three": fine_tuned, "two": fine_tuned_binary}


@pytest.fixture(scope="module", params=["old", "new"])
def container(
    request: pytest.FixtureRequest,
    folders: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[SimpleNamespace]:
    """The service with both models loaded."""
    from tests.inference import tensorflow_serving

    scratch = tmp_path_factory.mktemp("many")
    routes = [
        route
        for name, folder in folders.items()
        for route in tensorflow_serving.app(folder, name).routes
    ]
    with servers.running(Starlette(routes=routes)) as rest:
        uri, generation = f"{rest}/v1/models/MODEL:predict", request.param
        with servers.gunicorn(scratch, uri, generation, scratch, many=True) as url:
            for name, folder in folders.items():
                body = json.dumps({"model_name": name, "url": str(folder)}).encode()
                assert post(f"{url}/models", body).status == 200
            yield SimpleNamespace(url=url, generation=generation)


def test_both_models_are_loaded(container: SimpleNamespace) -> None:
    assert set(get(f"{container.url}/models").json()) == {"three", "two"}


@pytest.mark.parametrize("accept", [VERBOSE, "text/csv", "application/jsonlines"])
def test_each_image_is_answered_by_the_model_that_is_asked(
    container: SimpleNamespace, folders: dict[str, Path], photos: list[Path], accept: str
) -> None:
    """The older service does not import a model's own handler: it cannot read an image at all."""
    for name, folder in folders.items():
        predictor = LocalPredictor(folder)
        for photo in photos[:4]:
            body = photo.read_bytes()
            headers = {"Content_Type": "application/x-image", "Accept": accept}
            answer = post(f"{container.url}/models/{name}/invoke", body, **headers)
            if container.generation == "old":
                assert answer.status == 500
                assert "utf-8" in answer.json()["error"]
            else:
                assert answer.status == 200
                assert answer.body == predictor.predict(body, {"Accept": accept})


def test_json_is_answered_by_both_generations(
    container: SimpleNamespace, folders: dict[str, Path], photos: list[Path]
) -> None:
    """By the older one with TensorFlow Serving's own rows, which hold the same and more."""
    body = photos[0].read_bytes()
    encoded = json.dumps({"instances": [{"b64": base64.b64encode(body).decode()}]}).encode()
    for name, folder in folders.items():
        headers = {"Content_Type": "application/json", "Accept": VERBOSE}
        answer = post(f"{container.url}/models/{name}/invoke", encoded, **headers)
        assert answer.status == 200
        found = answer.json()
        if container.generation == "old":
            [found] = found["predictions"]
        expected = json.loads(LocalPredictor(folder).predict(body, {"Accept": VERBOSE}))
        for field, value in expected.items():
            assert found[field] == (pytest.approx(value) if field == "probabilities" else value)


def test_what_is_not_an_image_is_refused_by_its_model(container: SimpleNamespace) -> None:
    answer = post(f"{container.url}/models/two/invoke", b"<html>", Content_Type="image/png")
    if container.generation == "new":
        assert answer.status == 400
        assert "begin like HTML" in answer.json()["description"]
    else:
        # It passes on what TensorFlow Serving says, without its status.
        assert "JSON Parse error" in answer.json()["error"]
    missing = post(f"{container.url}/models/four/invoke", b"x", Content_Type="image/png")
    assert missing.status == 404


def test_a_model_is_unloaded_and_the_other_goes_on(
    container: SimpleNamespace, folders: dict[str, Path], photos: list[Path]
) -> None:
    request = urllib.request.Request(f"{container.url}/models/three", method="DELETE")
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status == 200
    assert set(get(f"{container.url}/models").json()) == {"two"}
    body = json.dumps({"model_name": "three", "url": str(folders["three"])}).encode()
    assert post(f"{container.url}/models", body).status == 200
    assert post(f"{container.url}/models", body).status == 409
