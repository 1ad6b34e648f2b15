"""SageMaker's side of an endpoint: the container's Python service around the deployed archive.

The handler is ``code/inference.py`` of that archive, as the SDK repacked it, under gunicorn; behind
it answers a stand-in for TensorFlow Serving over the archive's own SavedModel.
"""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ic_tf_sdk.contract.archive import extract
from tests.inference import servers

Invoke = Callable[[bytes, str, str | None], tuple[int, bytes, str]]


def serve(model: dict[str, Any], s3: Any, root: Path, running: ExitStack) -> Invoke:
    """From a CreateModel request to a function that answers its endpoint's invocations.

    Args:
        model: The parameters of CreateModel.
        s3: A boto3 client.
        root: A folder for ``/opt/ml/model``.
        running: Stops the servers when it closes.
    """
    # TensorFlow is imported with the endpoint, not when tests are collected.
    from tests.inference import tensorflow_serving

    folder = _unpacked(model["PrimaryContainer"]["ModelDataUrl"], s3, root)
    rest = running.enter_context(servers.running(tensorflow_serving.app(folder)))
    predict = f"{rest}/v1/models/model:predict"
    service = running.enter_context(servers.gunicorn(folder, predict, "new", root))

    def invoke(body: bytes, content_type: str, accept: str | None) -> tuple[int, bytes, str]:
        headers = {"Content_Type": content_type, **({"Accept": accept} if accept else {})}
        answer = servers.post(f"{service}/invocations", body, **headers)
        return answer.status, answer.body, answer.headers["Content-Type"]

    return invoke


def _unpacked(uri: str, s3: Any, root: Path) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    s3.download_file(urlsplit(uri).netloc, urlsplit(uri).path.lstrip("/"), str(root / "tar.gz"))
    extract(root / "tar.gz", root / "model")
    return root / "model"
