"""A CSV is read to the letter: its columns, its lines' numbers and each cell."""

import pytest

from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch.local.importing import table
from ic_tf_sdk.launch.local.importing.row import Row
from ic_tf_sdk.launch.local.importing.table import Columns


def rows(text: str | bytes, columns: Columns | None = None) -> list[Row]:
    content = text.encode() if isinstance(text, str) else text
    return list(table.read(content, "t.csv", columns or Columns()).rows)


def cells(text: str, columns: Columns | None = None) -> list[tuple[int, str, str]]:
    return [(row.number, row.image, row.label) for row in rows(text, columns)]


@pytest.mark.parametrize(
    ("first", "columns", "expected"),
    [
        (["image", "label"], Columns(), (0, 1, True)),
        ([" Label ", "IMAGE"], Columns(), (1, 0, True)),
        (["a.jpg", "roses"], Columns(), (0, 1, False)),
        (["roses", "a.jpg"], Columns(), (1, 0, False)),
        # A usual name beside an image is a class.
        (["tag", "a.jpg"], Columns(), (1, 0, False)),
        (["file", "what"], Columns(), (0, 1, True)),
        (["p", "what"], Columns("p"), (0, 1, True)),
        (["p", "q", "tag"], Columns("p"), (0, 2, True)),
        (["p", "q", "r"], Columns("P", "r"), (0, 2, True)),
        (["p", "q", "r"], Columns("1", "3"), (0, 2, False)),
        (["p", "q", "r"], Columns("3", "1"), (2, 0, False)),
        (["p", "q", "r"], Columns("1", "3", header=True), (0, 2, True)),
        (["image", "q", "r"], Columns("1", "3"), (0, 2, True)),
        (["image", "q", "r"], Columns("1", "3", header=False), (0, 2, False)),
        (["1", "q", "2"], Columns("2", "1", header=True), (2, 0, True)),
        (["a.jpg", "b", "c"], Columns(label="3"), (0, 2, False)),
        (["p", "q", "r"], Columns("1", "q"), (0, 1, True)),
        (["p", "q", "r"], Columns("p", "2"), (0, 1, True)),
    ],
)
def test_columns_and_the_header_are_found(
    first: list[str], columns: Columns, expected: tuple[int, int, bool]
) -> None:
    assert columns.found(first, "t.csv") == expected


@pytest.mark.parametrize(
    ("first", "columns", "what"),
    [
        (["p", "q"], Columns(), "cells"),
        (["image", "q", "r"], Columns(), "names of columns"),
        (["a.jpg", "b.jpg", "roses"], Columns(), "cells"),
        (["a.jpg", "roses", "red"], Columns(), "cells"),
        (["p", "q"], Columns("1", "1"), "cells"),
        # Of two cells the other one is the class where one is said to be the image, not so here.
        (["p", "q"], Columns(label="2"), "cells"),
        (["p", "q"], Columns(label="q"), "names of columns"),
    ],
)
def test_columns_that_cannot_be_told_are_asked_for(
    first: list[str], columns: Columns, what: str
) -> None:
    with pytest.raises(UserError) as asked:
        columns.found(first, "t.csv")
    listed = ", ".join(map(repr, first))
    assert f"The {what} of its first line are {listed}. Say it with" in str(asked.value)


def test_of_many_columns_twelve_are_shown() -> None:
    twelve = [f"c{number}" for number in range(12)]
    shown = ", ".join(map(repr, twelve))
    with pytest.raises(UserError, match=rf"are {shown}\. Say"):
        Columns().found(twelve, "t.csv")
    with pytest.raises(UserError, match=rf"are {shown}, \.\.\.\. Say"):
        Columns().found([*twelve, "last"], "t.csv")
    with pytest.raises(UserError, match=rf"line has 13: {shown}\. Give a name"):
        Columns("none").found([*twelve, "last"], "t.csv")


@pytest.mark.parametrize("number", ["0", "4", "-1", "1.5"])
def test_a_column_that_is_not_there_is_refused(number: str) -> None:
    for columns, option in ((Columns(number, "1"), "image"), (Columns("1", number), "label")):
        with pytest.raises(UserError, match=rf"no column '{number}' \(--{option}-column\)"):
            columns.found(["p", "q", "r"], "t.csv")


def test_the_nearest_column_is_named() -> None:
    with pytest.raises(UserError, match=r"from 1\. Did you mean 'photo'\?"):
        Columns("foto", "kind").found(["photo", "kind", "photos"], "t.csv")


@pytest.mark.parametrize(("given", "meant"), [(r"\t", "\t"), ("\t", "\t"), ("|", "|"), (",", ",")])
def test_a_delimiter_is_one_character(given: str, meant: str) -> None:
    assert Columns(delimiter=given).delimiter == meant
    for wrong in ("", f"{given};"):
        with pytest.raises(UserError, match="The delimiter is one character"):
            Columns(delimiter=wrong)
    assert Columns().delimiter is None


