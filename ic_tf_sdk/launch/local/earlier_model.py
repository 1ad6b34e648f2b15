"""What a model was worth before it was trained further, on the same images."""

import os
from pathlib import Path

__all__ = ["accuracy"]


def accuracy(model: Path, test: Path) -> float | None:
    """The accuracy of a fine-tuned model on a test channel, measured in this process.

    Args:
        model: Its archive or folder.
        test: Folder of class folders, as the training took it.

    Returns:
        The share of the images that it names rightly, 0 to 1, of those that can be read; None where
        none can.

    Raises:
        ArchiveError: The model cannot be used.
        DatasetError: The folder cannot be used, or has other classes.
        MissingExtraError: TensorFlow is not installed.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from ic_tf_sdk.inference import batch
    from ic_tf_sdk.inference.image_source import SourceImage
    from ic_tf_sdk.inference.served_model import ServedModel
    from ic_tf_sdk.training.data import image_folder

    loaded = ServedModel(model)
    folder = image_folder.describe(test, labels=loaded.labels)
    images = [SourceImage(path, Path(path).read_bytes) for path in folder.paths()]
    labels = (folder.labels[index] for index in folder.classes)
    rows = zip(batch.predict(loaded, images), labels, strict=True)
    right = [row["predicted_label"] == label for row, label in rows if "error" not in row]
    return sum(right) / len(right) if right else None
