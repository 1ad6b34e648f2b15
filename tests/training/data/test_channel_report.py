"""What a person is told of a channel: counts, uneven classes, copies."""

from dataclasses import replace
from pathlib import Path

import pytest

from ic_tf_sdk.contract import container_handler
from ic_tf_sdk.errors import DatasetError
from ic_tf_sdk.training.data import channel_report, duplicates, image_folder, image_scan

JPEG = b"\xff\xd8\xff\xe0\0\x04xx\xff\xc0\0\x0b\x08\0\x05\0\x07\x01\xff\xd9"


def fill(root: Path, counts: dict[str, int], *, salt: str = "") -> image_folder.ImageFolder:
    for label, count in counts.items():
        (root / label).mkdir(parents=True)
        for number in range(count):
            # Bytes before the end marker that differ, of one length.
            body = f"{salt}{label:>8}{number:04d}".encode()
            (root / label / f"{number:04d}.jpg").write_bytes(JPEG[:-2] + body + JPEG[-2:])
    return image_folder.describe(root)


def test_counts_kinds_sizes_and_refused_files_are_reported(tmp_path: Path) -> None:
    folder = fill(tmp_path, {"a": 3, "b": 2})
    (tmp_path / "b" / "page.png").write_bytes(b"<html>")
    (tmp_path / "b" / "notes.txt").write_bytes(b"x")
    folder = image_folder.describe(tmp_path)
    headers = image_scan.scan(folder)
    found = channel_report.report(folder, headers, image_scan.unreadable(headers))
    assert found.counts == {"a": 3, "b": 2}
    assert found.kinds == {"JPEG": 5}
    assert found.notes == {"grey": 5}
    assert (found.widths, found.heights) == ((7, 7), (5, 5))
    assert found.refused == {"b/page.png": "HTML or XML"}
    assert "1 .txt" in found.warnings()[0]


def test_what_an_endpoint_would_not_take_is_reported_from_one_pixel_and_one_byte_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = fill(tmp_path, {"a": 2, "b": 1})
    small, *others = image_scan.scan(folder)
    most = container_handler.MAX_BODY_BYTES
    headers = [small, *(replace(one, size=most + more) for more, one in enumerate(others))]
    said = f"{most + 1} bytes; an endpoint takes at most {most}"
    for pixels, wide in ((35, {}), (34, {"a/0000.jpg", "a/0001.jpg", "b/0000.jpg"})):
        monkeypatch.setenv("IC_TF_SDK_MAX_PIXELS", str(pixels))
        told = channel_report.report(folder, headers, {}).unserved
        expected = dict.fromkeys(wide, "35 pixels; an endpoint takes at most 34")
        assert told == (expected or {"b/0000.jpg": said})


def test_uneven_classes_are_warned_about_from_tenfold(tmp_path: Path) -> None:
    for name, counts, warned in (("x", {"a": 29, "b": 3}, False), ("y", {"a": 30, "b": 3}, True)):
        folder = fill(tmp_path / name, counts)
        found = channel_report.report(folder, image_scan.scan(folder), {})
        assert any("uneven" in sentence for sentence in found.warnings()) is warned


def test_a_class_of_unreadable_files_only_is_reported(tmp_path: Path) -> None:
    folder = fill(tmp_path, {"a": 3, "b": 1})
    found = channel_report.report(folder, image_scan.scan(folder), {3: "empty"})
    assert found.counts == {"a": 3, "b": 0}
    assert "0 of 'b'" in found.warnings()[0]


def test_a_file_like_no_other_in_size_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, {"a": 2, "b": 1})
    (tmp_path / "a" / "large.jpg").write_bytes(b"x" * 1_000_000)
    read: list[str] = []
    digest = duplicates._digest
    monkeypatch.setattr(duplicates, "_digest", lambda path: read.append(path.name) or digest(path))
    duplicates.duplicates({"training": image_folder.describe(tmp_path)})
    assert "large.jpg" not in read
    assert read


def test_copies_across_channels_and_classes_are_found_by_content(tmp_path: Path) -> None:
    training = fill(tmp_path / "training", {"a": 3, "b": 3})
    test = fill(tmp_path / "test", {"a": 1, "b": 1}, salt="t")
    assert duplicates.duplicates({"training": training, "test": test}) == []
    copy = (tmp_path / "training" / "a" / "0000.jpg").read_bytes()
    (tmp_path / "test" / "a" / "copy.jpg").write_bytes(copy)
    (tmp_path / "training" / "b" / "other-class.jpg").write_bytes(copy)
    channels = {
        "training": image_folder.describe(tmp_path / "training"),
        "test": image_folder.describe(tmp_path / "test"),
    }
    groups = duplicates.duplicates(channels)
    places = {(place.channel, place.label, place.file) for place in groups[0]}
    assert len(groups) == 1
    assert places == {
        ("training", "a", "a/0000.jpg"),
        ("training", "b", "b/other-class.jpg"),
        ("test", "a", "a/copy.jpg"),
    }
    sentences = duplicates.warnings(groups)
    assert "more than one channel" in sentences[0]
    assert "more than one class" in sentences[1]


def test_empty_and_vanished_files_are_no_copies(tmp_path: Path) -> None:
    folder = fill(tmp_path, {"a": 1, "b": 1})
    for name in ("a/x.jpg", "b/y.jpg"):
        (tmp_path / name).write_bytes(b"")
    folder = image_folder.describe(tmp_path)
    (tmp_path / "a" / "0000.jpg").unlink()
    assert duplicates.duplicates({"training": folder}) == []


