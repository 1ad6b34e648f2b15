"""The artifact of a job: what ``model.tar.gz`` holds."""

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

import tensorflow as tf

from ic_tf_sdk._version import __version__
from ic_tf_sdk.contract import handler_file, output_files
from ic_tf_sdk.contract.evaluation_record import EvaluationRecord
from ic_tf_sdk.contract.model_info import FORMAT, FineTuning, ModelInfo
from ic_tf_sdk.specs.hyperparameters import Hyperparameters, as_text
from ic_tf_sdk.training.feed.frozen_pass import FrozenPass
from ic_tf_sdk.training.graph import serving_model, warmup
from ic_tf_sdk.training.graph.folded_function import is_small
from ic_tf_sdk.training.graph.preprocessing import Preprocessing
from ic_tf_sdk.training.graph.serving_model import Extra, ServingModel
from ic_tf_sdk.training.network.classifier import Classifier
from ic_tf_sdk.training.results.extra_answers import ExtraAnswers

__all__ = ["serving_model_of", "write"]


def write(
    folder: Path,
    classifier: Classifier,
    backbone: FrozenPass,
    *,
    labels: tuple[str, ...],
    hyperparameters: Hyperparameters,
    extra: ExtraAnswers,
    evaluation: EvaluationRecord | None = None,
) -> None:
    """Write the SavedModel, its handler, its labels and its description.

    ::

        1/                                        the SavedModel; see ``ServingModel``
        1/assets.extra/                           requests that TensorFlow Serving warms up with
        code/inference.py                         the request handler
        class_label_to_prediction_index.json      class name -> index
        model_info.json                           what all of it is, with digests

    Args:
        folder: The folder to write into, which must be empty.
        classifier: The trained network.
        backbone: The pass of its backbone, if that was frozen, and the preprocessing.
        labels: The class names by class index.
        hyperparameters: The hyperparameters of the job.
        extra: What it answers where it is asked.
        evaluation: How often it was right; None where nothing was measured.
    """
    preprocessing = backbone.preprocessing
    serving = serving_model_of(
        classifier,
        preprocessing,
        labels,
        binary_mode=hyperparameters.binary_mode,
        extra=extra,
        features=_features(classifier, backbone),
    )
    serving_model.save(serving, folder / "1")
    warmup.write(
        folder / "1", serving.of_bytes(), height=preprocessing.height, width=preprocessing.width
    )
    handler_file.write(folder / "code")
    output_files.write_json(folder / output_files.LABELS_FILE, output_files.label_index(labels))
    # Last: the description holds the digests of everything else.
    info = _described(classifier, labels, hyperparameters, extra, evaluation)
    info.recording(folder).write(folder)


def _features(classifier: Classifier, backbone: FrozenPass) -> Callable[[tf.Tensor], tf.Tensor]:
    """What makes the exported model's features: the graph that images passed, if there is one.

    It would only be made once more. Of a large network none is stored.
    """
    if backbone.passed and is_small([*classifier.layer.weights, *classifier.dense.weights]):
        return backbone.backbone
    # Its copy of the weights would lie in memory beside what is written.
    backbone.forget()
    return classifier.features


def serving_model_of(
    classifier: Classifier,
    preprocessing: Preprocessing,
    labels: tuple[str, ...],
    *,
    binary_mode: bool,
    extra: ExtraAnswers | None = None,
    features: Callable[[tf.Tensor], tf.Tensor] | None = None,
) -> ServingModel:
    """The module of a trained classifier.

    Its variables are those of the backbone and the dense layer, which ``hub.KerasLayer`` can go on
    training; ``backbone`` is the TF Hub module itself.

    Args:
        classifier: The trained network.
        preprocessing: The preprocessing that it was trained with.
        labels: The class names by class index.
        binary_mode: Whether its one output is the second label's probability.
        extra: What it answers where it is asked.
        features: What makes its features; the classifier's own by default.
    """
    dense, features = classifier.dense, features or classifier.features
    parts = {"backbone": classifier.backbone, "kernel": dense.kernel, "bias": dense.bias}
    model = ServingModel(
        # Dropout passes everything through in inference mode, so it is not asked.
        lambda images: dense(features(images)),
        preprocessing,
        labels,
        activation="sigmoid" if binary_mode else "softmax",
        parts=parts,
        extra=Extra(
            temperature=None if extra is None else extra.calibration.temperature,
            unknown=None if extra is None else extra.score,
            features=features,
            head=dense,
        ),
    )
    classifier.trainable_form(preprocessing).give_to(model)
    return model


def _described(
    classifier: Classifier,
    labels: tuple[str, ...],
    hyperparameters: Hyperparameters,
    extra: ExtraAnswers,
    evaluation: EvaluationRecord | None,
) -> ModelInfo:
    fine_tuning = FineTuning(
        labels=labels,
        binary_mode=hyperparameters.binary_mode,
        interpolation=hyperparameters.image_resize_interpolation,
        hyperparameters={name: as_text(value) for name, value in hyperparameters},
        package_version=__version__,
        calibration=extra.calibration,
        unknown=extra.unknown,
        evaluation=evaluation,
        finished=datetime.now(timezone.utc).replace(microsecond=0),
    )
    return classifier.source.info.model_copy(
        update={
            "format": FORMAT,
            "kind": "fine_tuned",
            "feature_vector_size": classifier.feature_vector_size,
            "fine_tuning": fine_tuning,
        }
    )
