"""The names of the SageMaker SDK v3 that are used here, in one place."""

from types import SimpleNamespace
from typing import Any

from ic_tf_sdk import extras

__all__ = ["sdk_v3_names"]

_SHAPES = ("Channel", "DataSource", "MetricDefinition", "S3DataSource", "StoppingCondition", "Tag")
_CONFIGS = (
    "CheckpointConfig",
    "Compute",
    "InputData",
    "Networking",
    "OutputDataConfig",
    "SourceCode",
)


def sdk_v3_names() -> Any:
    """Its classes for jobs and endpoints; those of a job in ``configs``, of tuners in ``tuning``.

    Raises:
        MissingExtraError: The SageMaker SDK v3 is not installed.
    """
    configs = extras.load("sagemaker.core.training.configs")
    parameter = extras.load("sagemaker.core.parameter")
    shapes = extras.load("sagemaker.core.shapes")
    return SimpleNamespace(
        BytesDeserializer=extras.load("sagemaker.core.deserializers").BytesDeserializer,
        Endpoint=extras.load("sagemaker.core.resources").Endpoint,
        IdentitySerializer=extras.load("sagemaker.core.serializers").IdentitySerializer,
        Session=extras.load("sagemaker.core.helper.session_helper").Session,
        ModelBuilder=extras.load("sagemaker.serve").ModelBuilder,
        ModelTrainer=extras.load("sagemaker.train").ModelTrainer,
        configs=SimpleNamespace(
            **{name: getattr(shapes, name) for name in _SHAPES},
            **{name: getattr(configs, name) for name in _CONFIGS},
        ),
        tuning=SimpleNamespace(
            CategoricalParameter=parameter.CategoricalParameter,
            ContinuousParameter=parameter.ContinuousParameter,
            HyperparameterTuner=extras.load("sagemaker.train.tuner").HyperparameterTuner,
            IntegerParameter=parameter.IntegerParameter,
        ),
    )
