"""The page of a folder of static files: the endpoint's page, with the model in the place of one."""

import json
from importlib.resources import files
from typing import Any

from ic_tf_sdk.contract import container_answer, container_handler, image_cost, image_names
from ic_tf_sdk.contract.image_header import IOS_PNG
from ic_tf_sdk.inference.endpoint import page
from ic_tf_sdk.inference.web.limits import MOST_PICTURES, MOST_PIXELS
from ic_tf_sdk.pages import look

__all__ = ["RULES", "RUNTIME", "WASM", "decoder", "texts"]

RUNTIME = "ort.wasm.bundle.min.js"
"""The runtime's script: a module, whose usual suffix some servers do not know as a script."""

WASM = "ort-wasm-simd-threaded.wasm"
"""The runtime itself."""

_RULES = {
    "default-src": "'none'",
    "script-src": "'self' 'wasm-unsafe-eval'",
    # Begun from bytes of the page's own, so that these rules hold in it too; it imports a file.
    "worker-src": "'self' blob:",
    "connect-src": "'self'",
    "style-src": "'self'",
    "img-src": "blob: data:",
    "media-src": "blob:",
    "base-uri": "'none'",
    "form-action": "'none'",
}

RULES = "; ".join(f"{what} {whose}" for what, whose in _RULES.items())
"""The Content-Security-Policy: nothing is asked of any other host."""

# A tab gives up a picture that takes longer, as the endpoint's page does.
_SECONDS = 130
# Each uses what stands before it.
_DECODER = ("refusal", "orientation", "jpeg_scan", "jpeg_colours", "jpeg", "png", "decode")


def texts() -> dict[str, str]:
    """The page's files but for the model and the runtime: name -> text."""
    html = page.document("web").replace("/* rules */", RULES)
    return {
        "index.html": html,
        "page.css": look.STYLE + page.stylesheet() + _part("web.css"),
        "page.js": page.script(_given(), asking=_part("here.js")) + _part("folders.js"),
        "served.js": _part("served.js"),
        "worker.js": _worker(),
    }


def _given() -> dict[str, Any]:
    return {
        "pictures": MOST_PICTURES,
        # The model answers one at a time: they wait on the page, where they can be taken back.
        "at_once": 1,
        "explains": False,
        "seconds": _SECONDS,
        "suffixes": image_names.SUFFIXES,
        "hidden": sorted(image_names.LEFTOVERS),
    }


def _worker() -> str:
    head = f'import * as ort from "./runtime/{RUNTIME}";\n'
    return "\n".join([head, decoder(), _part("answering.js")])


def decoder() -> str:
    """The script that makes an upright picture of a file's bytes, with the limits that it keeps."""
    given = {
        "runtime": WASM,
        "bytes": container_handler.MAX_BODY_BYTES,
        "pixels": MOST_PIXELS,
        "scans": image_cost.MAX_SCANS,
        "segments": image_cost.MAX_SEGMENTS,
        "chunks": image_cost.MAX_CHUNKS,
        "texts": image_cost.MAX_TEXTS,
        "ios_png": IOS_PNG,
        # The same words in both languages: expressions over bytes.
        "kinds": [(pattern.decode(), kind) for pattern, kind in container_answer._KINDS],
    }
    head = f"const GIVEN = {json.dumps(given)};\n"
    return "\n".join([head, *(_part(f"{name}.js") for name in _DECODER)])


def _part(name: str) -> str:
    folder = files("ic_tf_sdk.inference.web").joinpath("browser")
    return folder.joinpath(name).read_text(encoding="utf-8")
