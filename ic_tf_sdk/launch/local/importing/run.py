"""The run of an import: rows read and converted in threads, and put in their places in order."""

import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from ic_tf_sdk.contract import image_names, output_files, phases, safe_names, scratch_folder
from ic_tf_sdk.contract.placing import place
from ic_tf_sdk.errors import DatasetError
from ic_tf_sdk.launch.local.importing.conversion import converted, prepared_pillow
from ic_tf_sdk.launch.local.importing.given_file import GivenFiles, UnusableError
from ic_tf_sdk.launch.local.importing.imported import ImportedData, LeftOut
from ic_tf_sdk.launch.local.importing.row import Row, Source
from ic_tf_sdk.training.data.concurrent_reads import read_each

__all__ = ["run"]

_THREADS = 4
_SHOWN = 10


class _Ready(NamedTuple):
    """A row's file, complete on disk, or the reason why there is none."""

    row: Row
    file: Path | None
    suffix: str = ""
    kind: str = ""
    note: str = ""
    reason: str = ""


def run(source: Source, out: Path, files: GivenFiles, *, link: bool) -> ImportedData:
    """Import what a source names.

    Args:
        source: Its rows.
        out: The folder; where it is not there it appears complete, else files are added.
        files: Opens what the rows name.
        link: Whether an image that need not be converted becomes a hard link.

    Raises:
        DatasetError: No row can be used; with the reasons.
        MissingExtraError: Pillow is not installed.
        StorageError: S3 is not there, or takes no credentials.
        OSError: The folder cannot be written.
    """
    rows = [_known(row, files) for row in source.rows]
    rows = _told_apart(rows, files)
    folders = safe_names.class_folders(row.label for row in rows if not row.reason)
    with prepared_pillow(), _staged(out) as staging:
        with phases.phase("decoding", total=len(rows)) as advance:
            ready = read_each(
                lambda row: _ready(row, files, staging, link=link),
                rows,
                threads=min(_THREADS, os.cpu_count() or 1),
                advance=advance,
            )
        if not any(one.file for one in ready):
            raise DatasetError(_nothing(source, ready))
        with _filled(out) as target:
            placed = _Placed(target, folders)
            for one in ready:
                placed.add(one)
    return placed.result(source, out, rows)


def _known(row: Row, files: GivenFiles) -> Row:
    """A row with the reason, where its address alone is one."""
    if row.reason:
        return row
    row = row._replace(label=image_names.class_name(row.label.strip()))
    try:
        files.place(row.image)
    except UnusableError as error:
        return row._replace(reason=str(error))
    return row


def _told_apart(rows: Sequence[Row], files: GivenFiles) -> list[Row]:
    """Rows less the images that are given two classes: which of them is right, a person knows."""
    labels: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if not row.reason:
            labels[_identity(row, files)].add(row.label)
    several = {image: sorted(names) for image, names in labels.items() if len(names) > 1}
    return [
        row._replace(reason=f"several classes: {', '.join(map(repr, several[image]))}")
        if not row.reason and (image := _identity(row, files)) in several
        else row
        for row in rows
    ]


def _identity(row: Row, files: GivenFiles) -> str:
    return os.path.normpath(str(files.place(row.image)))


@contextmanager
def _staged(out: Path) -> Iterator[Path]:
    """A folder on the disk of the result, for files that are not in their places yet."""
    out.absolute().parent.mkdir(parents=True, exist_ok=True)
    with scratch_folder.beside(out.absolute()) as private:
        staging = private / "files"
        staging.mkdir()
        yield staging


@contextmanager
def _filled(out: Path) -> Iterator[Path]:
    """The folder to fill: the result itself where it is there, else one that becomes it."""
    if out.exists():
        yield out
        return
    with output_files.replacing(out.absolute()) as temporary:
        temporary.mkdir()
        yield temporary


def _ready(row: Row, files: GivenFiles, staging: Path, *, link: bool) -> _Ready:
    if row.reason:
        return _Ready(row, None, reason=row.reason)
    try:
        place = files.place(row.image)
        content = files.read(place)
        made = converted(content)
    except UnusableError as error:
        return _Ready(row, None, reason=str(error))
    if made.content is None and link and isinstance(place, Path):
        return _Ready(row, place.absolute().resolve(), made.suffix)
    staged = staging / str(row.number)
    staged.write_bytes(content if made.content is None else made.content)
    kind = made.kind if made.content is not None else ""
    return _Ready(row, staged, made.suffix, kind, made.note)


class _Placed:
    """Counts what is put in its place."""

    def __init__(self, target: Path, folders: Mapping[str, str]) -> None:
        self._target, self._folders = target, folders
        self._images: dict[str, Counter[str]] = defaultdict(Counter)
        self._converted: Counter[str] = Counter()
        self._notes: Counter[str] = Counter()
        self._left_out: list[LeftOut] = []
        self._written: set[tuple[str, str, str]] = set()
        self._added = self._there = self._repeated = 0

    def add(self, one: _Ready) -> None:
        """Put one file in its place."""
        row = one.row
        if one.file is None:
            self._leave(row, one.reason)
            return
        folder = self._folders[row.label]
        stem = safe_names.file_stem(row.image)
        own = safe_names.tagged(stem, row.image)
        names = (f"{stem}{one.suffix}", f"{own}{one.suffix}")
        found = place(one.file, self._target / row.part / folder, names)
        if found is None:
            self._leave(row, "other images have its name")
            return
        name, there = found
        key = (row.part, folder, name)
        if there and key in self._written:
            self._repeated += 1
            return
        self._written.add(key)
        self._images[row.part][folder] += 1
        self._there += there
        self._added += not there
        if one.kind:
            self._converted[one.kind] += 1
        if one.note:
            self._notes[f"{one.kind}: {one.note}"] += 1

    def _leave(self, row: Row, reason: str) -> None:
        self._left_out.append(LeftOut(row.number, row.image, row.label, reason))

    def result(self, source: Source, out: Path, rows: Sequence[Row]) -> ImportedData:
        """What came of it; every row is somewhere in it."""
        told = self._added + self._there + self._repeated + len(self._left_out)
        assert told == len(rows), (told, len(rows))
        notes = [f"{count} {note}." for note, count in self._notes.items()]
        return ImportedData(
            out,
            source.kind,
            len(rows),
            {part: dict(sorted(self._images[part].items())) for part in sorted(self._images)},
            self._added,
            self._there,
            self._repeated,
            dict(self._converted),
            tuple(self._left_out),
            dict(source.passed_over),
            {old: new for old, new in self._folders.items() if old != new},
            (*source.notes, *notes),
        )


def _nothing(source: Source, ready: Sequence[Any]) -> str:
    reasons = Counter(one.reason for one in ready).most_common()
    listed = "".join(f"\n  {count} rows: {reason}" for reason, count in reasons[:_SHOWN])
    more = f"\n  and {len(reasons) - _SHOWN} more reasons" if reasons[_SHOWN:] else ""
    return f"None of the {len(ready)} rows of this {source.kind} can be used:{listed}{more}"
