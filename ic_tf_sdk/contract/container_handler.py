"""``code/inference.py`` of a model archive: the handler of SageMaker's TensorFlow container.

The container's Python service calls ``handler(data, context)`` for each request and forwards to
TensorFlow Serving, which runs the exported SavedModel: decoding, resizing and the pixel range are
in the graph. One image per request.

It is copied into every model archive together with ``container_answer``, as one file, see
``handler_file``. Both import the standard library and what the container has (``requests``,
``falcon``), and nothing else of this package. What a request means and how an answer is written
stands in them alone: the local endpoint and the local predictor ask them too.
"""

import base64
import binascii
import io
import json
import re
from typing import Any, BinaryIO

from ic_tf_sdk.contract.accept_header import read_accept
from ic_tf_sdk.contract.container_answer import (
    JSON,
    PLAIN,
    Form,
    RequestError,
    apparent_kind,
    lacking,
    response_body,
    undecodable,
)
from ic_tf_sdk.contract.image_cost import excess, measure, served_pixels

# The graph reads the kind off the bytes. image/jpg is what many write, application/octet-stream
# what the SageMaker SDK's Predictor sends by itself.
IMAGE_TYPES = (
    "application/x-image",
    "image/jpeg",
    "image/png",
    "image/jpg",
    "application/octet-stream",
)
CONTENT_TYPES = (*IMAGE_TYPES, JSON)
MAX_BODY_BYTES = 100 << 20
"""100 MiB: no transform job sends more in one request (``MaxPayloadInMB`` is at most 100)."""

_MOST_JSON_PARTS = 1000
"""Brackets, braces and commas around one image; 100 MiB of them would be gigabytes of objects."""

_JSON_FORM = '{"instances": [{"b64": "<the image in base64>"}]}'
# What may stand around the image: TensorFlow Serving's two forms, the signature's input name.
_JSON_NAMES = ("instances", "inputs", "image_bytes")
_URL_ALPHABET = bytes.maketrans(b"-_", b"+/")


def handler(data: BinaryIO, context: Any) -> tuple[str, str]:
    """Answer one request.

    Args:
        data: Stream of the request's body.
        context: The service's request context.

    Returns:
        The response's body, as text, and its content type.
    """
    try:
        check_content_type(context.request_content_type)
        form = read_accept(context.accept_header)
        check_length(getattr(context, "content_length", None))
        image = read_image(data.read(MAX_BODY_BYTES + 1), context.request_content_type)
        prediction = _predict(image, context.rest_uri, form)
    except RequestError as error:
        raise _http_error(error) from error
    return response_body(prediction, form), form.media_type


def check_content_type(content_type: str | None) -> None:
    """Refuse a content type other than an image's or JSON.

    Args:
        content_type: The Content-Type header; absent means ``application/json``, as the container
            has it.

    Raises:
        RequestError: 415.
    """
    if _media_type(content_type) not in CONTENT_TYPES:
        raise RequestError(
            "415 Unsupported Media Type",
            f"Content type {content_type!r} is not supported; send one image as "
            f"{', '.join(IMAGE_TYPES)}, or as application/json {_JSON_FORM}.",
        )


def check_length(declared: int | None, limit: int = MAX_BODY_BYTES) -> None:
    """Refuse a body whose declared length is too large, before any of it is read.

    Args:
        declared: The Content-Length header; None where there is none, as with chunks.
        limit: Bytes.

    Raises:
        RequestError: 413.
    """
    if declared is not None and declared > limit:
        raise too_large(limit)


def read_image(body: bytes, content_type: str | None, most_pixels: int | None = None) -> bytes:
    """The encoded image of a body, of which the header says that it may be decoded.

    Args:
        body: At most ``MAX_BODY_BYTES``; more of it is not needed to refuse it.
        content_type: One that ``check_content_type`` lets pass.
        most_pixels: Pixels that are decoded; None takes what the environment says.

    Raises:
        RequestError: 413 for a body too large, 400 for an empty one, unusable JSON or an image
            that costs too much.
    """
    if len(body) > MAX_BODY_BYTES:
        raise too_large()
    image = body if _media_type(content_type) in IMAGE_TYPES else _from_json(body)
    if not image:
        raise RequestError("400 Bad Request", "There is no image: it has 0 bytes.")
    reason = excess(measure(io.BytesIO(image)), most_pixels or served_pixels())
    if reason is not None:
        raise undecodable(reason, image)
    return image


