"""Predictions as a table: CSV, JSON lines or Parquet.

=============  ====================================================================================
``.jsonl``     ``image`` with ``probabilities``, ``labels``, ``predicted_label``, or with ``error``
``.csv``       ``image``, ``predicted_label``, ``probability`` (of that label), ``error``, and one
               column ``probability of <label>`` for each probability; before a text that a
               spreadsheet would run as a formula (it begins with =, +, - or @) stands an apostrophe
``.parquet``   ``image``, ``predicted_label``, ``probability``, ``error``, ``probabilities``
               (list of float32); the labels are the schema's metadata ``labels``, a JSON array
=============  ====================================================================================

Where it is asked for, ``unknown`` (whether the image is perhaps of no class) and ``unknown_score``
follow, the last columns.
"""

import json
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from ic_tf_sdk import extras
from ic_tf_sdk.contract import csv_file, file_access, output_files
from ic_tf_sdk.contract.container_answer import of_every_label
from ic_tf_sdk.errors import UserError, did_you_mean, nearest

__all__ = ["arrow_table", "best", "check", "convert", "record"]

_ROW_GROUP = 4096
_UNKNOWN = ("unknown", "unknown_score")


def check(path: Path) -> None:
    """Refuse an output that cannot be written.

    Raises:
        OutputExistsError: It exists.
        FileAccessError: Its folder cannot be written.
        UserError: The suffix is none of the three.
        MissingExtraError: Parquet without pyarrow.
    """
    if path.suffix not in _WRITERS:
        close = did_you_mean(nearest(path.suffix, _WRITERS, 1))
        raise UserError(f"{path} must end in {', '.join(_WRITERS)}.{close}")
    if path.suffix == ".parquet":
        extras.require("pyarrow")
    file_access.require_writable(path)


def convert(
    rows: Iterator[dict[str, Any]],
    target: Path,
    labels: tuple[str, ...],
    *,
    unknown: bool = False,
) -> None:
    """Write the table; it appears under its name when it is complete.

    Args:
        rows: See ``partial_rows.Row``.
        target: The file to write; its suffix is the format.
        labels: In class order.
        unknown: Whether the rows say that an image is perhaps of no class.
    """
    with output_files.replacing(target) as temporary:
        _WRITERS[target.suffix](rows, temporary, labels, _UNKNOWN if unknown else ())


def arrow_table(
    rows: list[dict[str, Any]], labels: tuple[str, ...], *, unknown: bool = False
) -> Any:
    """The rows as a ``pyarrow.Table``, with the columns and the metadata of the Parquet file.

    Args:
        rows: See ``partial_rows.Row``.
        labels: In class order.
        unknown: Whether the rows say that an image is perhaps of no class.
    """
    schema = _schema(labels, _UNKNOWN if unknown else ())
    return extras.load("pyarrow").Table.from_pylist(list(map(record, rows)), schema)


def best(row: dict[str, Any]) -> float:
    """The probability of the predicted label.

    Args:
        row: With ``probabilities`` and ``labels``; see ``partial_rows.Row``.
    """
    return max(of_every_label(row["probabilities"], row["labels"]))


def _write_jsonl(rows: Iterator[dict[str, Any]], path: Path, *_: tuple[str, ...]) -> None:
    with path.open("w", encoding="utf-8") as stream:
        stream.writelines(
            output_files.valid_text(json.dumps(row, ensure_ascii=False)) + "\n" for row in rows
        )


def _write_csv(
    rows: Iterator[dict[str, Any]],
    path: Path,
    labels: tuple[str, ...],
    extra: tuple[str, ...],
) -> None:
    named = [f"probability of {label}" for label in labels]
    columns = ["image", "predicted_label", "probability", "error", *named, *extra]
    csv_file.write(path, columns, (_cells(row, labels, extra) for row in rows))


def _cells(row: dict[str, Any], labels: tuple[str, ...], extra: tuple[str, ...]) -> list[Any]:
    if "error" in row:
        return [row["image"], "", "", row["error"], *[""] * len((*labels, *extra))]
    every = of_every_label(row["probabilities"], list(labels))
    return [row["image"], row["predicted_label"], best(row), "", *every, *(row[x] for x in extra)]


def _write_parquet(
    rows: Iterator[dict[str, Any]],
    path: Path,
    labels: tuple[str, ...],
    extra: tuple[str, ...],
) -> None:
    arrow, parquet = extras.load("pyarrow"), extras.load("pyarrow.parquet")
    schema = _schema(labels, extra)
    with parquet.ParquetWriter(path, schema) as table:
        while group := list(islice(rows, _ROW_GROUP)):
            table.write_table(arrow.Table.from_pylist(list(map(record, group)), schema))


def _schema(labels: tuple[str, ...], extra: tuple[str, ...]) -> Any:
    arrow = extras.load("pyarrow")
    return arrow.schema(
        [
            ("image", arrow.string()),
            ("predicted_label", arrow.string()),
            ("probability", arrow.float32()),
            ("error", arrow.string()),
            ("probabilities", arrow.list_(arrow.float32())),
            *zip(extra, (arrow.bool_(), arrow.float32()), strict=False),
        ],
        metadata={"labels": json.dumps(labels, ensure_ascii=False)},
    )


def record(row: dict[str, Any]) -> dict[str, Any]:
    """A row as Parquet has it: with the label's ``probability``, and text that is valid UTF-8.

    Args:
        row: See ``partial_rows.Row``.
    """
    texts: dict[str, Any] = {
        name: output_files.valid_text(row[name]) for name in ("image", "error") if name in row
    }
    return {**row, **texts, "probability": None if "error" in row else best(row)}


_WRITERS: dict[str, Callable[..., None]] = {
    ".csv": _write_csv,
    ".jsonl": _write_jsonl,
    ".parquet": _write_parquet,
}
