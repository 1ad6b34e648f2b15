"""Features that jobs share: vectors by what they were computed from, in one SQLite file.

SQLite was chosen by measurement (``docs/measurements/choosing.md``): it keeps its word when a
process is killed or the disk is full, notices a damaged file, and is part of Python, in a job's
container too. A cache must never be the reason that a job fails: whatever it cannot do is said in
one line of the log, and the images pass the backbone.
"""

import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from ic_tf_sdk.training.feed import feature_file
from ic_tf_sdk.training.feed.store_place import MOST_BYTES

__all__ = ["FeatureStore", "Usage"]

logger = logging.getLogger(__name__)

_FORM = 1  # Of the file; another form is another file.
if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

_Result = TypeVar("_Result")


class Usage(NamedTuple):
    """How full a store is.

    Attributes:
        vectors: Images' features that it holds, each image once for each backbone.
        bytes: The size of its files.
        most_bytes: Beyond so many the least recently used vectors go.
    """

    vectors: int
    bytes: int
    most_bytes: int


class FeatureStore:
    """Vectors on disk, bounded, for several processes at once.

    Args:
        folder: Where the file lies; it is created with its first vector.
        most_bytes: The least recently used vectors go beyond this.
    """

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self.folder = folder
        self._path = folder / f"features-{_FORM}.sqlite3"
        self._most_bytes = most_bytes
        self._silent = False

    def read(
        self, kind: bytes, digests: Sequence[bytes], features: "Vectors", rows: Sequence[int]
    ) -> list[int]:
        """Fill in what is known.

        Args:
            kind: What the vectors depend on beside the image: backbone and preprocessing.
            digests: SHA-256 of the bytes of images.
            features: float32 [images, width], whose rows are filled in.
            rows: The row of each digest. Of what is not known a row may have any values afterwards.

        Returns:
            The rows that are not known, in their order.
        """
        # `ic-tf cache` does without numpy.
        import numpy as np

        unknown = list(rows)
        if not self._path.is_file():
            return unknown

        def fill(connection: sqlite3.Connection) -> list[int]:
            known, unknown = [], []
            for digest, row in zip(digests, rows, strict=True):
                key = feature_file.key_of(kind, digest)
                vector = feature_file.vector(connection, key, features.shape[1])
                if vector is None:
                    unknown.append(row)
                else:
                    features[row] = np.frombuffer(vector, np.float32)
                    known.append(key)
            feature_file.touch(connection, known)
            return unknown

        return self._tried(fill, unknown)

    def write(self, kind: bytes, digests: Sequence[bytes], features: "Vectors") -> None:
        """Keep vectors, all of them or none.

        Args:
            kind: As for ``read``.
            digests: Likewise.
            features: float32 [digests, width].
        """
        now = time.time_ns()

        def put(connection: sqlite3.Connection) -> None:
            with feature_file.transaction(connection):
                for digest, vector in zip(digests, features, strict=True):
                    feature_file.put(
                        connection, feature_file.key_of(kind, digest), vector.tobytes(), now
                    )
            feature_file.make_room(connection, self._most_bytes)

        self._tried(put, None)

    def recall(self, kind: bytes, name: str) -> str | None:
        """A note that was kept with the vectors of a kind.

        Args:
            kind: As for ``read``.
            name: Of the note.
        """
        if not self._path.is_file():
            return None
        query = "select value from notes where kind = ? and name = ?"
        found = self._tried(lambda store: store.execute(query, (kind, name)).fetchone(), None)
        return str(found[0]) if found else None

    def note(self, kind: bytes, name: str, value: str) -> None:
        """Keep a note, for ``recall``.

        Args:
            kind: As for ``read``.
            name: Of the note.
            value: What is kept; an earlier one of the name is replaced.
        """
        query = "insert or replace into notes values (?, ?, ?)"

        def put(connection: sqlite3.Connection) -> None:
            with feature_file.transaction(connection):
                connection.execute(query, (kind, name, value))

        self._tried(put, None)

    def usage(self) -> Usage:
        """How full it is."""
        count = 0
        if self._path.is_file():
            count = self._tried(feature_file.count, 0)
        return Usage(count, sum(path.stat().st_size for path in self._files()), self._most_bytes)

    def clear(self) -> None:
        """Remove every vector; a process that works with them now goes on with its own."""
        for path in self._files():
            path.unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        """The file of every form, and what SQLite keeps beside it."""
        return sorted(self.folder.glob("features-*.sqlite3*"))

    def _tried(self, work: Callable[[sqlite3.Connection], _Result], otherwise: _Result) -> _Result:
        """The result of some work on the file, or ``otherwise`` where it cannot be done."""
        try:
            with closing(self._connected()) as connection:
                return work(connection)
        # The disk is full, the file locked for too long, the folder not ours.
        except (sqlite3.OperationalError, OSError) as error:
            self._say(f"The feature cache {self.folder} cannot be used now: {error}.")
        except sqlite3.DatabaseError as error:
            self._say(f"The feature cache {self.folder} is damaged ({error}) and begun anew.")
            self._remove()
        return otherwise

    def _connected(self) -> sqlite3.Connection:
        self.folder.mkdir(parents=True, exist_ok=True)
        return feature_file.connected(self._path)

    def _remove(self) -> None:
        try:
            self.clear()
        except OSError as error:
            self._say(f"It cannot be removed: {error}.")

    def _say(self, sentence: str) -> None:
        if not self._silent:
            logger.warning("Warning: %s The job goes on without it.", sentence)
        self._silent = True
