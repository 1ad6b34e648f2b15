"""However a checkpoint is damaged, it is what was written, or it is passed over."""

import json
import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ic_tf_sdk.training.loop.checkpoint import CheckpointFolder
from ic_tf_sdk.training.loop.progress import Progress
from ic_tf_sdk.training.loop.snapshot import Snapshot
from tests.fuzz.damages import bounded, damaged, examples

IDENTITY = {"the model": "tiny"}
NEWEST, BEFORE, BEST = (
    "checkpoint-00002-000003.npz", "checkpoint-00002-000001.npz", "best-00000.npz",
)  # fmt: skip


def snapshot(step: int) -> Snapshot:
    progress = Progress(
        epochs=[{"loss": 0.5, "val_loss": float("nan")}] * 2,
        seconds=[1.0, 1.0],
        step=step,
        best_value=0.5,
    )
    arrays = [np.full((3, 4), step, np.float32), np.array(step, np.int64), np.ones(0, np.float16)]
    return Snapshot(progress, arrays, arrays[1:], arrays[:1], [np.arange(5, dtype=np.float32)])


@dataclass
class Files:
    """A folder of two checkpoints, and their bytes."""

    folder: Path
    sound: dict[str, bytes]

    def with_damage(self, **content: bytes) -> Snapshot | None:
        for path in self.folder.iterdir():
            path.unlink()
        for name, sound in self.sound.items():
            (self.folder / name).write_bytes(content.get(name, sound))
        return CheckpointFolder(self.folder, IDENTITY).latest()


@pytest.fixture(scope="module", autouse=True)
def _no_disk() -> Iterator[None]:
    """Nothing here is about a loss of power, and the disk would take most of the time."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", lambda _: None)
        yield


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    path = tmp_path_factory.mktemp("checkpoints")
    folder = CheckpointFolder(path, IDENTITY)
    folder.save(snapshot(1))
    folder.save(snapshot(3))
    return Files(path, {path.name: path.read_bytes() for path in path.iterdir()})


def assert_same(found: Snapshot | None, step: int) -> None:
    assert found is not None
    expected = snapshot(step)
    assert repr(found.progress) == repr(expected.progress)
    for one, other in zip(_arrays(found), _arrays(expected), strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


def _arrays(snapshot: Snapshot) -> list[Any]:
    return [*snapshot.variables, *snapshot.optimizer, *snapshot.metrics, *(snapshot.best or [])]


def check(files: Files, name: str, content: bytes) -> None:
    with bounded():
        found = files.with_damage(**{name: content})
    if name == BEST:
        # Both name it; no checkpoint of that epoch's end is there.
        assert found is None or found.progress.step == 3
    if found is not None:
        assert_same(found, found.progress.step)
    assert name == BEST or found is not None
    # What a job writes now is what the next start finds.
    CheckpointFolder(files.folder, IDENTITY).save(snapshot(7))
    assert_same(CheckpointFolder(files.folder, IDENTITY).latest(), 7)


@examples()
@given(data=st.data(), name=st.sampled_from([NEWEST, BEFORE, BEST]))
def test_damaged_bytes_are_passed_over_or_change_nothing(
    files: Files, data: st.DataObject, name: str
) -> None:
    check(files, name, data.draw(damaged(files.sound[name])))


@examples()
@given(data=st.data())
def test_damaged_headers_are_passed_over_or_change_nothing(
    files: Files, data: st.DataObject
) -> None:
    """Random places seldom hit the directory at the end of a zip file, where most can go wrong."""
    whole = files.sound[NEWEST]
    start = whole.index(b"PK\x01\x02")
    check(files, NEWEST, whole[:start] + data.draw(damaged(whole[start:])))


def _rewritten(change: Callable[[dict[str, Any], dict[str, Any]], None]) -> Callable[[Path], None]:
    """The file written anew by numpy, as a script of somebody would, with valid checksums."""

    def write(path: Path) -> None:
        with np.load(path) as file:
            arrays = dict(file)
        meta = json.loads(str(arrays.pop("meta")))
        change(meta, arrays)
        np.savez(path, meta=np.array(json.dumps(meta)), **arrays)

    return write


def _header(offset: int, value: int) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[content.index(b"PK\x01\x02") + offset] = value
        path.write_bytes(content)

    return change


def _array_alone(path: Path) -> None:
    with path.open("wb") as stream:
        np.save(stream, np.ones(3))


def _compressed(path: Path) -> None:
    with np.load(path) as file:
        np.savez_compressed(path, **dict(file))


def _declaring_terabytes(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1099511627776,), }"
        file.writestr("meta.npy", b"\x93NUMPY\x01\x00\x76\x00" + header.ljust(117) + b"\n")


def _broken_tokens(path: Path) -> None:
    content = path.read_bytes().replace(b"'shape': (), }", b"'shape': ((, }")
    path.write_bytes(content)


DAMAGES: dict[str, Callable[[Path], None]] = {
    "another version of zip": _header(6, 99),
    "an encrypted member": _header(8, 1),
    "a patched member": _header(8, 32),
    "another compression": _header(10, 99),
    "compressed": _compressed,
    "tokens of a header": _broken_tokens,
    "terabytes": _declaring_terabytes,
    "a newer version's field": _rewritten(lambda meta, _: meta["progress"].update(later=1)),
    "a field of another form": _rewritten(lambda meta, _: meta["progress"].update(epochs="two")),
    "a negative step": _rewritten(lambda meta, _: meta["progress"].update(step=-1)),
    "a best epoch that never was": _rewritten(
        lambda meta, _: meta["progress"].update(best_epoch=9)
    ),
    "no progress": _rewritten(lambda meta, _: meta.pop("progress")),
    "an identity of another form": _rewritten(lambda meta, _: meta.update(identity=["tiny"])),
    "a meta that is a list": _rewritten(lambda meta, _: meta.clear()),
    "a lost array": _rewritten(lambda _, arrays: arrays.pop("variables/00001")),
    "a lost group": _rewritten(
        lambda _, arrays: [arrays.pop(n) for n in list(arrays) if n.startswith("optimizer")]
    ),
    "a renamed array": _rewritten(
        lambda _, arrays: arrays.update({"variables/00009": arrays.pop("variables/00000")})
    ),
    "an array more": _rewritten(lambda _, arrays: arrays.update({"metrics/00007": np.ones(1)})),
    "another shape": _rewritten(
        lambda _, arrays: arrays.update({"variables/00000": np.ones((4, 3), np.float32)})
    ),
    "an array of numpy alone": _array_alone,
    "a pickle": lambda path: path.write_bytes(b"\x80\x04cos\nsystem\n(S'exit'\ntR."),
    "nothing": lambda path: path.write_bytes(b""),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_each_kind_of_damage_is_passed_over_for_the_one_before(
    files: Files, tmp_path: Path, damage: str
) -> None:
    (tmp_path / NEWEST).write_bytes(files.sound[NEWEST])
    DAMAGES[damage](tmp_path / NEWEST)
    content = (tmp_path / NEWEST).read_bytes()
    assert content != files.sound[NEWEST]
    assert_same(files.with_damage(**{NEWEST: content}), 1)
    check(files, NEWEST, content)
