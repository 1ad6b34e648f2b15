"""Classes that are numbers: each is the class of its number, or its row has the reason."""

from pathlib import Path

import pytest

from ic_tf_sdk.errors import FileAccessError, UserError
from ic_tf_sdk.launch.local.importing import numbered
from ic_tf_sdk.launch.local.importing.row import Row


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("0", (), ("0", "")),
        ("3", (), ("3", "")),
        ("3.000000", (), ("3", "")),
        ("1e2", (), ("100", "")),
        ("0", ("ant", "bee"), ("ant", "")),
        ("1.0", ("ant", "bee"), ("bee", "")),
        ("2", ("ant", "bee"), ("", "the class 2 is beyond the 2 names that are given")),
        (" fox ", ("ant",), ("fox", "")),
        ("-1", (), ("", "the class -1 is no whole number from 0")),
        ("-1", ("ant", "bee"), ("", "the class -1 is no whole number from 0")),
        ("0.5", (), ("", "the class 0.5 is no whole number from 0")),
        ("nan", (), ("", "the class nan is no whole number from 0")),
        ("inf", ("ant",), ("", "the class inf is no whole number from 0")),
    ],
)
def test_a_number_is_the_name_in_its_place(
    text: str, names: tuple[str, ...], expected: tuple[str, str]
) -> None:
    assert numbered.class_of_number(text, names) == expected


def test_names_are_given_with_commas_or_one_a_line(tmp_path: Path) -> None:
    assert numbered.names_of(None) == ()
    assert numbered.names_of(" ant ,bee") == ("ant", "bee")
    path = tmp_path / "names.txt"
    path.write_bytes("\ufeffant \nbée\r\n\n  \n".encode())
    assert numbered.names_of(str(path)) == ("ant", "bée")
    path.write_text("only\n")
    assert numbered.names_of(str(path)) == ("only",)
    path.write_text("")
    assert numbered.names_of(str(path)) == ()
    for wrong in ("ant,ant", "ant,,bee", ",ant"):
        with pytest.raises(UserError, match="by its number from 0, and none is empty"):
            numbered.names_of(wrong)
    path.write_text("ant\n\nbee\n")
    with pytest.raises(UserError, match="none is empty"):
        numbered.names_of(str(path))


def test_a_list_of_names_may_have_ten_mebibytes(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_bytes(b"x" * (10 << 20))
    assert len(numbered.names_of(str(path))[0]) == 10 << 20
    with path.open("ab") as stream:
        stream.write(b"x")
    with pytest.raises(FileAccessError, match="cannot be read"):
        numbered.names_of(str(path))


def labels(*given: str) -> list[str]:
    return [row.label for row in numbered.padded([Row(1, "a.jpg", label) for label in given])]


def test_numbers_are_as_wide_as_the_widest() -> None:
    assert labels("1", "10", "2") == ["01", "10", "02"]
    assert labels("1", "2") == ["1", "2"]
    assert labels("1", "10", "fox") == ["1", "10", "fox"]
    assert labels("1", "", "10") == ["01", "", "10"]
    assert labels("", "") == ["", ""]
    assert numbered.padded([]) == []


def folders(*pairs: tuple[str, str], reason: str = "") -> dict[str, str]:
    return numbered.of_folders([Row(1, image, label, reason) for image, label in pairs])


def test_folders_name_the_numbers_where_each_has_one_of_its_own() -> None:
    ants, bees = ("ant/1.jpg", "0"), ("in/bee/1.jpg", "1")
    assert folders(ants, bees, ("x/ant/2.jpg", "0")) == {"0": "ant", "1": "bee"}
    assert folders(("in\\ant\\1.jpg", "0"), bees) == {"0": "ant", "1": "bee"}
    # One class, two folders of one class, two classes of one folder, an image without a folder.
    assert folders(ants) == {}
    assert folders(ants, bees, ("cat/2.jpg", "0")) == {}
    assert folders(ants, ("ant/2.jpg", "1")) == {}
    assert folders(ants, ("1.jpg", "1")) == {}
    assert folders() == {}
    # What is left out says nothing of the others.
    assert folders(ants, bees, ("cat/2.jpg", "")) == {"0": "ant", "1": "bee"}
    left = Row(3, "cat/2.jpg", "0", "no image")
    assert numbered.of_folders([Row(1, *ants), Row(2, *bees), left]) == {"0": "ant", "1": "bee"}
