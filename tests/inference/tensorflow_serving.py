"""The part of TensorFlow Serving's REST API that the handler uses, over ``tf.saved_model.load``.

Row format (``instances``) and column format (``inputs``), ``{"b64": ...}`` for bytes,
``signature_name``, and its error bodies. Floats are written with the fewest digits that are the
same float32, as TensorFlow Serving's JSON writer does.
"""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


class RestError(Exception):
    """Answered as ``{"error": ...}``."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def app(model_folder: Path, name: str = "model") -> Starlette:
    """An application that serves the highest version below a folder as one model."""
    versions = [path.parent for path in model_folder.glob("*/saved_model.pb")]
    version = max(versions, key=lambda path: int(path.name))
    loaded = tf.saved_model.load(str(version))

    async def predict(request: Request) -> Response:
        try:
            body = _parsed(await request.body())
            answer = await run_in_threadpool(_predict, loaded, body)
        except RestError as error:
            return JSONResponse({"error": str(error)}, error.status)
        return Response(json.dumps(answer), media_type="application/json")

    def status(_: Request) -> Response:
        found = {"version": version.name, "state": "AVAILABLE", "status": {"error_code": "OK"}}
        return JSONResponse({"model_version_status": [found]})

    return Starlette(
        routes=[
            Route(f"/v1/models/{name}:predict", predict, methods=["POST"]),
            Route(f"/v1/models/{name}", status),
        ]
    )


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(body)
    except ValueError as error:
        raise RestError(400, f"JSON Parse error: {error}") from error
    if ("instances" in content) == ("inputs" in content):
        raise RestError(400, "JSON Value: must have either 'instances' or 'inputs'")
    return content


def _predict(loaded: Any, body: dict[str, Any]) -> dict[str, Any]:
    name = body.get("signature_name", "serving_default")
    if name not in loaded.signatures:
        raise RestError(400, f'Serving signature name: "{name}" not found in signature def')
    signature = loaded.signatures[name]
    specs = signature.structured_input_signature[1]
    rows = "instances" in body
    inputs = _from_rows(body["instances"], specs) if rows else _from_columns(body["inputs"], specs)
    try:
        outputs = signature(**inputs)
    except tf.errors.InvalidArgumentError as error:
        raise RestError(400, error.message) from error
    arrays = {key: value.numpy() for key, value in outputs.items()}
    if not rows:
        columns = {key: _json(value) for key, value in arrays.items()}
        return {"outputs": columns if len(columns) > 1 else next(iter(columns.values()))}
    return {"predictions": _rows(arrays)}


def _from_rows(instances: Any, specs: dict[str, Any]) -> dict[str, Any]:
    named = [row if _is_named(row, specs) else {next(iter(specs)): row} for row in instances]
    return _from_columns({key: [row[key] for row in named] for key in specs}, specs)


def _is_named(row: Any, specs: dict[str, Any]) -> bool:
    return isinstance(row, dict) and set(row) == set(specs)


def _from_columns(inputs: Any, specs: dict[str, Any]) -> dict[str, Any]:
    named = inputs if _is_named(inputs, specs) else {next(iter(specs)): inputs}
    return {key: tf.constant(_bytes(named[key]), spec.dtype) for key, spec in specs.items()}


def _bytes(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"b64"}:
        return base64.b64decode(value["b64"])
    return [_bytes(item) for item in value] if isinstance(value, list) else value


def _rows(arrays: dict[str, Any]) -> list[Any]:
    batches = {value.shape[0] if value.ndim else None for value in arrays.values()}
    if len(batches) != 1 or None in batches:
        raise RestError(400, "Tensor has no batch dimension, or the outputs' batches differ")
    columns = {key: _json(value) for key, value in arrays.items()}
    if len(columns) == 1:
        found: list[Any] = next(iter(columns.values()))
        return found
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _json(array: Any) -> Any:
    if array.dtype == object:
        return np.vectorize(lambda item: item.decode(), otypes=[object])(array).tolist()
    if array.dtype == bool:
        return array.tolist()
    return np.vectorize(lambda item: float(str(item)), otypes=[object])(array).tolist()
