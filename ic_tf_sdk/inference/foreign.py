"""A fine-tuned classifier of another program behind the serving signatures of this package."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ic_tf_sdk.contract import model_archive
from ic_tf_sdk.contract.model_archive import OpenedModel
from ic_tf_sdk.contract.scratch_folder import scratch_folder
from ic_tf_sdk.errors import ArchiveError

__all__ = ["adopted", "saved_model_folder"]

# A probability that float32 writes in full precision.
_SMALLEST = 1e-37


def adopted(model: OpenedModel, scratch: Path) -> Path:
    """The SavedModel to serve: the one that is there, or a foreign classifier wrapped.

    A foreign one has its labels in ``class_label_to_prediction_index.json`` and no description of
    this package; AWS's own fine-tuned output is one. See ``training.graph.foreign_classifier``.

    Args:
        model: The opened archive.
        scratch: A folder where the wrapping may be written.

    Returns:
        The SavedModel's folder.

    Raises:
        ArchiveError: It is an archive for training, or a foreign one that cannot be served.
    """
    info = model.info
    if info is not None and info.kind == "pretrained" and "code/inference.py" not in info.files:
        raise ArchiveError(
            f"{model.name} is the archive for training of {info.model_id}, which classifies "
            f"nothing yet: fine-tune it (`ic-tf fit`), or serve infer-{info.model_id}.tar.gz."
        )
    return _wrapped(model, scratch) if model.is_foreign else model.saved_model


@contextmanager
def saved_model_folder(model: str | Path) -> Iterator[Path]:
    """The folder of the SavedModel that answers; unpacked, or wrapped, for the while.

    Args:
        model: Any path that ``model_archive.opened`` takes. A fine-tuned classifier of another
            program is wrapped, see ``adopted``.

    Raises:
        ArchiveError: There is none, or none that can be served.
    """
    with (
        model_archive.opened(model) as opened,
        scratch_folder("adopted") as scratch,
    ):
        yield adopted(opened, scratch)


def _wrapped(model: OpenedModel, scratch: Path) -> Path:
    import tensorflow as tf

    from ic_tf_sdk.training.graph import foreign_classifier, saved_model, serving_model
    from ic_tf_sdk.training.graph.preprocessing import Preprocessing

    loaded = saved_model.load(model.saved_model, model.name)
    if hasattr(loaded, "label_list"):
        return model.saved_model
    classifier = foreign_classifier.recognise(loaded, model)

    def classify(images: Any) -> Any:
        outputs = classifier.forward(images)
        if classifier.output == "logits":
            return outputs
        # What softmax turns into the same probabilities again.
        return tf.math.log(tf.maximum(outputs, _SMALLEST))

    serving = serving_model.ServingModel(
        classify,
        Preprocessing(classifier.height, classifier.width, "bilinear", classifier.pixel_range),
        classifier.labels,
        activation="softmax",
        parts={"classifier": loaded},
        # It is loaded once, and folded then where that pays.
        folds=False,
    )
    serving_model.save(serving, scratch / "adopted" / "1")
    return scratch / "adopted" / "1"
