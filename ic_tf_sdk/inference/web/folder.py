"""The folder of static files: written whole, when the model in it answers as it did."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from ic_tf_sdk.contract import file_access, output_files
from ic_tf_sdk.contract.container_answer import RequestError
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.inference.convert import conversion, drawn_pictures, onnx_model
from ic_tf_sdk.inference.convert.conversion import Comparison
from ic_tf_sdk.inference.endpoint.model_facts import model_facts
from ic_tf_sdk.inference.image_source import SourceImage
from ic_tf_sdk.inference.served_model import ServedModel
from ic_tf_sdk.inference.web import notices, page, picture_graph
from ic_tf_sdk.inference.web.limits import MOST_DIFFERENCE, MOST_MODEL_BYTES

__all__ = ["write"]

_DIMENSIONS = ("DATA_FEATURE", "DATA_FEATURE", "DATA_CHANNEL")


class _Picture(NamedTuple):
    """What is compared; read when its turn comes, for all of a test set may be too much to hold."""

    name: str
    read: Callable[[], bytes]
    label: str | None = None


def write(
    model: str | Path,
    target: str | Path,
    *,
    runtime: Mapping[str, Path],
    images: Sequence[SourceImage] = (),
    labelled: Sequence[SourceImage] = (),
) -> Comparison:
    """Write a folder that classifies pictures in a browser, and compare what it answers.

    It holds a page, the model as ONNX from the decoded picture to its answers, and what runs it;
    any server of static files can serve it, at any path. It appears under its name when it is
    complete.

    Args:
        model: ``model.tar.gz``, or its folder.
        target: The folder to make.
        runtime: From ``content.web_runtime.find``.
        images: To compare on, where there are no labelled ones; without either some are drawn.
        labelled: Pictures in folders named by their class, to count right answers on.

    Returns:
        The model as ONNX beside the SavedModel, on the same decoded pictures.

    Raises:
        OutputExistsError: ``target`` exists.
        FileAccessError: ``target`` cannot be written.
        UserError: The model cannot be kept in a browser; a picture does not decode, or lies in a
            folder that is no label.
        MissingExtraError: The converter is not installed.
    """
    target = Path(target)
    file_access.require_writable(target)
    onnx_model.require()
    loaded = ServedModel(model)
    pictures = _pictures(loaded, images, labelled)
    content = _converted(loaded)
    comparison = _compare(loaded, content, pictures)
    with file_access.refusals(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with output_files.replacing(target) as folder:
            _fill(folder, loaded, content, runtime)
    return comparison


def _pictures(
    loaded: ServedModel, images: Sequence[SourceImage], labelled: Sequence[SourceImage]
) -> list[_Picture]:
    if labelled:
        return [
            _Picture(one.name, one.read, conversion.label_of(one, loaded.labels))
            for one in labelled
        ]
    if images:
        return [_Picture(one.name, one.read) for one in images]
    drawn = drawn_pictures.encoded(loaded.height, loaded.width)
    return [_Picture(name, partial(bytes, content)) for name, content in drawn]


def _converted(loaded: ServedModel) -> bytes:
    problem = picture_graph.resize_problem(loaded)
    if problem is not None:
        raise UserError(f"The model cannot be carried away: {problem}.")
    function = picture_graph.picture_function(loaded)
    labels = json.dumps(list(loaded.labels), ensure_ascii=False)
    content = onnx_model.of_function(function, {"labels": labels}, _DIMENSIONS)
    if len(content) > MOST_MODEL_BYTES:
        raise UserError(
            f"The model cannot be carried away: it has {len(content)} bytes as ONNX, and a browser "
            f"holds {MOST_MODEL_BYTES} at most. Fine-tune a smaller one: `ic-tf models` lists "
            "their sizes."
        )
    return content


def _compare(loaded: ServedModel, content: bytes, pictures: Sequence[_Picture]) -> Comparison:
    run = onnx_model.runner(content)
    before, after = [], []
    for one in pictures:
        pixels, picture = _decoded(loaded, one)
        before.append(loaded.probabilities(pixels[None])[0])
        after.append(run({"picture": picture})["probabilities"][0])
    labels = [one.label for one in pictures]
    comparison = conversion.compared(loaded, before, after, labels, len(content))
    if comparison.max_difference > MOST_DIFFERENCE:
        raise UserError(
            "The model cannot be carried away: as ONNX its probabilities differ by "
            f"{comparison.max_difference:.2e}, and {MOST_DIFFERENCE} is kept. Convert it with "
            "--out to use it elsewhere."
        )
    return comparison


def _decoded(loaded: ServedModel, one: _Picture) -> tuple[Any, Any]:
    """Pixels of the input size, and the picture as it is decoded."""
    content = one.read()
    try:
        pixels = loaded.load_image(content)
    except RequestError as error:
        raise UserError(f"{one.name}: {error} Leave it out.") from error
    return pixels, _decoder()(content).numpy()


@cache
def _decoder() -> Any:
    import tensorflow as tf

    from ic_tf_sdk.training.graph.decode import decode

    # Step by step it takes seconds to walk through a file of many parts.
    return tf.function(decode, input_signature=[tf.TensorSpec([], tf.string)], autograph=False)


def _fill(folder: Path, loaded: ServedModel, content: bytes, runtime: Mapping[str, Path]) -> None:
    (folder / "runtime").mkdir(parents=True)
    (folder / "model.onnx").write_bytes(content)
    output_files.write_json(folder / "model.json", model_facts(loaded))
    for name, text in {**page.texts(), **notices.texts()}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    for name, path in runtime.items():
        # Its own name for a module is none that every server knows.
        shutil.copyfile(path, folder / "runtime" / name.replace(".mjs", ".js"))
