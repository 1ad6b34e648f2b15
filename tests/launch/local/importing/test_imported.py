"""What came of an import is told in sentences, as JSON, as a command and in a notebook."""

import json
from pathlib import Path
from typing import Any

import pytest

from ic_tf_sdk.launch.local.importing.imported import ImportedData, LeftOut

DIR = "'my flowers"
LEFT = (
    LeftOut(3, "a.jpg", "", "no class"),
    LeftOut(5, "b.jpg", "x", "no image"),
    LeftOut(7, "c.jpg", "", "no class"),
)


def imported(**given: Any) -> ImportedData:
    usual: dict[str, Any] = {
        "images": {"": {"<b>": 2}}, "added": 2, "left_out": LEFT, "repeated": 4,
        "converted": {"WebP": 2, "BMP": 1}, "passed_over": {".txt": 3, "(none)": 1},
        "renamed": {"a/b": "a_b"}, "notes": ("A note.",),
    }  # fmt: skip
    return ImportedData(Path("my flowers"), "csv", 9, **{**usual, **given})


def test_each_thing_is_a_sentence() -> None:
    assert imported().sentences() == [
        "1 BMP converted.",
        "2 WebP converted.",
        "4 rows repeat an image of the same class.",
        "2 left out: no class.",
        "1 left out: no image.",
        "The class 'a/b' is in the folder 'a_b'.",
        "Files that are no images by their names: 1 (none), 3 .txt.",
        "A note.",
    ]
    bare = ImportedData(Path("out"), "folder", 1, {"": {"x": 1}})
    assert bare.sentences() == []
    assert (bare.added, bare.already_there, bare.repeated, bare.reasons) == (0, 0, 0, {})


@pytest.mark.parametrize(
    ("parts", "command"),
    [
        ({""}, "ic-tf fit 'my flowers'"),
        ({"training"}, "ic-tf fit 'my flowers/training'"),
        (
            {"training", "test"},
            "ic-tf fit 'my flowers/training' --test 'my flowers/test'",
        ),
        (
            {"test", "validation", "training"},
            f"ic-tf fit {DIR}/training' --validation {DIR}/validation' --test {DIR}/test'",
        ),
    ],
)
def test_the_command_trains_on_what_is_there(parts: set[str], command: str) -> None:
    assert imported(images={part: {"x": 1} for part in parts}).fit_command == command


def test_json_has_all_of_it() -> None:
    told: Any = json.loads(json.dumps(imported().as_dict()))
    assert told["out"] == "my flowers"
    assert told["left_out"][1] == {
        "row": 5, "image": "b.jpg", "label": "x", "reason": "no image",
    }  # fmt: skip
    assert told["reasons"] == {"no class": 2, "no image": 1}
    assert told["notes"] == ["A note."]
    assert told["fit_command"] == imported().fit_command
    assert (told["kind"], told["rows"], told["renamed"]) == ("csv", 9, {"a/b": "a_b"})


def test_a_notebook_shows_names_and_obeys_none() -> None:
    page = imported(images={"": {"<b>": 2}, "test": {"x": 1}})._repr_html_()
    assert "<td>-</td><td>&lt;b&gt;</td><td>2</td>" in page
    assert "<td>test</td><td>x</td><td>1</td>" in page
    assert "<li>2 left out: no class.</li>" in page
    assert "<p>my flowers</p>" in page
