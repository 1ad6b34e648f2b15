"""What the Python service of SageMaker's TensorFlow container does around ``code/inference.py``.

Two generations: ``old`` turns every exception of the handler into a 500 whose body is its text;
``new`` lets ``falcon.HTTPError`` pass. Run by gunicorn with gevent workers, as the container does;
the folder that is ``/opt/ml/model`` there comes from the environment.
"""

import importlib.util
import json
import os
from collections import namedtuple
from pathlib import Path
from typing import Any

import falcon

Context = namedtuple(  # noqa: PYI024
    "Context",
    "model_name, model_version, method, rest_uri, grpc_port, channel, custom_attributes, "
    "request_content_type, accept_header, content_length",
)


def _inference_module() -> Any:
    path = Path(os.environ["MODEL_FOLDER"], "code", "inference.py")
    spec = importlib.util.spec_from_file_location("inference", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Ping:
    def on_get(self, _: Any, response: Any) -> None:
        response.status = falcon.HTTP_200


class Invocations:
    def __init__(self) -> None:
        self.handler = _inference_module().handler
        self.passes_http_errors = os.environ["GENERATION"] == "new"

    def on_post(self, request: Any, response: Any) -> None:
        context = Context(
            "model", None, "predict", os.environ["REST_URI"], "9000", None,
            request.get_header("X-Amzn-SageMaker-Custom-Attributes"),
            request.get_header("Content-Type") or "application/json",
            request.get_header("Accept") or "application/json",
            request.content_length,
        )  # fmt: skip
        try:
            body, response.content_type = self.handler(request.stream, context)
            # falcon takes text here and bytes as data.
            response.status, response.text = falcon.HTTP_200, body
        except Exception as error:
            if self.passes_http_errors and isinstance(error, falcon.HTTPError):
                raise
            response.status = falcon.HTTP_500
            response.text = json.dumps({"error": str(error)})


app = falcon.App()
app.add_route("/ping", Ping())
app.add_route("/invocations", Invocations())
