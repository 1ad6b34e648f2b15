"""What ``draw`` promises about the files it writes."""

import base64
import hashlib
import importlib.util
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ic_tf_sdk import sample_data
from ic_tf_sdk.errors import MissingExtraError, OutputExistsError, UserError
from ic_tf_sdk.sample_data import dataset, scene

QUALITIES = [736, 369, 1109, 736, 592, 814, 441, 1179, 1179, 441]
THUMBNAILS = Path(__file__).with_name("thumbnails.json")


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def split_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn") / "pictures"
    assert sample_data.draw(directory=folder, images_per_class=6, split=True) == 60
    return folder


def test_default_set_has_one_folder_per_class_and_as_many_pictures_as_asked(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "room" / "pictures"
    assert sample_data.draw(directory=folder, images_per_class=3) == 15
    counts = Counter(path.parent.name for path in folder.rglob("*.*"))
    assert counts == dict.fromkeys(sample_data.LABELS, 3)
    assert {path.parent.parent for path in folder.rglob("*.*")} == {folder}


def test_without_a_number_a_hundred_of_each_class_are_drawn_with_the_seed_123(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[tuple[str, list[int]]] = []

    def noted(path: Path, numbers: list[int]) -> bytes:
        drawn.append((str(path), numbers))
        return b"drawn"

    monkeypatch.setattr(dataset, "_drawn", noted)
    assert sample_data.draw(directory=tmp_path / "pictures") == len(drawn) == 500
    # Every third is a PNG file, and no two pictures are drawn of the same numbers.
    assert drawn[:3] == [
        ("clover/clover-0000.jpg", [123, 0, 0, 0]),
        ("clover/clover-0001.jpg", [123, 0, 0, 1]),
        ("clover/clover-0002.png", [123, 0, 0, 2]),
    ]
    assert drawn[-1] == ("star/star-0099.jpg", [123, 0, 4, 99])
    assert len({tuple(numbers) for _, numbers in drawn}) == 500
    sample_data.draw(directory=tmp_path / "parts", images_per_class=3, seed=0, split=True)
    assert drawn[-1] == ("test/star/star-0001.jpg", [0, 2, 4, 1])


@pytest.mark.parametrize(("images", "count"), [(1, 15), (3, 35), (4, 40)])
def test_the_smaller_sets_have_half_as_many_and_one_at_least(
    tmp_path: Path, images: int, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset, "_drawn", lambda path, numbers: bytes(numbers))
    folder = tmp_path / "pictures"
    assert sample_data.draw(directory=folder, images_per_class=images, split=True) == count
    assert {path.name for path in folder.iterdir()} == {"training", "more", "test"}


def test_split_has_three_balanced_sets_and_no_picture_twice(split_set: Path) -> None:
    counts = Counter(path.parts[-3:-1] for path in split_set.rglob("*.*"))
    for name, count in {"training": 6, "more": 3, "test": 3}.items():
        assert {counts[name, label] for label in sample_data.LABELS} == {count}
    drawn = digests(split_set)
    assert len(set(drawn.values())) == len(drawn) == 60


def test_every_class_has_jpeg_and_png_files_that_are_what_their_names_say(split_set: Path) -> None:
    formats = {".jpg": "JPEG", ".png": "PNG"}
    for label in sample_data.LABELS:
        paths = sorted((split_set / "training" / label).iterdir())
        assert {path.suffix for path in paths} == set(formats)
        for path in paths:
            with Image.open(path) as picture:
                picture.load()
                assert (picture.format, picture.mode) == (formats[path.suffix], "RGB")
                assert all(120 <= side <= 240 for side in picture.size)


def test_a_png_file_is_packed_no_more_than_is_quick(split_set: Path) -> None:
    for path in sorted(split_set.glob("training/*/*.png")):
        content = io.BytesIO()
        with Image.open(path) as picture:
            picture.save(content, "PNG", compress_level=1)
        assert path.read_bytes() == content.getvalue()


def test_same_seed_gives_the_same_bytes_and_another_seed_gives_others(tmp_path: Path) -> None:
    for name, seed in (("first", 7), ("again", 7), ("other", 8)):
        sample_data.draw(directory=tmp_path / name, images_per_class=2, seed=seed)
    first, again, other = (digests(tmp_path / name) for name in ("first", "again", "other"))
    assert first == again
    assert first.keys() == other.keys()
    assert not set(first.values()) & set(other.values())


def test_mean_colour_and_brightness_do_not_tell_the_class(tmp_path: Path) -> None:
    sample_data.draw(directory=tmp_path / "pictures", images_per_class=40)
    means = np.array(
        [
            [
                np.asarray(Image.open(path).convert("RGB")).mean((0, 1))
                for path in sorted((tmp_path / "pictures" / label).iterdir())
            ]
            for label in sample_data.LABELS
        ]
    )
    train, held_out = means[:, :20], means[:, 20:]
    centres = train.mean(1)
    distance = ((held_out[:, :, None] - centres) ** 2).sum(-1)
    right = distance.argmin(-1) == np.arange(len(sample_data.LABELS))[:, None]
    # Chance is 0.2; three standard deviations of 100 guesses above it is 0.32.
    assert right.mean() < 0.32


def test_existing_directory_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("mine")
    with pytest.raises(OutputExistsError, match=r"exists already\. It does not hold just these"):
        sample_data.draw(directory=tmp_path)
    assert digests(tmp_path).keys() == {"kept.txt"}


def test_the_very_pictures_are_left_as_they_are_and_any_others_refused(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    asked: dict[str, Any] = {"directory": folder, "images_per_class": 2, "seed": 5}
    assert sample_data.draw(**asked) == 10
    (folder / ".DS_Store").write_bytes(b"")
    before = digests(folder)
    times = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert sample_data.draw(**asked) == 10
    assert digests(folder) == before
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == times
    others: list[dict[str, Any]] = [{"seed": 6}, {"images_per_class": 1}, {"split": True}]
    others.append({"images_per_class": 3})
    for other in others:
        with pytest.raises(OutputExistsError, match="does not hold just these"):
            sample_data.draw(**(asked | other))
    (folder / "star" / "mine.jpg").write_bytes(b"x")
    with pytest.raises(OutputExistsError, match="does not hold just these"):
        sample_data.draw(**asked)
    (folder / "star" / "mine.jpg").unlink()
    (folder / "star" / "star-0000.jpg").write_bytes(b"x")
    with pytest.raises(OutputExistsError, match="does not hold just these"):
        sample_data.draw(**asked)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [({"images_per_class": 0}, "at least 1, not 0"), ({"seed": -1}, "0 or more, not -1")],
)
def test_numbers_out_of_range_are_refused_before_anything_is_written(
    tmp_path: Path, arguments: dict[str, int], said: str
) -> None:
    with pytest.raises(UserError, match=said):
        sample_data.draw(directory=tmp_path / "pictures", **arguments)
    assert not list(tmp_path.iterdir())


def test_directory_below_a_file_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        sample_data.draw(directory=tmp_path / "file" / "pictures")


def test_failure_half_way_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted = []

    def fail_on_the_third(**arguments: object) -> Image.Image:
        painted.append(arguments)
        if len(painted) == 3:
            raise OSError(28, "No space left on device")
        return Image.new("RGB", (8, 8))

    monkeypatch.setattr(scene, "paint", fail_on_the_third)
    with pytest.raises(OSError, match="No space left"):
        sample_data.draw(directory=tmp_path / "pictures", images_per_class=2)
    assert len(painted) == 3
    assert not list(tmp_path.iterdir())


def test_missing_pillow_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"ic-tf-sdk\[sample-data\]"):
        sample_data.draw(directory=tmp_path / "pictures")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("missing", ["PIL", "numpy"])
def test_pictures_that_cannot_be_drawn_here_are_not_taken_for_those_that_are_there(
    tmp_path: Path, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "pictures"
    sample_data.draw(directory=folder, images_per_class=1)
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == missing else find(name)
    )
    with pytest.raises(OutputExistsError, match=r"exists already\. Without Pillow and numpy"):
        sample_data.draw(directory=folder, images_per_class=1)


def thumbnails(folder: Path) -> dict[str, np.ndarray]:
    """Small copies of pictures, uint8 [16, 16, 3]."""
    found = {}
    for path in sorted(folder.rglob("*.*")):
        with Image.open(path) as picture:
            small = picture.convert("RGB").resize((16, 16), Image.Resampling.BOX)
        found[path.name] = np.asarray(small)
    return found


def test_the_pictures_of_a_seed_stay_what_they_are(tmp_path: Path) -> None:
    """Figures that are published, and notebooks, are of these very pictures."""
    sample_data.draw(directory=tmp_path / "pictures", images_per_class=3)
    expected = json.loads(THUMBNAILS.read_text())
    found = thumbnails(tmp_path / "pictures")
    assert found.keys() == expected.keys()
    for name, small in found.items():
        before = np.frombuffer(base64.b64decode(expected[name]), np.uint8).reshape(small.shape)
        # Versions of Pillow may round differently.
        assert np.abs(small.astype(int) - before).max() <= 3, name


def test_the_quality_of_each_jpeg_file_is_of_its_seed(tmp_path: Path) -> None:
    sample_data.draw(directory=tmp_path / "pictures", images_per_class=2)
    found = []
    for path in sorted((tmp_path / "pictures").rglob("*.jpg")):
        with Image.open(path) as picture:
            # The standard's first table, which a quality divides.
            found.append(sum(picture.quantization[0]))
    assert found == QUALITIES
