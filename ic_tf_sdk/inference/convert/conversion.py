"""Converted models for devices, and whether they still say what the SavedModel says."""

import hashlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, Literal, NamedTuple

from ic_tf_sdk.contract import file_access, output_files
from ic_tf_sdk.contract.container_answer import PROBABILITIES, RequestError
from ic_tf_sdk.contract.image_names import class_name
from ic_tf_sdk.errors import UserError, did_you_mean, nearest
from ic_tf_sdk.inference.convert import drawn_pictures
from ic_tf_sdk.inference.convert.runner import Runner
from ic_tf_sdk.inference.image_source import SourceImage
from ic_tf_sdk.inference.served_model import ServedModel

__all__ = ["Comparison", "Format", "compared", "convert", "label_of"]

Format = Literal["litert", "onnx"]

_SUFFIXES: dict[str, Format] = {".tflite": "litert", ".onnx": "onnx"}

MIN_CALIBRATION = 10
"""Fewer pictures would not show int8 the range that activations take."""


class Comparison(NamedTuple):
    """A converted model beside the SavedModel, on the same pixels.

    Attributes:
        images: How many were compared: the labelled pictures where there are any.
        max_difference: Largest absolute difference of a probability.
        same_label: How many images keep their predicted label.
        accuracy: Of the SavedModel on the labelled pictures; None without any.
        converted_accuracy: Of the converted model on them.
        bytes: Size of the converted file.
    """

    images: int
    max_difference: float
    same_label: int
    accuracy: float | None
    converted_accuracy: float | None
    bytes: int


class _Picture(NamedTuple):
    name: str
    digest: str
    pixels: Any
    label: str | None


def convert(
    model: str | Path,
    output: str | Path,
    *,
    form: Format | None = None,
    images: Sequence[SourceImage] = (),
    labelled: Sequence[SourceImage] = (),
    int8: bool = False,
) -> Comparison:
    """Convert the pixel signature, and compare the result with the SavedModel.

    The converted model takes ``pixels`` float32 [batch, height, width, 3], RGB in 0 to 255 and of
    the input size, and gives ``probabilities``. The file says so itself, and holds the labels: in
    LiteRT's metadata, as MediaPipe reads it, or in ONNX's. It is written only when it runs.

    Args:
        model: ``model.tar.gz``, or its folder.
        output: The ``.tflite`` or ``.onnx`` file to write.
        form: LiteRT, or ONNX (opset 17); None takes what the suffix of ``output`` says,
            and LiteRT where there is none.
        images: To compare on, where there are no labelled ones; with ``int8`` to calibrate on.
            Without either some are drawn for ONNX.
        labelled: Pictures in folders named by their class, to count right answers on.
        int8: Quantise weights and activations to 8 bits; input and output stay float32. LiteRT
            only.

    Raises:
        OutputExistsError: ``output`` exists.
        FileAccessError: ``output`` cannot be written.
        UserError: No image to compare LiteRT on, too few to calibrate on, one that does not
            decode, a class folder that is no label, a labelled picture among those to calibrate
            on, int8 for ONNX, or a suffix that contradicts the format or is of none.
        MissingExtraError: The converter is not installed.
    """
    target = Path(output)
    form = _format(target, form)
    _check(target, form, images, labelled, int8=int8)
    make = _converter(form)
    loaded = ServedModel(model)
    if not images and not labelled:
        images = _drawn(loaded)
    seen = [_read(loaded, image, label=None) for image in images]
    known = [_read(loaded, image, label=label_of(image, loaded.labels)) for image in labelled]
    if int8:
        _check_held_out(seen, known)
    content, run = make(model, loaded, [picture.pixels for picture in seen] if int8 else None)
    comparison = _compare(loaded, run, known or seen, len(content))
    _write(target, content)
    return comparison


def _format(target: Path, form: Format | None) -> Format:
    """The format of a file: a file of another would be taken for what its name says."""
    by_suffix = _SUFFIXES.get(target.suffix.lower())
    if target.suffix and by_suffix is None and form is None:
        close = did_you_mean(nearest(target.suffix, _SUFFIXES, 1))
        raise UserError(
            f"The suffix of {target} is of no format: end it in {' or '.join(_SUFFIXES)}, or give "
            f"the format.{close}"
        )
    if form is not None and by_suffix not in (None, form):
        suffix = next(suffix for suffix, other in _SUFFIXES.items() if other == form)
        raise UserError(
            f"{target} is named as a file of the format {by_suffix!r}, and the format is {form!r}. "
            f"Name it {target.with_suffix(suffix).name}, or leave out the format."
        )
    return form or by_suffix or "litert"


