"""One rule says which names are images and which folders are classes, of a disk and of S3 alike."""

import tempfile
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ic_tf_sdk.contract import folder_names, image_names

PARTS = [
    "a",
    "b",
    "É",
    ".git",
    "__MACOSX",
    "x.jpg",
    "y.PNG",
    ".z.jpg",
    "n.txt",
    "none",
    "Thumbs.db",
]


def test_names_are_sorted_out_into_classes_others_and_strays() -> None:
    channel = image_names.read(
        [
            "b/2.jpg",
            "b/1.PNG",
            "B/x.jpeg",
            "ä/y.jpg",
            "a/deep/er/z.JPG",
            "a/2.webp",
            "b/notes",
            "loose.jpg",
            "labels.csv",
            "empty/",
            ".ipynb_checkpoints/c.jpg",
            "b/._1.png",
        ]
    )
    assert channel.labels == ("B", "a", "b", "empty", "ä")
    assert channel.classes["b"] == ("b/1.PNG", "b/2.jpg")
    assert channel.classes["a"] == ("a/deep/er/z.JPG",)
    assert channel.classes["empty"] == ()
    assert channel.ignored == {".webp": 1, "(none)": 1, ".csv": 1}
    assert channel.strays == ("loose.jpg",)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("1.jpg", True),
        ("a/b/1.JPEG", True),
        ("1.webp", False),
        ("jpg", False),
        (".jpg", False),
        ("a/.b/1.jpg", False),
        ("__MACOSX/1.jpg", False),
        ("1.jpg.", False),
        ("a//1.png", True),
    ],
)
def test_an_image_is_told_by_its_name(name: str, expected: bool) -> None:
    assert image_names.is_image(name) is expected


def test_a_folder_of_hidden_files_only_is_an_empty_class() -> None:
    channel = image_names.read(["a/1.jpg", "b/.DS_Store", "c/.x/1.jpg"])
    assert channel.classes == {"a": ("a/1.jpg",), "b": (), "c": ()}


def test_every_problem_is_said_at_once() -> None:
    one = image_names.read(["a/1.txt"])
    assert len(image_names.problems(one, "HERE")) == 2
    other = image_names.read(["a/", "c/"])
    assert len(image_names.problems(other, "HERE", labels=["a", "b"])) == 2


def test_a_class_is_one_in_either_unicode_form() -> None:
    composed, decomposed = (unicodedata.normalize(form, "pensée") for form in ("NFC", "NFD"))
    channel = image_names.read([f"{decomposed}/1.jpg", f"{composed}/2.jpg", "rose/1.jpg"])
    assert channel.labels == (composed, "rose")
    # The names of the files stay what they are on disk.
    assert channel.classes[composed] == (f"{decomposed}/1.jpg", f"{composed}/2.jpg")
    assert image_names.problems(channel, "HERE", labels=[decomposed, "rose"]) == []
    assert image_names.different_classes([decomposed], [composed]) == ""


@given(st.sets(st.lists(st.sampled_from(PARTS), min_size=1, max_size=4).map("/".join), max_size=12))
@settings(max_examples=150, deadline=None)
def test_a_listing_and_the_same_tree_on_disk_are_read_alike(names: set[str]) -> None:
    # What is a folder of another name cannot be a file on a disk.
    files = {name for name in names if not any(other.startswith(f"{name}/") for other in names)}
    with tempfile.TemporaryDirectory() as folder:
        for name in files:
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
        on_disk = image_names.read(folder_names.below(Path(folder)))
    assert image_names.read(files) == on_disk
    assert image_names.read(sorted(files, reverse=True)) == on_disk
    images = [name for images in on_disk.classes.values() for name in images]
    assert sorted([*images, *on_disk.strays]) == sorted(filter(image_names.is_image, files))


def test_binary_mode_takes_two_classes_and_no_other_number() -> None:
    assert image_names.binary_problem(["a", "b"], "HERE") is None
    for labels, listed in ((["a"], "1: 'a'"), (["a", "b", "c"], "3: 'a', 'b', 'c'")):
        assert image_names.binary_problem(labels, "HERE") == (
            f"binary_mode needs exactly two classes; HERE has {listed}."
        )


