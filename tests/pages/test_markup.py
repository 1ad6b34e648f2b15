"""Whatever a name holds, a page shows it and does not obey it."""

import html.parser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ic_tf_sdk.contract.plain_text import visible
from ic_tf_sdk.pages import markup

DASH = "\N{EN DASH}"


class Texts(html.parser.HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.titles: list[str | None] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.titles += [value for name, value in attrs if name == "title"]

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.text(max_size=400))
def test_a_name_is_text_and_nothing_else(name: str) -> None:
    page = Texts(f'<p title="{markup.text(name)}">{markup.text(name)}</p>')
    assert page.tags == ["p"]
    assert page.text == visible(name)
    assert page.titles == [visible(name)]


@given(st.text(max_size=400), st.integers(3, 60))
def test_a_long_name_keeps_its_ends_and_is_whole_when_pointed_at(name: str, most: int) -> None:
    short = markup.shortened(name, most)
    assert len(short) <= most
    page = Texts(markup.cell(name, most))
    assert page.text == short
    if short != visible(name):
        assert page.titles == [visible(name)]
        assert visible(name).startswith(short.partition("…")[0])


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, DASH), (float("nan"), DASH), (0.5, "0.5000"), (3, "3"), ("a", "a"), ("", "")],
)
def test_numbers_have_four_digits_and_what_is_none_a_dash(value: object, shown: str) -> None:
    assert markup.text(value) == shown


@pytest.mark.parametrize(
    ("share", "shown"), [(None, DASH), (0.1234, "12.3 %"), (float("nan"), DASH)]
)
def test_a_share_is_per_cent(share: float | None, shown: str) -> None:
    assert markup.percent(share) == shown


def test_a_table_has_heads_and_a_frame_that_can_be_scrolled_by_keyboard() -> None:
    table = markup.table(["class", "images"], [["<b>", 3], ["x" * 300, None]], caption="Classes")
    assert 'tabindex="0" role="region" aria-label="Classes"' in table
    assert '<th scope="col">images</th>' in table
    assert '<th scope="row">&lt;b&gt;</th><td>3</td>' in table
    assert f"<td>{DASH}</td>" in table
    assert f'title="{"x" * 300}"' in table


@pytest.mark.parametrize(
    ("most", "short"),
    [
        (3, "a…z"), (4, "ab…z"), (5, "ab…yz"), (10, "abcde…wxyz"), (16, "abcdefgh…tuvwxyz"),
        (17, "abcdefgh…stuvwxyz"), (20, "abcdefghijk…stuvwxyz"), (25, "abcdefghijklmnop…stuvwxyz"),
        (26, "abcdefghijklmnopqrstuvwxyz"),
    ],
)  # fmt: skip
def test_of_a_long_name_as_much_is_kept_as_there_is_room_for(most: int, short: str) -> None:
    assert markup.shortened("abcdefghijklmnopqrstuvwxyz", most) == short


def test_a_table_shows_forty_characters_of_a_cell_and_heads_its_rows() -> None:
    table = markup.table(["a", "b"], [["x" * 40, "y" * 41]])
    assert f'<th scope="row">{"x" * 40}</th>' in table
    assert f'<td><span title="{"y" * 41}">{"y" * 31}…{"y" * 8}</span></td>' in table
    assert 'aria-label="a, b"' in table
    assert "<caption>" not in table


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan"), None])
def test_what_is_no_share_is_a_dash(value: float | None) -> None:
    assert markup.percent(value) == DASH
