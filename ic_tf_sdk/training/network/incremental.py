"""Training further from an earlier fine-tuned artifact."""

import logging

from ic_tf_sdk.contract.image_names import class_name, different_classes
from ic_tf_sdk.errors import ArchiveError, DatasetError
from ic_tf_sdk.specs import recipe
from ic_tf_sdk.specs.hyperparameters import Hyperparameters, as_text
from ic_tf_sdk.training.network.backbone import Source
from ic_tf_sdk.training.network.classifier import Classifier

__all__ = ["check_classes", "keeps_top_layer", "restore_top_layer", "warn_of_changes"]

logger = logging.getLogger(__name__)


def check_classes(source: Source, labels: tuple[str, ...]) -> None:
    """Refuse to train a fine-tuned model further on other classes.

    Args:
        source: The opened model channel; a pretrained model has no classes and passes.
        labels: The classes of the training channel, by class index.

    Raises:
        DatasetError: With what each side has that the other has not.
    """
    earlier = source.info.fine_tuning
    if earlier is not None and tuple(map(class_name, earlier.labels)) != labels:
        difference = different_classes(earlier.labels, labels) or "their order is another"
        raise DatasetError(
            f"Incremental training needs the classes of the earlier training; {difference}. Start "
            "from the pretrained model to change the classes."
        )


def warn_of_changes(source: Source, hyperparameters: Hyperparameters) -> None:
    """Warn, once, where a model is trained further in another way than before.

    The job trains as it is told, as AWS's algorithm does.

    Args:
        source: The opened model channel; a pretrained model has no earlier training.
        hyperparameters: Those of this job.
    """
    earlier = source.info.fine_tuning
    if earlier is None:
        return
    now = {name: as_text(value) for name, value in hyperparameters}
    changes = recipe.differences(earlier.hyperparameters, now)
    if changes:
        logger.warning(
            "Warning: the model is trained further in another way than before: %s",
            "; ".join(changes),
        )


def keeps_top_layer(source: Source, hyperparameters: Hyperparameters) -> bool:
    """Whether a training begins with the classification layer of an earlier one.

    Args:
        source: The opened model channel; a pretrained model has no such layer.
        hyperparameters: The hyperparameters of the job.
    """
    return source.info.fine_tuning is not None and hyperparameters.reinitialize_top_layer != "True"


def restore_top_layer(
    classifier: Classifier, source: Source, hyperparameters: Hyperparameters
) -> bool:
    """Give the classification layer the weights of the earlier training.

    Args:
        classifier: The network of this training.
        source: The opened model channel that the network was built of.
        hyperparameters: The hyperparameters of the job.

    Returns:
        Whether it did: a pretrained source has none, and ``reinitialize_top_layer`` "True" leaves
        the fresh ones.

    Raises:
        ArchiveError: The earlier layer does not fit, as after a change of ``binary_mode``.
    """
    if not keeps_top_layer(source, hyperparameters):
        return False
    kernel, bias = source.loaded.kernel, source.loaded.bias
    # The classes are the same by now; only binary mode changes the number of outputs.
    if kernel.shape != classifier.dense.kernel.shape:
        raise ArchiveError(
            f"The earlier classification layer has {kernel.shape[1]} outputs, this training "
            f"{classifier.dense.kernel.shape[1]}: binary_mode differs. Give the earlier value, or "
            "set reinitialize_top_layer to 'True'."
        )
    classifier.dense.set_weights([kernel.numpy(), bias.numpy()])
    logger.info("Training further: the classification layer of the earlier model is kept.")
    return True
