"""A source is read as what it is, or as what it is said to be, up to what a machine can hold."""

from pathlib import Path

import pytest

from ic_tf_sdk import s3
from ic_tf_sdk.errors import FileAccessError, UserError
from ic_tf_sdk.launch.local.importing import opening
from ic_tf_sdk.launch.local.importing.table import Columns

CSV = b"image,label\na.jpg,ant\n"
MANIFEST = b'{"source-ref": "a.jpg", "class": 1}\n'
LST = b"1\t0\ta.jpg\n"


def kind(path: Path, content: bytes, given: str | None = None) -> str:
    path.write_bytes(content)
    return opening.opened(str(path), kind=given).kind


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("t.csv", CSV, "csv"),
        ("t.txt", CSV, "csv"),
        ("t", MANIFEST, "manifest"),
        ("t.csv", MANIFEST, "manifest"),
        ("t.manifest", MANIFEST, "manifest"),
        ("t.JSONL", MANIFEST, "manifest"),
        ("t.lst", LST, "lst"),
        ("t.LST", LST, "lst"),
    ],
)
def test_what_a_file_is_is_found_out(
    name: str, content: bytes, expected: str, tmp_path: Path
) -> None:
    assert kind(tmp_path / name, content) == expected


def test_what_it_is_said_to_be_counts(tmp_path: Path) -> None:
    assert kind(tmp_path / "t.txt", LST, "lst") == "lst"
    assert kind(tmp_path / "t.lst", CSV, "csv") == "csv"
    with pytest.raises(UserError, match="one of csv, manifest, lst, folder, not 'xls'"):
        opening.opened(str(tmp_path / "nowhere"), kind="xls")
    (tmp_path / "ant").mkdir()
    (tmp_path / "ant" / "1.jpg").write_bytes(b"x")
    for given in (None, "folder"):
        assert opening.opened(str(tmp_path), kind=given).kind == "folder"
    with pytest.raises(UserError, match="is a folder, no csv file"):
        opening.opened(str(tmp_path), kind="csv")


def test_names_columns_and_the_label_reach_what_reads_them(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b"x,y\na.jpg,ant\n")
    found = opening.opened(str(tmp_path / "t"), columns=Columns("2", "1", header=True))
    assert [row[1:3] for row in found.rows] == [("ant", "a.jpg")]
    (tmp_path / "l.lst").write_bytes(LST)
    assert opening.opened(str(tmp_path / "l.lst"), names=("ant", "bee")).rows[0].label == "ant"
    (tmp_path / "m").write_bytes(b'{"source-ref": "a.jpg", "x": 1, "y": 0}\n')
    found = opening.opened(str(tmp_path / "m"), label_attribute="x", names=("ant", "bee"))
    assert found.rows[0].label == "bee"


def test_a_file_of_nothing_or_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b" \n ")
    with pytest.raises(UserError, match=r"t\.csv is empty\."):
        opening.opened(str(path))
    with pytest.raises(FileAccessError, match="cannot be read: No such file"):
        opening.opened(str(tmp_path / "nowhere"))
    assert opening._MOST_BYTES == 1 << 30
    monkeypatch.setattr(opening, "_MOST_BYTES", len(CSV))
    assert kind(path, CSV) == "csv"
    with pytest.raises(FileAccessError, match=f"{len(CSV) + 1} bytes, more than"):
        kind(path, CSV + b"x")


def test_an_object_has_at_most_what_a_request_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    class Client:
        content = CSV

        def get(self, uri: s3.S3Uri) -> bytes:
            assert str(uri) == "s3://my-bucket/in/t.csv"
            return self.content

    monkeypatch.setattr(s3, "Client", Client)
    monkeypatch.setattr(opening, "MAX_BODY_BYTES", 2 << 20)
    uri = "s3://my-bucket/in/t.csv"
    assert opening.opened(uri).kind == "csv"
    row = b"b.jpg,bee" + b" " * 990 + b"\n"
    Client.content = (CSV + row * 3000)[: 2 << 20]
    assert opening.opened(uri).kind == "csv"
    Client.content += b"\n"
    with pytest.raises(UserError, match=r"t\.csv has more than 2 MiB; copy it with `aws s3 cp`"):
        opening.opened(uri)


def test_relative_paths_begin_where_the_source_lies(tmp_path: Path) -> None:
    assert opening.roots("s3://my-bucket/in/t.csv", None) == ["s3://my-bucket/in/"]
    assert opening.roots("s3://my-bucket/in/t.csv", "photos") == ["photos"]
    assert opening.roots(str(tmp_path / "t.csv"), None) == [str(tmp_path)]
    assert opening.roots(str(tmp_path), None) == [str(tmp_path)]
