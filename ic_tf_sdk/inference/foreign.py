"""A fine-tuned classifier of another program behind the serving signatures of this package."""

from pathlib import Path
from typing import Any

from ic_tf_sdk.contract import model_info
from ic_tf_sdk.errors import ArchiveError

__all__ = ["adopted"]

# A probability that float32 writes in full precision.
_SMALLEST = 1e-37


def adopted(saved_model: Path, root: Path, scratch: Path, *, name: Path) -> Path:
    """The SavedModel to serve: the one that is there, or a foreign classifier wrapped.

    A foreign one has its labels in ``class_label_to_prediction_index.json`` and no description of
    this package; AWS's own fine-tuned output is one. See ``training.foreign_classifier``.

    Args:
        saved_model: Its folder.
        root: The unpacked archive.
        scratch: A folder where the wrapping may be written.
        name: What the user calls it.

    Raises:
        ArchiveError: It is an archive for training, or a foreign one that cannot be served.
    """
    info = model_info.read(root)
    if info is not None:
        if info.kind == "pretrained" and "code/inference.py" not in info.files:
            raise ArchiveError(
                f"{name} is the archive for training of {info.model_id}, which classifies nothing "
                f"yet: fine-tune it (`ic-tf fit`), or serve infer-{info.model_id}.tar.gz."
            )
        return saved_model
    from ic_tf_sdk.training.graph import foreign_classifier

    if not foreign_classifier.is_there(root):
        return saved_model
    return _wrapped(saved_model, root, scratch, name)


def _wrapped(saved_model: Path, root: Path, scratch: Path, name: Path) -> Path:
    import tensorflow as tf

    from ic_tf_sdk.training.graph import foreign_classifier, serving_model
    from ic_tf_sdk.training.graph.preprocessing import Preprocessing

    try:
        loaded = tf.saved_model.load(str(saved_model))
    except (OSError, ValueError, KeyError, tf.errors.OpError) as error:
        raise ArchiveError(f"The SavedModel in {name} cannot be loaded: {error}") from error
    if hasattr(loaded, "label_list"):
        return saved_model
    classifier = foreign_classifier.recognise(loaded, saved_model, root, name)

    def classify(images: Any) -> Any:
        found = classifier.forward(images)
        if classifier.output == "logits":
            return found
        # What softmax turns into the same probabilities again.
        return tf.math.log(tf.maximum(found, _SMALLEST))

    serving = serving_model.ServingModel(
        classify,
        Preprocessing(classifier.height, classifier.width, "bilinear", classifier.pixel_range),
        classifier.labels,
        activation="softmax",
        parts={"classifier": loaded},
    )
    serving_model.save(serving, scratch / "adopted" / "1")
    return scratch / "adopted" / "1"
