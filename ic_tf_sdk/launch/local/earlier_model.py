"""What a model was worth before it was trained further, on the same images."""

import os
from collections.abc import Collection
from pathlib import Path

from ic_tf_sdk.contract import gpu_memory, phases

__all__ = ["accuracy"]


def accuracy(
    model: Path, test: Path, *, left_out: Collection[str] = (), say: phases.Say = phases.ignore
) -> float | None:
    """The accuracy of a fine-tuned model on a test channel, measured in this process.

    Args:
        model: Its archive or folder.
        test: Folder of class folders, as the training took it.
        left_out: Files of it, relative to it, that the training leaves out.
        say: Called with how far it is.

    Returns:
        The share of the images that it names rightly, 0 to 1, of those that can be read; None where
        none can.

    Raises:
        ArchiveError: The model cannot be used.
        DatasetError: The folder cannot be used, or has other classes.
        MissingExtraError: TensorFlow is not installed.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # The training has the rest, in its own process.
    os.environ.update(gpu_memory.variables(os.environ))
    from ic_tf_sdk.inference import batch
    from ic_tf_sdk.inference.image_source import SourceImage
    from ic_tf_sdk.inference.served_model import ServedModel
    from ic_tf_sdk.training.data import image_folder

    with phases.phase("opening", say=say):
        loaded = ServedModel(model)
    folder = image_folder.describe(test, labels=loaded.labels).without(left_out)
    images = [SourceImage(path, Path(path).read_bytes) for path in folder.paths()]
    labels = (folder.labels[index] for index in folder.classes)
    right = []
    with phases.phase("comparison", total=len(images), say=say) as advance:
        for row, label in zip(batch.predict(loaded, images), labels, strict=True):
            advance(1)
            if "error" not in row:
                right.append(row["predicted_label"] == label)
    return sum(right) / len(right) if right else None