@pytest.mark.parametrize(
    "text",
    [
        "image,label\na.jpg,roses\nb.jpg,tulips\n",
        "image;label\na.jpg;roses\nb.jpg;tulips\n",
        "image\tlabel\na.jpg\troses\nb.jpg\ttulips\n",
        "image|label\na.jpg|roses\nb.jpg|tulips",
        # More cells in one line, as many in each with the other.
        'image;label;note\na.jpg;roses;"x, y, z"\nb.jpg;tulips;u, v, w\n',
        "image;label;a,b\na.jpg;roses;c\nb.jpg;tulips;d\n",
        "\nimage;label\n\na.jpg;roses\nb.jpg;tulips\n",
    ],
)
def test_the_delimiter_is_what_parts_the_most_lines_alike(text: str) -> None:
    assert [row[1:] for row in cells(text)] == [("a.jpg", "roses"), ("b.jpg", "tulips")]
    assert len(cells(text, Columns(header=False, image="1", label="2"))) == 3


def test_the_first_line_is_what_the_others_are_held_against() -> None:
    last_is_odd = "image;label\na.jpg;x,y\nb.jpg;z,w\nc,d\n"
    assert cells(last_is_odd)[0] == (2, "a.jpg", "x,y")
    first_has_commas = "image;label, as, told\na.jpg;roses\nb.jpg;tulips\n"
    two = Columns("1", "2", header=True)
    assert cells(first_has_commas, two)[0] == (2, "a.jpg", "roses")


def test_a_delimiter_that_is_given_is_taken() -> None:
    text = "a,b.jpg;roses\nc,d.jpg;tulips\n"
    assert cells(text, Columns(delimiter=";")) == [
        (1, "a,b.jpg", "roses"),
        (2, "c,d.jpg", "tulips"),
    ]
    assert cells(text, Columns("1", "2", delimiter=","))[0] == (1, "a", "b.jpg;roses")


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
def test_texts_of_each_encoding_are_read_and_what_was_taken_is_told(order: str) -> None:
    text = "image,label\na.jpg,pensée\n"
    mark = "\ufeff".encode(order)
    wide = table.read(mark + text.encode(order), "t.csv", Columns())
    assert (wide.notes, wide.kind) == (["It was read as UTF-16."], "csv")
    for content in (text.encode(), text.encode("utf-8-sig")):
        found = table.read(content, "t.csv", Columns())
        assert found.notes == []
        assert found.rows == wide.rows == [Row(2, "a.jpg", "pensée")]
    western = table.read(text.encode("cp1252"), "t.csv", Columns())
    assert western.rows == wide.rows
    assert western.notes == ["It is no UTF-8, and was read as Windows-1252."]
    # A byte that Windows-1252 has not.
    assert rows(b"image,label\na.jpg,\x81\n")[0].label == "\ufffd"


def test_every_row_has_the_number_of_its_line() -> None:
    text = 'image,label,note\n\na.jpg,roses,"two\nlines"\n , ,\nb.jpg,tulips,\n'
    assert cells(text) == [(3, "a.jpg", "roses"), (6, "b.jpg", "tulips")]
    assert all(row.reason == "" for row in rows(text))


def test_a_line_that_cannot_be_read_is_told_and_the_next_is_read() -> None:
    long = "x" * (1 << 20)
    found = rows(f"image,label\na.jpg,{long}\nb.jpg,{long}x\nc.jpg,tulips\n")
    assert (found[0].number, len(found[0].label), found[0].reason) == (2, 1 << 20, "")
    assert (found[1].number, found[1].image, found[1].label) == (3, "", "")
    assert found[1].reason.startswith("a line that cannot be read: field larger than")
    assert found[2] == Row(4, "c.jpg", "tulips")


def test_what_stands_against_a_row_is_said() -> None:
    text = 'note,image,label\n1,a.jpg\n2,b.jpg,\n3,,roses\n4\n5,c.jpg,roses,more\n6,"d\ne.jpg",x\n'
    assert {row.number: row.reason for row in rows(text)} == {
        2: "2 cells where the first line has 3",
        3: "no class",
        4: "no image",
        5: "1 cells where the first line has 3",
        6: "",
        7: "a quotation mark that opens here closes 1 lines further on; they are one row",
    }
    found = rows('note,image,label\n1,a.jpg,"roses\n2,b.jpg\n3",c.jpg,x\n')
    assert "closes 2 lines further on" in found[0].reason
    # Whatever the last line has.
    short = rows("note,image,label\n1,a.jpg\n2,b.jpg,x,more\n")[0]
    assert short.reason == "2 cells where the first line has 3"
    # What is there of a short row is shown.
    assert rows("label,image\nroses\n")[0][:3] == (2, "", "roses")


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("'roses'", "roses"),
        ("' roses '", "roses"),
        (" roses ", "roses"),
        ("'", "'"),
        ("''", ""),
        ("'roses", "'roses"),
        ("roses'", "roses'"),
        ("'=cmd", "=cmd"),
        ("=cmd", "=cmd"),
        ("nul\0here", "nul\ufffdhere"),
    ],
)
def test_a_cell_is_less_its_quotation_marks(cell: str, value: str) -> None:
    assert rows(f"image,label\na.jpg,{cell}\n")[0].label == value


def test_a_table_without_a_cell_is_refused() -> None:
    for text in (" \n", ",,\n, ,\n", "\n\n"):
        with pytest.raises(UserError, match=r"t\.csv has no line with a cell in it\."):
            rows(text)
