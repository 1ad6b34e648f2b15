"""What a LiteRT file says of itself: its labels, and which pixels it takes.

MediaPipe, Android's and other programs read this: a flatbuffer of TensorFlow Lite's metadata schema
(``metadata_schema.fbs``) in a buffer of the model, and the label file in a ZIP archive at its end.
The packages that write it (tflite-support, MediaPipe itself) need an old Python or bring OpenCV
along; the few tables of a classifier are written here with flatbuffers, which TensorFlow brings.
"""

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

__all__ = ["LABELS_FILE", "described"]

LABELS_FILE = "labels.txt"
"""One label a line, by class index."""

_NAME = "TFLITE_METADATA"
_IDENTIFIER = b"M001"
# The schema's numbers of what a classifier needs.
_TENSOR_AXIS_LABELS, _RGB, _FEATURES, _IMAGE, _NORMALIZATION = 2, 1, 1, 2, 1


class _Byte(NamedTuple):
    value: int


class _Uint(NamedTuple):
    value: int


class _Table(NamedTuple):
    """A table: the number of a field in the schema -> its value."""

    fields: Mapping[int, "_Value"]


_Value: TypeAlias = "str | _Byte | _Uint | _Table | list[float] | list[_Table]"


def described(content: bytes, labels: Sequence[str], height: int, width: int) -> bytes:
    """A LiteRT classifier of pixels in 0 to 255 with its labels and its description.

    Args:
        content: The ``.tflite`` file as the converter wrote it.
        labels: By class index, as many as it has outputs.
        height: Of the input, in pixels.
        width: Of the input, in pixels.
    """
    import flatbuffers
    from tensorflow.lite.python import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(content)
    buffer = schema.BufferT()
    buffer.data = list(_packed(_model(height, width), _IDENTIFIER))
    entry = schema.MetadataT()
    entry.name, entry.buffer = _NAME, len(model.buffers)
    model.buffers.append(buffer)
    model.metadata = [*(model.metadata or []), entry]
    builder = flatbuffers.Builder(len(content) + (1 << 16))
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return _with_file(bytes(builder.Output()), LABELS_FILE, _lines(labels))


def _model(height: int, width: int) -> _Table:
    size = _Table({0: _Uint(width), 1: _Uint(height)})
    image = _Table({0: _Byte(_RGB), 1: size})
    # (pixel - mean) / deviation: the model takes pixels as they are.
    plain = _Table({0: _Byte(_NORMALIZATION), 1: _Table({0: [0.0], 1: [1.0]})})
    pixels = _Table({
        0: "image",
        1: "RGB, 0 to 255, of the input size.",
        3: _Table({0: _Byte(_IMAGE), 1: image}),
        4: [plain],
        5: _Table({0: [255.0], 1: [0.0]}),
    })  # fmt: skip
    probabilities = _Table({
        0: "probability",
        1: "By class index; one number, of the second class, in binary mode.",
        3: _Table({0: _Byte(_FEATURES), 1: _Table({})}),
        5: _Table({0: [1.0], 1: [0.0]}),
        6: [_Table({0: LABELS_FILE, 1: "Labels, one a line.", 2: _Byte(_TENSOR_AXIS_LABELS)})],
    })  # fmt: skip
    graph = _Table({2: [pixels], 3: [probabilities]})
    # 7: the oldest parser that knows these tables.
    return _Table({0: "Image classifier", 3: [graph], 7: "1.0.0"})


def _packed(root: _Table, identifier: bytes) -> bytes:
    import flatbuffers

    builder = flatbuffers.Builder(1 << 12)
    builder.Finish(_written(builder, root), file_identifier=identifier)
    return bytes(builder.Output())


def _written(builder: Any, table: _Table) -> int:
    """Write a table after what it refers to; its place."""
    places = {slot: _place(builder, value) for slot, value in table.fields.items()}
    builder.StartObject(max(table.fields, default=-1) + 1)
    for slot, value in table.fields.items():
        if isinstance(value, _Byte):
            builder.PrependUint8Slot(slot, value.value, 0)
        elif isinstance(value, _Uint):
            builder.PrependUint32Slot(slot, value.value, 0)
        else:
            builder.PrependUOffsetTRelativeSlot(slot, places[slot], 0)
    place: int = builder.EndObject()
    return place


def _place(builder: Any, value: _Value) -> int:
    """Where a value that is referred to was written; 0 for a number, which stands in its table."""
    place = 0
    if isinstance(value, str):
        place = builder.CreateString(value)
    elif isinstance(value, _Table):
        place = _written(builder, value)
    elif isinstance(value, list):
        places = [_written(builder, item) for item in value if isinstance(item, _Table)]
        builder.StartVector(4, len(value), 4)
        for position in reversed(range(len(value))):
            if places:
                builder.PrependUOffsetTRelative(places[position])
            else:
                builder.PrependFloat32(value[position])
        place = builder.EndVector()
    return place


def _lines(labels: Sequence[str]) -> bytes:
    # A label of several lines would be taken for several labels.
    return "".join(" ".join(label.splitlines()) + "\n" for label in labels).encode()


def _with_file(content: bytes, name: str, data: bytes) -> bytes:
    """The content with a ZIP archive of one file at its end, always the same bytes."""
    whole = io.BytesIO(content)
    with zipfile.ZipFile(whole, "a") as archive:
        archive.writestr(zipfile.ZipInfo(name), data)
    return whole.getvalue()
