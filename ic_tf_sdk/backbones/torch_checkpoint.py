"""Arrays out of a checkpoint in torch's old format, without torch and without running a pickle.

Such a file is five pickles one after another (a magic number, the format's version, facts about the
machine that wrote it, the state dict, the keys of its storages), then each storage's length and raw
values. The state dict names its storages by persistent ids, so that the pickles hold no numbers.
"""

import hashlib
import pickle
from collections import OrderedDict
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from ic_tf_sdk.errors import ArchiveError

__all__ = ["read_checkpoint"]

_MAGIC = 0x1950A86A20F9469CFC6C
_FORMAT = 1001
_DTYPES = {"FloatStorage": "<f4", "LongStorage": "<i8"}

# What pickle and the arithmetic on its values raise for content that is not of the format.
_UNREADABLE = (
    pickle.UnpicklingError,
    *(AttributeError, EOFError, ImportError, IndexError, KeyError, TypeError, ValueError),
    *(MemoryError, OverflowError, RecursionError, UnicodeDecodeError),
)


def read_checkpoint(path: Path, *, sha256: str) -> dict[str, Any]:
    """The tensors of a checkpoint.

    Args:
        path: A file that ``torch.save`` of a version before 1.6 wrote.
        sha256: The digest that its bytes must have, in hexadecimal. It is checked before anything
            is unpickled.

    Returns:
        Name -> float32 or int64 array, in the order of the file.

    Raises:
        ArchiveError: The file has another digest, or holds anything that the format does not need.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ArchiveError(
            f"{path} cannot be read: {error.strerror or error}. Install its package again."
        ) from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != sha256:
        raise ArchiveError(
            f"{path} is damaged, or of another version: its SHA-256 begins with {digest[:12]}, "
            f"not with {sha256[:12]}. Install its package again."
        )
    try:
        return _read(BytesIO(content))
    except _UNREADABLE as error:
        raise ArchiveError(f"{path} is no checkpoint in torch's old format: {error}.") from error


class _Storage(NamedTuple):
    """Where a tensor's values stand."""

    key: str
    dtype: str
    length: int


class _Tensor(NamedTuple):
    """A view of a storage; strides count elements."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Name:
    """What stands in a pickle for a name of torch; it can be called and has nothing to change."""

    __slots__ = ()


class _RebuildTensor(_Name):
    __slots__ = ()

    def __call__(self, storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> _Tensor:
        if not isinstance(storage, _Storage):
            raise pickle.UnpicklingError("a tensor without a storage")
        sizes = (offset, *shape, *strides)
        if not all(isinstance(size, int) and size >= 0 for size in sizes):
            raise pickle.UnpicklingError("a tensor whose shape is not of whole numbers")
        return _Tensor(storage, offset, tuple(shape), tuple(strides))


class _Unpickler(pickle.Unpickler):
    """Admits the names that a state dict needs, and no other."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _RebuildTensor()
        if module == "torch" and name in _DTYPES:
            return name
        raise pickle.UnpicklingError(f"it names {module}.{name}, which no state dict needs")

    def persistent_load(self, pid: Any) -> _Storage:
        kind, name, key, _, length, *_ = pid
        if kind != "storage" or name not in _DTYPES or not isinstance(length, int):
            raise pickle.UnpicklingError("a persistent id that is no storage")
        return _Storage(str(key), _DTYPES[name], length)


def _read(stream: BinaryIO) -> dict[str, Any]:
    if (_next(stream), _next(stream)) != (_MAGIC, _FORMAT):
        raise pickle.UnpicklingError("it does not begin with the format's numbers")
    _next(stream)
    tensors, keys = _next(stream), _next(stream)
    if not isinstance(tensors, dict) or not all(isinstance(t, _Tensor) for t in tensors.values()):
        raise pickle.UnpicklingError("it holds something else than tensors")
    storages = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
    values = {key: _values(stream, storages[key]) for key in keys}
    return {str(name): _array(tensor, values) for name, tensor in tensors.items()}


def _next(stream: BinaryIO) -> Any:
    return _Unpickler(stream).load()


def _values(stream: BinaryIO, storage: _Storage) -> Any:
    import numpy as np

    length = int.from_bytes(stream.read(8), "little", signed=True)
    if length != storage.length:
        raise pickle.UnpicklingError(f"storage {storage.key} has {length} values")
    dtype = np.dtype(storage.dtype)
    content = stream.read(length * dtype.itemsize)
    return np.frombuffer(content, dtype, count=length)


def _array(tensor: _Tensor, values: dict[str, Any]) -> Any:
    from numpy.lib.stride_tricks import as_strided

    flat = values[tensor.storage.key][tensor.offset :]
    # The author turned TensorFlow's weights around without copying them: strides need not descend.
    steps = zip(tensor.shape, tensor.strides, strict=True)
    last = sum((length - 1) * stride for length, stride in steps)
    if 0 in tensor.shape or last >= len(flat):
        raise pickle.UnpicklingError("a tensor that reaches out of its storage")
    strides = [stride * flat.itemsize for stride in tensor.strides]
    return as_strided(flat, tensor.shape, strides, writeable=False).copy()
