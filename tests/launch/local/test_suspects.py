"""``suspects.csv`` names the same images after a spreadsheet, and says what cannot be read."""

from pathlib import Path
from typing import Any

import pytest

from ic_tf_sdk.errors import DatasetError
from ic_tf_sdk.launch.local import suspects
from ic_tf_sdk.launch.local.suspects import Suspect


def suspect(file: str, channel: str = "training") -> Suspect:
    return Suspect(channel, file, "roses", "tulips", 0.1, "label", "training/tulips/1.jpg")


UGLY = ("=1+1/'a.jpg", "roses/a, b;c.jpg", 'roses/"q".jpg', "roses/pensée.jpg", "roses/a\nb.jpg")


def test_what_is_written_is_read_again_whatever_the_names(tmp_path: Path) -> None:
    path = tmp_path / "suspects.csv"
    listed = [suspect(name) for name in UGLY]
    suspects.write(path, [*listed, suspect("roses/1.jpg", "test"), listed[0]])
    assert suspects.read(path) == {"training": UGLY, "test": ("roses/1.jpg",)}
    assert path.read_text().splitlines()[0] == (
        "channel,file,label,suggested_label,score,kind,resembles"
    )


def test_a_table_that_a_spreadsheet_wrote_again_is_read(tmp_path: Path) -> None:
    path = tmp_path / "suspects.csv"
    path.write_bytes(
        "\ufefffile;channel;note\r\nroses/1.jpg;training;mine\r\n;;\r\nb/2.jpg;test;\r\n".encode()
    )
    assert suspects.read(path) == {"training": ("roses/1.jpg",), "test": ("b/2.jpg",)}
    path.write_text("channel,file\n")
    assert suspects.read(path) == {}


def test_files_are_listed_by_channel_by_name_or_path_and_each_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "flowers"
    (folder / "roses").mkdir(parents=True)
    (folder / "roses" / "1.jpg").write_bytes(b"")
    channels = {"training": folder}
    whole = {"training": ("roses/1.jpg",)}
    for given in (
        ["roses/1.jpg"],
        [folder / "roses" / "1.jpg", "roses/1.jpg"],
        (path for path in folder.rglob("*.jpg")),
        {"training": [Path("roses/1.jpg")]},
        {"training": "roses/1.jpg"},
    ):
        assert suspects.listed(given, channels) == whole
    # From where the command is run, if it is not below the channel's folder.
    (folder / "sub").mkdir()
    for place, name in ((folder / "sub", "roses/1.jpg"), (tmp_path, "flowers/roses/1.jpg")):
        monkeypatch.chdir(place)
        assert suspects.listed([name], channels) == whole
    # One of another machine's table is told by the job, which knows what is there.
    assert suspects.listed(["gone/2.jpg"], channels) == {"training": ("gone/2.jpg",)}
    table = tmp_path / "suspects.csv"
    suspects.write(table, [suspect("roses/1.jpg")])
    assert suspects.listed(table, channels) == suspects.listed(str(table), channels) == whole
    wrong: Any = {"training": [3], "test": None, "tests": []}
    with pytest.raises(DatasetError, match="channel 'tests'; 3 of training; None of test"):
        suspects.listed(wrong, channels)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"channel,files\n", r"no column 'file'\. Did you mean 'files'\?"),
        (b"", "no column 'channel' and no 'file'"),
        (b"channel,file\ntrain,a.jpg\ntest,\n", r"line 2 has channel 'train'.*; line 3"),
        (b"\xff\xfe\x00", "no UTF-8 text"),
    ],
)
def test_a_table_of_another_kind_is_refused_with_every_reason(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "suspects.csv"
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=said):
        suspects.read(path)
    with pytest.raises(DatasetError, match="cannot be read: No such file"):
        suspects.read(tmp_path / "absent.csv")


def test_the_table_has_a_column_for_each_fact_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "suspects.csv"
    plain = Suspect("test", "a/1.jpg", "a", "", 1.0, "duplicate", "training/a/2.jpg")
    suspects.write(path, [suspect("b/1.jpg"), plain])
    assert path.read_text().splitlines() == [
        "channel,file,label,suggested_label,score,kind,resembles",
        "training,b/1.jpg,roses,tulips,0.1000,label,training/tulips/1.jpg",
        "test,a/1.jpg,a,,1.0000,duplicate,training/a/2.jpg",
    ]


@pytest.mark.parametrize("count", [9, 10, 11])
def test_ten_wrong_rows_are_named_and_more_are_counted_by_dots(tmp_path: Path, count: int) -> None:
    path = tmp_path / "suspects.csv"
    path.write_text("channel,file\n" + "train,a.jpg\n" * count)
    with pytest.raises(DatasetError) as refused:
        suspects.read(path)
    said = str(refused.value)
    assert said.count("line ") == min(count, 10)
    assert f"line {min(count, 10) + 1} has channel 'train' and file 'a.jpg'" in said
    assert ("; ...." in said) == (count > 10)


def test_of_each_missing_column_the_nearest_is_told(tmp_path: Path) -> None:
    path = tmp_path / "suspects.csv"
    path.write_text("chanel,channels,fil,x\n")
    with pytest.raises(DatasetError, match=r"Did you mean 'chanel' or 'fil'\?|'channels' or 'fil'"):
        suspects.read(path)


def test_cells_are_parted_by_what_the_first_line_has_more_of(tmp_path: Path) -> None:
    path = tmp_path / "suspects.csv"
    path.write_text("channel,file,a;b\ntraining,b/1.jpg,;\n")
    assert suspects.read(path) == {"training": ("b/1.jpg",)}
    # Of as many the comma is it, which `ic-tf` writes.
    path.write_text("channel,file,a;;\ntraining,b/1.jpg,\n")
    assert suspects.read(path) == {"training": ("b/1.jpg",)}
    path.write_text('channel;file;"a,b"\ntraining;b/1.jpg;,,,,\n')
    assert suspects.read(path) == {"training": ("b/1.jpg",)}
