"""Features that jobs share: what was computed comes back, or nothing does."""

import hashlib
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ic_tf_sdk.errors import UserError
from ic_tf_sdk.training.feed import store_place
from ic_tf_sdk.training.feed.feature_store import FeatureStore, Usage

WIDTH = 40
KIND = hashlib.sha256(b"a backbone").digest()


def digests(*numbers: int) -> list[bytes]:
    return [hashlib.sha256(str(number).encode()).digest() for number in numbers]


def vectors(*numbers: int, width: int = WIDTH) -> np.ndarray:
    return np.array(
        [np.random.default_rng(number).standard_normal(width) for number in numbers], np.float32
    ).reshape(-1, width)


def known(store: FeatureStore, *numbers: int, kind: bytes = KIND) -> list[int]:
    """Which numbers come back; each of them as it was written."""
    found = np.full((len(numbers), WIDTH), np.nan, np.float32)
    unknown = store.read(kind, digests(*numbers), found, range(len(numbers)))
    rows = [row for row in range(len(numbers)) if row not in unknown]
    expected = vectors(*(numbers[row] for row in rows))
    np.testing.assert_array_equal(found[rows], expected)
    return [numbers[row] for row in rows]


def write(store: FeatureStore, *numbers: int, kind: bytes = KIND) -> None:
    store.write(kind, digests(*numbers), vectors(*numbers))


def damaged_at(path: Path, position: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(position)
        file.write(content)


def test_what_was_written_comes_back_bit_for_bit_to_its_kind_alone(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path / "deep" / "store")
    assert known(store, 1, 2) == []
    assert not (tmp_path / "deep").exists()
    write(store, 1, 2)
    again = FeatureStore(tmp_path / "deep" / "store")
    assert known(again, 2, 3, 1) == [2, 1]
    assert known(again, 1, kind=hashlib.sha256(b"another").digest()) == []
    assert again.usage().vectors == 2
    assert 0 < again.usage().bytes < again.usage().most_bytes


def test_a_vector_of_another_width_is_none(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    store.write(KIND, digests(1), vectors(1, width=WIDTH + 1))
    assert known(store, 1) == []
    write(store, 1)
    assert known(store, 1) == [1]
    assert store.usage().vectors == 1


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.lists(st.integers(0, 12), max_size=6)), max_size=8),
)
def test_any_order_of_writing_and_reading_gives_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[bool, list[int]]]
) -> None:
    store, written = FeatureStore(tmp_path_factory.mktemp("store")), set[int]()
    for writes, numbers in steps:
        if writes:
            write(store, *numbers)
            written |= set(numbers)
        else:
            assert known(store, *numbers) == [number for number in numbers if number in written]


def test_past_its_size_the_least_recently_used_go(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path, most_bytes=600_000)
    content = [np.full((1, 25_000), number, np.float32) for number in range(15)]
    found = np.zeros((1, 25_000), np.float32)
    for number, vector in enumerate(content):
        store.write(KIND, digests(number), vector)
        # The first is asked for all the time.
        assert store.read(KIND, digests(0), found, [0]) == []
    assert store.usage().vectors < 7
    assert store.read(KIND, digests(14), found, [0]) == []
    assert store.read(KIND, digests(1), found, [0]) == [0]
    used = sum(path.stat().st_size for path in tmp_path.glob("*.sqlite3"))
    assert used < 2 * 600_000


