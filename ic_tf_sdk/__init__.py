"""SageMaker's *Image Classification - TensorFlow*, open and runnable anywhere.

The submodules are the interface and are imported by name, as in the SageMaker SDK::

    from ic_tf_sdk import hyperparameters, image_uris, model_uris, script_uris

Importing this package loads nothing heavier than pydantic: no TensorFlow, boto3 or sagemaker, no
network, no credentials.
"""

from ic_tf_sdk._version import __version__

__all__ = ["__version__"]