@pytest.mark.parametrize(
    ("ignored", "strays", "files", "what"),
    [
        ({".txt": 1}, (), "1 file is", "1 .txt"),
        ({".webp": 2, ".csv": 1}, (), "3 files are", "1 .csv, 2 .webp"),
        ({}, ("a.jpg",), "1 file is", "1 image beside the class folders (a.jpg)"),
        (
            {".txt": 1},
            ("a.jpg", "b.jpg", "c.jpg"),
            "4 files are",
            "1 .txt, 3 images beside the class folders (a.jpg, b.jpg, c.jpg)",
        ),
        (
            {},
            ("a.jpg", "b.jpg", "c.jpg", "d.jpg"),
            "4 files are",
            "4 images beside the class folders (a.jpg, b.jpg, c.jpg, ...)",
        ),
    ],
)
def test_what_is_passed_over_is_counted_in_a_sentence(
    ignored: dict[str, int], strays: tuple[str, ...], files: str, what: str
) -> None:
    assert image_names.passed_over(ignored, strays) == (
        f"{files} no .jpg, .jpeg or .png in a class folder and passed over: {what}."
    )
    assert image_names.passed_over({}, ()) is None


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["a/1.jpg", "b/"], "for the class 'b'. Add images or remove the folder."),
        (["a/1.jpg", "b/x.txt", "b/y.txt", "c/z"],
         "for the classes 'b', 'c' (passed over: 1 (none), 2 .txt). Add images"),
    ],
)  # fmt: skip
def test_an_empty_class_is_named_with_what_lies_there_instead(names: list[str], said: str) -> None:
    [sentence] = image_names.problems(image_names.read(names), "HERE")
    assert said in sentence
    # Another channel may lack images of a class, but not of all.
    labels = list(image_names.read(names).labels)
    assert image_names.problems(image_names.read(names), "HERE", labels=labels) == []
    empty = image_names.read(["a/", "b/"])
    assert len(image_names.problems(empty, "HERE", labels=labels)) == 1


def test_classes_that_are_called_like_parts_are_classes_where_training_has_them() -> None:
    channel = image_names.read(["train/a/1.jpg", "test/a/1.jpg"])
    assert len(image_names.problems(channel, "HERE")) == 1
    assert image_names.problems(channel, "HERE", labels=["test", "train"]) == []
    assert image_names.problems(channel, "HERE", labels=["bus", "test", "train"]) == []
    assert len(image_names.problems(channel, "HERE", labels=["test", "bus"])) == 1


def test_the_classes_of_two_channels_are_compared_both_ways() -> None:
    assert image_names.different_classes(["a", "b"], ["a", "b"]) == ""
    assert image_names.different_classes(["a", "b"], ["a"]) == "missing here: 'b'"
    assert image_names.different_classes(["a"], ["c", "a", "b"]) == "only here: 'b', 'c'"
    assert image_names.different_classes(["a"], ["b"]) == "missing here: 'a'; only here: 'b'"


def test_empty_parts_of_a_name_in_s3_are_none() -> None:
    channel = image_names.read(["a//1.jpg", "/b/2.jpg", "/", "//"])
    assert channel.classes == {"a": ("a/1.jpg",), "b": ("b/2.jpg",)}
    assert (channel.ignored, channel.strays) == ({}, ())


def test_a_class_whose_name_is_no_utf_8_is_refused_and_a_file_is_not() -> None:
    channel = image_names.read(["caf\udce9/1.jpg", "a/caf\udce9.jpg", "b/1.jpg"])
    [sentence] = image_names.problems(channel, "HERE")
    assert r"not valid UTF-8, so that no model could say them: 'caf\udce9'. Rename" in sentence
    files = image_names.read(["a/caf\udce9.jpg", "b/1.jpg"])
    assert image_names.problems(files, "HERE") == []
