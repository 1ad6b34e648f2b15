"""Jobs and endpoints through the SageMaker SDK v2."""

from collections.abc import Mapping
from typing import Any

from ic_tf_sdk import extras
from ic_tf_sdk.launch.sagemaker import published_content, tuning
from ic_tf_sdk.launch.sagemaker.job import SageMakerJob
from ic_tf_sdk.launch.sagemaker.serving_image import serving_image
from ic_tf_sdk.launch.sagemaker.training import training_job

__all__ = ["estimator", "from_job", "model", "tuner"]


def estimator(
    model_id: str,
    *,
    role: str,
    output_path: str | None = None,
    session: Any = None,
    publish: bool = False,
    **arguments: Any,
) -> Any:
    """SDK v2's ``Estimator`` of a model, ready for ``fit({"training": ...})``.

    Args:
        model_id: For example ``"tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"``.
        role: ARN or name of the execution role.
        output_path: Default: ``output`` in the session's default bucket.
        session: A ``sagemaker.Session``; None makes one.
        publish: Whether to put this package's script and the model, where they are missing, into
            ``bucket``, the bucket in force, or the session's default one; else a job whose
            content is missing is refused.
        **arguments: As of :func:`ic_tf_sdk.launch.training_job`.

    Raises:
        MissingExtraError: The SageMaker SDK v2 is not installed.
        UserError: One of its subclasses in :mod:`ic_tf_sdk.errors`.
        StorageError: S3 refuses what is published.
    """
    session = session or _sagemaker().Session()
    arguments.setdefault("region", session.boto_region_name)
    output = output_path or f"s3://{session.default_bucket()}/output"
    if publish:
        arguments["bucket"] = published_content.target(arguments.get("bucket"), session)
    job = training_job(model_id, role=role, output_path=output, **arguments)
    published_content.ensure(job, publish=publish)
    return from_job(job, session)


def from_job(job: SageMakerJob, session: Any = None) -> Any:
    """SDK v2's ``Estimator`` of a job.

    Args:
        job: What to train.
        session: A ``sagemaker.Session``; None makes one.
    """
    made: Any = _sagemaker().estimator.Estimator(
        **job.estimator_arguments(), sagemaker_session=session
    )
    return made


def model(
    model_data: str,
    model_id: str,
    *,
    role: str,
    instance_type: str,
    model_version: str = "*",
    region: str | None = None,
    session: Any = None,
    **arguments: Any,
) -> Any:
    """SDK v2's ``Model`` of a job's ``model.tar.gz``, for ``deploy`` or ``transformer``.

    The archive holds its own handler, so nothing is repacked and the model runs isolated.

    Args:
        model_data: S3 URI of the ``model.tar.gz``.
        model_id: The model that was trained.
        role: ARN or name of the execution role.
        instance_type: What it will run on: it decides for the CPU or the GPU image.
        model_version: Exact, or ``"*"`` for the newest.
        region: AWS region; None takes the session's.
        session: A ``sagemaker.Session``; None makes one.
        **arguments: Further arguments of ``sagemaker.model.Model``.
    """
    sagemaker = _sagemaker()
    session = session or sagemaker.Session()
    image = serving_image(
        model_id,
        model_version=model_version,
        region=region or session.boto_region_name,
        instance_type=instance_type,
    )
    made: Any = sagemaker.model.Model(
        image_uri=image,
        model_data=model_data,
        role=role,
        sagemaker_session=session,
        predictor_cls=sagemaker.predictor.Predictor,
        enable_network_isolation=True,
        **arguments,
    )
    return made


def tuner(
    estimator: Any,
    *,
    ranges: Mapping[str, Any] | None = None,
    objective: str = tuning.OBJECTIVE,
    max_jobs: int = 20,
    max_parallel_jobs: int = 2,
    **arguments: Any,
) -> Any:
    """SDK v2's ``HyperparameterTuner`` over the documented ranges.

    Args:
        estimator: From :func:`estimator`.
        ranges: Names -> ``tuning.Real``, ``tuning.Integer`` or ``tuning.Categorical``; default:
            the documented ones of batch size, learning rate and optimizer.
        objective: Name of one of the estimator's metrics, to maximise.
        max_jobs: Jobs in all.
        max_parallel_jobs: Jobs at a time.
        **arguments: Further arguments of ``HyperparameterTuner``.

    Raises:
        HyperparameterError: A range is wider than what the hyperparameter allows.
    """
    sdk = _sagemaker().tuner
    makers = {
        "integer": lambda r: sdk.IntegerParameter(r.low, r.high, scaling_type=r.scaling),
        "real": lambda r: sdk.ContinuousParameter(r.low, r.high, scaling_type=r.scaling),
        "categorical": lambda r: sdk.CategoricalParameter(list(r.values)),
    }
    checked = tuning.checked(ranges or tuning.DEFAULT)
    arguments.setdefault("base_tuning_job_name", tuning.base_name(estimator.base_job_name))
    made: Any = sdk.HyperparameterTuner(
        estimator,
        objective_metric_name=objective,
        hyperparameter_ranges={n: makers[r.kind](r) for n, r in checked.items()},
        metric_definitions=estimator.metric_definitions,
        objective_type="Maximize",
        max_jobs=max_jobs,
        max_parallel_jobs=max_parallel_jobs,
        **arguments,
    )
    return made


def _sagemaker() -> Any:
    for name in ("estimator", "model", "predictor", "tuner"):
        extras.load(f"sagemaker.{name}")
    return extras.load("sagemaker")
