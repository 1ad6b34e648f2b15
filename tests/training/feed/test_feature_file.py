"""The file of a feature store keeps to its size, and a block of writes is whole or nothing."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ic_tf_sdk.training.feed import feature_file

KEYS = [feature_file.key_of(b"kind", bytes([number])) for number in range(40)]


@pytest.fixture
def file(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(feature_file.connected(tmp_path / "f.sqlite3")) as connection:
        yield connection


def content(number: int, width: int = 1000) -> bytes:
    return bytes([number % 256]) * 4 * width


def fill(connection: sqlite3.Connection, *numbers: int, now: int | None = None) -> None:
    with feature_file.transaction(connection):
        for number in numbers:
            used = number if now is None else now
            feature_file.put(connection, KEYS[number], content(number), used)


def there(connection: sqlite3.Connection) -> list[int]:
    return [n for n in range(40) if feature_file.vector(connection, KEYS[n], 1000) is not None]


def test_past_its_size_a_tenth_less_than_it_is_left_and_the_oldest_go(
    file: sqlite3.Connection,
) -> None:
    fill(file, *range(40))
    used = feature_file._used_bytes(file)
    feature_file.make_room(file, used)
    assert there(file) == list(range(40))
    most = used // 2
    feature_file.make_room(file, most)
    left = there(file)
    # The newest of them, and about 0.9 of what may be there.
    assert left == list(range(40 - len(left), 40))
    assert 0.75 * most < feature_file._used_bytes(file) <= most
    assert feature_file.count(file) == len(left) == 40 - (int(40 * (1 - 0.9 * most / used)) + 1)
    # Nothing of the others stays behind.
    assert file.execute("select count(*) from vectors").fetchone()[0] == len(left)


def test_what_was_used_last_stays(file: sqlite3.Connection) -> None:
    fill(file, *range(20))
    feature_file.touch(file, [KEYS[3], KEYS[0]])
    feature_file.make_room(file, feature_file._used_bytes(file) // 2)
    left = there(file)
    assert {0, 3} <= set(left)
    assert {1, 2} & set(left) == set()


def test_notes_go_with_the_oldest(file: sqlite3.Connection) -> None:
    fill(file, *range(20))
    file.execute("insert into notes values (?, 'speed', '1')", (b"kind",))
    feature_file.make_room(file, feature_file._used_bytes(file))
    assert file.execute("select count(*) from notes").fetchone() == (1,)
    feature_file.make_room(file, 1)
    assert file.execute("select count(*) from notes").fetchone() == (0,)
    assert there(file) == []


def test_a_vector_of_another_width_or_kind_of_value_is_none(file: sqlite3.Connection) -> None:
    fill(file, 1)
    assert feature_file.vector(file, KEYS[1], 1000) == content(1)
    assert feature_file.vector(file, KEYS[1], 999) is None
    assert feature_file.vector(file, KEYS[1], 250) is None
    assert feature_file.vector(file, KEYS[2], 1000) is None
    file.execute("update vectors set features = ?", ("x" * 4000,))
    assert feature_file.vector(file, KEYS[1], 1000) is None
    file.execute("update vectors set features = ?", (content(2),))
    assert feature_file.vector(file, KEYS[1], 1000) is None


def test_a_vector_that_is_put_again_takes_the_place_of_the_first(file: sqlite3.Connection) -> None:
    fill(file, 1)
    fill(file, 1, now=7)
    assert feature_file.count(file) == 1
    assert file.execute("select count(*) from vectors").fetchone() == (1,)
    assert file.execute("select used from entries").fetchone() == (7,)


def test_a_block_that_breaks_leaves_nothing_of_it(file: sqlite3.Connection) -> None:
    fill(file, 1)

    def broken(last: str) -> None:
        with feature_file.transaction(file):
            feature_file.put(file, KEYS[2], content(2), 2)
            file.execute(last)
            raise ZeroDivisionError

    # SQLite itself ends some blocks, as on a full disk.
    for last in ("select 1", "rollback"):
        with pytest.raises(ZeroDivisionError):
            broken(last)
        assert not file.in_transaction
        assert there(file) == [1]
    fill(file, 3)
    assert there(file) == [1, 3]


def test_others_see_a_block_when_it_is_whole_and_do_not_wait(tmp_path: Path) -> None:
    path = tmp_path / "f.sqlite3"
    with closing(feature_file.connected(path)) as one, closing(sqlite3.connect(path)) as other:
        with feature_file.transaction(one):
            feature_file.put(one, KEYS[1], content(1), 1)
            assert other.execute("select count(*) from entries").fetchone() == (0,)
            other.execute("pragma busy_timeout = 50")
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("begin immediate")
        assert other.execute("select count(*) from entries").fetchone() == (1,)
        # A power cut costs the newest at most.
        assert one.execute("pragma journal_mode").fetchone() == ("wal",)
        assert one.execute("pragma synchronous").fetchone() == (1,)
        assert one.execute("pragma busy_timeout").fetchone() == (60_000,)


def test_a_file_that_is_none_is_closed_again(tmp_path: Path) -> None:
    path = tmp_path / "f.sqlite3"
    path.write_bytes(b"no database at all" * 100)
    files = Path("/proc/self/fd")
    before = len(list(files.iterdir()))
    with pytest.raises(sqlite3.DatabaseError):
        feature_file.connected(path)
    assert len(list(files.iterdir())) == before


def test_keys_and_checksums_tell_kinds_and_images_apart() -> None:
    assert len(KEYS[0]) == 32
    assert len({*KEYS, feature_file.key_of(b"other", bytes([0]))}) == 41
    assert len(feature_file._checksum(KEYS[0], b"x")) == 8
    assert feature_file._checksum(KEYS[0], b"x") != feature_file._checksum(KEYS[1], b"x")
