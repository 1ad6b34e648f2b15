"""Jobs and endpoints through the SageMaker SDK v2.

::

    from ic_tf_sdk import launch

    estimator = launch.estimator(model_id, role=role, hyperparameters={"epochs": 5})
    estimator.fit({"training": launch.sample_dataset_uri()})
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from typing_extensions import Unpack

from ic_tf_sdk import extras
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch import tuning
from ic_tf_sdk.launch.keywords import explicit
from ic_tf_sdk.launch.open_values import Count, Flag, Text
from ic_tf_sdk.launch.sagemaker import job_checks
from ic_tf_sdk.launch.sagemaker.image_predictor import predictor_class
from ic_tf_sdk.launch.sagemaker.job import SageMakerJob
from ic_tf_sdk.launch.sagemaker.job_options import DEFAULTS, JobOptions
from ic_tf_sdk.launch.sagemaker.sdk_ranges import sdk_ranges
from ic_tf_sdk.launch.sagemaker.serving_image import serving_image
from ic_tf_sdk.launch.sagemaker.session_job import session_job
from ic_tf_sdk.launch.tag_list import Tags, as_list, by_name
from ic_tf_sdk.launch.tuning import Range, Strategy
from ic_tf_sdk.specs.pipeline_variable import is_pipeline_variable, refusal

if TYPE_CHECKING:
    from sagemaker import Session
    from sagemaker.estimator import Estimator
    from sagemaker.model import Model
    from sagemaker.tuner import HyperparameterTuner

__all__ = ["estimator", "from_job", "model", "tuner"]


@explicit(JobOptions, DEFAULTS)
def estimator(
    model_id: str,
    *,
    role: Text,
    output_path: Text | None = None,
    session: "Session | None" = None,
    publish: bool = False,
    **options: Unpack[JobOptions],
) -> "Estimator":
    """SDK v2's ``Estimator`` of a model, ready for ``fit({"training": ...})``.

    Args:
        model_id: For example ``"tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"``.
        role: ARN or name of the execution role.
        output_path: S3 URI of the results; None takes ``output`` in the session's default bucket.
        session: A ``sagemaker.Session``; None makes one.
        publish: Whether to put this package's script and the model, where they are missing, into
            ``bucket``, the bucket in force, or the session's default one; else a job whose
            content is missing is refused.
        **options: As of ``launch.JobOptions``.

    Raises:
        MissingExtraError: The SageMaker SDK v2 is not installed.
        UserError: One of its subclasses in :mod:`ic_tf_sdk.errors`; every wrong name and every
            wrong value at once.
        StorageError: S3 refuses what is published.

    Example:
        >>> five = estimator(model_id, role=role, session=session, hyperparameters={"epochs": 5})
        >>> five.instance_type, five.enable_network_isolation()
        ('ml.g4dn.xlarge', True)
    """
    session = session or _sagemaker().Session()
    job = session_job(
        model_id, session, role=role, output_path=output_path, publish=publish, options=options
    )
    return from_job(job, session)


@explicit()
def from_job(job: SageMakerJob, session: "Session | None" = None) -> "Estimator":
    """SDK v2's ``Estimator`` of a job.

    Args:
        job: What to train.
        session: A ``sagemaker.Session``; None makes one.

    Raises:
        MissingExtraError: The SageMaker SDK v2 is not installed.

    Example:
        >>> from_job(job, session).instance_type == job.instance_type
        True
    """
    arguments = job.estimator_arguments()
    return _sagemaker().estimator.Estimator(**arguments, sagemaker_session=session)


@explicit()
def model(
    model_data: Text,
    model_id: str,
    *,
    role: str,
    instance_type: Text,
    model_version: str = "*",
    region: str | None = None,
    session: "Session | None" = None,
    name: str | None = None,
    environment: Mapping[str, Text] | None = None,
    subnets: Sequence[Text] = (),
    security_group_ids: Sequence[Text] = (),
    network_isolation: Flag = True,
) -> "Model":
    """SDK v2's ``Model`` of a job's ``model.tar.gz``, for ``deploy`` or ``transformer``.

    The archive holds its own handler, so nothing is repacked and the model runs isolated. The
    predictor that ``deploy`` returns takes an image's bytes and gives the answer's.

    Args:
        model_data: S3 URI of the ``model.tar.gz``.
        model_id: The model that was trained.
        role: ARN or name of the execution role.
        instance_type: What it will run on: it decides for the CPU or the GPU image.
        model_version: Exact, or ``"*"`` for the newest.
        region: AWS region; None takes the session's.
        session: A ``sagemaker.Session``; None makes one.
        name: Name of the SageMaker model; None lets the SDK make one.
        environment: Name -> value of the container's environment variables.
        subnets: Ids of the subnets of a VPC that it runs in.
        security_group_ids: Ids of its security groups.
        network_isolation: Whether it runs without network.

    Raises:
        MissingExtraError: The SageMaker SDK v2 is not installed.
        UserError: One of its subclasses in :mod:`ic_tf_sdk.errors`.

    Example:
        >>> data = "s3://my-bucket/output/job/output/model.tar.gz"
        >>> small = model(data, model_id, role=role, instance_type="ml.m5.large", session=session)
        >>> small.image_uri.rpartition("/")[2]
        'tensorflow-inference:2.20-cpu-py312'
    """
    sagemaker = _sagemaker()
    session = session or sagemaker.Session()
    image = serving_image(
        model_id, model_version, region or session.boto_region_name, instance_type
    )
    return sagemaker.model.Model(
        image_uri=image,
        model_data=model_data,
        role=_name_or_arn(role),
        name=name,
        env=dict(environment or {}),
        vpc_config=_vpc(subnets, security_group_ids),
        sagemaker_session=session,
        predictor_cls=predictor_class(sagemaker),
        enable_network_isolation=network_isolation,
    )


@explicit()
def tuner(
    estimator: "Estimator",
    *,
    ranges: Mapping[str, Range] | None = None,
    objective: Text = tuning.OBJECTIVE,
    max_jobs: Count = 20,
    max_parallel_jobs: Count = 2,
    strategy: Strategy = "Bayesian",
    early_stopping: bool = False,
    base_job_name: str | None = None,
    tags: Tags | None = None,
) -> "HyperparameterTuner":
    """SDK v2's ``HyperparameterTuner`` over the documented ranges, ready for ``fit({...})``.

    Args:
        estimator: From :func:`estimator`.
        ranges: Hyperparameter -> ``tuning.Real``, ``tuning.Integer`` or ``tuning.Categorical``;
            None takes the documented ones of batch size, learning rate and optimizer.
        objective: Name of one of the estimator's metrics, to maximise.
        max_jobs: Jobs in all.
        max_parallel_jobs: Jobs at a time.
        strategy: How the next values are picked.
        early_stopping: Whether SageMaker may stop a job that cannot become the best.
        base_job_name: Beginning of the tuning job's name, at most 19 characters; None makes it of
            the estimator's.
        tags: Name -> value of each tag of the tuning job; or the SDK's list of them.

    Raises:
        MissingExtraError: The SageMaker SDK v2 is not installed.
        HyperparameterError: A range is wider than what the hyperparameter allows.
        UserError: A tag cannot be.

    Example:
        >>> rates = tuner(from_job(job, session), ranges={"learning_rate": tuning.Real(1e-4, 0.1)})
        >>> list(rates.hyperparameter_ranges())
        ['ContinuousParameterRanges', 'CategoricalParameterRanges', 'IntegerParameterRanges']
    """
    job_checks.refuse([*job_checks.of_tags(tags or {})])
    sdk = _sagemaker().tuner
    return sdk.HyperparameterTuner(
        estimator,
        objective_metric_name=objective,
        hyperparameter_ranges=sdk_ranges(sdk, ranges, estimator.hyperparameters()),
        metric_definitions=estimator.metric_definitions,
        strategy=strategy,
        objective_type="Maximize",
        max_jobs=max_jobs,
        max_parallel_jobs=max_parallel_jobs,
        early_stopping_type="Auto" if early_stopping else "Off",
        base_tuning_job_name=base_job_name or tuning.base_name(estimator.base_job_name),
        tags=as_list(by_name(tags or {})) or None,
    )


def _name_or_arn(role: str) -> str:
    if is_pipeline_variable(role):
        # The SDK looks for a slash in it.
        raise UserError(refusal("role", role))
    return role


def _vpc(
    subnets: Sequence[Text], security_group_ids: Sequence[Text]
) -> dict[str, list[Text]] | None:
    job_checks.refuse(job_checks.of_vpc(subnets, security_group_ids))
    if not subnets:
        return None
    return {"Subnets": list(subnets), "SecurityGroupIds": list(security_group_ids)}


def _sagemaker() -> Any:
    for name in ("deserializers", "estimator", "model", "predictor", "serializers", "tuner"):
        extras.load(f"sagemaker.{name}")
    return extras.load("sagemaker")
