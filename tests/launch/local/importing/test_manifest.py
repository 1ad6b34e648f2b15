"""A manifest's labels are the attribute that is one, or it is asked for."""

import json
from typing import Any

import pytest

from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch.local.importing import manifest
from ic_tf_sdk.launch.local.importing.row import Row

KIND = "groundtruth/image-classification"


def entry(name: str = "kind", label: Any = 0, **described: Any) -> dict[str, Any]:
    metadata = {"class-name": "ant", "type": KIND, **described}
    return {"source-ref": "a.jpg", name: label, f"{name}-metadata": metadata}


def read(*entries: Any, **options: Any) -> list[Row]:
    content = "\n".join(one if isinstance(one, str) else json.dumps(one) for one in entries)
    found = manifest.read(content.encode(), "o.manifest", **options)
    assert found.kind == "manifest"
    return list(found.rows)


def test_each_line_is_a_row_under_its_number() -> None:
    assert read("\ufeff" + json.dumps(entry()), "", entry(**{"class-name": " bee "})) == [
        Row(1, "a.jpg", "ant"),
        Row(3, "a.jpg", "bee"),
    ]


def test_a_file_that_begins_with_a_brace_is_one() -> None:
    assert manifest.is_manifest(b"\xef\xbb\xbf \r\n\t{")
    assert not manifest.is_manifest(b"image,label\n{")


def test_the_attribute_is_the_one_that_is_a_label() -> None:
    # A number without a description is one of whatever else is written down.
    assert read({"width": 5, "name": "x", **entry()}) == [Row(1, "a.jpg", "ant")]
    assert read({"source-ref": "a.jpg", "class": 3}) == [Row(1, "a.jpg", "3")]
    assert read({"source-ref": "a.jpg", "label": "fox"}) == [Row(1, "a.jpg", "fox")]
    assert read({"source-ref": "a.jpg", "class": [3], **entry()}) == [Row(1, "a.jpg", "ant")]
    boxes = {"boxes": {}, "boxes-metadata": {"type": "groundtruth/object-detection"}}
    assert read({**boxes, **entry()}) == [Row(1, "a.jpg", "ant")]
    failed = {"source-ref": "b.jpg", "kind": 0, "kind-metadata": {"failure-reason": "timeout"}}
    assert [row.reason for row in read(failed)] == ["labelling failed: timeout"]
    # A description without a kind is one of a label.
    assert read({"source-ref": "a.jpg", "x": 0, "x-metadata": {"class-name": "ant"}})[0][2] == "ant"


@pytest.mark.parametrize(
    "only", [{"source-ref": "a.jpg"}, {"width": 5}, {"class": None}, {"class-metadata": "x"}]
)
def test_where_no_attribute_is_a_label_it_is_said_what_one_is(only: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="an attribute NAME beside a NAME-metadata of the type"):
        read(only)


def test_of_several_labels_one_is_asked_for_and_a_wrong_name_is_told() -> None:
    both = {**entry(), **entry("day")}
    with pytest.raises(UserError, match=r"several label attributes, 'kind', 'day'; name one"):
        read(both)
    assert read(both, attribute="day")[0].label == "ant"
    three = {**both, **entry("days")}
    with pytest.raises(
        UserError, match=r"attributes: 'kind', 'day', 'days'\. Did you mean 'day'\?$"
    ):
        read(three, attribute="dai")
    with pytest.raises(UserError, match=r"has 'x'; its attributes: none\."):
        read({"source-ref": "a.jpg"}, attribute="x")
    # What is no label by its description may be asked for.
    assert read({"source-ref": "a.jpg", "width": 5}, attribute="width")[0].label == "5"


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ("{broken", Row(1, "", "", "no JSON object")),
        ("[" * 100_000, Row(1, "", "", "no JSON object")),
        ([1], Row(1, "", "", "no JSON object")),
        ({"source": "text"}, Row(1, "", "", "its source is text inside of the manifest")),
        ({"source-ref": ""}, Row(1, "", "", "no image")),
        ({"source-ref": 5}, Row(1, "", "", "no image")),
        ({"source-ref": "b.jpg"}, Row(1, "b.jpg", "", "no label")),
        (
            entry(type=f"{KIND}-multilabel"),
            Row(1, "a.jpg", "", f"its label is of {KIND}-multilabel, not of one class of an image"),
        ),
        (entry(**{"class-name": " "}), Row(1, "a.jpg", "0")),
        (entry(label=2.0, **{"class-name": 5}), Row(1, "a.jpg", "2")),
    ],
)
def test_each_line_that_has_no_class_says_why(line: Any, row: Row) -> None:
    assert read(line, entry())[0] == row


@pytest.mark.parametrize("label", [True, None, [1], "", {"a": 1}])
def test_a_label_that_is_no_number_and_no_name_is_none(label: Any) -> None:
    found = read(entry(label=label, **{"class-name": None}), entry())
    assert found[0].reason == "no class-name, and its label is no number and no name"


def test_numbers_without_a_name_take_the_names_that_are_given() -> None:
    bare = {"source-ref": "a.jpg", "class": 1}
    assert read(bare, names=("ant", "bee"))[0].label == "bee"
    assert read(entry(label=1), names=("x", "y"))[0].label == "ant"


def test_a_manifest_without_a_line_is_refused() -> None:
    with pytest.raises(UserError, match=r"o\.manifest has no line\."):
        read(" ", "")
