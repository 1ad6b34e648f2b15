"""The SQLite file of a feature store: vectors by key, with their checksums and their last use."""

import hashlib
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

__all__ = ["connected", "count", "key_of", "make_room", "put", "touch", "transaction", "vector"]

_WAIT_SECONDS = 60.0
# What is thrown away at a time: sorting by age takes a second for a million vectors.
_LEFT_AFTER_CLEARING = 0.9
_CHECK_BYTES = 8
_TABLES = """
create table if not exists entries (key blob primary key, place integer, used integer)
    without rowid;
create table if not exists vectors (place integer primary key, checksum blob, features blob);
create table if not exists notes (kind blob, name text, value text, primary key (kind, name));
"""

_DELETE_OLDEST_VECTORS = """
delete from vectors where place in (select place from entries order by used, key limit ?)
"""
_DELETE_OLDEST = """
delete from entries where key in (select key from entries order by used, key limit ?)
"""


def connected(path: Path) -> sqlite3.Connection:
    """A connection to a file, which is created where it is not there; the caller closes it.

    Args:
        path: The file; its folder exists.

    Raises:
        sqlite3.Error: The file cannot be used.
    """
    connection = sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)
    try:
        # Readers and a writer then do not wait for each other; a disk without it goes without.
        connection.execute("pragma journal_mode = wal")
        # A power cut may cost the newest vectors, and never the file.
        connection.execute("pragma synchronous = normal")
        connection.executescript(_TABLES)
    except BaseException:
        connection.close()
        raise
    return connection


def count(connection: sqlite3.Connection) -> int:
    """The number of vectors."""
    return int(connection.execute("select count(*) from entries").fetchone()[0])


def make_room(connection: sqlite3.Connection, most_bytes: int) -> None:
    """Throw the least recently used vectors away where the file has become too large.

    Args:
        connection: To the file.
        most_bytes: What it may have; a tenth less is left.
    """
    used = _used_bytes(connection)
    if used <= most_bytes:
        return
    share = 1 - _LEFT_AFTER_CLEARING * most_bytes / used
    too_many = (int(count(connection) * share) + 1,)
    with transaction(connection):
        connection.execute(_DELETE_OLDEST_VECTORS, too_many)
        connection.execute(_DELETE_OLDEST, too_many)
        # They are small, but nobody counts them.
        connection.execute("delete from notes")


def key_of(kind: bytes, digest: bytes) -> bytes:
    """The key of an image's vector of a kind; both are SHA-256, and so is it."""
    return hashlib.sha256(kind + digest).digest()


def _checksum(key: bytes, content: bytes) -> bytes:
    """With the key: a vector that stands under another image's key is none."""
    return hashlib.sha256(key + content).digest()[:_CHECK_BYTES]


def vector(connection: sqlite3.Connection, key: bytes, width: int) -> bytes | None:
    """A vector, float32 [width]; None where there is none, or where it is damaged."""
    query = "select checksum, features from entries join vectors using (place) where key = ?"
    found = connection.execute(query, (key,)).fetchone()
    if found is None or not isinstance(found[1], bytes) or len(found[1]) != 4 * width:
        return None
    content: bytes = found[1]
    return content if _checksum(key, content) == found[0] else None


def put(connection: sqlite3.Connection, key: bytes, content: bytes, now: int) -> None:
    """Keep a vector, in a transaction of the caller.

    Args:
        connection: To the file.
        key: From ``key_of``.
        content: Its bytes.
        now: When it was used, in nanoseconds.
    """
    place = connection.execute("select place from entries where key = ?", (key,)).fetchone()
    if place is not None:
        # Another process was faster, or what is there is damaged.
        connection.execute("delete from vectors where place = ?", place)
    query = "insert into vectors (checksum, features) values (?, ?)"
    placed = connection.execute(query, (_checksum(key, content), content)).lastrowid
    connection.execute("insert or replace into entries values (?, ?, ?)", (key, placed, now))


def touch(connection: sqlite3.Connection, keys: Sequence[bytes]) -> None:
    """Say that vectors were used now.

    Args:
        connection: To the file.
        keys: Theirs.
    """
    now = time.time_ns()
    with transaction(connection):
        query = "update entries set used = ? where key = ?"
        connection.executemany(query, ((now, key) for key in keys))


def _used_bytes(connection: sqlite3.Connection) -> int:
    size, pages, free = (
        int(connection.execute(f"pragma {name}").fetchone()[0])
        for name in ("page_size", "page_count", "freelist_count")
    )
    return size * (pages - free)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All that is written in the block, or nothing; others who write wait.

    Args:
        connection: To the file.
    """
    connection.execute("begin immediate")
    try:
        yield
    except BaseException:
        # SQLite has rolled back by itself where the disk is full.
        if connection.in_transaction:
            connection.execute("rollback")
        raise
    connection.execute("commit")
