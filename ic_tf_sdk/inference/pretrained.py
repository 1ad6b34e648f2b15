"""A published classifier behind the signature of a fine-tuned model: inference, no training."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ic_tf_sdk import archive
from ic_tf_sdk.errors import ArchiveError, OutputExistsError, UserError
from ic_tf_sdk.inference import container_handler
from ic_tf_sdk.specs import model_info
from ic_tf_sdk.specs.model_info import ModelInfo
from ic_tf_sdk.specs.model_spec import ModelSpec

__all__ = ["read_labels", "wrap"]

_DEFAULT_SIZE = 224
_BACKGROUND = "background"


def read_labels(path: str | Path, *, num_classes: int) -> tuple[str, ...]:
    """The label set of a published classifier, from a file with one label per line.

    TF Hub's pages name the files: ``ImageNetLabels.txt`` for ImageNet-2012, whose first line is the
    background class of the models with 1001 outputs, and a list of WordNet lemmas for ImageNet-21k.

    Args:
        path: UTF-8 text.
        num_classes: Outputs of the classifier. 1000 of a file with 1001 labels leaves the
            background class out, and 1001 of one with 1000 puts it in front.

    Raises:
        UserError: The file has another number of labels.
    """
    labels = Path(path).read_text(encoding="utf-8").splitlines()
    if len(labels) == num_classes + 1 and labels[0] == _BACKGROUND:
        labels = labels[1:]
    if len(labels) == num_classes - 1 and _BACKGROUND not in labels:
        labels = [_BACKGROUND, *labels]
    if len(labels) != num_classes:
        raise UserError(
            f"{path} has {len(labels)} labels, the classifier {num_classes} outputs; give the "
            "label file of its own label set, one label per line."
        )
    return tuple(labels)


def wrap(
    classifier: str | Path, *, spec: ModelSpec, labels: Sequence[str], output: str | Path
) -> Path:
    """Pack a classification SavedModel with the serving signature, its labels and the handler.

    The archive is served, queried and converted like one that was fine-tuned.

    Args:
        classifier: Folder of the SavedModel that ``spec.classification_handle`` names: images
            float32 [batch, height, width, 3] to logits [batch, classes].
        spec: Says its input size, pixel range and whether its logits are one softmax or, as of
            ImageNet-21k, a sigmoid each. A module that takes any size gets 224.
        labels: In output order; see ``read_labels``.
        output: The ``.tar.gz`` to write.

    Returns:
        ``output``.

    Raises:
        ArchiveError: No such SavedModel, or not a classifier with as many outputs as labels.
        OutputExistsError: ``output`` exists.
    """
    target = Path(output)
    if target.exists():
        raise OutputExistsError(f"{target} already exists; give a file that does not.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="ic-tf-wrap-") as temporary:
        _write(Path(classifier), spec, tuple(labels), Path(temporary))
        archive.pack(Path(temporary), target)
    return target


def _write(classifier: Path, spec: ModelSpec, labels: tuple[str, ...], folder: Path) -> None:
    from ic_tf_sdk.training import export, warmup
    from ic_tf_sdk.training.backbone import feature_vector
    from ic_tf_sdk.training.preprocessing import Preprocessing

    module = _load(classifier)
    height, width = spec.input_height or _DEFAULT_SIZE, spec.input_width or _DEFAULT_SIZE

    def classify(images: Any) -> Any:
        return feature_vector(module(images))

    serving = export.ServingModel(
        classify,
        Preprocessing(height, width, "bilinear", spec.pixel_range),
        labels,
        activation=spec.head_activation,
        parts={"classifier": module},
    )
    found = serving.serve_pixels.get_concrete_function().structured_outputs["probabilities"]
    if found.shape[-1] != len(labels):
        raise ArchiveError(
            f"The classifier {classifier} has {found.shape[-1]} outputs for {len(labels)} labels."
        )
    export.save(serving, folder / "1")
    warmup.write(folder / "1", height=height, width=width)
    (folder / "code").mkdir()
    shutil.copyfile(container_handler.__file__, folder / "code" / "inference.py")
    ModelInfo(
        kind="pretrained",
        model_id=spec.model_id,
        model_version=spec.version,
        input_height=height,
        input_width=width,
        pixel_range=spec.pixel_range,
        hub_handle=spec.classification_handle,
        files=dict(model_info.digests(folder)),
    ).write(folder)


def _load(folder: Path) -> Any:
    import tensorflow as tf

    from ic_tf_sdk.training.tf1_module import load_tags, wrapped

    if not (folder / "saved_model.pb").is_file():
        raise ArchiveError(f"{folder} is no SavedModel: it has no saved_model.pb.")
    module = wrapped(tf.saved_model.load(str(folder), tags=load_tags(folder)))
    if not callable(module):
        raise ArchiveError(
            f"The SavedModel {folder} has no callable form, as TF Hub's classifiers have."
        )
    return module