def test_a_damaged_vector_is_unknown_and_is_replaced(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    write(store, 1, 2)
    (path,) = tmp_path.glob("*.sqlite3")
    content = path.read_bytes()
    damaged_at(path, content.index(vectors(2).tobytes()) + 13, b"\xff\x00\xff")
    assert known(store, 1, 2) == [1]
    write(store, 2)
    assert known(store, 1, 2) == [1, 2]


def test_a_vector_under_another_images_key_is_none(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    write(store, 1, 2)
    (path,) = tmp_path.glob("*.sqlite3")
    connection = sqlite3.connect(path)
    connection.execute("update entries set place = 3 - place")
    connection.commit()
    connection.close()
    assert known(store, 1, 2) == []


@pytest.mark.parametrize("how", ["no database", "cut", "holes", "empty"])
def test_a_damaged_file_is_begun_anew_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    write(FeatureStore(tmp_path), *range(200))
    (path,) = tmp_path.glob("*.sqlite3")
    content = path.read_bytes()
    if how == "no database":
        path.write_bytes(b"something else entirely" * 1000)
    elif how == "cut":
        path.write_bytes(content[: len(content) // 2 + 17])
    elif how == "empty":
        path.write_bytes(b"")
    else:
        rng = np.random.default_rng(3)
        for position in rng.integers(100, len(content), 60).tolist():
            damaged_at(path, position, rng.bytes(200))
    store = FeatureStore(tmp_path)
    known(store, *range(200))  # whatever comes back is right
    write(store, *range(200))
    again = FeatureStore(tmp_path)
    known(again, *range(200))
    write(again, *range(200))
    assert known(FeatureStore(tmp_path), *range(200)) == list(range(200))
    assert caplog.text.count("is damaged") == (0 if how == "empty" else 1)


def test_a_folder_that_cannot_be_written_is_said_once_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    store = FeatureStore(tmp_path / "file" / "store")
    write(store, 1)
    write(store, 2)
    assert known(store, 1) == []
    assert caplog.text.count("goes on without it") == 1


_FULL = """
    import resource, signal, sys
    from pathlib import Path
    from tests.training.feed.test_feature_store import FeatureStore, known, write

    store = FeatureStore(Path(sys.argv[1]))
    write(store, 1, 2)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    for first in range(10, 2010, 100):
        write(store, *range(first, first + 100))
    assert known(store, 1, 2) == [1, 2]
    some = known(store, *range(10, 2010))
    assert len(some) < 2000
"""


def test_on_a_full_disk_what_was_kept_stays_right(tmp_path: Path) -> None:
    code = textwrap.dedent(_FULL)
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert known(FeatureStore(tmp_path), 1, 2) == [1, 2]


_WRITER = """
    import sys
    from pathlib import Path
    from tests.training.feed.test_feature_store import FeatureStore, write

    store, first = FeatureStore(Path(sys.argv[1])), int(sys.argv[2])
    print("ready", flush=True)
    for begin in range(first, first + 3000, 50):
        write(store, *range(begin, begin + 50))
"""


def _writer(folder: Path, first: int) -> "subprocess.Popen[str]":
    arguments = [sys.executable, "-c", textwrap.dedent(_WRITER), str(folder), str(first)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_processes_that_write_and_are_killed_leave_only_what_is_right(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    for round_ in range(8):
        writers = [_writer(tmp_path, first) for first in (0, 2000)]
        for writer in writers:
            assert writer.stdout is not None
            writer.stdout.readline()
        time.sleep(float(rng.uniform(0.0, 1.0)))
        os.kill(writers[0].pid, signal.SIGKILL)
        known(FeatureStore(tmp_path), *range(5000))
        if round_ % 2:
            os.kill(writers[1].pid, signal.SIGKILL)
        for writer in writers:
            writer.communicate()
        assert len(known(FeatureStore(tmp_path), *range(5000))) % 50 == 0
    writer = _writer(tmp_path, 0)
    writer.communicate()
    assert writer.returncode == 0
    assert known(FeatureStore(tmp_path), *range(3000)) == list(range(3000))


def test_two_processes_share_one_store(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    others = [context.Process(target=_write_some, args=(tmp_path, first)) for first in (0, 60, 30)]
    for other in others:
        other.start()
    for other in others:
        other.join(60)
        assert other.exitcode == 0
    assert known(FeatureStore(tmp_path), *range(120)) == list(range(120))


def _write_some(folder: Path, first: int) -> None:
    for begin in range(first, first + 60, 10):
        write(FeatureStore(folder), *range(begin, begin + 10))


def test_clearing_removes_every_file_and_later_vectors_are_kept(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("the user's own")
    store = FeatureStore(tmp_path)
    write(store, 1)
    store.clear()
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    assert known(store, 1) == []
    write(store, 1)
    assert known(store, 1) == [1]


def test_a_store_that_is_not_there_or_cannot_be_read_holds_nothing(tmp_path: Path) -> None:
    assert FeatureStore(tmp_path / "none", 7).usage() == Usage(0, 0, 7)
    write(FeatureStore(tmp_path), 1)
    (path,) = tmp_path.glob("*.sqlite3")
    path.write_bytes(b"something else entirely" * 1000)
    assert FeatureStore(tmp_path, 7).usage() == Usage(0, 0, 7)


def test_a_damaged_file_that_cannot_be_removed_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(FeatureStore(tmp_path), 1)
    (path,) = tmp_path.glob("*.sqlite3")
    path.write_bytes(b"something else entirely" * 1000)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        assert known(FeatureStore(tmp_path), 1) == []
    assert path.exists()


def test_a_note_comes_back_and_is_replaced(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    assert store.recall(KIND, "speed") is None
    store.note(KIND, "speed", "7.5")
    store.note(KIND, "speed", "8.25")
    assert store.recall(KIND, "speed") == "8.25"
    assert store.recall(hashlib.sha256(b"another").digest(), "speed") is None


@pytest.mark.parametrize(
    ("value", "folder"),
    [(None, None), ("off", None), ("", None), ("/a/b", Path("/a/b"))],
)
def test_the_variable_names_a_folder_or_nothing(value: str | None, folder: Path | None) -> None:
    environ = {} if value is None else {store_place.VARIABLE: value}
    assert store_place.folder(environ) == folder


def test_in_a_job_it_may_lie_beside_the_checkpoints() -> None:
    environ = {store_place.VARIABLE: "checkpoints"}
    assert store_place.folder(environ, Path("/opt/ml/checkpoints")) == Path(
        "/opt/ml/checkpoints/features"
    )
    assert store_place.folder({store_place.VARIABLE: "/a/b"}, Path("/c")) == Path("/a/b")
    assert store_place.folder({}, Path("/c")) is None


@pytest.mark.parametrize("text", ["much", "0", "-1", "nan", "inf"])
def test_a_size_that_is_none_is_refused_by_name(text: str) -> None:
    assert store_place.most_bytes({store_place.SIZE_VARIABLE: "0.5"}) == 500_000_000
    assert store_place.most_bytes({}) == store_place.MOST_BYTES == 4_000_000_000
    with pytest.raises(UserError, match="IC_TF_SDK_FEATURE_CACHE_GB is a number of gigabytes"):
        store_place.most_bytes({store_place.SIZE_VARIABLE: text})
