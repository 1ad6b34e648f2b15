"""Checkpoints are read for their numbers; nothing that a pickle asks for is run."""

import hashlib
import os
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from ic_tf_sdk.backbones.torch_checkpoint import read_checkpoint
from ic_tf_sdk.errors import ArchiveError
from tests.backbones.torch_file import ORDERED_DICT, REBUILD, state_dict, tensor, value, write

NUMBERS = np.arange(24, dtype=np.float32)
DOCUMENTED = OrderedDict.__doc__


def test_tensors_come_back_with_their_names_shapes_and_strides(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    state = state_dict(
        plain=tensor("a", 24, (2, 3, 4), (12, 4, 1)),
        turned=tensor("a", 24, (4, 6), (1, 4)),
        part=tensor("a", 24, (3,), (1,), offset=20),
        scalar=tensor("a", 24, (), (), offset=5),
        steps=tensor("b", 1, (1,), (1,), kind="LongStorage"),
    )
    digest = write(path, state, {"a": NUMBERS, "b": np.array([7], np.int64)})
    tensors = read_checkpoint(path, sha256=digest)
    assert list(tensors) == ["plain", "turned", "part", "scalar", "steps"]
    assert np.array_equal(tensors["plain"], NUMBERS.reshape(2, 3, 4))
    assert np.array_equal(tensors["turned"], NUMBERS.reshape(6, 4).T)
    assert np.array_equal(tensors["part"], NUMBERS[20:23])
    assert float(tensors["scalar"]) == 5.0
    assert tensors["steps"].dtype == np.int64
    assert tensors["steps"].tolist() == [7]


def test_other_bytes_than_those_asked_for_are_refused_before_they_are_unpickled(
    tmp_path: Path,
) -> None:
    path = tmp_path / "weights.pth"
    marker = tmp_path / "ran"
    write(path, b"cos\nsystem\n(" + value(f"touch {marker}") + b"tR.", {})
    begins = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    with pytest.raises(ArchiveError) as caught:
        read_checkpoint(path, sha256="0" * 64)
    assert str(caught.value) == (
        f"{path} is damaged, or of another version: its SHA-256 begins with {begins}, not with "
        "000000000000. Install its package again."
    )
    assert not marker.exists()


# What a pickle can ask for: a call, an object of a class, an attribute of a module, an import.
HOSTILE = {
    "os.system": b"cos\nsystem\n(%(touch)stR.",
    "posix.system": b"cposix\nsystem\n(%(touch)stR.",
    "builtins.exec": b"cbuiltins\nexec\n(%(python)stR.",
    "builtins.eval": b"c__builtin__\neval\n(%(python)stR.",
    "builtins.getattr": b"cbuiltins\ngetattr\n(ccollections\nOrderedDict\n%(name)stR.",
    "subprocess.Popen": b"csubprocess\nPopen\n(%(touch)stR.",
    "an object by INST": b"(%(touch)sios\nsystem\n.",
    "an object by OBJ": b"(cos\nsystem\n%(touch)so.",
    "a new object": b"\x80\x02cpathlib\nPosixPath\n)\x81.",
    "a dotted name": b"\x80\x04\x8c\x0bcollections\x8c\x16OrderedDict.fromkeys.x\x93.",
    "a name of the stack": b"\x80\x04\x8c\x02os\x8c\x06system\x93(%(touch)stR.",
    "a copied registry": b"ccopyreg\n_reconstructor\n(%(name)stR.",
    "an extension": b"\x80\x02\x82\x01.",
    "another name of torch": b"ctorch\nload\n(%(touch)stR.",
    "a storage of another kind": b"ctorch\nHalfStorage\n.",
    "a storage of another module": b"cos\nFloatStorage\n.",
    "state put into a name": b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}(%(name)s%(name)sub.",
    "state put into a class": b"\x80\x02ccollections\nOrderedDict\n}(%(name)s%(name)sub.",
}


# Refused by its name, before there is anything that could be called.
NAMED = {
    "os.system": "os.system",
    "posix.system": "posix.system",
    "builtins.exec": "builtins.exec",
    "builtins.eval": "__builtin__.eval",
    "builtins.getattr": "builtins.getattr",
    "subprocess.Popen": "subprocess.Popen",
    "an object by INST": "os.system",
    "an object by OBJ": "os.system",
    "a new object": "pathlib.PosixPath",
    "a dotted name": "collections.OrderedDict.fromkeys.x",
    "a name of the stack": "os.system",
    "a copied registry": "copyreg._reconstructor",
    "another name of torch": "torch.load",
    "a storage of another kind": "torch.HalfStorage",
    "a storage of another module": "os.FloatStorage",
}


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize("inside", [False, True])
def test_a_hostile_pickle_runs_nothing_and_is_refused(
    what: str, inside: bool, tmp_path: Path
) -> None:
    path, marker = tmp_path / "weights.pth", tmp_path / "ran"
    words = {
        b"touch": value(f"touch {marker}"),
        b"python": value(f"open({str(marker)!r}, 'w')"),
        b"name": value("__doc__"),
    }
    state = HOSTILE[what] % words
    if inside:
        # As a value of the dict that a checkpoint is.
        bare = state.removesuffix(b".").removeprefix(b"\x80\x02").removeprefix(b"\x80\x04")
        state = b"\x80\x04" + state_dict(weight=bare)[2:]
    digest = write(path, state, {})
    with pytest.raises(ArchiveError, match="no checkpoint in torch's old format") as caught:
        read_checkpoint(path, sha256=digest)
    if what in NAMED:
        assert f"it names {NAMED[what]}, which no state dict needs" in str(caught.value)
    assert not marker.exists()
    assert OrderedDict.__doc__ == DOCUMENTED


def storage(
    kind: str = "storage", name: bytes = b"ctorch\nFloatStorage\n", length: object = 24
) -> bytes:
    """The opcodes of a tensor of three values whose storage is named like this."""
    pid = b"(" + value(kind) + name + value("a") + value("cpu") + value(length) + value(None)
    rest = value(0) + value((3,)) + value((1,)) + value(False) + ORDERED_DICT
    return REBUILD + b"(" + pid + b"tQ" + rest + b"tR"


# The opcodes, and why they are refused.
WRONG = {
    "a tensor beyond its storage": (tensor("a", 24, (5, 5), (5, 1)), "reaches out of its storage"),
    "one value beyond its storage": (tensor("a", 24, (5, 5), (4, 2)), "reaches out of its storage"),
    "an offset beyond its storage": (
        tensor("a", 24, (3,), (1,), offset=30), "reaches out of its storage"
    ),
    "strides that reach out": (tensor("a", 24, (2, 2), (23, 2)), "reaches out of its storage"),
    "no values": (tensor("a", 24, (0,), (1,)), "reaches out of its storage"),
    "a negative size": (tensor("a", 24, (-1,), (1,)), "not of whole numbers"),
    "a negative stride": (tensor("a", 24, (3,), (-1,)), "not of whole numbers"),
    "a size that is no number": (
        REBUILD
        + b"("
        + tensor("a", 24, (1,), (1,))[len(REBUILD) + 1 : -2].replace(value((1,)), value(("x",)), 1)
        + b"tR",
        "not of whole numbers",
    ),
    "a size that is a fraction": (tensor("a", 24, (1.0,), (1,)), "not of whole numbers"),
    "a storage of another length": (tensor("a", 25, (2,), (1,)), "storage a has 24 values"),
    "no storage": (
        REBUILD + b"(" + value(3) + value(0) + value((3,)) + value((1,)) + value(False)
        + ORDERED_DICT + b"tR",
        "a tensor without a storage",
    ),
    "another persistent id": (storage(kind="module"), "a persistent id that is no storage"),
    "an unknown kind of storage": (storage(name=value("HalfStorage")), "that is no storage"),
    "a length that is no number": (storage(length="24"), "that is no storage"),
    "no tensor": (value(3), "it holds something else than tensors"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_tensor_of_the_file_is_refused(what: str, tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    opcodes, why = WRONG[what]
    digest = write(path, state_dict(weight=opcodes), {"a": NUMBERS})
    with pytest.raises(ArchiveError, match="no checkpoint in torch's old format") as caught:
        read_checkpoint(path, sha256=digest)
    assert why in str(caught.value)


def test_a_tensor_may_end_where_its_storage_does(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    state = state_dict(weight=tensor("a", 24, (2, 2), (21, 2)), named=storage())
    tensors = read_checkpoint(path, sha256=write(path, state, {"a": NUMBERS}))
    assert tensors["weight"].tolist() == [[0, 2], [21, 23]]
    assert tensors["named"].tolist() == [0, 1, 2]
    # A copy, which may be written.
    tensors["weight"][0, 0] = 7


def test_a_list_of_tensors_is_no_state_dict(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    state = b"\x80\x02](" + tensor("a", 24, (24,), (1,)) + b"e."
    digest = write(path, state, {"a": NUMBERS})
    with pytest.raises(ArchiveError, match="it holds something else than tensors"):
        read_checkpoint(path, sha256=digest)


@pytest.mark.parametrize("kept", [0, 1, 40, 150, 300])
def test_a_cut_file_is_refused(kept: int, tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    write(path, state_dict(weight=tensor("a", 24, (24,), (1,))), {"a": NUMBERS})
    content = path.read_bytes()[:kept]
    path.write_bytes(content)
    with pytest.raises(ArchiveError, match="no checkpoint in torch's old format"):
        read_checkpoint(path, sha256=hashlib.sha256(content).hexdigest())


def test_another_magic_number_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    state = state_dict(weight=tensor("a", 24, (24,), (1,)))
    digest = write(path, state, {"a": NUMBERS}, magic=1)
    with pytest.raises(ArchiveError, match="does not begin with the format's numbers"):
        read_checkpoint(path, sha256=digest)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_file_that_may_not_be_read_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(b"x")
    path.chmod(0)
    with pytest.raises(ArchiveError, match="cannot be read"):
        read_checkpoint(path, sha256="0" * 64)


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="cannot be read: No such file"):
        read_checkpoint(tmp_path / "weights.pth", sha256="0" * 64)
