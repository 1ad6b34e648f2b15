"""Answering requests with a fine-tuned model, in Python or by a local endpoint.

The names here are the interface, loaded when they are first used; the other modules are what
``ic-tf serve``, ``ic-tf predict`` and ``ic-tf export`` are made of, and not part of the interface.
"""

from typing import TYPE_CHECKING

from ic_tf_sdk._lazy import lazy_names

if TYPE_CHECKING:
    from ic_tf_sdk.inference.predictor import LocalPredictor

__all__ = ["LocalPredictor"]

if not TYPE_CHECKING:  # so that a type checker reports a misspelt name
    __getattr__, __dir__ = lazy_names(__name__, {"LocalPredictor": "predictor:LocalPredictor"})
