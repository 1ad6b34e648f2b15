"""Files in torch's old format, written opcode by opcode: torch itself is not installed here."""

import hashlib
import pickle
from pathlib import Path
from typing import Any

import numpy.typing as npt

MAGIC = 0x1950A86A20F9469CFC6C
ORDERED_DICT = b"ccollections\nOrderedDict\n)R"
REBUILD = b"ctorch._utils\n_rebuild_tensor_v2\n"


def value(plain: object) -> bytes:
    """The opcodes of a plain value, without the head and the end of a pickle."""
    return pickle.dumps(plain, 2)[2:-1]


def tensor(
    key: str,
    length: int,
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    *,
    offset: int = 0,
    kind: str = "FloatStorage",
) -> bytes:
    """The opcodes of a tensor of a storage."""
    storage = b"(" + value("storage") + f"ctorch\n{kind}\n".encode()
    storage += value(key) + value("cpu") + value(length) + value(None) + b"tQ"
    rest = value(offset) + value(shape) + value(strides) + value(False) + ORDERED_DICT
    return REBUILD + b"(" + storage + rest + b"tR"


def state_dict(**tensors: bytes) -> bytes:
    """A pickle of named values; each is given as its opcodes."""
    items = b"".join(value(name) + opcodes for name, opcodes in tensors.items())
    return b"\x80\x02" + ORDERED_DICT + b"(" + items + b"u."


def write(
    path: Path, state: bytes, storages: dict[str, npt.NDArray[Any]], *, magic: int = MAGIC
) -> str:
    """Write a file; its SHA-256."""
    parts = [
        pickle.dumps(magic, 2),
        pickle.dumps(1001, 2),
        pickle.dumps({"little_endian": True}, 2),
    ]
    parts += [state, pickle.dumps(list(storages), 2)]
    for array in storages.values():
        parts += [array.size.to_bytes(8, "little"), array.tobytes()]
    path.write_bytes(b"".join(parts))
    return hashlib.sha256(path.read_bytes()).hexdigest()
