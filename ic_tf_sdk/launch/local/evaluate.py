"""Evaluating a model that is there already on labelled images."""

import os
from dataclasses import replace
from pathlib import Path

from ic_tf_sdk import extras, s3
from ic_tf_sdk.content import find_classifier
from ic_tf_sdk.contract import folder_names
from ic_tf_sdk.errors import DatasetError, UserError
from ic_tf_sdk.launch.local import labelled_images, model_comparison
from ic_tf_sdk.launch.local.model_evaluation import ModelEvaluation

__all__ = ["check", "evaluate"]


def evaluate(
    model: str | Path,
    folder: str | Path,
    *,
    against: str | Path | None = None,
    models_folder: str | Path | None = None,
    feature_cache: bool = True,
) -> ModelEvaluation:
    """Measure a model on labelled images, as the report of a training does.

    What a training exported answers here through the code with which its training evaluated it: on
    its own test images it has the numbers of its report. Images of classes that the model does not
    have, and files that do not decode, are left out and told.

    Args:
        model: ``model.tar.gz``, its folder, its S3 URI, or the id of a published classifier.
        folder: A folder on this machine with one folder of images per class.
        against: Another such model, to compare the answers with.
        models_folder: Folder of ``ic-tf mirror``, where a model id is looked for first.
        feature_cache: Whether to use the features that trainings on this machine share.

    Returns:
        The accuracy with its standard error, the scores of each class, the mistakes; ``write``
        makes a folder of it, with a page.

    Raises:
        ArchiveError: A model cannot be used.
        DatasetError: Nothing in the folder can be used.
        UserError: The folder lies in S3.
        MissingExtraError: The extra ``train`` is not installed.

    Example:
        >>> from PIL import Image
        >>> from ic_tf_sdk import embedded, launch
        >>> Path("known/flame 001").mkdir(parents=True, exist_ok=True)
        >>> Image.new("RGB", (60, 40), "orange").save("known/flame 001/1.png")
        >>> classifier = embedded.archive_path(embedded.MODEL_IDS[0], "inference")
        >>> found = launch.evaluate(classifier, "known/")
        >>> len(found.images.folder.files), 0 <= found.accuracy <= 1
        (1, True)
    """
    check(model, folder, against)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    found = _evaluated(model, Path(folder), models_folder, cached=feature_cache)
    if against is None:
        return found
    other = _evaluated(against, Path(folder), models_folder, cached=feature_cache)
    notes = _notes(found, other)
    compared = model_comparison.compare(
        found.evaluation, other.evaluation, name=str(against), notes=notes
    )
    return replace(found, against=compared)


def check(model: str | Path, folder: str | Path, against: str | Path | None) -> None:
    """Refuse what can be known before the work.

    Args:
        model: As for ``evaluate``.
        folder: Likewise.
        against: Likewise.

    Raises:
        DatasetError: There is no such folder.
        UserError: It lies in S3, or the two models are one.
        MissingExtraError: The extra ``train`` is not installed.
    """
    s3.require_local(str(folder), instead="Copy it with `aws s3 cp --recursive`.")
    extras.require("tensorflow", "tf_keras", "tensorflow_hub")
    if absence := folder_names.absence(Path(folder)):
        raise DatasetError(absence)
    if against is not None:
        extras.require("scipy")
        if str(against) == str(model):
            raise UserError(f"{model} cannot be compared with itself; give another model.")


def _evaluated(
    model: str | Path, folder: Path, models_folder: str | Path | None, *, cached: bool
) -> ModelEvaluation:
    # It loads TensorFlow.
    from ic_tf_sdk.launch.local.asked_model import AskedModel

    with find_classifier.locate(model, models=models_folder) as path:
        asked = AskedModel(path)
    images = labelled_images.look(folder, asked.labels)
    evaluation, images = asked.evaluate(images, cached=cached)
    return ModelEvaluation(
        str(model), asked.model_id, evaluation, images, None, asked.preprocessing
    )


def _notes(one: ModelEvaluation, other: ModelEvaluation) -> tuple[str, ...]:
    """What the two were asked of differently."""
    mine, theirs = (found.evaluation.folder for found in (one, other))
    notes = []
    if set(mine.labels) != set(theirs.labels):
        notes.append(
            f"The models have other classes, {len(mine.labels)} and {len(theirs.labels)}; only "
            "images of classes that both have are compared."
        )
    elif mine.labels != theirs.labels:
        notes.append("The models' classes are in another order; answers are compared by name.")
    apart = len(set(mine.files) ^ set(theirs.files))
    if apart:
        notes.append(f"{apart} images were asked of one of the models only.")
    return tuple(notes)
