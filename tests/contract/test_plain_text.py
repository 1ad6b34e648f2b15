import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ic_tf_sdk.contract.plain_text import json_text, visible, visible_lines

STEERING = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))] + [
    "\u2028", "\u2029", "\u202a", "\u202e", "\u2066", "\u2069", "\udc80", "\udcff",
]  # fmt: skip


@given(st.text())
def test_what_is_shown_is_one_line_without_a_character_that_steers_a_terminal(name: str) -> None:
    shown = visible(name)
    assert len(shown.splitlines()) <= 1
    assert not set(shown) & set(STEERING)
    assert visible(shown) == shown
    shown.encode()


@pytest.mark.parametrize("character", STEERING)
def test_each_character_that_steers_is_shown_as_python_writes_it(character: str) -> None:
    assert visible(f"a{character}b") == f"a{repr(character)[1:-1]}b"


@pytest.mark.parametrize("name", ["pensée", "花", "وردة\u200f", "👩\u200d🌾", r"a\b", "a b"])
def test_a_name_that_steers_nothing_stays_as_it_is(name: str) -> None:
    assert visible(name) == visible_lines(name) == name


def test_a_message_keeps_its_own_line_breaks_and_tabs() -> None:
    assert visible_lines("a:\n\tb\x1b\r") == "a:\n\tb\\x1b\\r"


@given(st.text())
def test_json_is_escaped_by_its_own_rule_and_reads_back_the_same(name: str) -> None:
    text = json_text(json.dumps({name: [name]}, indent=2, ensure_ascii=False))
    assert not set(text) & set(STEERING) - {"\n"}
    assert json.loads(text) == {name: [name]}
