"""A file of arrays is read as it was written, or it is said what is wrong with it."""

import io
import json
import zipfile
from typing import Any

import numpy as np
import pytest

from ic_tf_sdk.training.loop import checkpoint_file
from ic_tf_sdk.training.loop.checkpoint_file import UnreadableFileError

ARRAYS = {
    "b": np.arange(6, dtype=np.float32).reshape(2, 3),
    "a": np.array(7, np.int64),
    "c": np.zeros((0, 4), np.float16),
}
META: dict[str, Any] = {"run": "x", "loss": float("nan"), "best": float("inf")}


@pytest.fixture
def whole() -> bytes:
    stream = io.BytesIO()
    checkpoint_file.write(stream, META, ARRAYS)
    return stream.getvalue()


def refused(content: bytes) -> str:
    """What each reader says of a file; all the same."""
    said = set()
    for read in (checkpoint_file.read, checkpoint_file.read_meta, checkpoint_file.check):
        with pytest.raises(UnreadableFileError) as caught:
            read(io.BytesIO(content))
        said.add(str(caught.value))
    [one] = said
    return one


def test_what_was_written_is_read_sorted_by_name(whole: bytes) -> None:
    stream = io.BytesIO(whole)
    # It may stand anywhere.
    stream.read(5)
    meta, arrays = checkpoint_file.read(stream)
    assert repr(meta) == repr(META)
    assert list(arrays) == ["a", "b", "c"]
    for name, array in arrays.items():
        assert array.dtype == ARRAYS[name].dtype
        np.testing.assert_array_equal(array, ARRAYS[name])
    assert repr(checkpoint_file.read_meta(io.BytesIO(whole))) == repr(META)
    checkpoint_file.check(io.BytesIO(whole))


def test_nothing_is_a_pickle_in_either_direction(whole: bytes) -> None:
    with pytest.raises(ValueError, match="allow_pickle"):
        checkpoint_file.write(io.BytesIO(), {}, {"a": np.array([object()], object)})
    stream = io.BytesIO()
    np.savez(stream, meta=np.array("{}"), a=np.array([{}], object))
    assert refused(stream.getvalue())
    assert "zip" in refused(b"\x80\x04cos\nsystem\n(S'exit'\ntR.")
    plain = io.BytesIO()
    np.save(plain, np.ones(3))
    assert "zip" in refused(plain.getvalue())


def test_a_pickle_among_the_arrays_is_none_of_them_whatever_the_digest_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write = np.lib.format.write_array
    monkeypatch.setattr(
        np.lib.format, "write_array", lambda stream, array, **_: write(stream, array)
    )
    stream = io.BytesIO()
    checkpoint_file.write(stream, {}, {"a": np.array([{"code": "runs"}], object)})
    assert checkpoint_file.read_meta(stream) == {}
    with pytest.raises(UnreadableFileError, match="allow_pickle=False"):
        checkpoint_file.read(stream)


def rewritten(whole: bytes, *, compression: int = zipfile.ZIP_STORED, **changed: bytes) -> bytes:
    """The same members in a new file, with sound checksums."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            new.writestr(name, changed.get(name[:-4], old.read(name)), compression)
    return stream.getvalue()


def test_one_compressed_member_is_enough_to_be_refused(whole: bytes) -> None:
    assert checkpoint_file.read(io.BytesIO(rewritten(whole)))
    assert refused(rewritten(whole, compression=zipfile.ZIP_DEFLATED)) == "it is compressed"
    stream = io.BytesIO(whole)
    with zipfile.ZipFile(stream, "a") as file:
        file.writestr("d.npy", b"x" * 100, zipfile.ZIP_DEFLATED)
    assert refused(stream.getvalue()) == "it is compressed"


def test_a_file_may_declare_as_many_bytes_as_it_has(whole: bytes) -> None:
    size = len(whole)
    directory = whole.index(b"PK\x01\x02")
    with zipfile.ZipFile(io.BytesIO(whole)) as file:
        others = sum(member.file_size for member in file.infolist()[1:])
    for more in (0, 1):
        content = bytearray(whole)
        content[directory + 24 : directory + 28] = (size - others + more).to_bytes(4, "little")
        said = refused(bytes(content))
        # As many are no reason; that they are not those of the array is one.
        assert (said == f"it has {size} bytes and declares {size + more}") == bool(more)
        assert ("declares" in said) == bool(more)


def test_an_array_that_is_another_is_noticed(whole: bytes) -> None:
    other = io.BytesIO()
    np.save(other, np.arange(6, dtype=np.float32).reshape(2, 3) + 1)
    said = refused(rewritten(whole, b=other.getvalue()))
    assert said == "its arrays are not those that were written"
    meta = io.BytesIO()
    np.save(meta, np.array(json.dumps(META)))
    assert refused(rewritten(whole, meta=meta.getvalue())) == said


def test_bytes_that_changed_behind_the_directory_are_found_by_a_check(whole: bytes) -> None:
    content = bytearray(whole)
    content[content.index(ARRAYS["b"].tobytes())] ^= 1
    assert checkpoint_file.read_meta(io.BytesIO(bytes(content)))
    for read in (checkpoint_file.read, checkpoint_file.check):
        with pytest.raises(UnreadableFileError, match=r"b\.npy"):
            read(io.BytesIO(bytes(content)))


def test_a_reason_is_short_and_never_empty(monkeypatch: pytest.MonkeyPatch, whole: bytes) -> None:
    def failing(text: str) -> Any:
        def load(*_: Any, **__: Any) -> None:
            raise RuntimeError(text)

        return load

    monkeypatch.setattr(np, "load", failing("x" * 300))
    assert refused(whole) == "x" * 200
    monkeypatch.setattr(np, "load", failing(""))
    assert refused(whole) == "RuntimeError"


def test_members_may_be_larger_than_zip_once_knew(whole: bytes) -> None:
    """Each has the long form of its sizes from the start: nobody knows them before."""
    with zipfile.ZipFile(io.BytesIO(whole)) as file:
        for member in file.infolist():
            # The extra field behind the name; Python wrote short sizes beside it before 3.11.4.
            at = member.header_offset + 30 + len(member.filename)
            assert whole[at : at + 4] == b"\x01\x00\x10\x00"