def test_links_that_lead_in_a_circle_end(tmp_path: Path) -> None:
    fill(tmp_path, {"a": 2, "b": 2})
    (tmp_path / "a" / "deeper").mkdir()
    (tmp_path / "a" / "deeper" / "up").symlink_to(tmp_path / "a")
    (tmp_path / "a" / "self.jpg").symlink_to(tmp_path / "a" / "self.jpg")
    (tmp_path / "b" / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    folder = image_folder.describe(tmp_path)
    assert sorted(folder.files) == [
        "a/0000.jpg", "a/0001.jpg", "a/self.jpg", "b/0000.jpg", "b/0001.jpg", "b/gone.jpg",
    ]  # fmt: skip
    bad = image_scan.unreadable(image_scan.scan(folder))
    assert set(bad) == {2, 5}
    assert "symbolic links" in bad[2]


def test_a_linked_folder_of_images_is_read(tmp_path: Path) -> None:
    fill(tmp_path / "elsewhere", {"x": 2, "y": 1})
    fill(tmp_path / "data", {"b": 2, "c": 2})
    (tmp_path / "data" / "a").symlink_to(tmp_path / "elsewhere" / "x")
    assert image_folder.describe(tmp_path / "data").counts == [2, 2, 2]


def test_file_names_need_not_be_utf_8_but_class_names_do(tmp_path: Path) -> None:
    fill(tmp_path, {"a": 2, "b": 2})
    (tmp_path / "a" / "caf\udce9.jpg").write_bytes(JPEG)
    folder = image_folder.describe(tmp_path)
    assert not image_scan.unreadable(image_scan.scan(folder))
    (tmp_path / "caf\udce9").mkdir()
    (tmp_path / "caf\udce9" / "x.jpg").write_bytes(JPEG)
    with pytest.raises(DatasetError, match="not valid UTF-8"):
        image_folder.describe(tmp_path)


def test_the_sentence_counts_the_images_that_copies_spoil_and_shows_three() -> None:
    def place(channel: str, label: str, number: int) -> duplicates.Place:
        return duplicates.Place(channel, label, f"{label}/{number}.jpg")

    within = [place("training", "a", 1), place("training", "a", 2)]
    assert duplicates.warnings([within]) == []
    across = [place("training", "a", number) for number in range(4)] + [place("test", "a", 5)]
    [leak] = duplicates.warnings([within, across])
    assert leak == (
        "1 image is in more than one channel, which flatters the evaluation: a/0.jpg (training) "
        "and a/1.jpg (training) and a/2.jpg (training)."
    )
    contradiction = [place("training", "a", 1), place("training", "b", 1)]
    assert duplicates.warnings([contradiction, contradiction]) == [
        "2 images are in more than one class: a/1.jpg (training) and b/1.jpg (training)."
    ]


def test_files_of_one_size_and_one_file_alone_are_no_copies(tmp_path: Path) -> None:
    folder = fill(tmp_path, {"a": 2, "b": 1})
    (tmp_path / "a" / "large.jpg").write_bytes(JPEG * 100)
    assert duplicates.duplicates({"training": image_folder.describe(tmp_path)}) == []
    (tmp_path / "b" / "one.jpg").write_bytes(b"x")
    (tmp_path / "b" / "two.jpg").write_bytes(b"x")
    [group] = duplicates.duplicates({"training": image_folder.describe(tmp_path)})
    assert [place.file for place in group] == ["b/one.jpg", "b/two.jpg"]
    # Those that cannot be opened when they are read are no copies either.
    (tmp_path / "a" / "0000.jpg").unlink()
    (tmp_path / "a" / "0001.jpg").unlink()
    assert duplicates.duplicates({"training": folder}) == []


def test_the_least_and_the_greatest_size_are_those_of_usable_images(tmp_path: Path) -> None:
    folder = fill(tmp_path, {"a": 2, "b": 1})
    sizes = [(7, 5), (20, 9), (300, 1)]
    for file, (width, height) in zip(folder.files, sizes, strict=True):
        head = JPEG[:13] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + JPEG[17:]
        (tmp_path / file).write_bytes(head)
    found = channel_report.report(folder, image_scan.scan(folder), {2: "empty"})
    assert (found.widths, found.heights) == ((7, 20), (5, 9))
    none = channel_report.report(folder, image_scan.scan(folder), dict.fromkeys(range(3), "empty"))
    assert (none.widths, none.heights) == ((0, 0), (0, 0))


def test_what_cannot_be_read_is_no_copy_and_the_first_of_several_groups_is_shown(
    tmp_path: Path,
) -> None:
    fill(tmp_path, {"a": 2, "b": 1})
    for name in ("x.jpg", "y.jpg"):
        (tmp_path / "b" / name).mkdir()
    files = ("a/0000.jpg", "b/x.jpg", "b/y.jpg")
    folder = image_folder.ImageFolder(tmp_path, ("a", "b"), files, (0, 1, 1), {})
    assert duplicates.duplicates({"training": folder}) == []
    groups = [
        [duplicates.Place("training", "a", f"a/{n}.jpg"), duplicates.Place("test", "b", "b/z.jpg")]
        for n in (1, 2)
    ]
    assert all("a/1.jpg (training)" in sentence for sentence in duplicates.warnings(groups))
