"""The orientation of an EXIF block: found wherever it stands, and nowhere else."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ic_tf_sdk.contract.exif import orientation

ORIENTATION, LONG, SHORT = 0x0112, 4, 3
MARKS = {"<": b"II*\0", ">": b"MM\0*"}
orders = st.sampled_from(sorted(MARKS))
# The two bytes behind a short number are no part of it.
others = st.tuples(st.integers(0, 0xFFFF).filter(lambda tag: tag != ORIENTATION),
                   st.integers(0, 0xFFFF), st.binary(min_size=8, max_size=8))  # fmt: skip


def entry(order: str, value: int, kind: int) -> bytes:
    number = struct.pack(f"{order}L" if kind == LONG else f"{order}Hxx", value)
    return struct.pack(f"{order}HHL", ORIENTATION, kind, 1) + number


def block(order: str, entries: list[bytes], *, at: int = 8) -> bytes:
    head = MARKS[order] + struct.pack(f"{order}L", at)
    return head.ljust(at, b"\xff") + struct.pack(f"{order}H", len(entries)) + b"".join(entries)


def other(order: str, tag: int, kind: int, value: bytes) -> bytes:
    return struct.pack(f"{order}HH", tag, kind) + value


@given(orders, st.lists(others, max_size=40), st.lists(others, max_size=4),
       st.integers(1, 8), st.sampled_from([SHORT, LONG]), st.integers(8, 300))  # fmt: skip
def test_it_is_found_however_deep_it_stands(
    order: str, before: list, behind: list, value: int, kind: int, at: int
) -> None:
    entries = [other(order, *one) for one in before]
    entries += [entry(order, value, kind), *(other(order, *one) for one in behind)]
    assert orientation(block(order, entries, at=at)) == value


@pytest.mark.parametrize("order", sorted(MARKS))
@pytest.mark.parametrize("kind", [SHORT, LONG])
@pytest.mark.parametrize("value", [0, 9, 255, 256, 65535])
def test_a_value_beyond_the_eight_means_none(order: str, kind: int, value: int) -> None:
    assert orientation(block(order, [entry(order, value, kind)])) == 0


@given(orders, st.lists(others, max_size=20))
def test_without_the_tag_there_is_none(order: str, before: list) -> None:
    tiff = block(order, [other(order, *one) for one in before])
    # What stands behind the counted entries is none of them.
    assert orientation(tiff + entry(order, 6, SHORT)) == 0


@given(orders, st.integers(0, 300))
def test_a_block_that_breaks_off_has_none_and_raises_nothing(order: str, length: int) -> None:
    tiff = block(order, [other(order, 1, 3, b"12345678")] * 20 + [entry(order, 6, LONG)])
    assert orientation(tiff[:length]) == (6 if length >= len(tiff) else 0)


@given(st.binary(max_size=200))
def test_what_is_no_exif_has_none_and_raises_nothing(data: bytes) -> None:
    assert orientation(data) in range(9)
    assert orientation(b"II\0*" + data) == orientation(b"MM*\0" + data) == 0
