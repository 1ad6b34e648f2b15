"""Parts of a data set are told from classes by their names, and the sentence says what to give."""

import pytest

from ic_tf_sdk.contract import image_names, split_folders


def said(*names: str, labels: list[str] | None = None, place: str = "HERE") -> str:
    return "\n".join(image_names.problems(image_names.read(names), place, labels=labels))


@pytest.mark.parametrize(
    "names",
    [
        ("train", "val"),
        ("train", "test"),
        ("training", "validation", "test"),
        ("Train", "Valid", "TEST"),
        ("training_set", "test_set"),
        ("trainset", "testset"),
        ("seg_train", "seg_test"),
        ("train2017", "val2017"),
        ("train-images", "val-images"),
        ("val", "test"),
    ],
)
@pytest.mark.parametrize("depth", ["", "ant/"])
def test_parts_are_refused_and_the_channels_named(names: tuple[str, ...], depth: str) -> None:
    sentence = said(*(f"{name}/{depth}{row}.jpg" for name in names for row in range(3)))
    assert "HERE holds parts of a data set, " in sentence
    assert "--validation" in sentence or "--test" in sentence
    assert all(repr(name) in sentence for name in names)


@pytest.mark.parametrize(
    ("names", "listed"),
    [
        (("train",), "a data set, 'train', not classes"),
        (("train", "val"), "a data set, 'train' and 'val', not classes"),
        (("test", "train", "val"), "a data set, 'test', 'train', 'val', not classes"),
    ],
)
def test_the_parts_are_listed_as_a_sentence_has_them(names: tuple[str, ...], listed: str) -> None:
    assert listed in said(*(f"{name}/ant/1.jpg" for name in names), *["train/bee/1.jpg"])


def test_each_part_is_given_to_its_channel() -> None:
    sentence = said("train/a/1.jpg", "valid/a/1.jpg", "test/a/1.jpg")
    assert "HERE/train as the training data" in sentence
    assert "HERE/valid with --validation" in sentence
    assert "HERE/test with --test" in sentence


@pytest.mark.parametrize(
    "place", ["my photos", "s3://bucket/photos", "/opt/ml/input/data/training"]
)
def test_the_command_to_give_is_said_where_there_is_a_command_line(place: str) -> None:
    parts = said("train/a/1.jpg", "valid/a/1.jpg", "test/a/1.jpg", place=place)
    within = said(
        *(f"{name}/{part}/1.jpg" for name in "ab" for part in ("train", "val")), place=place
    )
    if place == "my photos":
        fit = "ic-tf fit 'my photos/train' --validation 'my photos/val"
        assert f"The command: {fit}id' --test 'my photos/test'" in parts
        assert f"The command: {fit}'" in within
        assert "(ic-tf import-data 'my photos' --out 'my photos-parts' does)" in within
    else:
        # Neither in S3 nor in a container is there one.
        assert "ic-tf" not in parts + within
    # Nor without a folder to train on.
    assert "ic-tf" not in said("val/a/1.jpg", "test/a/1.jpg", place=place)


def test_parts_within_classes_are_those_of_every_class() -> None:
    classes = {
        "ant": ["ant/1.jpg", "ant/train/1.jpg", "ant/val/2.jpg"],
        "bee": ["bee/train/1.jpg", "bee/test/1.jpg"],
        "wasp": ["wasp/test/1.jpg"],
    }
    found = split_folders.parts_within(classes)
    assert found == {"train": "training", "val": "validation", "test": "test"}
    assert split_folders.parts_within({"ant": ["ant/train/1.jpg"]}) == {}


def test_one_part_alone_is_told_from_one_class() -> None:
    assert "HERE/train as the training data" in said("train/ant/1.jpg", "train/bee/1.jpg")
    assert "only one class, 'train'" in said("train/1.jpg", "train/2.jpg")


def test_parts_beside_other_folders_are_told_by_what_is_in_them() -> None:
    assert "parts of a data set" in said("train/a/1.jpg", "val/a/1.jpg", "samples/1.jpg")


@pytest.mark.parametrize(
    "names",
    [
        ("train/1.jpg", "plane/1.jpg"),
        ("train/2024/1.jpg", "plane/1.jpg"),
        ("train/1.jpg", "test/1.jpg", "bus/1.jpg"),
        ("valid/1.jpg", "invalid/1.jpg"),
        ("model train/1.jpg", "real train/1.jpg"),
    ],
)
def test_classes_may_have_such_names(names: tuple[str, ...]) -> None:
    assert said(*names) == ""


def test_another_channel_is_told_the_same_unless_these_are_the_classes() -> None:
    nested = ("train/ant/1.jpg", "test/ant/1.jpg")
    assert "parts of a data set" in said(*nested, labels=["ant", "bee"])
    assert said(*nested, labels=["test", "train", "bus"]) == ""


@pytest.mark.parametrize(
    ("training", "other"),
    [("train", "val"), ("Training", "Test"), ("train_set", "valid_set"), ("trn", "eval")],
)
def test_classes_that_are_split_into_parts_are_refused_and_turned_round(
    training: str, other: str
) -> None:
    sentence = said(
        *(f"{name}/{part}/1.jpg" for name in ("ant", "bee") for part in (training, other))
    )
    assert f"within its classes: 'ant/{other}' and 'ant/{training}'" in sentence or (
        f"within its classes: 'ant/{training}' and 'ant/{other}'" in sentence
    )
    assert "and so in 2 of 2 classes" in sentence
    assert f"'{training}/ant'" in sentence
    assert f"HERE/{training} as the training data" in sentence
    assert f"HERE/{other} with --" in sentence


def test_one_class_that_is_split_is_enough_and_another_channel_is_told_the_same() -> None:
    names = ("ant/train/1.jpg", "ant/val/2.jpg", "bee/1.jpg")
    assert "within its classes: 'ant/train' and 'ant/val'. Lay" in said(*names)
    assert "within its classes" in said(*names, labels=["ant", "bee"])


@pytest.mark.parametrize(
    "names",
    [
        # Environments of a program, years, a toy and a vehicle.
        ("ant/dev/1.jpg", "ant/test/1.jpg", "bee/1.jpg"),
        ("ant/train/1.jpg", "bee/train/1.jpg"),
        ("ant/train/1.jpg", "ant/2024/1.jpg", "bee/1.jpg"),
        ("ant/model train/1.jpg", "ant/test/1.jpg", "bee/1.jpg"),
        ("ant/2024/train/1.jpg", "ant/2024/val/1.jpg", "bee/1.jpg"),
    ],
)
def test_folders_of_a_class_may_have_such_names(names: tuple[str, ...]) -> None:
    assert said(*names) == ""