def too_large(limit: int = MAX_BODY_BYTES) -> RequestError:
    """The error of a body over a limit in bytes."""
    return RequestError("413 Payload Too Large", f"The body is larger than {limit} bytes.")


def _predict(image: bytes, rest_uri: str, form: Form) -> dict[str, Any]:
    """Ask TensorFlow Serving, in its REST API's row format."""
    import requests

    body: dict[str, Any] = {"instances": [{"b64": base64.b64encode(image).decode("ascii")}]}
    if form.signature != PLAIN:
        body["signature_name"] = form.signature
    answer = requests.post(rest_uri, json=body, timeout=300)
    if answer.status_code != 200:
        raise _refused(answer, image, form)
    prediction: dict[str, Any] = answer.json()["predictions"][0]
    if form.unknown and "unknown_score" not in prediction:
        raise lacking(form)
    return prediction


def _refused(answer: Any, image: bytes, form: Form) -> RequestError:
    """What TensorFlow Serving did not answer, with its own status and reason.

    A request may name what it does not hold: a version, a method.
    """
    try:
        reason = str(answer.json()["error"])
    except (ValueError, KeyError, TypeError):
        reason = answer.text[:1000] or "TensorFlow Serving gave no reason."
    # As TensorFlow Serving's http_rest_api_handler_impl.cc words it, with status 400.
    if "not found in signature def" in reason and form.signature != PLAIN:
        return lacking(form)
    if answer.status_code == 400 and answer.url.endswith(":predict"):
        return undecodable(reason, image)
    phrase = answer.reason or "Error"
    return RequestError(f"{answer.status_code} {phrase}", f"TensorFlow Serving: {reason}")


def _http_error(error: RequestError) -> Exception:
    """The error as the newer service passes it on; the older one makes every exception a 500."""
    try:
        import falcon
    except ImportError:
        return error

    class Refusal(falcon.HTTPError):  # type: ignore[misc]
        # What the older service writes into its 500; falcon's own text is the status alone.
        def __str__(self) -> str:
            return str(error)

    return Refusal(error.status, title=error.status[4:], description=str(error))


def _media_type(header: str | None) -> str:
    return (header or "application/json").split(";")[0].strip().lower()


def _from_json(body: bytes) -> bytes:
    """The image of ``{"instances": [{"b64": ...}]}``, or of another form of it."""
    if sum(map(body.count, (b"[", b"{", b","))) > _MOST_JSON_PARTS:
        raise _not_one_image()
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RequestError(
            "400 Bad Request",
            f"The body is not JSON, as its content type says; it begins like "
            f"{apparent_kind(body)}. Send an image as {IMAGE_TYPES[0]}.",
        ) from error
    text = _encoded(content)
    if text is None:
        raise _not_one_image()
    try:
        return _decoded(text)
    except (binascii.Error, ValueError) as error:
        raise RequestError("400 Bad Request", f"b64 is not base64: {error}.") from error


def _not_one_image() -> RequestError:
    return RequestError("400 Bad Request", f"The JSON must be {_JSON_FORM}, with one image.")


def _encoded(content: Any) -> str | None:
    """The text of ``b64`` in its brackets and names; None where there is not one image."""
    # No form that is read here is deeper.
    for _ in range(2 * len(_JSON_NAMES)):
        if isinstance(content, list):
            content = content[0] if len(content) == 1 else None
        if isinstance(content, dict) and isinstance(content.get("b64"), str):
            return str(content["b64"])
        if isinstance(content, dict):
            content = next((content[name] for name in _JSON_NAMES if name in content), None)
    return None


def _decoded(text: str) -> bytes:
    """The bytes of base64 as programs write it: a data URI, URL-safe, without padding, in lines."""
    # As bytes: text of many short lines would be as many objects, were it split.
    plain = text.encode("ascii").translate(_URL_ALPHABET, b" \t\n\v\f\r")
    plain = re.sub(rb"^data:[^,]*;base64,", b"", plain).rstrip(b"=")
    return base64.b64decode(plain + b"=" * (-len(plain) % 4), validate=True)
