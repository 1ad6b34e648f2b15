"""A .lst is read line by line, and each line that is none of it has its reason."""

import pytest

from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch.local.importing import record_list
from ic_tf_sdk.launch.local.importing.row import Row


def test_each_line_is_a_row_under_its_number() -> None:
    found = record_list.read(b"\xef\xbb\xbf5\t0\ta.jpg\n\n7\t10.000\t b.jpg \n", "t.lst")
    assert found.kind == "lst"
    assert found.rows == [Row(1, "a.jpg", "00"), Row(3, "b.jpg", "10")]
    assert found.notes == [
        "The classes are called by their numbers; --class-names gives names, in their order."
    ]


def test_names_are_taken_in_their_order_and_then_no_folder_counts() -> None:
    found = record_list.read(b"1\t0\tx/a.jpg\n2\t1\ty/b.jpg\n", "t.lst", names=("ant", "bee"))
    assert [row.label for row in found.rows] == ["ant", "bee"]
    assert found.notes == ()
    found = record_list.read(b"1\t0\tx/a.jpg\n2\t1\ty/b.jpg\n3\t1\t\n", "t.lst")
    assert [row.label for row in found.rows] == ["x", "y", ""]
    assert found.notes == [
        "Each number has a folder of its own, whose name is the class (--class-names)."
    ]


def test_what_is_no_line_of_a_list_has_its_reason() -> None:
    text = (
        "1\n1\t2\n1\t2\t\n1\t0\t1\ta.jpg\n1\tx\ta.jpg\n1\t1.5\ta.jpg\n1\t1.5.0\ta.jpg\n1\t\ta.jpg"
    )
    rows = record_list.read(text.encode(), "t.lst").rows
    assert [(row.image, row.label, row.reason) for row in rows] == [
        ("", "", "1 cells with tabs between them, not 3"),
        ("", "", "2 cells with tabs between them, not 3"),
        ("", "", "no image"),
        ("a.jpg", "", "2 labels, not one class"),
        ("a.jpg", "", "the class 'x' is no number"),
        ("a.jpg", "", "the class 1.5 is no whole number from 0"),
        ("a.jpg", "", "the class '1.5.0' is no number"),
        ("a.jpg", "", "the class '' is no number"),
    ]


def test_a_list_without_a_line_is_refused() -> None:
    with pytest.raises(UserError, match=r"t\.lst has no line\."):
        record_list.read(b" \n\n", "t.lst")
