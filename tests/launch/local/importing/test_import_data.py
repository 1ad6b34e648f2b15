"""Data in other forms becomes class folders: every row is there, or has its reason."""

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ic_tf_sdk import launch
from ic_tf_sdk.cli import main
from ic_tf_sdk.contract import folder_names, image_names, safe_names
from ic_tf_sdk.errors import DatasetError, FileAccessError, UserError
from ic_tf_sdk.launch import Columns, ImportedData
from tests.aws import BUCKET
from tests.training import ugly_images


def encoded(
    kind: str, colour: str = "red", size: tuple[int, int] = (40, 30), **options: Any
) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, colour).save(stream, kind, **options)
    return stream.getvalue()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Five photos, two of one name."""
    for name, colour in (("a", "red"), ("b", "blue"), ("c", "green"), ("sub/a", "white")):
        path = tmp_path / "in" / f"{name}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded("JPEG", colour))
    (tmp_path / "in" / "d, or 'e'.png").write_bytes(encoded("PNG", "black"))
    return tmp_path / "in"


def snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file's bytes and inode."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_ino)
        for path in files
    }


def told(found: ImportedData) -> int:
    """Rows of which it is said what became of them."""
    assert sum(sum(one.values()) for one in found.images.values()) == (
        found.added + found.already_there
    )
    return found.added + found.already_there + found.repeated + len(found.left_out)


def twice(source: Path | str, out: Path, **options: Any) -> ImportedData:
    """Import twice: the second time changes nothing, and says so."""
    first = launch.import_data(source, out, **options)
    before = snapshot(out)
    second = launch.import_data(source, out, **options)
    assert snapshot(out) == before
    assert (second.added, second.already_there) == (0, first.added)
    assert (second.images, second.left_out, second.repeated, second.rows) == (
        first.images,
        first.left_out,
        first.repeated,
        first.rows,
    )
    assert told(first) == told(second) == first.rows
    assert [path.name for path in out.parent.iterdir() if path.name.startswith(".")] == []
    return first


ODD = """\
\ufeffid;"Image Path";"Class"
1;a.jpg;roses
2;"b.jpg";"tulips, red"
3;"d, or 'e'.png";"say ""hi\"""
4;sub/a.jpg; roses

