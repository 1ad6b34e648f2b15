"""Answering with a fine-tuned model: in Python, by a local endpoint, or on Spark and Ray.

The names here are the interface, loaded when they are first used; the other modules are what
``ic-tf serve``, ``ic-tf predict`` and ``ic-tf export`` are made of, and not part of the interface.
"""

from typing import TYPE_CHECKING

from ic_tf_sdk._lazy import lazy_names

if TYPE_CHECKING:
    from ic_tf_sdk.inference.engines.ray import RayClassifier
    from ic_tf_sdk.inference.engines.spark import spark_classifier
    from ic_tf_sdk.inference.predictor import LocalPredictor

__all__ = ["LocalPredictor", "RayClassifier", "spark_classifier"]

if not TYPE_CHECKING:  # so that a type checker reports a misspelt name
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "LocalPredictor": "predictor:LocalPredictor",
            "RayClassifier": "engines.ray:RayClassifier",
            "spark_classifier": "engines.spark:spark_classifier",
        },
    )
