"""Inference archives of pretrained models: TF Hub's classifier, served without any training."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ic_tf_sdk.backbones import module_check, served_classifier
from ic_tf_sdk.content import archive_file
from ic_tf_sdk.content.label_files import read_labels
from ic_tf_sdk.contract import archive, model_archive
from ic_tf_sdk.contract.model_archive import OpenedModel
from ic_tf_sdk.errors import ArchiveError, OutputExistsError, StorageError, UserError
from ic_tf_sdk.specs.model_description import describe

if TYPE_CHECKING:
    from ic_tf_sdk.specs.model_spec import ModelSpec

__all__ = ["build", "wrap"]


def build(
    spec: "ModelSpec",
    source: str | Path,
    target: str | Path,
    *,
    labels: str | Path | Sequence[str],
    handle: str | None,
    folds: bool = True,
) -> Path:
    """Check a classifier and pack it as the archive that an endpoint takes.

    The archive is the classification SavedModel behind the serving signatures, with its labels, its
    handler and its description: it is served, queried and converted like one that was fine-tuned.

    Args:
        spec: Says its input size, pixel range and whether its logits are one softmax or, as of
            ImageNet-21k, a sigmoid each.
        source: Any path that ``model_archive.opened`` takes, for example a ``.tar.gz`` as TF Hub
            serves it. The SavedModel takes images float32 [batch, height, width, 3] to logits
            [batch, classes].
        target: The archive to write; replaced if it exists. It appears when complete.
        labels: A label file, see ``label_files.read_labels``; or the labels in output order.
        handle: The TF Hub address that the SavedModel came from, for the record; None says the
            spec's.
        folds: Whether its graph computes with constants beside its variables: faster, and larger.

    Returns:
        ``target``.

    Raises:
        ArchiveError: It does not load, or is no classifier of the spec's images.
        UserError: The labels are not as many as its outputs.
        StorageError: It cannot be written, as on a full disk.
    """
    import tensorflow as tf

    target = Path(target)
    with archive_file.writing(target) as path:
        with model_archive.opened(source, scratch=path.parent) as model:
            module = _loaded(model)
            outputs = module_check.output_width(module, spec, "classifier")
            names = _checked_labels(labels, outputs, model.name)
            try:
                served_classifier.write(module, spec, names, path.parent / "content", folds=folds)
            except tf.errors.OpError as error:
                # The module has been loaded and tried: what fails is to write.
                raise StorageError(f"{target} cannot be written: {error.message}.") from error
        info = describe(spec, hub_handle=handle or spec.classification_handle)
        info.recording(path.parent / "content").write(path.parent / "content")
        archive.pack(path.parent / "content", path)
    return target


def wrap(
    classifier: str | Path,
    *,
    spec: "ModelSpec",
    labels: str | Path | Sequence[str],
    output: str | Path,
    handle: str | None = None,
) -> Path:
    """As ``build``, but an archive that is there already is never replaced.

    Args:
        classifier: The ``source`` of ``build``.
        spec: As in ``build``.
        labels: As in ``build``.
        output: The ``.tar.gz`` to write.
        handle: As in ``build``.

    Returns:
        ``output``.

    Raises:
        OutputExistsError: ``output`` exists.
        ArchiveError: As in ``build``.
        UserError: As in ``build``.
        StorageError: As in ``build``.

    Example:
        >>> from ic_tf_sdk import specs
        >>> spec = specs.get("tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4")
        >>> wrap("classifier/", spec=spec, labels="labels.txt", output="flowers.tar.gz").name
        'flowers.tar.gz'
    """
    if Path(output).exists():
        raise OutputExistsError(f"{output} already exists; give a file that does not.")
    return build(spec, classifier, output, labels=labels, handle=handle)


def _loaded(model: OpenedModel) -> Any:
    from ic_tf_sdk.training.graph import saved_model
    from ic_tf_sdk.training.graph.tf1_module import wrapped

    module = wrapped(saved_model.load(model.saved_model, model.name))
    if not callable(module):
        raise ArchiveError(
            f"The SavedModel {model.name} has no callable form, as TF Hub's classifiers have."
        )
    return module


def _checked_labels(
    labels: str | Path | Sequence[str], outputs: int, classifier: Path
) -> tuple[str, ...]:
    if isinstance(labels, str | Path):
        return read_labels(labels, num_classes=outputs)
    if len(labels) != outputs:
        raise UserError(
            f"The classifier {classifier} has {outputs} outputs for {len(labels)} labels."
        )
    return tuple(labels)