5;nowhere.jpg;roses
6;c.jpg;
7;;roses
8;a.jpg;roses
9
10;https://example.com/x.jpg;roses
11;'c.jpg';'=cmd'
"""


def test_a_csv_with_odd_quoting_loses_nothing(photos: Path, tmp_path: Path) -> None:
    (photos / "t.csv").write_text(ODD.replace("\n", " \r\n"), encoding="utf-8", newline="")
    columns = Columns("image path", "Class")
    found = twice(photos / "t.csv", tmp_path / "out", columns=columns)
    assert found.kind == "csv"
    assert found.rows == 11
    assert found.images == {"": {"=cmd": 1, "roses": 2, "say _hi_": 1, "tulips, red": 1}}
    assert found.renamed == {'say "hi"': "say _hi_"}
    assert found.repeated == 1
    assert {one.row: one.reason for one in found.left_out} == {
        7: "there is no such file",
        8: "no class",
        9: "no image",
        11: "1 cells where the first line has 3",
        12: "https addresses are not fetched; download the images, then name the files",
    }
    # Two files of one name, each under a name of its own.
    names = sorted(path.name for path in (tmp_path / "out" / "roses").iterdir())
    assert names[1] == "a.jpg"
    assert names[0].startswith("a-")
    assert (tmp_path / "out" / "roses" / "a.jpg").read_bytes() == (photos / "a.jpg").read_bytes()


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("a.jpg,roses\nb.jpg,tulips\n", None),
        ("roses\ta.jpg\ntulips\tb.jpg\n", None),
        ("path|label\na.jpg|roses\nb.jpg|tulips\n", None),
        ("label,x,filename\nroses,1,a.jpg\ntulips,2,b.jpg\n", None),
        ("7,a.jpg,roses\n8,b.jpg,tulips\n", Columns("2", "3")),
        ("7,a.jpg,roses\n8,b.jpg,tulips\n", Columns("2", "3", header=False)),
        ("wer;was\na.jpg;roses\nb.jpg;tulips\n", Columns("wer", "was")),
        ("wer;was\na.jpg;roses\nb.jpg;tulips\n", Columns("1", "2", header=True)),
        ("a.jpg\troses\nb.jpg\ttulips\n", Columns(delimiter=r"\t")),
    ],
)
def test_columns_are_found_or_said(
    text: str, columns: Columns | None, photos: Path, tmp_path: Path
) -> None:
    for number, content in enumerate((text.encode(), text.encode("utf-16"))):
        (photos / "t.csv").write_bytes(content)
        found = launch.import_data(photos / "t.csv", tmp_path / f"{number}", columns=columns)
        assert found.images == {"": {"roses": 1, "tulips": 1}}
        assert found.left_out == ()


def test_columns_that_are_not_known_are_asked_for_with_what_there_is(
    photos: Path, tmp_path: Path
) -> None:
    (photos / "t.csv").write_text("wo,was,wie\na.jpg,roses,1\n")
    with pytest.raises(UserError, match=r"'wo', 'was', 'wie'.*--image-column"):
        launch.import_data(photos / "t.csv", tmp_path / "out")
    with pytest.raises(UserError, match=r"has no column 'wass'.*Did you mean 'was'"):
        launch.import_data(photos / "t.csv", tmp_path / "out", columns=Columns("wo", "wass"))
    (photos / "t.csv").write_text(" \n,,\n")
    with pytest.raises(UserError, match="no line with a cell"):
        launch.import_data(photos / "t.csv", tmp_path / "out")
    (photos / "t.csv").write_text("")
    with pytest.raises(UserError, match="is empty"):
        launch.import_data(photos / "t.csv", tmp_path / "out")
    with pytest.raises(FileAccessError, match=r"nowhere\.csv cannot be read: No such file"):
        launch.import_data(photos / "nowhere.csv", tmp_path / "out")
    with pytest.raises(UserError, match="one character"):
        Columns(delimiter="::")
    assert not (tmp_path / "out").exists()


def test_a_quotation_mark_that_never_closes_is_told_with_its_line(
    photos: Path, tmp_path: Path
) -> None:
    (photos / "t.csv").write_text('path,class\na.jpg,roses\n"b.jpg,tulips\nc.jpg,roses\n')
    found = launch.import_data(photos / "t.csv", tmp_path / "out")
    assert found.images == {"": {"roses": 1}}
    (left,) = found.left_out
    assert left.row == 3
    assert "a quotation mark that opens here closes" in left.reason


def test_western_letters_of_windows_are_read_and_told(photos: Path, tmp_path: Path) -> None:
    (photos / "t.csv").write_bytes("path;class\na.jpg;pensée\n".encode("cp1252"))
    found = launch.import_data(photos / "t.csv", tmp_path / "out")
    assert found.images == {"": {"pensée": 1}}
    assert "Windows-1252" in found.notes[0]


def test_an_image_of_two_classes_is_left_to_a_person(photos: Path, tmp_path: Path) -> None:
    (photos / "t.csv").write_text("path,class\na.jpg,x\n./a.jpg,y\nb.jpg,x\n")
    found = twice(photos / "t.csv", tmp_path / "out")
    assert found.images == {"": {"x": 1}}
    assert found.reasons == {"several classes: 'x', 'y'": 2}


# The example of the service's documentation, of which each line is one object.
DOCUMENTED = {
    "source-ref": "s3://{bucket}/import/image_example.png",
    "sport": 0,
    "sport-metadata": {
        "class-name": "football",
        "confidence": 0.00,
        "type": "groundtruth/image-classification",
        "job-name": "identify-sport",
        "human-annotated": "yes",
        "creation-date": "2018-10-18T22:18:13.527256",
    },
}


def line(key: str, **changes: Any) -> dict[str, Any]:
    entry = json.loads(json.dumps(DOCUMENTED).replace("{bucket}", BUCKET))
    entry["source-ref"] = f"s3://{BUCKET}/import/{key}"
    entry["sport-metadata"] |= changes
    return entry


@pytest.fixture
def in_bucket(aws: str, s3: Any) -> None:
    """Images in a bucket."""
    for key, colour in (("image_example.png", "red"), ("two.png", "blue")):
        s3.put_object(Bucket=BUCKET, Key=f"import/{key}", Body=encoded("PNG", colour))
    s3.put_object(Bucket=BUCKET, Key="import/page.png", Body=b"<html>")


@pytest.mark.usefixtures("in_bucket")
def test_a_manifest_of_ground_truth_as_the_service_documents_it(tmp_path: Path, s3: Any) -> None:
    multi = line("two.png", type="groundtruth/image-classification-multilabel")
    unlabelled = line("two.png")
    del unlabelled["sport"], unlabelled["sport-metadata"]
    failed = line("two.png")
    failed["sport-metadata"] = {"failure-reason": "ClientError: no worker"}
    entries: list[Any] = [
        line("image_example.png"),
        line("two.png", **{"class-name": "chess"}),
        line("page.png"),
        line("gone.png"),
        multi,
        unlabelled,
        failed,
        {"source": "some text", **{k: v for k, v in line("x").items() if k != "source-ref"}},
        {**line("two.png"), "source-ref": "s3://no-such-bucket-of-mine/1.png"},
        {**line("two.png"), "source-ref": f"s3://{BUCKET}/import/"},
        [1],
    ]
    text = "\n".join([*map(json.dumps, entries), "{broken", ""])
    s3.put_object(Bucket=BUCKET, Key="import/output.manifest", Body=text.encode())
    found = twice(f"s3://{BUCKET}/import/output.manifest", tmp_path / "out")
    assert found.kind == "manifest"
    assert found.images == {"": {"chess": 1, "football": 1}}
    reasons = {one.row: one.reason for one in found.left_out}
    assert reasons[3] == "HTML or XML"
    assert reasons[4] == "there is no such object"
    assert "image-classification-multilabel, not of one class" in reasons[5]
    assert reasons[6] == "no label"
    assert reasons[7] == "labelling failed: ClientError: no worker"
    assert reasons[8] == "its source is text inside of the manifest"
    assert "There is no bucket 'no-such-bucket-of-mine'" in reasons[9]
    assert reasons[10] == "it is a folder of S3, not an object"
    assert reasons[11] == reasons[12] == "no JSON object"
    assert found.rows == 12


def test_a_manifest_with_several_labels_asks_which(photos: Path, tmp_path: Path) -> None:
    entry = {**DOCUMENTED, "source-ref": "a.jpg"}
    second = {"day": 1, "day-metadata": {**DOCUMENTED["sport-metadata"], "class-name": "monday"}}
    (photos / "o.manifest").write_text(json.dumps({**entry, **second}))
    with pytest.raises(UserError, match=r"'sport', 'day'.*--label-attribute"):
        launch.import_data(photos / "o.manifest", tmp_path / "out")
    with pytest.raises(UserError, match="Did you mean 'sport'"):
        launch.import_data(photos / "o.manifest", tmp_path / "out", label_attribute="sports")
    found = launch.import_data(photos / "o.manifest", tmp_path / "out", label_attribute="day")
    assert found.images == {"": {"monday": 1}}
    (photos / "o.manifest").write_text('{"source-ref": "a.jpg"}\n')
    with pytest.raises(UserError, match="has a label of image classification"):
        launch.import_data(photos / "o.manifest", tmp_path / "out")
    # As the built-in algorithm of AWS takes it.
    (photos / "o.manifest").write_text('{"source-ref": "a.jpg", "class": 1}\n')
    found = launch.import_data(photos / "o.manifest", tmp_path / "two", class_names="no,yes")
    assert found.images == {"": {"yes": 1}}


LST = """\
5	1	a.jpg
1000	0.000000	b.jpg
22	10	c.jpg
7	1	2	c.jpg
8	1
9	x	c.jpg
9	-1	c.jpg
"""


def test_a_list_of_recordio(photos: Path, tmp_path: Path) -> None:
    (photos / "t.lst").write_text(LST)
    found = twice(photos / "t.lst", tmp_path / "out")
    # As wide as the widest, so that their order is that of the numbers.
    assert found.images == {"": {"00": 1, "01": 1, "10": 1}}
    assert {one.row: one.reason for one in found.left_out} == {
        4: "2 labels, not one class",
        5: "2 cells with tabs between them, not 3",
        6: "the class 'x' is no number",
        7: "the class -1 is no whole number from 0",
    }
    (photos / "names.txt").write_text("daisy\nrose\n\n")
    names = str(photos / "names.txt")
    found = launch.import_data(photos / "t.lst", tmp_path / "named", class_names=names)
    assert found.images == {"": {"daisy": 1, "rose": 1}}
    assert "the class 10 is beyond the 2 names" in found.left_out[0].reason
    with pytest.raises(UserError, match="is there once"):
        launch.import_data(photos / "t.lst", tmp_path / "x", class_names="a,a")
    with pytest.raises(FileAccessError, match="with commas between them"):
        launch.import_data(photos / "t.lst", tmp_path / "x", class_names="nowhere.txt")


def test_a_list_over_class_folders_takes_their_names(tmp_path: Path) -> None:
    for name in ("ant", "bee"):
        (tmp_path / "in" / name).mkdir(parents=True)
        (tmp_path / "in" / name / "1.jpg").write_bytes(encoded("JPEG", "red"))
    (tmp_path / "t.lst").write_text("0\t0\tant/1.jpg\n1\t1\tbee/1.jpg\n")
    found = launch.import_data(tmp_path / "t.lst", tmp_path / "out", images=tmp_path / "in")
    assert found.images == {"": {"ant": 1, "bee": 1}}


@pytest.mark.parametrize("turned", [False, True])
def test_a_split_folder_is_recognised_and_becomes_three(tmp_path: Path, turned: bool) -> None:
    for part in ("train", "val", "test"):
        for label in ("ant", "bee"):
            folder = tmp_path / "in" / (f"{label}/{part}" if turned else f"{part}/{label}")
            folder.mkdir(parents=True)
            (folder / "1.webp").write_bytes(encoded("WEBP", "red"))
            (folder / "2.jpg").write_bytes(encoded("JPEG", "blue"))
            (folder / "notes.txt").write_text("x")
    (tmp_path / "in" / "beside.jpg").write_bytes(encoded("JPEG"))
    here = tmp_path / "in"
    command = f"ic-tf fit {here}/train --validation {here}/val --test {here}/test"
    offered = f"ic-tf import-data {here} --out {here}-parts"
    # What fit and check-data refuse it with.
    names = image_names.read(folder_names.below(here))
    reasons = "\n".join(image_names.problems(names, str(here)))
    assert (offered if turned else command) in reasons
    found = twice(tmp_path / "in", tmp_path / "out")
    assert found.kind == "folder"
    assert found.images == {
        part: {"ant": 2, "bee": 2} for part in ("test", "training", "validation")
    }
    assert found.converted == {"WebP": 6}
    assert found.passed_over == {".txt": 6}
    assert [one.image for one in found.left_out] == ["beside.jpg"]
    assert found.fit_command == (
        f"ic-tf fit {tmp_path}/out/training --validation {tmp_path}/out/validation "
        f"--test {tmp_path}/out/test"
    )


def sixteen(mode: str) -> Image.Image:
    values = np.linspace(0, 65535, 1200).reshape(30, 40)
    return Image.fromarray(values.astype(np.uint16 if mode == "I;16" else np.int32))


FORMS: dict[str, tuple[Callable[[], bytes], str]] = {
    "a.webp": (lambda: encoded("WEBP"), "RGB"),
    "b.tif": (lambda: encoded("TIFF", compression="tiff_lzw"), "RGB"),
    "c.bmp": (lambda: encoded("BMP"), "RGB"),
    "d.gif": (lambda: encoded("GIF"), "RGB"),
    "e.avif": (lambda: encoded("AVIF"), "RGB"),
    "f.jp2": (lambda: encoded("JPEG2000"), "RGB"),
    "g.ppm": (lambda: encoded("PPM"), "RGB"),
    "h.jpg": (lambda: encoded("WEBP"), "RGB"),
}


def test_other_kinds_are_converted_and_look_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "in" / "red"
    folder.mkdir(parents=True)
    for name, (make, _) in FORMS.items():
        (folder / name).write_bytes(make())
    exif = Image.Exif()
    exif[0x0112] = 6
    (folder / "turned.webp").write_bytes(encoded("WEBP", size=(60, 20), exif=exif))
    clear = Image.new("RGBA", (40, 30), (255, 0, 0, 128))
    clear.save(folder / "clear.webp", lossless=True)
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "blue")]
    frames[0].save(folder / "film.gif", save_all=True, append_images=frames[1:])
    Image.new("CMYK", (40, 30), (0, 255, 255, 0)).save(folder / "print.tiff")
    sixteen("I;16").save(folder / "wide.tif")
    Image.fromarray(np.ones((4, 4), np.float32)).save(folder / "parts.tiff")
    found = twice(tmp_path / "in", tmp_path / "out")
    (reason,) = found.reasons
    assert reason == "values with a fraction, of unknown range; save it with 8 or 16 bit"
    assert found.converted == {
        "AVIF": 1, "BMP": 1, "GIF": 2, "JPEG 2000": 1, "PPM": 1, "TIFF": 3, "WebP": 4,
    }  # fmt: skip
    assert found.notes == ("1 GIF: the first of 2 pictures.",)
    out = tmp_path / "out" / "red"
    for path in out.iterdir():
        with Image.open(path) as picture:
            assert picture.format == {".jpg": "JPEG", ".png": "PNG"}[path.suffix]
            if path.stem not in ("wide", "clear"):
                pixel = picture.convert("RGB").getpixel((5, 5))
                assert np.abs(np.subtract(pixel, (255, 0, 0))).max() < 12, path
    for name, expected in (("turned.jpg", (20, 60)), ("clear.png", (40, 30))):
        with Image.open(out / name) as picture:
            assert picture.size == expected
            assert picture.mode == ("RGBA" if name == "clear.png" else "RGB")
    with Image.open(out / "wide.png") as picture:
        assert picture.getextrema() == (0, 255)


def test_fifty_and_more_ugly_files_have_the_fate_that_training_gives_them(tmp_path: Path) -> None:
    ugly = ugly_images.every()
    assert len(ugly) > 50
    (tmp_path / "in" / "some").mkdir(parents=True)
    for one in ugly:
        (tmp_path / "in" / "some" / one.name).write_bytes(one.content)
    os.mkfifo(tmp_path / "in" / "some" / "pipe.jpg")
    (tmp_path / "in" / "some" / "link.jpg").symlink_to("nowhere.jpg")
    found = twice(tmp_path / "in", tmp_path / "out")
    assert found.rows == len(ugly) + 2
    reasons = {Path(one.image).name: one.reason for one in found.left_out}
    assert "a named pipe" in reasons.pop("pipe.jpg")
    assert reasons.pop("link.jpg") == "there is no such file"
    convertible = ("gif-called", "bmp-called", "tiff-called", "webp-called")
    refused = {one.name for one in ugly if one.reason is not None}
    expected = {name for name in refused if not name.startswith(convertible)}
    assert set(reasons) == expected, (set(reasons) - expected, expected - set(reasons))
    assert "HEIC, which needs the package pi-heif" in reasons["heic-called.jpg"]
    assert "[heic]" in reasons["heic-called.jpg"]


def test_what_is_there_is_never_overwritten(photos: Path, tmp_path: Path) -> None:
    (photos / "t.csv").write_text("path,class\na.jpg,x\nb.jpg,x\n")
    (tmp_path / "out" / "x").mkdir(parents=True)
    (tmp_path / "out" / "x" / "a.jpg").write_bytes(b"mine")
    found = twice(photos / "t.csv", tmp_path / "out")
    assert found.added == 2
    assert (tmp_path / "out" / "x" / "a.jpg").read_bytes() == b"mine"
    assert len(list((tmp_path / "out" / "x").iterdir())) == 3


def test_links_share_what_is_not_converted(photos: Path, tmp_path: Path) -> None:
    (photos / "w.webp").write_bytes(encoded("WEBP"))
    (photos / "t.csv").write_text("path,class\na.jpg,x\nw.webp,x\n")
    found = twice(photos / "t.csv", tmp_path / "out", link=True)
    assert found.added == 2
    assert (photos / "a.jpg").samefile(tmp_path / "out" / "x" / "a.jpg")
    launch.import_data(photos / "t.csv", tmp_path / "copied")
    assert not (photos / "a.jpg").samefile(tmp_path / "copied" / "x" / "a.jpg")
    assert (photos / "w.webp").read_bytes() == encoded("WEBP")


def test_where_nothing_can_be_used_nothing_is_made(photos: Path, tmp_path: Path) -> None:
    (photos / "t.csv").write_text("path,class\nnowhere.jpg,x\na.jpg,\n")
    with pytest.raises(DatasetError) as caught:
        launch.import_data(photos / "t.csv", tmp_path / "out")
    assert "None of the 2 rows of this csv can be used" in str(caught.value)
    assert "1 rows: no class" in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="has no image in a folder"):
        launch.import_data(tmp_path / "empty", tmp_path / "out")
    with pytest.raises(UserError, match="give another folder"):
        launch.import_data(photos, photos / "out")
    with pytest.raises(UserError, match="is a file"):
        launch.import_data(photos, photos / "a.jpg")
    with pytest.raises(UserError, match="s3://"):
        launch.import_data(photos / "t.csv", "s3://bucket/out")
    with pytest.raises(UserError, match="csv, manifest, lst, folder"):
        launch.import_data(photos / "t.csv", tmp_path / "out", kind="xls")


@pytest.mark.parametrize(
    ("label", "folder"),
    [
        ("a/b\\c", "a_b_c"),
        ("..", "__"),
        (".hidden", "_.hidden"),
        ("__MACOSX", "___MACOSX"),
        ("line\nbreak\x1b[2J", "line_break_[2J"),
        ("con", "_con"),
        ("dot. ", "dot"),
        ("x" * 500, "x" * 200),
        ("pense\u0301e", "pensée"),
        ("right\u202eleft", "right_left"),
    ],
)
def test_names_of_classes_are_made_safe(label: str, folder: str) -> None:
    assert safe_names.class_folders([label]) == {label: folder}


@given(st.lists(st.text(min_size=1), min_size=1, max_size=12))
def test_no_two_classes_share_a_folder_and_each_is_one_name(labels: list[str]) -> None:
    found = safe_names.class_folders(labels)
    assert set(found) == set(labels)
    folded = [name.casefold() for name in found.values()]
    for name in found.values():
        assert name.strip(". ")
        assert "/" not in name
        assert "\\" not in name
        assert len(name.encode()) <= 255
        assert not image_names.is_hidden(name)
        assert image_names.read([f"{name}/1.jpg"]).labels == (name,)
    labels = {image_names.class_name(label) for label in labels}
    assert len(set(folded)) >= len({safe_names.file_stem(label).casefold() for label in labels})


def test_the_command_prints_counts_and_writes_the_report(photos: Path, tmp_path: Path) -> None:
    (photos / "t.csv").write_text("path,class\na.jpg,x\nb.jpg,y\nnowhere.jpg,x\n")
    words = ["import-data", str(photos / "t.csv"), "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(main, [*words, "--report", str(tmp_path / "r.json")])
    assert done.exit_code == 0, done.output
    assert "3 rows: 2 added, 0 there already, 0 repeated, 1 left out." in done.stdout
    assert "row 4: nowhere.jpg: there is no such file" in done.stdout
    assert f"ic-tf fit {tmp_path}/out" in done.stderr
    again = CliRunner().invoke(main, [*words, "--json"])
    report = json.loads((tmp_path / "r.json").read_text())
    assert json.loads(again.stdout) == {**report, "added": 0, "already_there": 2}
    assert report["left_out"] == [
        {"row": 4, "image": "nowhere.jpg", "label": "x", "reason": "there is no such file"}
    ]
    third = CliRunner().invoke(main, [*words, "--report", str(tmp_path / "r.json")])
    assert third.exit_code == 1
    assert "already exists" in third.stderr
    found = launch.import_data(photos / "t.csv", tmp_path / "out")
    assert "nowhere.jpg" not in found._repr_html_()
    assert "there is no such file" in found._repr_html_()
