"""The names of the SageMaker SDK v3 that are used here, in one place."""

from types import SimpleNamespace
from typing import Any

from ic_tf_sdk.errors import MissingExtraError

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
    """Its ``Session``, ``ModelBuilder`` and ``ModelTrainer``; the rest in ``configs``, ``tuning``.

    Raises:
        MissingExtraError: The SageMaker SDK v3 is not installed.
    """
    try:
        from sagemaker.core import parameter, shapes
        from sagemaker.core.helper.session_helper import Session
        from sagemaker.core.training import configs
        from sagemaker.serve import ModelBuilder
        from sagemaker.train import ModelTrainer
        from sagemaker.train.tuner import HyperparameterTuner
    except ImportError as error:
        raise MissingExtraError("The SageMaker SDK v3", "sagemaker-v3") from error
    return SimpleNamespace(
        Session=Session,
        ModelBuilder=ModelBuilder,
        ModelTrainer=ModelTrainer,
        configs=SimpleNamespace(
            **{name: getattr(shapes, name) for name in _SHAPES},
            **{name: getattr(configs, name) for name in _CONFIGS},
        ),
        tuning=SimpleNamespace(
            CategoricalParameter=parameter.CategoricalParameter,
            ContinuousParameter=parameter.ContinuousParameter,
            HyperparameterTuner=HyperparameterTuner,
            IntegerParameter=parameter.IntegerParameter,
        ),
    )
