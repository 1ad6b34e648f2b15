"""The endpoint's description in OpenAPI 3.1."""

from typing import Any

from ic_tf_sdk._version import __version__
from ic_tf_sdk.contract.container_answer import CSV, JSON, JSON_LINES
from ic_tf_sdk.contract.container_handler import CONTENT_TYPES, IMAGE_TYPES

__all__ = ["document"]

_NUMBERS = {"type": "array", "items": {"type": "number", "minimum": 0, "maximum": 1}}
_WORD = {"type": "string"}
_ANSWER = {
    "type": "object",
    "required": ["probabilities"],
    "properties": {
        "probabilities": {
            **_NUMBERS,
            "description": "By class index; one number, of positive_label, in binary mode.",
        },
        "labels": {"type": "array", "items": _WORD},
        "predicted_label": _WORD,
        "positive_label": _WORD,
        "unknown": {"type": "boolean"},
        "unknown_score": {"type": "number", "description": "Above 0: perhaps of no class."},
    },
}
_REFUSAL = {
    "type": "object",
    "required": ["title", "description"],
    "properties": {"title": _WORD, "description": _WORD},
}
_WORD_OR_NULL = {"type": ["string", "null"]}
_MODEL = {
    "type": "object",
    "required": ["labels", "height", "width", "calibrated", "unknown"],
    "properties": {
        "model_id": _WORD_OR_NULL,
        "model_version": _WORD_OR_NULL,
        "kind": {"enum": ["fine_tuned", "pretrained", None]},
        "labels": {"type": "array", "items": _WORD, "description": "By class index."},
        "height": {"type": "integer", "description": "Pixels of the network's input."},
        "width": {"type": "integer"},
        "finished": {**_WORD_OR_NULL, "description": "When its training ended, in UTC."},
        "evaluation": {
            "type": ["object", "null"],
            "properties": {
                "channel": {**_WORD, "description": "test or validation."},
                "images": {"type": "integer"},
                "accuracy": {"type": "number", "minimum": 0, "maximum": 1},
            },
        },
        "calibrated": {"type": "boolean", "description": "Whether it has calibrated answers."},
        "unknown": {"type": "boolean", "description": "Whether it tells unknown images."},
    },
}
_SECURITY = {
    "security": [{"token": []}],
    "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
}
_KEPT = {
    "type": "object",
    "required": ["label", "file", "state", "before"],
    "properties": {
        "label": {**_WORD, "description": "The class that it has now."},
        "file": {**_WORD, "description": "Where it lies, below the folder."},
        "state": {"enum": ["new", "there", "moved"]},
        "before": {**_WORD_OR_NULL, "description": "The class that it had."},
    },
}
_REASONS = {
    "400": "The body is no readable image, or not the JSON it should be.",
    "401": "It asks for a token, which the request has not.",
    "403": "The Host header, or the web page that asks, is foreign.",
    "406": "The Accept header asks for another type than JSON, JSON lines or CSV, or for answers "
    "that the model has not.",
    "408": "The body did not arrive in time.",
    "413": "The body is too large.",
    "415": "The content type is not an image's.",
    "503": "The model is not loaded, or there is too much to do; come again.",
}


def document(
    *, explains: bool = False, collects: bool = False, asks_token: bool = False
) -> dict[str, Any]:
    """The OpenAPI document: ``/invocations``, ``/model``, ``/ping`` and ``/live``.

    Args:
        explains: Whether ``/explanations`` is answered, too.
        collects: Whether ``/corrections`` is.
        asks_token: Whether all but ``/ping`` and ``/live`` need a token.
    """
    more = {"/explanations": {"post": _explanations()}} if explains else {}
    more |= {"/corrections": {"post": _corrections()}} if collects else {}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Image classification endpoint", "version": __version__},
        "paths": {
            "/invocations": {"post": _invocations()},
            **more,
            "/model": {"get": _which_model()},
            "/ping": {"get": _probe("Whether it is to be asked: the model is loaded.")},
            "/live": {"get": _probe("Whether it lives, also while the model is being loaded.")},
        },
        **(_SECURITY if asks_token else {}),
    }


def _probe(summary: str) -> dict[str, Any]:
    answers = {"200": {"description": "Yes."}, "503": {"description": "No."}}
    return {"summary": summary, "security": [], "responses": answers}


def _invocations() -> dict[str, Any]:
    accept = {
        "name": "Accept",
        "in": "header",
        "schema": {**_WORD, "default": JSON},
        "description": f"{JSON}, {JSON_LINES} or {CSV}, with ;verbose for labels or "
        ";n_predictions=K for the K most probable, ;calibrated=true for calibrated probabilities, "
        ";unknown=true for whether the image is perhaps of no class.",
    }
    return {
        "summary": "Classify one image.",
        "parameters": [accept],
        "requestBody": {"required": True, "content": _bodies()},
        "responses": {"200": _answered(), **_refusals()},
    }


def _explanations() -> dict[str, Any]:
    picture = {
        "description": "The picture, red where the answer hangs on.",
        "content": {"image/png": {"schema": {}}},
    }
    return {
        "summary": "Show where the model looks in one image; one at a time.",
        "requestBody": {"required": True, "content": _bodies()},
        "responses": {"200": picture, **_refusals()},
    }


def _corrections() -> dict[str, Any]:
    said = {"label": "A class of the model.", "name": "What the picture is called."}
    parameters = [
        {
            "name": name,
            "in": "query",
            "required": name == "label",
            "schema": _WORD,
            "description": text,
        }
        for name, text in said.items()
    ]
    full = _response("The folder is full, or cannot be written.", _REFUSAL)
    return {
        "summary": "Keep one image under the class that it is.",
        "parameters": parameters,
        "requestBody": {"required": True, "content": _bodies()},
        "responses": {
            "201": _response("It is kept.", _KEPT),
            "200": _response("It was kept already; another class is changed.", _KEPT),
            **_refusals(),
            "507": full,
        },
    }


def _which_model() -> dict[str, Any]:
    known = _response("What is known of it; what its archive does not record is null.", _MODEL)
    return {
        "summary": "Which model answers.",
        "responses": {"200": known, "503": _response("The model is not loaded.", _REFUSAL)},
    }


def _refusals() -> dict[str, Any]:
    return {status: _response(reason, _REFUSAL) for status, reason in _REASONS.items()}


def _bodies() -> dict[str, Any]:
    encoded = {"type": "object", "properties": {"b64": {**_WORD, "contentEncoding": "base64"}}}
    instances = {"type": "array", "items": encoded, "minItems": 1, "maxItems": 1}
    content: dict[str, Any] = {name: {"schema": {}} for name in IMAGE_TYPES}
    content[CONTENT_TYPES[-1]] = {
        "schema": {"type": "object", "properties": {"instances": instances}}
    }
    return content


def _answered() -> dict[str, Any]:
    response = _response("The probabilities.", _ANSWER)
    response["content"] |= {name: {"schema": _WORD} for name in (JSON_LINES, CSV)}
    return response


def _response(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {JSON: {"schema": schema}}}
