"""What the Python service of SageMaker's TensorFlow container does around ``code/inference.py``.

Two generations: ``old`` turns every exception of the handler into a 500 whose body is its text;
``new`` lets ``falcon.HTTPError`` pass. Run by gunicorn with gevent workers, as the container does;
the folder that is ``/opt/ml/model`` there comes from the environment.

With many models (``SAGEMAKER_MULTI_MODEL``) each is loaded by ``POST /models`` and asked by
``POST /models/NAME/invoke``. ``new`` imports the handler of the model's own archive then; ``old``
knows a handler for all models alone, and without one hands the body to TensorFlow Serving as it is.
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


def _inference_module(folder: Path) -> Any:
    path = folder / "code" / "inference.py"
    spec = importlib.util.spec_from_file_location("inference", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Ping:
    def on_get(self, _: Any, response: Any) -> None:
        response.status = falcon.HTTP_200


class Invocations:
    def __init__(self) -> None:
        self.handler = _inference_module(Path(os.environ["MODEL_FOLDER"])).handler
        self.passes_http_errors = os.environ["GENERATION"] == "new"

    def on_post(self, request: Any, response: Any) -> None:
        self.answer(request, response, self.handler, "model")

    def answer(self, request: Any, response: Any, handler: Any, model: str) -> None:
        context = Context(
            model, None, "predict", os.environ["REST_URI"].replace("MODEL", model), "9000", None,
            request.get_header("X-Amzn-SageMaker-Custom-Attributes"),
            request.get_header("Content-Type") or "application/json",
            request.get_header("Accept") or "application/json",
            request.content_length,
        )  # fmt: skip
        try:
            body, response.content_type = handler(request.stream, context)
            # falcon takes text here and bytes as data.
            response.status = falcon.HTTP_200
            response.text = body.decode() if isinstance(body, bytes) else body
        except Exception as error:
            if self.passes_http_errors and isinstance(error, falcon.HTTPError):
                raise
            response.status = falcon.HTTP_500
            response.text = json.dumps({"error": str(error)})


def default_handler(data: Any, context: Any) -> tuple[bytes, str]:
    import requests

    answer = requests.post(context.rest_uri, data=data.read().decode("utf-8"), timeout=60)
    return answer.content, context.accept_header


class Models(Invocations):
    """A container of many models, by name."""

    def __init__(self) -> None:
        self.passes_http_errors = os.environ["GENERATION"] == "new"
        self.handlers: dict[str, Any] = {}

    def on_get(self, _: Any, response: Any) -> None:
        response.text = json.dumps({name: {} for name in self.handlers})

    def on_post(self, request: Any, response: Any) -> None:
        wanted = json.loads(request.stream.read())
        name, folder = wanted["model_name"], Path(wanted["url"])
        if name in self.handlers:
            response.status = falcon.HTTP_409
            return
        own = self.passes_http_errors and (folder / "code" / "inference.py").is_file()
        self.handlers[name] = _inference_module(folder).handler if own else default_handler

    def on_post_invoke(self, request: Any, response: Any, model: str) -> None:
        if model not in self.handlers:
            response.status = falcon.HTTP_404
            response.text = json.dumps({"error": f"Model {model} is not loaded yet."})
            return
        self.answer(request, response, self.handlers[model], model)

    def on_delete_one(self, _: Any, response: Any, model: str) -> None:
        response.status = falcon.HTTP_200 if self.handlers.pop(model, None) else falcon.HTTP_404


app = falcon.App()
app.add_route("/ping", Ping())
if os.environ.get("SAGEMAKER_MULTI_MODEL") == "true":
    models = Models()
    app.add_route("/models", models)
    app.add_route("/models/{model}", models, suffix="one")
    app.add_route("/models/{model}/invoke", models, suffix="invoke")
else:
    app.add_route("/invocations", Invocations())
