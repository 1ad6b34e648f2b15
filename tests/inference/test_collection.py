"""The folder of collected pictures: bounded, never overwritten, an ordinary training folder."""

import hashlib
import io
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ic_tf_sdk.contract.container_answer import RequestError
from ic_tf_sdk.errors import FileAccessError, UserError
from ic_tf_sdk.inference.endpoint import collection
from ic_tf_sdk.inference.endpoint.class_folders import class_folders
from ic_tf_sdk.inference.endpoint.collection import Collection
from ic_tf_sdk.inference.endpoint.corrections import Collecting
from ic_tf_sdk.training.data import image_folder
from tests.inference.page.relabelled import relabelled
from tests.inference.servers import get, post, running, until_loaded

LABELS = ("dots", "plain", "stripes")


def picture(number: int, kind: str = "PNG") -> bytes:
    stream = io.BytesIO()
    pixels = np.random.default_rng(number).integers(0, 255, (9, 7, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(stream, kind)
    return stream.getvalue()


def files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    collection.prepare(tmp_path / "kept")
    return tmp_path / "kept"


def test_what_is_kept_is_a_training_folder_with_the_bytes_as_they_came(folder: Path) -> None:
    kept = Collection(folder, LABELS)
    for number, label in enumerate(LABELS * 2):
        found = kept.keep(picture(number), label, f"photo {number}.jpeg")
        assert (found.label, found.state, found.before) == (label, "new", None)
        assert (folder / found.file).read_bytes() == picture(number)
    described = image_folder.describe(folder)
    assert described.labels == LABELS
    assert described.counts == [2, 2, 2]
    # A name says what the content is, whatever the user called it.
    assert all(file.endswith(".png") for file in described.files)
    assert kept.keep(picture(9, "JPEG"), "dots", "x.png").file.endswith(".jpg")
    # The process of the next day finds them.
    assert Collection(folder, LABELS).keep(picture(0), "dots").state == "there"


def test_the_same_name_again_overwrites_nothing(folder: Path) -> None:
    kept = Collection(folder, LABELS)
    found = {kept.keep(picture(number), "dots", "photo.jpg").file for number in range(5)}
    assert len(found) == 5
    assert {(folder / file).read_bytes() for file in found} == {picture(n) for n in range(5)}


def test_a_picture_has_one_class_the_one_that_was_said_last(folder: Path) -> None:
    """Two tabs correct the same picture, or one corrects itself."""
    kept = Collection(folder, LABELS)
    first = kept.keep(picture(1), "dots", "a.png")
    other_tab = kept.keep(picture(1), "plain", "b.png")
    assert (other_tab.state, other_tab.before) == ("moved", "dots")
    assert files(folder) == [other_tab.file]
    # An empty class folder would be refused by the training.
    assert [path.name for path in folder.iterdir()] == ["plain"]
    assert kept.keep(picture(1), "plain").state == "there"
    back = kept.keep(picture(1), "dots")
    assert back.file.split("/")[0] == "dots"
    assert first.file.split("/")[0] == "dots"
    assert files(folder) == [back.file]


def test_a_picture_that_was_put_there_by_hand_is_the_same_picture(
    folder: Path, tmp_path: Path
) -> None:
    (folder / "dots" / "2024").mkdir(parents=True)
    (folder / "dots" / "2024" / "mine.png").write_bytes(picture(1))
    kept = Collection(folder, LABELS)
    assert kept.keep(picture(1), "dots", "photo").state == "there"
    moved = kept.keep(picture(1), "plain", "photo")
    assert (moved.state, moved.before, moved.file) == ("moved", "dots", "plain/mine.png")
    assert files(folder) == ["plain/mine.png"]
    # An empty class folder would be refused by the training, one of empty folders, too.
    assert [path.name for path in folder.iterdir()] == ["plain"]
    # A link is looked through, and what it leads to stays where it is.
    (tmp_path / "original.png").write_bytes(picture(2))
    (folder / "plain" / "deep").mkdir()
    (folder / "plain" / "deep" / "link.png").symlink_to(Path("../../../original.png"))
    found = kept.keep(picture(2), "dots")
    assert found.state == "moved"
    assert (folder / found.file).read_bytes() == (tmp_path / "original.png").read_bytes()


def test_a_folder_of_no_class_that_was_made_meanwhile_can_be_corrected_too(folder: Path) -> None:
    kept = Collection(folder, LABELS)
    kept.keep(picture(1), "dots")
    (folder / "dots").rename(folder / "tulips")
    moved = kept.keep(picture(1), "plain")
    assert (moved.state, moved.before) == ("moved", "tulips")
    assert files(folder) == [moved.file]


@pytest.mark.parametrize("label", ["", "Dots", "../dots", "zigzag", "dots\0", "/etc", "x" * 9999])
def test_only_the_models_classes_are_taken(folder: Path, label: str) -> None:
    with pytest.raises(RequestError, match="is no class of the model") as refused:
        Collection(folder, LABELS).keep(picture(0), label)
    assert refused.value.status.startswith("400")
    assert len(str(refused.value)) < 300
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    ["../../../etc/passwd", "..", "", "/", "C:\\windows\\con.png", "a\0b.png", ".hidden.jpg",
     "x" * 5000 + ".png", "é\u202egnp.exe", "con", "a\nb.png", "\ud800.png", "-rf.png"],
)  # fmt: skip
def test_a_hostile_name_stays_in_the_folder_and_can_be_read(folder: Path, name: str) -> None:
    found = Collection(folder, LABELS).keep(picture(0), "dots", name)
    [only] = files(folder)
    assert only == found.file
    assert only.startswith("dots/")
    assert "\n" not in only
    assert "\u202e" not in only
    assert len(os.fsencode(only)) < 120
    # A training takes it: no name is hidden.
    assert image_folder.look(folder)[0].files == (only,)


def test_names_of_classes_are_kept_where_a_folder_can_have_them(folder: Path) -> None:
    odd = ("a:b", "Ähre", "two words", "a/b", "..", ".git", "é" * 200, "a_b", "tab\there")
    found = class_folders(odd)
    assert len(set(found.values())) == len(odd)
    for label in ("a:b", "Ähre", "two words", "a_b", "tab\there"):
        assert found[label] == label
    assert found["a/b"].startswith("a_b-")
    kept = Collection(folder, odd)
    for number, label in enumerate(odd):
        assert (folder / kept.keep(picture(number), label, "x").file).is_file()
    assert set(image_folder.describe(folder).labels) == set(found.values())


def test_a_name_of_a_class_may_be_as_long_as_a_folders_and_must_be_one_of_a_file_system() -> None:
    longest = "x" * 255
    assert class_folders([longest]) == {longest: longest}
    assert len(class_folders([f"{longest}x"])[f"{longest}x"]) < 256
    # Half of a character, as JSON can have it.
    assert class_folders(["\ud800"])["\ud800"].encode()


def test_on_windows_a_class_has_its_name_where_windows_knows_such(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ic_tf_sdk.inference.endpoint.class_folders.os", SimpleNamespace(name="nt"))
    found = class_folders(["dots", "a:b", "con"])
    assert found["dots"] == "dots"
    assert ":" not in found["a:b"]
    assert found["con"].casefold() != "con"


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text(min_size=1, max_size=300), min_size=1, max_size=6, unique=True))
def test_no_two_classes_share_a_folder_and_each_folder_is_one(labels: list[str]) -> None:
    found = class_folders(labels)
    assert len({name.encode() for name in found.values()}) == len(
        {collection.image_names.class_name(label) for label in labels}
    )
    for name in found.values():
        assert "/" not in name
        assert "\0" not in name
        assert not collection.image_names.is_hidden(name)
        assert 0 < len(name.encode()) <= 255