def _converter(form: Format) -> Callable[..., tuple[bytes, Runner]]:
    if form == "onnx":
        from ic_tf_sdk.inference.convert import onnx_model

        onnx_model.require()
        return lambda model, loaded, _: onnx_model.convert(model, loaded)
    from ic_tf_sdk.inference.convert import litert

    return lambda model, loaded, calibration: litert.convert(model, loaded, calibration=calibration)


def _check(
    target: Path,
    form: Format,
    images: Sequence[SourceImage],
    labelled: Sequence[SourceImage],
    *,
    int8: bool,
) -> None:
    file_access.require_writable(target)
    if int8 and form != "litert":
        raise UserError(f"int8 is for the format 'litert', not {form!r}.")
    if int8 and len(images) < MIN_CALIBRATION:
        raise UserError(
            f"{len(images)} images are too few to calibrate int8 with: give {MIN_CALIBRATION} or "
            "more of those that the model will see."
        )
    if not images and not labelled and form != "onnx":
        raise UserError("There is no image to compare the converted model on; give one or more.")


def _read(loaded: ServedModel, image: SourceImage, *, label: str | None) -> _Picture:
    content = image.read()
    try:
        pixels = loaded.load_image(content)[None].numpy()
    except RequestError as error:
        raise UserError(f"{image.name}: {error} Leave it out.") from error
    return _Picture(image.name, hashlib.sha256(content).hexdigest(), pixels, label)


def _drawn(loaded: ServedModel) -> list[SourceImage]:
    drawn = drawn_pictures.encoded(loaded.height, loaded.width)
    return [SourceImage(name, partial(bytes, content)) for name, content in drawn]


def label_of(image: SourceImage, labels: Sequence[str]) -> str:
    """Which of a model's labels the folder of an image names.

    Args:
        image: In a folder that is named by its class.
        labels: The model's.

    Raises:
        UserError: It names none of them.
    """
    name = PurePosixPath(image.name).parent.name
    label = {class_name(label): label for label in labels}.get(class_name(name))
    if label is None:
        raise UserError(
            f"{image.name} is in the folder {name!r}, which is no label of the model."
            f"{did_you_mean(nearest(name, labels))} Give a folder with one folder per label."
        )
    return label


def _check_held_out(calibration: Sequence[_Picture], known: Sequence[_Picture]) -> None:
    seen = {picture.digest for picture in calibration}
    shared = [picture.name for picture in known if picture.digest in seen]
    if shared:
        raise UserError(
            f"{len(shared)} labelled pictures are also among those to calibrate int8 on, the first "
            f"is {shared[0]}. Measured on them its loss would look smaller than it is; give others."
        )


def _compare(
    loaded: ServedModel, run: Runner, pictures: Sequence[_Picture], size: int
) -> Comparison:
    before, after = (
        [answer(one.pixels)[0] for one in pictures] for answer in (loaded.probabilities, run)
    )
    return compared(loaded, before, after, [one.label for one in pictures], size)


def compared(
    loaded: ServedModel,
    before: Sequence[Any],
    after: Sequence[Any],
    labels: Sequence[str | None],
    size: int,
) -> Comparison:
    """What a converted model answers beside what the SavedModel answers, image by image.

    Args:
        loaded: The SavedModel.
        before: Its probabilities, float32 [units] each.
        after: Those of the converted model.
        labels: What the images are; None of those that are not labelled.
        size: Bytes of the converted model.
    """
    import numpy as np

    sides = [
        loaded.answers({"probabilities": rows}, [PROBABILITIES] * len(labels))
        for rows in (before, after)
    ]
    names = [[row["predicted_label"] for row in side] for side in sides]
    apart = [
        np.abs(np.subtract(one["probabilities"], other["probabilities"])).max()
        for one, other in zip(*sides, strict=True)
    ]
    right = [float(np.mean([a == b for a, b in zip(side, labels, strict=True)])) for side in names]
    known = all(label is not None for label in labels)
    return Comparison(
        images=len(labels),
        max_difference=float(max(apart)),
        same_label=sum(one == other for one, other in zip(*names, strict=True)),
        accuracy=right[0] if known else None,
        converted_accuracy=right[1] if known else None,
        bytes=size,
    )


def _write(target: Path, content: bytes) -> None:
    with file_access.refusals(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with output_files.replacing(target) as temporary:
            temporary.write_bytes(content)
