"""Loading a SavedModel: the one place that does, for training, serving and mirroring."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf.meta_graph_pb2 import AssetFileDef
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel
from tensorflow.python.saved_model import save_context

from ic_tf_sdk.contract import regular_file
from ic_tf_sdk.contract.container_answer import plain_reason
from ic_tf_sdk.errors import ArchiveError, IcTfSdkError
from ic_tf_sdk.training.graph import file_operations, one_process
from ic_tf_sdk.training.graph.tf1_module import load_tags

__all__ = [
    "LOADING_ERRORS",
    "MAX_GRAPH_BYTES",
    "check_outputs",
    "checked_graph",
    "load",
    "reason",
    "refusing",
    "tracing_to_save",
]

LOADING_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    DecodeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    tf.errors.OpError,
)
"""What TensorFlow raises of a SavedModel that is damaged, cut, or not what it says; which of them,
it documents nowhere."""

_REASON_LENGTH = 200
_GRAPH = "saved_model.pb"
_SPLIT_GRAPH = "saved_model.cpb"

MAX_GRAPH_BYTES = 512 << 20
"""A graph has no weights, but for constants; those of the catalogue have a few megabytes."""


def load(folder: Path, name: Path) -> Any:
    """Load a SavedModel of ours, of TF Hub in either format, or of another program.

    Its variables are in memory afterwards: the folder need not outlive the call.

    Args:
        folder: The SavedModel's folder.
        name: The path that the user knows it by, for the message.

    Returns:
        What ``tf.saved_model.load`` returns.

    Raises:
        ArchiveError: It cannot be loaded, or it names a file outside its folder.
        UserError: This process was forked off one that had loaded a model.
    """
    one_process.check()
    with refusing(name, folder):
        file_operations.warn(checked_graph(folder, name), name)
        return tf.saved_model.load(str(folder), tags=load_tags(folder))


@contextmanager
def tracing_to_save() -> Iterator[None]:
    """Trace functions as ``tf.saved_model.save`` does.

    What was traced otherwise it traces once more, a whole network each time.
    """
    with save_context.save_context(tf.saved_model.SaveOptions()):
        yield


@contextmanager
def refusing(name: Path, folder: Path | None = None) -> Iterator[None]:
    """Turn what TensorFlow raises of a SavedModel that is not what it says into a sentence.

    Args:
        name: The path that the user knows it by.
        folder: Its folder, which means nothing to the user.

    Raises:
        ArchiveError: In place of any of ``LOADING_ERRORS``; errors of this package pass.
    """
    try:
        yield
    except LOADING_ERRORS as error:
        if isinstance(error, IcTfSdkError):
            raise
        raise ArchiveError(
            f"The SavedModel in {name} cannot be loaded: {reason(error, folder)}. It is damaged "
            "or is not for this TensorFlow; take it as it was written."
        ) from error


def checked_graph(folder: Path, name: Path) -> SavedModel:
    """The graph; refused if it would read other files of this machine as its assets.

    Args:
        folder: The SavedModel's folder.
        name: The path that the user knows it by, for the message.

    Raises:
        ArchiveError: It names a file outside its folder, or is in pieces.
    """
    if (folder / _SPLIT_GRAPH).exists():
        raise ArchiveError(
            f"The SavedModel in {name} has a {_SPLIT_GRAPH}, a graph in pieces, which TensorFlow "
            f"would load in place of {_GRAPH}; save it without."
        )
    graph = SavedModel.FromString(regular_file.read(folder / _GRAPH, most=MAX_GRAPH_BYTES))
    for asset in _assets(graph):
        path = PurePosixPath(asset)
        if path.is_absolute() or ".." in path.parts or "\\" in asset:
            raise ArchiveError(
                f"The SavedModel in {name} names a file outside its folder as its asset: "
                f"{asset[:100]!r}. Take it from a source that you trust."
            )
    return graph


def _assets(graph: SavedModel) -> Iterator[str]:
    for meta_graph in graph.meta_graphs:
        yield from (asset.filename for asset in meta_graph.asset_file_def)
        # Where TensorFlow 1 wrote them, and TensorFlow 2 still looks.
        for packed in meta_graph.collection_def["saved_model_assets"].any_list.value:
            asset = AssetFileDef()
            packed.Unpack(asset)
            yield asset.filename


def reason(error: Exception, folder: Path | None = None) -> str:
    """The first line of what TensorFlow says, less names of graph nodes, at most 200 characters.

    Args:
        error: What it raised.
        folder: A path that means nothing to the user, to leave out.
    """
    lines = str(error).strip().splitlines() or [type(error).__name__]
    text = plain_reason(lines[0])
    return (text.replace(f"{folder}/", "") if folder else text)[:_REASON_LENGTH]


def check_outputs(units: int | None, labels: tuple[str, ...], name: Path) -> None:
    """Refuse a classifier that has not one output for each label.

    Args:
        units: The width of its output; None where the graph leaves it open.
        labels: Class names by class index; for two, one unit is the second's probability.
        name: The path that the user knows it by.

    Raises:
        ArchiveError: They are not as many.
    """
    if units not in (None, len(labels)) and (units, len(labels)) != (1, 2):
        raise ArchiveError(
            f"{name} has {len(labels)} labels, and its SavedModel gives {units} outputs: one "
            "output for each label is needed. Take the archive as it was written."
        )
