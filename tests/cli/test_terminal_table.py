"""Tables on a terminal: nothing is squeezed, no word is broken."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ic_tf_sdk.cli import terminal_table

MODEL_ID = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
WORDS = st.integers(1, 30).map("a".__mul__)
TEXTS = st.lists(WORDS, min_size=1, max_size=6).map(" ".join)


@pytest.fixture
def shown(capsys, monkeypatch):
    """What ``show`` prints on a terminal of a width."""

    def show(columns, rows, width=80):
        monkeypatch.setenv("COLUMNS", str(width))
        terminal_table.show(columns, rows)
        return capsys.readouterr().out

    return show


def test_what_fits_stands_in_columns(shown):
    lines = shown(("model id", "input"), [(MODEL_ID, "224x224")]).split("\n")
    assert [line.split() for line in lines if MODEL_ID in line] == [[MODEL_ID, "224x224"]]


def test_a_long_text_is_wrapped_between_words_beside_the_short_ones(shown):
    text = "Numerical stability constant of the optimizer " * 3
    lines = shown(("name", "range", "meaning"), [("epsilon", "0 to 1", text.strip())])
    assert "stability" in lines
    assert all(len(line) <= 80 for line in lines.split("\n"))
    assert " ".join(lines.split()).count("optimizer") == 3


def test_columns_that_do_not_fit_become_named_values_below_the_first(shown):
    columns = ("model id", "family", "version", "input", "features")
    assert shown(columns, [(MODEL_ID, "MobileNetV2", "4.0.17", "224x224", "1280")]).split("\n") == [
        MODEL_ID,
        "  family: MobileNetV2, version: 4.0.17, input: 224x224, features: 1280",
        "",
    ]


def test_a_uri_longer_than_the_terminal_is_one_word_still(shown):
    uri = "s3://a-bucket/" + "a-folder/" * 12 + "model.tar.gz"
    lines = shown(("artifact", "uri"), [("model", uri), ("script", "short")]).split("\n")
    assert lines == [f"model   {uri}", "script  short", ""]


@given(
    rows=st.integers(2, 5).flatmap(
        lambda count: st.lists(st.tuples(*[TEXTS] * count), min_size=1, max_size=4)
    ),
    width=st.integers(40, 120),
)
def test_no_word_is_ever_broken(rows, width):
    columns = [f"column{index}" for index in range(len(rows[0]))]
    widths = terminal_table._widths(columns, rows, width)
    if widths is not None:
        for column, texts in zip(widths, zip(columns, *rows, strict=True), strict=True):
            assert column >= max(len(word) for text in texts for word in text.split())
        return
    form = terminal_table._pairs if len(columns) == 2 else terminal_table._blocks
    lines = form(columns, rows, width)
    # The blank is kept: a word that was cut would leave a part of it.
    found = re.findall(r"a+", re.sub(r"column\d: ", "", " ".join(lines)))
    assert found == [word for row in rows for text in row for word in text.split()]


@pytest.mark.parametrize(
    ("texts", "room", "widths"),
    [
        # Two blanks and a rule's end between columns: five in all beside two columns.
        (("xx yy", "zz"), 12, [5, 2]),
        (("xx yy", "zz"), 11, [4, 2]),
        (("xx yy", "zz"), 9, [2, 2]),
        (("xx yy", "zz"), 8, None),
        (("xx yy", "zz ww"), 14, [4, 5]),
        (("xx yy", "zz ww"), 13, [4, 4]),
        # Of the widest that has a blank to break at.
        (("xxxxxxxx", "a a a"), 16, [8, 3]),
        (("xxxxxxxx", "a a a"), 14, [8, 1]),
        (("xxxxxxxx", "a a a"), 13, None),
        (("", ""), 7, [1, 1]),
        (("", ""), 6, None),
    ],
)
def test_columns_are_as_wide_as_there_is_room(texts, room, widths):
    assert terminal_table._widths(("n", "m"), [texts], room) == widths


def test_a_table_uses_the_whole_width_and_no_more(shown):
    row = [("xx yy", "zz ww")]
    assert shown(("n", "m"), row, 15).split("\n")[3].rstrip() == " xx yy   zz ww"
    lines = shown(("n", "m"), row, 14).split("\n")
    assert [line.rstrip() for line in lines[3:5]] == [" xx     zz ww", " yy"]
    # No room for a blank in either: names and values below each other.
    assert shown(("name", "value"), row, 8).split("\n") == ["xx yy  zz", "       ww", ""]


def test_whether_columns_fit_is_known_beforehand(monkeypatch):
    for width, fit in ((11, True), (8, False)):
        monkeypatch.setenv("COLUMNS", str(width))
        assert terminal_table.fits(("n", "m"), [("xx yy", "zz")]) is fit


@pytest.mark.parametrize("width", [80, 20])
def test_what_looks_like_markup_is_text(shown, width):
    assert "[b]bold[/b]" in shown(("class", "images", "share"), [("[b]bold[/b]", "3", "1")], width)


def test_blocks_are_broken_between_pairs_and_then_between_words(shown):
    columns = ("id", "family", "version", "note")
    row = ("i" * 30, "Mobile", "4.0", "one two three four")
    assert shown(columns, [row], 31).split("\n") == [
        "i" * 30,
        "  family: Mobile, version: 4.0,",
        "  note: one two three four",
        "",
    ]
    assert shown(columns, [row], 30).split("\n") == [
        "i" * 30,
        "  family: Mobile,",
        "  version: 4.0,",
        "  note: one two three four",
        "",
    ]
    assert shown(columns, [row], 20).split("\n")[3:] == [
        "  note: one two",
        "    three four",
        "",
    ]


def test_a_hyphen_is_no_place_to_break_at_and_nothing_is_a_line(shown):
    assert shown(("n", "m"), [("a", "bb-cc dd"), ("empty", "")], 10).split("\n") == [
        "a      bb-cc",
        "       dd",
        "empty",
        "",
    ]


def test_values_are_not_coloured_by_what_they_look_like(shown, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b" not in shown(("artifact", "uri"), [("model", "s3://a/b 12 True")], 12)
