"""Each form of a table has every row as it was predicted, and what is unknown last."""

import csv
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from ic_tf_sdk.errors import MissingExtraError, OutputExistsError, UserError
from ic_tf_sdk.inference import prediction_table

LABELS = ("ant", "=bee", "cat")
ROWS: list[dict[str, Any]] = [
    {
        "image": "a.jpg", "probabilities": [0.125, 0.75, 0.125], "labels": list(LABELS),
        "predicted_label": "=bee", "unknown": False, "unknown_score": -1.5,
    },
    {"image": "\udcff.jpg", "error": "no image"},
    {
        "image": "b.jpg", "probabilities": [0.5, 0.25, 0.25], "labels": list(LABELS),
        "predicted_label": "ant", "unknown": True, "unknown_score": 2.0,
    },
]  # fmt: skip
BINARY = {
    "image": "c.jpg", "probabilities": [0.25], "labels": ["no", "yes"], "predicted_label": "no"
}  # fmt: skip


def known(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not name.startswith("unknown")}


def cells(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.reader(stream))


def test_json_lines_have_each_row_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    prediction_table.convert(iter(ROWS), path, LABELS, unknown=True)
    first, second, third = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    assert (first, third) == (ROWS[0], ROWS[2])
    assert second["error"] == "no image"
    prediction_table.convert(iter([{**ROWS[0], "image": "é"}]), tmp_path / "o.jsonl", LABELS)
    assert "é" in (tmp_path / "o.jsonl").read_text(encoding="utf-8")


@pytest.mark.parametrize("unknown", [False, True])
def test_a_csv_has_a_column_for_each_label(tmp_path: Path, unknown: bool) -> None:
    rows = ROWS if unknown else list(map(known, ROWS))
    prediction_table.convert(iter(rows), tmp_path / "t.csv", LABELS, unknown=unknown)
    extra = [["unknown", "unknown_score"], ["False", "-1.5"], ["", ""], ["True", "2.0"]]
    expected = [
        [
            *("image", "predicted_label", "probability", "error"),
            *(f"probability of {label}" for label in LABELS),
        ],
        ["a.jpg", "'=bee", "0.75", "", "0.125", "0.75", "0.125"],
        ["\\udcff.jpg", "", "", "no image", "", "", ""],
        ["b.jpg", "ant", "0.5", "", "0.5", "0.25", "0.25"],
    ]
    if unknown:
        expected = [[*row, *more] for row, more in zip(expected, extra, strict=True)]
    assert cells(tmp_path / "t.csv") == expected


def test_of_two_labels_one_probability_is_two(tmp_path: Path) -> None:
    prediction_table.convert(iter([BINARY]), tmp_path / "t.csv", ("no", "yes"))
    assert cells(tmp_path / "t.csv")[1] == ["c.jpg", "no", "0.75", "", "0.75", "0.25"]
    assert prediction_table.best(BINARY) == 0.75
    assert prediction_table.best(ROWS[2]) == 0.5


@pytest.mark.parametrize("unknown", [False, True])
def test_parquet_has_lists_and_the_labels(
    tmp_path: Path, unknown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    # More than one group of rows.
    monkeypatch.setattr(prediction_table, "_ROW_GROUP", 2)
    path = tmp_path / "t.parquet"
    rows = ROWS if unknown else list(map(known, ROWS))
    prediction_table.convert(iter(rows), path, LABELS, unknown=unknown)
    table = parquet.read_table(path)
    assert json.loads(table.schema.metadata[b"labels"]) == list(LABELS)
    columns = ["image", "predicted_label", "probability", "error", "probabilities"]
    assert table.column_names == columns + ["unknown", "unknown_score"] * unknown
    assert parquet.ParquetFile(path).num_row_groups == 2
    first, second, third = table.to_pylist()
    assert (first["image"], first["probability"], first["error"]) == ("a.jpg", 0.75, None)
    assert third["probabilities"] == [0.5, 0.25, 0.25]
    assert (second["error"], second["probability"]) == ("no image", None)
    if unknown:
        assert [one["unknown"] for one in (first, second, third)] == [False, None, True]
        assert third["unknown_score"] == 2.0


def test_an_output_of_another_suffix_or_that_is_there_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("t.csv", "t.jsonl", "t.parquet"):
        prediction_table.check(tmp_path / name)
    with pytest.raises(UserError) as refused:
        prediction_table.check(tmp_path / "t.jsonv")
    said = "must end in .csv, .jsonl, .parquet. Did you mean '.jsonl'?"
    assert str(refused.value).endswith(said)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    prediction_table.check(tmp_path / "t.csv")
    with pytest.raises(MissingExtraError):
        prediction_table.check(tmp_path / "t.parquet")
    (tmp_path / "t.csv").write_bytes(b"x")
    with pytest.raises(OutputExistsError):
        prediction_table.check(tmp_path / "t.csv")


def test_a_table_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        prediction_table.convert(iter([ROWS[0], {"image": "x"}]), tmp_path / "t.csv", LABELS)
    assert list(tmp_path.iterdir()) == []


def test_the_rows_as_a_table_in_memory_are_those_of_the_file(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    for unknown in (False, True):
        rows = ROWS if unknown else list(map(known, ROWS))
        prediction_table.convert(iter(rows), tmp_path / "t.parquet", LABELS, unknown=unknown)
        found = prediction_table.arrow_table(rows, LABELS, unknown=unknown)
        read = parquet.read_table(tmp_path / "t.parquet")
        assert found.to_pylist() == read.to_pylist()
        assert found.column_names == read.column_names
        assert found.schema.metadata == read.schema.metadata
    assert prediction_table.arrow_table(list(map(known, ROWS)), LABELS).column_names[-1] == (
        "probabilities"
    )
