"""``code/inference.py`` of a model archive: the handler of SageMaker's TensorFlow container.

The container's Python service calls ``handler(data, context)`` for each request and forwards to
TensorFlow Serving, which runs the exported SavedModel: decoding, resizing and the pixel range are
in the graph. One image per request.

This file is copied into every model archive. It imports the standard library and what the container
has (``requests``, ``falcon``), and nothing else of this package.
"""

import base64
import json
import re
from typing import Any, BinaryIO

CONTENT_TYPES = ("application/x-image", "image/jpeg", "image/png")
ACCEPT_TYPES = ("application/json", "application/json;verbose")


class RequestError(Exception):
    """A request that cannot be answered; the fault is the caller's.

    Attributes:
        status: The HTTP status, with its reason phrase.
    """

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def handler(data: BinaryIO, context: Any) -> tuple[str, str]:
    """Answer one request.

    Args:
        data: Stream of the request's body, one encoded JPEG or PNG.
        context: The service's request context.

    Returns:
        The response's body, as JSON text, and its content type.
    """
    try:
        check_content_type(context.request_content_type)
        verbose = wants_verbose(context.accept_header)
        prediction = _predict(data.read(), context.rest_uri)
    except RequestError as error:
        raise _http_error(error) from error
    return response_body(prediction, verbose=verbose), "application/json"


def check_content_type(content_type: str | None) -> None:
    """Refuse a content type other than an image's.

    Raises:
        RequestError: 415.
    """
    name = (content_type or "").split(";")[0].strip().lower()
    if name not in CONTENT_TYPES:
        raise RequestError(
            "415 Unsupported Media Type",
            f"Content type {content_type!r} is not supported; send one image as "
            f"{' or '.join(CONTENT_TYPES)}.",
        )


def wants_verbose(accept: str | None) -> bool:
    """Whether the answer names the labels.

    Args:
        accept: The Accept header; absent or ``*/*`` means ``application/json``.

    Raises:
        RequestError: 406, where no accepted type can be given.
    """
    wanted = (accept or "").strip()
    if not wanted:
        return False
    for choice in wanted.split(","):
        name, *parameters = [part.strip().lower() for part in choice.split(";")]
        if name in ("application/json", "application/*", "*/*"):
            return "verbose" in parameters
    raise RequestError(
        "406 Not Acceptable",
        f"Accept {accept!r} cannot be given; ask for {' or '.join(ACCEPT_TYPES)}.",
    )


def response_body(prediction: dict[str, Any], *, verbose: bool) -> str:
    """The JSON text of an answer.

    Args:
        prediction: ``probabilities``, a list of numbers; with ``verbose`` also ``labels`` and
            ``predicted_label``.
        verbose: Whether the labels are asked for.
    """
    names = ("probabilities", "labels", "predicted_label") if verbose else ("probabilities",)
    return json.dumps({name: prediction[name] for name in names}, ensure_ascii=False)


def undecodable(message: str) -> RequestError:
    """The error of a body that is no readable image, from TensorFlow's message."""
    reason = plain_reason(message)
    return RequestError("400 Bad Request", f"The image cannot be decoded: {reason}.")


def plain_reason(message: str) -> str:
    """TensorFlow's reason for an error, less the names of graph nodes around it.

    Args:
        message: For example ``"{{function_node x}} assertion failed: [no image] [Op:y]"``.

    Returns:
        ``"no image"``.
    """
    text = re.split(r"\s*\[\[\{\{|\s*\[Op:", message)[0]
    lines = [line for line in text.splitlines() if line.strip()] or [message]
    reason = re.sub(r"\{\{[^}]*\}\}\s*", "", lines[-1]).strip()
    if reason.startswith("assertion failed: "):
        reason = re.sub(r"[\[\]]", "", reason.removeprefix("assertion failed: "))
    return reason.rstrip(".")


def _predict(body: bytes, rest_uri: str) -> dict[str, Any]:
    """Ask TensorFlow Serving, in its REST API's row format."""
    import requests

    encoded = base64.b64encode(body).decode("ascii")
    answer = requests.post(rest_uri, json={"instances": [{"b64": encoded}]}, timeout=300)
    content = answer.json()
    if answer.status_code == 400 and "error" in content:
        raise undecodable(content["error"])
    answer.raise_for_status()
    prediction: dict[str, Any] = content["predictions"][0]
    return prediction


def _http_error(error: RequestError) -> Exception:
    """The error as the newer service passes it on; the older one makes every exception a 500."""
    try:
        import falcon
    except ImportError:
        return error
    found: Exception = falcon.HTTPError(
        error.status, title=error.status[4:], description=str(error)
    )
    return found
