"""What stores cost that could keep the features of many images, and what the one that does costs.

    python -m benchmarks.feature_stores [--images 100000] [--folder DIR] STORE [STORE ...]

A STORE is ``feature_store`` (the package's own), ``sqlite``, ``sqlite-mapped``, ``arrays-mapped``
(vectors in a flat file that is mapped, and SQLite beside it for where each is), ``lmdb`` or
``diskcache``; the last two need their packages. Each writes vectors of 1,280 float32 in portions of
256, with a checksum of 8 bytes, and reads them all again, in a process of its own for each of the
two. The columns: wall time and processor time per image, what the process's peak of memory grew by,
and what lies on the disk per image. SQLite and diskcache also write down when each was last used.
"""

import argparse
import hashlib
import json
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from benchmarks import record
from ic_tf_sdk.training.feed.feature_store import FeatureStore

WIDTH, PORTION = 1280, 256
KIND = b"benchmark"
Vectors = np.ndarray[Any, np.dtype[np.float32]]


class Store(Protocol):
    """Something that keeps vectors by keys."""

    def write(self, keys: Sequence[bytes], vectors: Vectors) -> None:
        """Keep some."""

    def read(self, keys: Sequence[bytes], vectors: Vectors) -> None:
        """Fill in the same."""


def checked(key: bytes, content: bytes) -> bytes:
    return hashlib.sha256(key + content).digest()[:8]


class Own:
    """The package's store."""

    def __init__(self, folder: Path) -> None:
        self._store = FeatureStore(folder, 1 << 40)

    def write(self, keys: Sequence[bytes], vectors: Vectors) -> None:
        self._store.write(KIND, keys, vectors)

    def read(self, keys: Sequence[bytes], vectors: Vectors) -> None:
        assert not self._store.read(KIND, keys, vectors, range(len(keys)))


class Sqlite:
    """The bare library, one connection for all."""

    def __init__(self, folder: Path, *, mapped: bool = False) -> None:
        self._file = sqlite3.connect(folder / "file", isolation_level=None)
        if mapped:
            self._file.execute(f"pragma mmap_size = {1 << 40}")
        self._file.execute("pragma journal_mode = wal")
        self._file.execute("pragma synchronous = normal")
        self._file.execute("create table if not exists v (k blob primary key, s blob, f blob)")

    def write(self, keys: Sequence[bytes], vectors: Vectors) -> None:
        self._file.execute("begin immediate")
        for key, vector in zip(keys, vectors, strict=True):
            content = vector.tobytes()
            row = (key, checked(key, content), content)
            self._file.execute("insert into v values (?, ?, ?)", row)
        self._file.execute("commit")

    def read(self, keys: Sequence[bytes], vectors: Vectors) -> None:
        for row, key in enumerate(keys):
            query = "select s, f from v where k = ?"
            checksum, content = self._file.execute(query, (key,)).fetchone()
            assert checked(key, content) == checksum
            vectors[row] = np.frombuffer(content, np.float32)


