"""The artifact of a job: what ``model.tar.gz`` holds."""

import shutil
from pathlib import Path

import ic_tf_sdk
from ic_tf_sdk.contract import container_handler, model_info, output_files
from ic_tf_sdk.contract.model_info import FineTuning, ModelInfo
from ic_tf_sdk.specs.hyperparameters import as_text
from ic_tf_sdk.training.graph import serving_model, warmup
from ic_tf_sdk.training.graph.preprocessing import Preprocessing
from ic_tf_sdk.training.network.classifier import Classifier
from ic_tf_sdk.training.plan import Plan

__all__ = ["write"]


def write(plan: Plan, classifier: Classifier, preprocessing: Preprocessing, folder: Path) -> None:
    """Write the SavedModel, its handler, its labels and its description.

    ::

        1/                                        the SavedModel; see ``export.ServingModel``
        1/assets.extra/                           requests that TensorFlow Serving warms up with
        code/inference.py                         the request handler
        class_label_to_prediction_index.json      class name -> index
        model_info.json                           what all of it is, with digests

    Args:
        plan: The job.
        classifier: Trained.
        preprocessing: What it was trained with.
        folder: An empty folder.
    """
    serving = serving_model.fine_tuned(
        classifier, preprocessing, plan.labels, binary_mode=plan.hyperparameters.binary_mode
    )
    serving_model.save(serving, folder / "1")
    warmup.write(folder / "1", height=preprocessing.height, width=preprocessing.width)
    (folder / "code").mkdir()
    shutil.copyfile(container_handler.__file__, folder / "code" / "inference.py")
    output_files.write_json(
        folder / output_files.LABELS_FILE, output_files.label_index(plan.labels)
    )
    files = dict(model_info.digests(folder))
    _describe(plan, classifier).model_copy(update={"files": files}).write(folder)


def _describe(plan: Plan, classifier: Classifier) -> ModelInfo:
    given = plan.hyperparameters
    fine_tuning = FineTuning(
        labels=plan.labels,
        binary_mode=given.binary_mode,
        interpolation=given.image_resize_interpolation,
        hyperparameters={name: as_text(value) for name, value in given},
        package_version=ic_tf_sdk.__version__,
    )
    return classifier.source.info.model_copy(
        update={
            "kind": "fine_tuned",
            "feature_vector_size": classifier.feature_vector_size,
            "fine_tuning": fine_tuning,
        }
    )
