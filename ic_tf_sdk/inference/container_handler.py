"""``code/inference.py`` of a model archive: the request handler of SageMaker's TensorFlow container.

The container's Python service calls ``handler(data, context)`` for each request and forwards to
TensorFlow Serving, which runs the exported SavedModel: decoding, resizing and the pixel range are
in the graph. One image per request.

This file is copied into every model archive. It imports the standard library and what the container
has (``requests``, ``falcon``), and nothing else of this package.
"""

import base64
import json

CONTENT_TYPES = ("application/x-image", "image/jpeg", "image/png")
ACCEPT_TYPES = ("application/json", "application/json;verbose")


class RequestError(Exception):
    """A request that cannot be answered; the fault is the caller's.

    Attributes:
        status: The HTTP status, with its reason phrase.
    """

    def __init__(self, status, reason):
        super().__init__(reason)
        self.status = status


def handler(data, context):
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


def check_content_type(content_type):
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


def wants_verbose(accept):
    """Whether the answer names the labels.

    Args:
        accept: The Accept header; absent or ``*/*`` means ``application/json``.

    Raises:
        RequestError: 406, where no accepted type can be given.
    """
    if not (accept or "").strip():
        return False
    for choice in accept.split(","):
        name, *parameters = [part.strip().lower() for part in choice.split(";")]
        if name in ("application/json", "application/*", "*/*"):
            return "verbose" in parameters
    raise RequestError(
        "406 Not Acceptable",
        f"Accept {accept!r} cannot be given; ask for {' or '.join(ACCEPT_TYPES)}.",
    )


def response_body(prediction, *, verbose):
    """The JSON text of an answer.

    Args:
        prediction: ``probabilities``, a list of numbers; with ``verbose`` also ``labels`` and
            ``predicted_label``.
        verbose: Whether the labels are asked for.
    """
    names = ("probabilities", "labels", "predicted_label") if verbose else ("probabilities",)
    return json.dumps({name: prediction[name] for name in names}, ensure_ascii=False)


def undecodable(reason):
    """The error of a body that is no readable image."""
    return RequestError("400 Bad Request", f"The image cannot be decoded: {reason}")


def _predict(body, rest_uri):
    """Ask TensorFlow Serving, in its REST API's row format."""
    import requests

    encoded = base64.b64encode(body).decode("ascii")
    answer = requests.post(rest_uri, json={"instances": [{"b64": encoded}]}, timeout=300)
    content = answer.json()
    if answer.status_code == 400 and "error" in content:
        raise undecodable(content["error"])
    answer.raise_for_status()
    return content["predictions"][0]


def _http_error(error):
    """The error as the newer service passes it on; the older one makes every exception a 500."""
    try:
        import falcon
    except ImportError:
        return error
    return falcon.HTTPError(error.status, title=error.status[4:], description=str(error))