class Arrays:
    """A flat file of vectors that is mapped to be read, and an index of them in SQLite."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "vectors"
        self._index = sqlite3.connect(folder / "index", isolation_level=None)
        self._index.execute("pragma journal_mode = wal")
        self._index.execute("pragma synchronous = normal")
        made = "create table if not exists v (k blob primary key, s blob, p integer)"
        self._index.execute(made)
        self._mapped: Any = None

    def write(self, keys: Sequence[bytes], vectors: Vectors) -> None:
        with self._path.open("ab") as file:
            first = file.tell() // (4 * WIDTH)
            file.write(vectors.tobytes())
            file.flush()
        self._index.execute("begin immediate")
        for row, (key, vector) in enumerate(zip(keys, vectors, strict=True)):
            values = (key, checked(key, vector.tobytes()), first + row)
            self._index.execute("insert into v values (?, ?, ?)", values)
        self._index.execute("commit")

    def read(self, keys: Sequence[bytes], vectors: Vectors) -> None:
        if self._mapped is None:
            self._mapped = np.memmap(self._path, np.float32, "r").reshape(-1, WIDTH)
        query = "select s, p from v where k = ?"
        for row, key in enumerate(keys):
            checksum, place = self._index.execute(query, (key,)).fetchone()
            vectors[row] = self._mapped[place]
            assert checked(key, vectors[row].tobytes()) == checksum


class Lmdb:
    """A memory map of a B+ tree."""

    def __init__(self, folder: Path) -> None:
        import lmdb

        self._file = lmdb.open(str(folder), map_size=1 << 36)

    def write(self, keys: Sequence[bytes], vectors: Vectors) -> None:
        with self._file.begin(write=True) as changes:
            for key, vector in zip(keys, vectors, strict=True):
                content = vector.tobytes()
                changes.put(key, checked(key, content) + content)

    def read(self, keys: Sequence[bytes], vectors: Vectors) -> None:
        with self._file.begin(buffers=True) as file:
            for row, key in enumerate(keys):
                content = bytes(file.get(key))
                assert checked(key, content[8:]) == content[:8]
                vectors[row] = np.frombuffer(content, np.float32, offset=8)


class Diskcache:
    """SQLite and a policy of what goes."""

    def __init__(self, folder: Path) -> None:
        import diskcache

        policy = {"size_limit": 1 << 40, "eviction_policy": "least-recently-used"}
        self._cache = diskcache.Cache(str(folder), **policy)

    def write(self, keys: Sequence[bytes], vectors: Vectors) -> None:
        with self._cache.transact():
            for key, vector in zip(keys, vectors, strict=True):
                content = vector.tobytes()
                self._cache.set(key, checked(key, content) + content)

    def read(self, keys: Sequence[bytes], vectors: Vectors) -> None:
        with self._cache.transact():
            for row, key in enumerate(keys):
                content = self._cache.get(key)
                assert checked(key, content[8:]) == content[:8]
                vectors[row] = np.frombuffer(content, np.float32, offset=8)


STORES: dict[str, Any] = {
    "feature_store": Own,
    "sqlite": Sqlite,
    "arrays-mapped": Arrays,
    "sqlite-mapped": lambda folder: Sqlite(folder, mapped=True),
    "lmdb": Lmdb,
    "diskcache": Diskcache,
}


def portions(images: int) -> Iterator[list[bytes]]:
    for begin in range(0, images, PORTION):
        numbers = range(begin, min(begin + PORTION, images))
        yield [hashlib.sha256(str(number).encode()).digest() for number in numbers]


def memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def half(name: str, part: str, images: int, folder: Path) -> None:
    """One of the two halves, in this process; prints its figures."""
    content = np.random.default_rng(1).standard_normal((PORTION, WIDTH), np.float32)
    into = np.empty_like(content)
    keys = list(portions(images))
    before = memory()
    store: Store = STORES[name](folder)
    start, used = time.perf_counter(), time.process_time()
    for portion in keys:
        if part == "write":
            store.write(portion, content[: len(portion)])
        else:
            store.read(portion, into[: len(portion)])
            np.testing.assert_array_equal(into[: len(portion)], content[: len(portion)])
    wall, processor = time.perf_counter() - start, time.process_time() - used
    disk = sum(path.stat().st_blocks * 512 for path in folder.rglob("*"))
    each = (1e6 * processor / images, 1e6 * wall / images, memory() - before, disk / images)
    print(json.dumps(each))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stores", nargs="+", choices=STORES)
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--half", choices=["write", "read"], help=argparse.SUPPRESS)
    record.option(parser)
    given = parser.parse_args()
    table = record.Table(
        "Choosing",
        "Stores for the features of images",
        *("store", "", "processor µs", "wall µs", "memory MiB", "disk bytes"),
        about=f"{given.images:,} vectors of {WIDTH:,} float32 in portions of {PORTION}, each half "
        "in a process of its own; per image, memory is what the peak of the process grew by.",
    )
    if given.half:
        half(given.stores[0], given.half, given.images, given.folder)
        return
    for name in given.stores:
        folder = Path(tempfile.mkdtemp(dir=given.folder))
        try:
            for part in ("write", "read"):
                options = ["--images", str(given.images), "--folder", str(folder), "--half", part]
                line = [sys.executable, "-m", "benchmarks.feature_stores", name, *options]
                done = subprocess.run(line, check=True, stdout=subprocess.PIPE, text=True)
                table.add(name, part, *map(float, json.loads(done.stdout)))
        finally:
            shutil.rmtree(folder)
    record.keep(given, table)


if __name__ == "__main__":
    main()
