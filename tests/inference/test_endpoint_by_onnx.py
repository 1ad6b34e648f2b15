"""The endpoint whose answers ONNX Runtime computes: over HTTP, beside that of TensorFlow."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ic_tf_sdk.inference.endpoint.app import Endpoint
from tests.inference.servers import get, post, running, until_loaded

VERBOSE = "application/json;verbose"


@pytest.fixture(scope="module")
def urls(beside: Path) -> Iterator[SimpleNamespace]:
    with (
        running(Endpoint(beside, runtime="onnx").app) as onnx,
        running(Endpoint(beside, runtime="tensorflow").app) as tensorflow,
    ):
        until_loaded(onnx)
        until_loaded(tensorflow)
        yield SimpleNamespace(onnx=onnx, tensorflow=tensorflow)


def ask(url: str, image: bytes, accept: str = VERBOSE) -> Any:
    return post(f"{url}/invocations", image, Content_Type="image/png", Accept=accept)


def test_its_answers_are_those_of_tensorflow(urls: SimpleNamespace, photos: list[Path]) -> None:
    for photo in photos:
        found, expected = (ask(url, photo.read_bytes()) for url in (urls.onnx, urls.tensorflow))
        assert (found.status, expected.status) == (200, 200)
        ours, theirs = found.json(), expected.json()
        assert ours.keys() == theirs.keys()
        assert (ours["labels"], ours["predicted_label"]) == (
            theirs["labels"],
            theirs["predicted_label"],
        )
        np.testing.assert_allclose(
            ours["probabilities"], theirs["probabilities"], atol=1e-3, rtol=0
        )


def test_it_refuses_and_describes_itself_as_that_of_tensorflow(urls: SimpleNamespace) -> None:
    broken = [ask(url, b"GIF89a") for url in (urls.onnx, urls.tensorflow)]
    assert [one.status for one in broken] == [400, 400]
    assert all("begin like a GIF image" in one.json()["description"] for one in broken)
    models = [get(f"{url}/model").json() for url in (urls.onnx, urls.tensorflow)]
    assert models[0]["labels"] == models[1]["labels"]
    assert b'ic_tf_requests_total{path="/invocations",status="400"} 1.0' in (
        get(f"{urls.onnx}/metrics").body
    )


WITHOUT = """
import sys
from ic_tf_sdk.cli import main

try:
    main()
finally:
    print(sorted({"tensorflow", "pydantic", "keras", "tf_keras"} & set(sys.modules)))
"""


def test_one_prediction_imports_neither_tensorflow_nor_what_describes_models(
    beside: Path, photos: list[Path]
) -> None:
    """From an archive, too: pydantic alone would take as long as the answer."""
    words = ["predict", str(beside), str(photos[0]), "--runtime", "onnx", "--json"]
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT, *words], capture_output=True, text=True, check=True
    )
    answer, _, modules = run.stdout.strip().rpartition("\n")
    assert modules == "[]"
    assert json.loads(answer)[0]["predicted_label"]
