"""Every row of an import ends in its place, or with its reason, and each is counted once."""

import io
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ic_tf_sdk.errors import DatasetError
from ic_tf_sdk.launch.local.importing.given_file import GivenFiles
from ic_tf_sdk.launch.local.importing.imported import ImportedData, LeftOut
from ic_tf_sdk.launch.local.importing.row import Row, Source
from ic_tf_sdk.launch.local.importing.run import run


def encoded(kind: str, colour: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (12, 8), colour).save(stream, kind, **options)
    return stream.getvalue()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    for name, colour in (("a.jpg", "red"), ("b.jpg", "blue"), ("sub/a.jpg", "green")):
        (folder / name).write_bytes(encoded("JPEG", colour))
    (folder / "c.bmp").write_bytes(encoded("BMP", "red"))
    frames = [Image.new("RGB", (12, 8), "white")]
    (folder / "d.gif").write_bytes(encoded("GIF", "red", save_all=True, append_images=frames))
    return folder


def done(photos: Path, *rows: Row, out: str = "out", link: bool = False) -> ImportedData:
    source = Source("csv", rows, {".txt": 2}, ["As it was."])
    return run(source, photos.parent / out, GivenFiles([str(photos)]), link=link)


def test_rows_are_counted_once_and_told_in_their_order(photos: Path) -> None:
    rows = (
        Row(1, "a.jpg", " ant "),
        Row(2, "a.jpg", "ant"),
        Row(3, "sub/a.jpg", "ant"),
        Row(4, "nowhere.jpg", "ant"),
        Row(5, "c.bmp", "b/c"),
        Row(6, "d.gif", "b/c"),
        Row(7, "b.jpg", "", "no class"),
        Row(8, "https://x/y.jpg", "ant"),
    )
    found = done(photos, *rows)
    assert found.images == {"": {"ant": 2, "b_c": 2}}
    assert (found.rows, found.added, found.already_there, found.repeated) == (8, 4, 0, 1)
    assert found.converted == {"BMP": 1, "GIF": 1}
    assert found.renamed == {"b/c": "b_c"}
    assert found.passed_over == {".txt": 2}
    assert found.notes == ("As it was.", "1 GIF: the first of 2 pictures.")
    assert [one[:3] for one in found.left_out] == [
        (4, "nowhere.jpg", "ant"),
        (7, "b.jpg", ""),
        (8, "https://x/y.jpg", "ant"),
    ]
    names = sorted(path.name for path in (photos.parent / "out" / "ant").iterdir())
    assert names[1] == "a.jpg"
    assert names[0].startswith("a-")
    again = done(photos, *rows)
    assert (again.added, again.already_there, again.repeated) == (0, 4, 1)
    assert again.images == found.images
    assert sorted(path.name for path in photos.parent.iterdir()) == ["in", "out"]


def test_parts_are_folders_of_their_own_in_order(photos: Path) -> None:
    found = done(
        photos, Row(1, "b.jpg", "x", "", "test"), Row(2, "a.jpg", "z", "", "training"),
        Row(3, "sub/a.jpg", "y", "", "training"),
    )  # fmt: skip
    assert list(found.images) == ["test", "training"]
    assert list(found.images["training"]) == ["y", "z"]
    assert (photos.parent / "out" / "training" / "z" / "a.jpg").is_file()
    # One image may be in two parts: what that means a person knows.
    both = done(
        photos, Row(1, "b.jpg", "x", "", "test"), Row(2, "b.jpg", "x", "", "training"), out="two"
    )
    assert (both.added, both.repeated) == (2, 0)


def test_one_image_under_two_classes_is_none_of_them(photos: Path) -> None:
    found = done(
        photos, Row(1, "a.jpg", "y"), Row(2, "./sub/../a.jpg", "x"), Row(3, "b.jpg", "y"),
        Row(4, "a.jpg", "x", "no image"),
    )  # fmt: skip
    assert found.images == {"": {"y": 1}}
    assert found.left_out == (
        LeftOut(1, "a.jpg", "y", "several classes: 'x', 'y'"),
        LeftOut(2, "./sub/../a.jpg", "x", "several classes: 'x', 'y'"),
        LeftOut(4, "a.jpg", "x", "no image"),
    )


def test_where_both_names_are_taken_by_others_the_row_is_told(photos: Path) -> None:
    first = done(photos, Row(1, "a.jpg", "x"))
    [path] = (photos.parent / "out" / "x").iterdir()
    path.write_bytes(b"mine")
    done(photos, Row(1, "a.jpg", "x"))
    for path in (photos.parent / "out" / "x").iterdir():
        path.unlink()
        path.write_bytes(b"mine")
    found = run(
        Source("csv", [Row(1, "a.jpg", "x"), Row(2, "b.jpg", "x")]), photos.parent / "out",
        GivenFiles([str(photos)]), link=False,
    )  # fmt: skip
    assert first.added == found.added == 1
    assert found.left_out == (LeftOut(1, "a.jpg", "x", "other images have its name"),)


@pytest.mark.parametrize("link", [True, False])
def test_links_are_made_where_they_are_asked_for(photos: Path, link: bool) -> None:
    done(photos, Row(1, "a.jpg", "x"), Row(2, "c.bmp", "x"), link=link)
    out = photos.parent / "out" / "x"
    assert (out / "a.jpg").samefile(photos / "a.jpg") == link
    assert (out / "c.png").is_file()
    assert (out / "a.jpg").stat().st_nlink == 1 + link


def test_of_rows_of_which_none_can_be_used_the_ten_commonest_reasons_are_said(
    photos: Path,
) -> None:
    rows = [Row(n, "", "", f"reason {n % 10}") for n in range(20)]
    with pytest.raises(DatasetError) as refused:
        done(photos, *rows)
    assert "None of the 20 rows of this csv can be used:\n  2 rows: reason 0\n" in str(
        refused.value
    )
    assert "more reasons" not in str(refused.value)
    rows += [Row(30, "", "", "rare"), Row(31, "", "", "rarer")]
    with pytest.raises(DatasetError) as refused:
        done(photos, *rows)
    assert str(refused.value).endswith("reason 9\n  and 2 more reasons")
    assert [path.name for path in photos.parent.iterdir()] == ["in"]


def test_a_folder_that_is_new_appears_whole(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ic_tf_sdk.launch.local.importing.run.place", broken)
    with pytest.raises(OSError, match="No space left"):
        done(photos, Row(1, "a.jpg", "x"), out="very/deep/out")
    assert [path.name for path in (photos.parent / "very" / "deep").iterdir()] == []


@pytest.mark.parametrize(("processors", "threads"), [(None, 1), (1, 1), (3, 3), (64, 4)])
def test_images_are_converted_in_as_many_threads_as_there_are_processors_four_at_most(
    processors: int | None, threads: int, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = import_module("ic_tf_sdk.launch.local.importing.run")
    asked: list[int] = []

    def read_each(read: Any, rows: Any, **given: Any) -> list[Any]:
        asked.append(given["threads"])
        return list(map(read, rows))

    monkeypatch.setattr(module, "read_each", read_each)
    monkeypatch.setattr("os.cpu_count", lambda: processors)
    done(photos, Row(1, "a.jpg", "x"))
    assert asked == [threads]
