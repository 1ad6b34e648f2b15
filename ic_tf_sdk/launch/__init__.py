"""Training and deploying: here, or on SageMaker.

A job is a value first (:func:`training_job`, or :func:`ic_tf_sdk.launch.request.request` for a run
on this machine), then a plain request, an ``Estimator`` of SDK v2, or a local run.
:class:`LocalEstimator` is the notebook's ``Estimator`` on this machine.
"""

from ic_tf_sdk.launch.local_estimator import LocalEstimator
from ic_tf_sdk.launch.script_spelling import script_hyperparameters
from ic_tf_sdk.launch.sdk_v2 import estimator, model, tuner
from ic_tf_sdk.launch.training import sample_dataset_uri, training_job

__all__ = [
    "LocalEstimator",
    "estimator",
    "model",
    "sample_dataset_uri",
    "script_hyperparameters",
    "training_job",
    "tuner",
]
