"""SageMaker's *Image Classification - TensorFlow*, open and runnable anywhere.

The submodules are the interface and are imported by name, as in the SageMaker SDK::

    from ic_tf_sdk import hyperparameters, image_uris, model_uris, script_uris

``ic_tf_sdk.image_uris`` works likewise; ``dir(ic_tf_sdk)`` lists the names. Each is loaded when it
is first used: importing this package loads no TensorFlow, boto3 or sagemaker, and needs no network
and no credentials.
"""

from typing import TYPE_CHECKING

from ic_tf_sdk._lazy import lazy_names
from ic_tf_sdk._version import __version__

if TYPE_CHECKING:
    from ic_tf_sdk import (
        accept_types,
        content_types,
        embedded,
        enums,
        environment_variables,
        errors,
        hyperparameters,
        image_uris,
        inference,
        instance_types,
        launch,
        metric_definitions,
        model_ids,
        model_uris,
        payloads,
        resource_requirements,
        sample_data,
        script_uris,
        settings,
        specs,
    )

# The public names of the package, once: `dir`, the reference in the docs and the tests read it.
__all__ = [
    "__version__",
    "accept_types",
    "content_types",
    "embedded",
    "enums",
    "environment_variables",
    "errors",
    "hyperparameters",
    "image_uris",
    "inference",
    "instance_types",
    "launch",
    "metric_definitions",
    "model_ids",
    "model_uris",
    "payloads",
    "resource_requirements",
    "sample_data",
    "script_uris",
    "settings",
    "specs",
]

if not TYPE_CHECKING:  # so that a type checker reports a misspelt name
    __getattr__, __dir__ = lazy_names(__name__, {name: f"{name}:" for name in __all__})
