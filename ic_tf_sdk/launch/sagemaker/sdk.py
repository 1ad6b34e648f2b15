"""A job through the line of the SageMaker SDK that is installed, v2 or v3.

::

    from ic_tf_sdk import launch

    trainer = launch.trainer(model_id, role=role, hyperparameters={"epochs": 5})
"""

from typing import TYPE_CHECKING, Any

from typing_extensions import Unpack

from ic_tf_sdk import extras
from ic_tf_sdk.launch.keywords import explicit
from ic_tf_sdk.launch.sagemaker import sdk_v2, sdk_v3
from ic_tf_sdk.launch.sagemaker.job_options import DEFAULTS, JobOptions

if TYPE_CHECKING:
    from sagemaker.estimator import Estimator
    from sagemaker.train import ModelTrainer

__all__ = ["trainer"]


@explicit(JobOptions, DEFAULTS)
def trainer(
    model_id: str,
    *,
    role: str,
    output_path: str | None = None,
    session: Any = None,
    publish: bool = False,
    **options: Unpack[JobOptions],
) -> "Estimator | ModelTrainer":
    """``launch.estimator`` where SDK v2 is installed, ``launch.model_trainer`` where v3 is.

    Args:
        model_id: For example ``"tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"``.
        role: ARN or name of the execution role.
        output_path: S3 URI of the results; None takes ``output`` in the session's default bucket.
        session: A session of the line that is installed; None makes one.
        publish: Whether to publish what is missing, as of ``launch.estimator``.
        **options: As of ``launch.JobOptions``.

    Returns:
        SDK v2's ``Estimator``, for ``fit({"training": ...})``, or SDK v3's ``ModelTrainer``, for
        ``train(launch.sdk_v3.inputs({"training": ...}))``.

    Raises:
        MissingExtraError: Neither line is installed.
        UserError: One of its subclasses in :mod:`ic_tf_sdk.errors`; every wrong name and every
            wrong value at once.
        StorageError: S3 refuses what is published.

    Example:
        >>> made = trainer(model_id, role=role, session=session, hyperparameters={"epochs": 5})
        >>> type(made).__name__ in ("Estimator", "ModelTrainer")
        True
    """
    make: Any = sdk_v2.estimator if extras.sagemaker_line() == "v2" else sdk_v3.model_trainer
    return make(
        model_id, role=role, output_path=output_path, session=session, publish=publish, **options
    )
