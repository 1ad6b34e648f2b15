"""Training and deploying: here, or on SageMaker.

A job is a value first (:func:`training_job`), then a plain request, an ``Estimator`` of SDK v2, a
``ModelTrainer`` of SDK v3, or a local run. :class:`LocalEstimator` is the notebook's ``Estimator``
on this machine.

The names here are the interface, loaded when they are first used; the modules below ``local`` and
``sagemaker``, where they live, are not part of the interface.
"""

from typing import TYPE_CHECKING

from ic_tf_sdk._lazy import lazy_names

if TYPE_CHECKING:
    from ic_tf_sdk.launch import tuning
    from ic_tf_sdk.launch.local.compare import compare
    from ic_tf_sdk.launch.local.compared_runs import ComparedRuns
    from ic_tf_sdk.launch.local.description import LocalTrainingJob
    from ic_tf_sdk.launch.local.endpoint import LocalEndpointPredictor
    from ic_tf_sdk.launch.local.estimator import LocalEstimator
    from ic_tf_sdk.launch.local.evaluate import evaluate
    from ic_tf_sdk.launch.local.importing.import_data import import_data
    from ic_tf_sdk.launch.local.importing.imported import ImportedData
    from ic_tf_sdk.launch.local.importing.table import Columns
    from ic_tf_sdk.launch.local.model_comparison import ModelComparison
    from ic_tf_sdk.launch.local.model_evaluation import ModelEvaluation
    from ic_tf_sdk.launch.local.select import select
    from ic_tf_sdk.launch.local.tuner import LocalTuner
    from ic_tf_sdk.launch.local.tuning_job import LocalTuningJob
    from ic_tf_sdk.launch.local.tuning_result import Tuning
    from ic_tf_sdk.launch.sagemaker import clarify, endpoints, sdk_v2, sdk_v3, transform
    from ic_tf_sdk.launch.sagemaker.benchmark import Benchmark, BenchmarkData, benchmark
    from ic_tf_sdk.launch.sagemaker.hyperparameter_names import script_hyperparameters
    from ic_tf_sdk.launch.sagemaker.job import SageMakerJob
    from ic_tf_sdk.launch.sagemaker.job_options import JobOptions
    from ic_tf_sdk.launch.sagemaker.preflight import Finding, preflight
    from ic_tf_sdk.launch.sagemaker.sdk import trainer
    from ic_tf_sdk.launch.sagemaker.sdk_v2 import estimator, model, tuner
    from ic_tf_sdk.launch.sagemaker.sdk_v3 import model_builder, model_trainer
    from ic_tf_sdk.launch.sagemaker.training import sample_dataset_uri, training_job
    from ic_tf_sdk.launch.selection import Selection

__all__ = [
    "Benchmark",
    "BenchmarkData",
    "Columns",
    "ComparedRuns",
    "Finding",
    "ImportedData",
    "JobOptions",
    "LocalEndpointPredictor",
    "LocalEstimator",
    "LocalTrainingJob",
    "LocalTuner",
    "LocalTuningJob",
    "ModelComparison",
    "ModelEvaluation",
    "SageMakerJob",
    "Selection",
    "Tuning",
    "benchmark",
    "clarify",
    "compare",
    "endpoints",
    "estimator",
    "evaluate",
    "import_data",
    "model",
    "model_builder",
    "model_trainer",
    "preflight",
    "sample_dataset_uri",
    "script_hyperparameters",
    "sdk_v2",
    "sdk_v3",
    "select",
    "trainer",
    "training_job",
    "transform",
    "tuner",
    "tuning",
]

if not TYPE_CHECKING:  # so that a type checker reports a misspelt name
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "Benchmark": "sagemaker.benchmark:Benchmark",
            "BenchmarkData": "sagemaker.benchmark:BenchmarkData",
            "ComparedRuns": "local.compared_runs:ComparedRuns",
            "Columns": "local.importing.table:Columns",
            "Finding": "sagemaker.preflight:Finding",
            "ImportedData": "local.importing.imported:ImportedData",
            "JobOptions": "sagemaker.job_options:JobOptions",
            "LocalEndpointPredictor": "local.endpoint:LocalEndpointPredictor",
            "LocalEstimator": "local.estimator:LocalEstimator",
            "LocalTrainingJob": "local.description:LocalTrainingJob",
            "LocalTuner": "local.tuner:LocalTuner",
            "LocalTuningJob": "local.tuning_job:LocalTuningJob",
            "ModelComparison": "local.model_comparison:ModelComparison",
            "ModelEvaluation": "local.model_evaluation:ModelEvaluation",
            "SageMakerJob": "sagemaker.job:SageMakerJob",
            "Selection": "selection:Selection",
            "Tuning": "local.tuning_result:Tuning",
            "benchmark": "sagemaker.benchmark:benchmark",
            "clarify": "sagemaker.clarify:",
            "compare": "local.compare:compare",
            "endpoints": "sagemaker.endpoints:",
            "estimator": "sagemaker.sdk_v2:estimator",
            "evaluate": "local.evaluate:evaluate",
            "import_data": "local.importing.import_data:import_data",
            "model": "sagemaker.sdk_v2:model",
            "model_builder": "sagemaker.sdk_v3:model_builder",
            "model_trainer": "sagemaker.sdk_v3:model_trainer",
            "preflight": "sagemaker.preflight:preflight",
            "sample_dataset_uri": "sagemaker.training:sample_dataset_uri",
            "script_hyperparameters": "sagemaker.hyperparameter_names:script_hyperparameters",
            "sdk_v2": "sagemaker.sdk_v2:",
            "sdk_v3": "sagemaker.sdk_v3:",
            "select": "local.select:select",
            "trainer": "sagemaker.sdk:trainer",
            "training_job": "sagemaker.training:training_job",
            "transform": "sagemaker.transform:",
            "tuner": "sagemaker.sdk_v2:tuner",
            "tuning": "tuning:",
        },
    )
