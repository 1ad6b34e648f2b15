"""SageMaker's side of an endpoint: the model's own handler, in front of its own SavedModel.

The handler is ``code/inference.py`` of the deployed archive, called as the container's Python
service calls it. Behind it stands TensorFlow Serving's REST answer, given by TensorFlow itself.
"""

import base64
import importlib.util
import io
import json
import tarfile
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

Invoke = Callable[[bytes, str, str | None], tuple[bytes, str]]


def serve(model: dict[str, Any], s3: Any, root: Path) -> Invoke:
    """From a CreateModel request to a function that answers its endpoint's invocations.

    Args:
        model: The parameters of CreateModel.
        s3: A boto3 client.
        root: A folder for ``/opt/ml/model``.
    """
    [folder] = _unpacked(model["PrimaryContainer"]["ModelDataUrl"], s3, root).glob("*/1")
    handler = _handler(folder.parent / "code" / "inference.py")
    rest = ThreadingHTTPServer(("127.0.0.1", 0), _rest(folder))
    threading.Thread(target=rest.serve_forever, daemon=True).start()

    def invoke(body: bytes, content_type: str, accept: str | None) -> tuple[bytes, str]:
        context = SimpleNamespace(
            request_content_type=content_type,
            accept_header=accept,
            rest_uri=f"http://127.0.0.1:{rest.server_port}/v1/models/model:predict",
        )
        answer, kind = handler(io.BytesIO(body), context)
        return answer.encode(), kind

    return invoke


def _unpacked(uri: str, s3: Any, root: Path) -> Path:
    archive = root / "model.tar.gz"
    root.mkdir(parents=True, exist_ok=True)
    s3.download_file(urlsplit(uri).netloc, urlsplit(uri).path.lstrip("/"), str(archive))
    with tarfile.open(archive) as tar:
        tar.extractall(root / "model", filter="data")
    return root


def _handler(path: Path) -> Callable[..., tuple[str, str]]:
    spec = importlib.util.spec_from_file_location("deployed_inference", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[..., tuple[str, str]] = module.handler
    return found


def _rest(folder: Path) -> type[BaseHTTPRequestHandler]:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(folder))
    signature = loaded.signatures["serving_default"]

    class Rest(BaseHTTPRequestHandler):
        """``:predict`` in the row format."""

        keep = loaded

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            images = [base64.b64decode(row["b64"]) for row in body["instances"]]
            found = signature(image_bytes=tf.constant(images))
            answer = json.dumps({"predictions": [_row(found, i) for i in range(len(images))]})
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, *arguments: Any) -> None:
            """Keep the test's output clean."""

    return Rest


def _row(found: dict[str, Any], index: int) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        listed = value.tolist()
        if isinstance(listed, bytes):
            return listed.decode()
        if isinstance(listed, list) and listed and isinstance(listed[0], bytes):
            return [item.decode() for item in listed]
        return listed

    return {name: plain(tensor.numpy()[index]) for name, tensor in found.items()}
