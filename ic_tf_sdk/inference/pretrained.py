"""A published classifier behind the signature of a fine-tuned model: inference, no training."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ic_tf_sdk.contract import archive, container_handler, model_info
from ic_tf_sdk.contract.model_info import ModelInfo
from ic_tf_sdk.errors import ArchiveError, OutputExistsError, UserError
from ic_tf_sdk.specs.model_spec import ModelSpec

__all__ = ["LABEL_FILES", "archive_name", "read_labels", "wrap"]

LABEL_FILES = {
    "imagenet-2012 with background": (
        "https://storage.googleapis.com/download.tensorflow.org/data/ImageNetLabels.txt"
    ),
    "imagenet-2012 without background": (
        "https://storage.googleapis.com/bit_models/ilsvrc2012_wordnet_lemmas.txt"
    ),
    "imagenet21k": "https://storage.googleapis.com/bit_models/imagenet21k_wordnet_lemmas.txt",
}
"""``ModelSpec.label_set`` -> the file that TF Hub's pages name for it. A SavedModel of TF Hub holds
no labels."""

_DEFAULT_SIZE = 224
_BACKGROUND = "background"


def archive_name(spec: ModelSpec) -> str:
    """The file name of a model's inference archive; an alias has that of its model.

    Args:
        spec: The model's record, of ``specs.get``.

    Example:
        >>> from ic_tf_sdk import specs
        >>> archive_name(specs.get("tensorflow-ic-embedded-formulanet-96"))
        'infer-tensorflow-ic-embedded-formulanet-96.tar.gz'
    """
    return f"infer-{spec.alias_of or spec.model_id}.tar.gz"


def read_labels(path: str | Path, *, num_classes: int) -> tuple[str, ...]:
    """The label set of a published classifier, from a file with one label per line.

    Args:
        path: UTF-8 text, for example one of ``LABEL_FILES``.
        num_classes: Outputs of the classifier. 1000 of a file with 1001 labels leaves the
            background class out, and 1001 of one with 1000 puts it in front.

    Raises:
        UserError: No such text file, one with an empty line, or one with another number of labels.

    Example:
        >>> read_labels("labels.txt", num_classes=3)
        ('rose', 'sunflower', 'tulip')
    """
    labels = _lines(Path(path))
    if len(labels) == num_classes + 1 and labels[0] == _BACKGROUND:
        labels = labels[1:]
    if len(labels) == num_classes - 1 and _BACKGROUND not in labels:
        labels = [_BACKGROUND, *labels]
    if len(labels) != num_classes:
        raise UserError(
            f"{path} has {len(labels)} labels, the classifier {num_classes} outputs; give the "
            "label file of its own label set, one label per line, in output order."
        )
    return tuple(labels)


def _lines(path: Path) -> list[str]:
    try:
        labels = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"The label file {path} cannot be read: {error}. Give a UTF-8 text file with one label "
            "per line."
        ) from error
    empty = [number for number, label in enumerate(labels, start=1) if not label]
    if empty:
        raise UserError(f"Line {empty[0]} of the label file {path} is empty; it needs its label.")
    return labels


def wrap(
    classifier: str | Path,
    *,
    spec: ModelSpec,
    labels: str | Path | Sequence[str],
    output: str | Path,
    handle: str | None = None,
) -> Path:
    """Pack a classification SavedModel with the serving signature, its labels and the handler.

    The archive is served, queried and converted like one that was fine-tuned.

    Args:
        classifier: Folder of the SavedModel that ``spec.classification_handle`` names: images
            float32 [batch, height, width, 3] to logits [batch, classes].
        spec: Says its input size, pixel range and whether its logits are one softmax or, as of
            ImageNet-21k, a sigmoid each. A module that takes any size gets 224.
        labels: A label file, see ``read_labels``; or the labels in output order.
        output: The ``.tar.gz`` to write, named ``archive_name(spec)`` where others look for it.
            It appears when it is complete.
        handle: Where the SavedModel came from, for the record; None says the spec's handle.

    Returns:
        ``output``.

    Raises:
        ArchiveError: No such SavedModel, or no classifier of images of the spec's size.
        UserError: The labels are not as many as its outputs.
        OutputExistsError: ``output`` exists.

    Example:
        >>> from ic_tf_sdk import specs
        >>> spec = specs.get("tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4")
        >>> wrap("classifier/", spec=spec, labels="labels.txt", output="flowers.tar.gz").name
        'flowers.tar.gz'
    """
    target = Path(output)
    if target.exists():
        raise OutputExistsError(f"{target} already exists; give a file that does not.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="ic-tf-wrap-") as temporary:
        _write(Path(classifier), spec, labels, Path(temporary), handle)
        archive.pack(Path(temporary), target)
    return target


def _write(
    classifier: Path,
    spec: ModelSpec,
    labels: str | Path | Sequence[str],
    folder: Path,
    handle: str | None,
) -> None:
    from ic_tf_sdk.training.graph import serving_model, warmup
    from ic_tf_sdk.training.graph.hub_module import feature_vector
    from ic_tf_sdk.training.graph.preprocessing import Preprocessing

    module = _load(classifier)
    height, width = spec.input_height or _DEFAULT_SIZE, spec.input_width or _DEFAULT_SIZE
    outputs = _outputs(module, spec, height, width)
    serving = serving_model.ServingModel(
        lambda images: feature_vector(module(images)),
        Preprocessing(height, width, "bilinear", spec.pixel_range),
        _labels(labels, outputs, classifier),
        activation=spec.head_activation,
        parts={"classifier": module},
    )
    serving_model.save(serving, folder / "1")
    warmup.write(folder / "1", height=height, width=width)
    (folder / "code").mkdir()
    shutil.copyfile(container_handler.__file__, folder / "code" / "inference.py")
    ModelInfo(
        kind="pretrained",
        model_id=spec.alias_of or spec.model_id,
        model_version=spec.version,
        input_height=height,
        input_width=width,
        pixel_range=spec.pixel_range,
        hub_handle=handle or spec.classification_handle,
        files=dict(model_info.digests(folder)),
    ).write(folder)


def _labels(labels: str | Path | Sequence[str], outputs: int, classifier: Path) -> tuple[str, ...]:
    if isinstance(labels, str | Path):
        return read_labels(labels, num_classes=outputs)
    if len(labels) != outputs:
        raise UserError(
            f"The classifier {classifier} has {outputs} outputs for {len(labels)} labels."
        )
    return tuple(labels)


def _outputs(module: Any, spec: ModelSpec, height: int, width: int) -> int:
    """How many classes the module tells apart, from a black picture that is sent through it."""
    import tensorflow as tf

    from ic_tf_sdk.training.graph.hub_module import feature_vector

    try:
        shape = feature_vector(module(tf.zeros([1, height, width, 3]))).shape.as_list()
    except (ValueError, KeyError, TypeError, tf.errors.OpError) as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ArchiveError(
            f"The SavedModel is not the classifier of {spec.model_id}: a picture of {height} x "
            f"{width} pixels does not pass it ({first[:200]})."
        ) from error
    if len(shape) != 2:
        raise ArchiveError(
            f"The SavedModel is not the classifier of {spec.model_id}: its output has shape "
            f"{shape}, not [1, classes]."
            + (f" Take {spec.classification_handle}." if spec.classification_handle else "")
        )
    return int(shape[-1])


def _load(folder: Path) -> Any:
    import tensorflow as tf

    from ic_tf_sdk.training.graph.tf1_module import load_tags, wrapped

    if not (folder / "saved_model.pb").is_file():
        raise ArchiveError(f"{folder} is no SavedModel: it has no saved_model.pb.")
    try:
        module = wrapped(tf.saved_model.load(str(folder), tags=load_tags(folder)))
    except (OSError, ValueError, KeyError, tf.errors.OpError) as error:
        raise ArchiveError(f"The SavedModel {folder} cannot be loaded: {error}") from error
    if not callable(module):
        raise ArchiveError(
            f"The SavedModel {folder} has no callable form, as TF Hub's classifiers have."
        )
    return module