def test_a_full_folder_refuses_by_number_and_by_bytes_and_says_both(folder: Path) -> None:
    kept = Collection(folder, LABELS, most_images=2)
    kept.keep(picture(0), "dots")
    kept.keep(picture(1), "dots")
    with pytest.raises(RequestError, match="2 of at most 2") as full:
        kept.keep(picture(2), "dots")
    assert full.value.status == "507 Insufficient Storage"
    # What is there already can still be moved, and what is removed by hand makes room.
    assert kept.keep(picture(0), "plain").state == "moved"
    (folder / kept.keep(picture(1), "dots").file).unlink()
    assert kept.keep(picture(2), "dots").state == "new"
    small = Collection(folder, LABELS, most_bytes=len(picture(0)) * 2 + 10)
    with pytest.raises(RequestError, match="bytes of at most"):
        small.keep(picture(3), "stripes")
    assert not (folder / "stripes").exists()


def test_what_the_system_refuses_is_a_sentence_and_leaves_no_empty_class(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Collection(folder, LABELS)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(collection.os, "fsync", full)
    with pytest.raises(RequestError, match="No space left on device") as refused:
        kept.keep(picture(0), "dots")
    assert refused.value.status.startswith("507")
    assert list(folder.iterdir()) == []
    monkeypatch.undo()
    monkeypatch.setattr(collection.placing.os, "link", full)
    monkeypatch.setattr(collection.placing.shutil, "copyfile", full)
    with pytest.raises(RequestError, match="No space left on device"):
        kept.keep(picture(0), "dots")
    assert list(folder.iterdir()) == []
    monkeypatch.undo()
    kept.keep(picture(0), "dots")

    def closed(path: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", closed)
    with pytest.raises(RequestError, match=r"cannot be stored: Permission denied\.$") as refused:
        kept.keep(picture(1), "dots")
    # Where it lies is nothing for callers.
    assert str(folder) not in str(refused.value)


def test_a_folder_that_vanished_meanwhile_is_made_anew(folder: Path) -> None:
    kept = Collection(folder, LABELS)
    folder.rmdir()
    assert (folder / kept.keep(picture(0), "dots").file).is_file()


def test_a_folder_of_other_classes_and_a_file_are_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "tulips").mkdir()
    with pytest.raises(UserError, match=r"does not have: 'tulips'\. Give --collect a folder"):
        Collection(folder, LABELS)
    (tmp_path / "file").touch()
    with pytest.raises(FileAccessError):
        collection.prepare(tmp_path / "file" / "below")


def test_five_folders_of_other_classes_are_named_and_more_are_hinted_at(folder: Path) -> None:
    for number in range(5):
        (folder / f"other {number}").mkdir()
    with pytest.raises(UserError, match=r"'other 3', 'other 4'\. Give"):
        Collection(folder, LABELS)
    (folder / "other 5").mkdir()
    with pytest.raises(UserError, match=r"'other 3', 'other 4', \.\.\.\. Give"):
        Collection(folder, LABELS)


def test_a_folder_is_made_with_those_above_it_and_may_be_there(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    for _ in range(2):
        collection.prepare(deep)
    kept = Collection(deep, LABELS)
    deep.rmdir()
    deep.parent.rmdir()
    assert (deep / kept.keep(picture(0), "dots").file).is_file()


@pytest.mark.parametrize("labels", [("cat", "Cat", "dog"), ("dog", "cat", "CAT")])
def test_classes_that_a_disk_cannot_tell_apart_are_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, labels: tuple[str, ...]
) -> None:
    alike = " and ".join(repr(one) for one in labels if one != "dog")
    Collection(folder, labels)
    monkeypatch.setattr(collection, "_tells_apart", lambda _: False)
    with pytest.raises(UserError, match=f"cannot tell the classes {alike} apart"):
        Collection(folder, labels)
    Collection(folder, LABELS)


def test_a_file_says_what_the_user_calls_it_and_which_bytes_it_has(folder: Path) -> None:
    kept = Collection(folder, LABELS)
    tag = hashlib.sha256(picture(0)).hexdigest()[:16]
    assert kept.keep(picture(0), "dots", "x" * 300).file == f"dots/{'x' * 60}-{tag}.png"
    tag = hashlib.sha256(picture(1)).hexdigest()[:16]
    assert kept.keep(picture(1), "dots").file == f"dots/picture-{tag}.png"


def test_the_room_is_used_to_its_last_byte(folder: Path) -> None:
    size = len(picture(0))
    with pytest.raises(RequestError, match=rf"has 0 of at most 9, 0 bytes of at most {size - 1}"):
        Collection(folder, LABELS, most_images=9, most_bytes=size - 1).keep(picture(0), "dots")
    kept = Collection(folder, LABELS, most_images=9, most_bytes=size)
    assert kept.keep(picture(0), "dots").state == "new"
    assert (collection.MOST_IMAGES, collection.MOST_BYTES) == (10_000, 2_147_483_648)


def test_a_name_that_is_taken_a_hundred_times_is_refused(folder: Path) -> None:
    kept = Collection(folder, LABELS)
    first = kept.keep(picture(0), "dots", "a").file
    stem = first.removesuffix(".png")
    for name in (first, *(f"{stem}-{number}.png" for number in range(2, 100))):
        (folder / name).write_bytes(b"of somebody else")
    with pytest.raises(RequestError, match="cannot be stored: its name is taken a hundred times"):
        kept.keep(picture(0), "dots", "a")
    for number in (99, 2):
        (folder / f"{stem}-{number}.png").unlink()
        found = kept.keep(picture(0), "dots", "a").file
        assert found == f"{stem}-{number}.png"
        (folder / found).write_bytes(b"of somebody else")


def test_a_picture_that_lies_in_two_classes_is_left_in_the_one_that_was_said(folder: Path) -> None:
    for name in ("dots", "plain", "stripes"):
        (folder / name).mkdir()
        (folder / name / "same.png").write_bytes(picture(1))
    found = Collection(folder, LABELS).keep(picture(1), "plain")
    assert found[:3] == ("plain", "plain/same.png", "moved")
    assert found.before in {"dots", "stripes"}
    assert files(folder) == ["plain/same.png"]
    assert [path.name for path in folder.iterdir()] == ["plain"]


def test_what_others_removed_meanwhile_is_gone_all_the_same(folder: Path) -> None:
    gone = collection._Held("dots", "dots/deep/gone.png", 3)
    (folder / "dots" / "deep").mkdir(parents=True)
    Collection(folder, LABELS)._remove(gone)
    assert list(folder.iterdir()) == []


def test_the_two_nearest_classes_are_told_and_a_long_one_is_cut(folder: Path) -> None:
    kept = Collection(folder, ("daisy", "daisies", "dais", "rose"))
    with pytest.raises(RequestError) as refused:
        kept.refuse_unknown("daisi")
    named = [name for name in ("daisy", "daisies", "dais") if f"'{name}'" in str(refused.value)]
    assert len(named) == 2
    with pytest.raises(RequestError) as refused:
        kept.refuse_unknown("x" * 101)
    assert str(refused.value).startswith(repr("x" * 100) + " is no class")


def content(number: int) -> bytes:
    """What begins like a JPEG, for who does not decode it."""
    return b"\xff\xd8\xff" + bytes([number]) * 5000


# Without this module, which brings TensorFlow.
_WRITER = """
import sys
from pathlib import Path
from ic_tf_sdk.inference.endpoint.collection import Collection
labels = ("dots", "plain", "stripes")
kept = Collection(Path(sys.argv[1]), labels, most_images=30)
for number in range(40):
    try:
        picture = b"\\xff\\xd8\\xff" + bytes([number % 35]) * 5000
        kept.keep(picture, labels[(number + int(sys.argv[2])) % 3], "same.jpg")
    except Exception as error:
        assert str(error).startswith("The folder of collected pictures is full"), error
"""


def test_several_processes_keep_within_the_bound_and_one_class_each(folder: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", _WRITER, folder, str(n)], stderr=subprocess.PIPE)
        for n in range(3)
    ]
    for writer in writers:
        assert writer.communicate(timeout=120)[1] == b""
    kept = files(folder)
    assert len(kept) == 30
    contents = [(folder / file).read_bytes() for file in kept]
    assert len(set(contents)) == 30
    assert set(contents) <= {content(number) for number in range(35)}


@contextmanager
def told(failures: list[str]) -> Iterator[None]:
    try:
        yield
    except RequestError as error:
        failures.append(str(error))


def test_threads_of_one_endpoint_meet_no_half_file(folder: Path) -> None:
    kept = Collection(folder, LABELS, most_images=12)
    failures: list[str] = []

    def write(start: int) -> None:
        for number in range(start, start + 10):
            with told(failures):
                kept.keep(picture(number % 15), LABELS[number % 3], "same")

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(files(folder)) == 12
    assert all("is full" in text for text in failures)


@pytest.fixture(scope="module")
def endpoint(
    model_tar_gz: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SimpleNamespace]:
    folder = tmp_path_factory.mktemp("collected") / "kept"
    collection.prepare(folder)
    from ic_tf_sdk.inference.endpoint.app import Endpoint

    made = Endpoint(
        model_tar_gz,
        collect=Collecting(folder, most_images=3),
        max_body_bytes=20_000,
        max_pixels=90_000,
    )
    with running(made.app) as url:
        until_loaded(url)
        yield SimpleNamespace(url=url, folder=folder)


def correct(url: str, body: bytes, query: str, **headers: str) -> SimpleNamespace:
    headers = {"Content_Type": "application/x-image", **headers}
    return post(f"{url}/corrections?{query}", body, **headers)


def test_the_endpoint_keeps_a_picture_under_its_class_and_says_where(
    endpoint: SimpleNamespace, photos: list[Path]
) -> None:
    body = photos[0].read_bytes()
    new = correct(endpoint.url, body, "label=plain&name=%2E%2E%2Fmy%20photo.png")
    assert new.status == 201, new.body
    assert new.json()["state"] == "new"
    assert (endpoint.folder / new.json()["file"]).read_bytes() == body
    assert new.json()["file"].startswith("plain/my photo-")
    moved = correct(endpoint.url, body, "label=dots")
    assert (moved.status, moved.json()["before"]) == (200, "plain")
    assert (endpoint.folder / moved.json()["file"]).read_bytes() == body
    assert not (endpoint.folder / "plain").exists()
    assert b'"collects": true' in get(f"{endpoint.url}/").body
    document = get(f"{endpoint.url}/openapi.json").json()
    assert document["paths"]["/corrections"]["post"]["responses"]["507"]


def test_the_endpoint_refuses_what_it_refuses_of_predictions_and_keeps_none_of_it(
    endpoint: SimpleNamespace, photos: list[Path]
) -> None:
    before, url, body = files(endpoint.folder), endpoint.url, photos[1].read_bytes()
    broken = body[: len(body) // 2] if photos[1].suffix == ".jpg" else body[:60]
    assert correct(url, body, "label=tulips").status == 400
    assert "no class of the model" in correct(url, body, "label=plains").json()["description"]
    assert correct(url, body, "").status == 400
    assert correct(url, b"<html>", "label=dots").status == 400
    assert correct(url, b"", "label=dots").status == 400
    assert correct(url, broken, "label=dots").status == 400
    assert correct(url, bytes(20_001), "label=dots").status == 413
    large = io.BytesIO()
    Image.new("RGB", (301, 300)).save(large, "PNG")
    assert "pixels" in correct(url, large.getvalue(), "label=dots").json()["description"]
    assert correct(url, body, "label=dots", Content_Type="text/plain").status == 415
    assert correct(url, body, "label=dots", Host="evil.example").status == 403
    assert correct(url, body, "label=dots", Origin="http://evil.example").status == 403
    assert correct(url, body, "label=dots", Sec_Fetch_Site="cross-site").status == 403
    assert get(f"{url}/corrections?label=dots").status == 405
    assert files(endpoint.folder) == before


def test_a_full_endpoint_says_so(endpoint: SimpleNamespace, photos: list[Path]) -> None:
    answers = [correct(endpoint.url, photo.read_bytes(), "label=dots") for photo in photos[:5]]
    statuses = [one.status for one in answers]
    assert {*statuses[:3]} <= {200, 201}
    assert statuses[3:] == [507, 507]
    assert "is full: it has 3 of at most 3" in answers[-1].json()["description"]
    assert len(files(endpoint.folder)) == 3


def test_without_collect_nothing_is_kept_and_the_page_does_not_offer_it(
    photos: list[Path], tmp_path: Path
) -> None:
    from ic_tf_sdk.inference.endpoint.app import Endpoint

    # It is refused before there is a model.
    with running(Endpoint(tmp_path / "none").app) as url:
        answer = correct(url, photos[0].read_bytes(), "label=dots")
        assert answer.status == 403
        assert "--collect" in answer.json()["description"]
        assert b'"collects": false' in get(f"{url}/").body
        assert "/corrections" not in get(f"{url}/openapi.json").json()["paths"]


@pytest.mark.slow
def test_a_model_in_binary_mode_and_one_of_odd_names_collect_too(
    fine_tuned_binary: Path, fine_tuned: Path, photos: list[Path], tmp_path: Path
) -> None:
    from ic_tf_sdk.inference.endpoint.app import Endpoint

    for model, label, quoted in (
        (fine_tuned_binary, "stripes", "stripes"),
        (relabelled(fine_tuned, tmp_path / "odd", ("a/b", "..", "c:d")), "a_b", "a%2Fb"),
    ):
        folder = tmp_path / f"{model.name}-kept"
        collection.prepare(folder)
        with running(Endpoint(model, collect=Collecting(folder)).app) as url:
            until_loaded(url)
            assert correct(url, photos[0].read_bytes(), f"label={quoted}").status == 201
        assert files(folder)[0].split("/")[0] == label
