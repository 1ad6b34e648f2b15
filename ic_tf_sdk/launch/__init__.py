"""Training and deploying: here, or on SageMaker.

A job is a value first (:func:`training_job`, or :func:`ic_tf_sdk.launch.local.request.request` for
a run on this machine), then a plain request, an ``Estimator`` of SDK v2, or a local run.
:class:`LocalEstimator` is the notebook's ``Estimator`` on this machine.
"""

from ic_tf_sdk.launch.local.estimator import LocalEstimator
from ic_tf_sdk.launch.sagemaker import sdk_v2, sdk_v3, transform, tuning
from ic_tf_sdk.launch.sagemaker.hyperparameter_names import script_hyperparameters
from ic_tf_sdk.launch.sagemaker.sdk_v2 import estimator, model, tuner
from ic_tf_sdk.launch.sagemaker.training import sample_dataset_uri, training_job

__all__ = [
    "LocalEstimator",
    "estimator",
    "model",
    "sample_dataset_uri",
    "script_hyperparameters",
    "sdk_v2",
    "sdk_v3",
    "training_job",
    "transform",
    "tuner",
    "tuning",
]
