"""Files of one digest are the same in size, at their begin, in their middle, at their end."""

import hashlib
import io

import pytest

from ic_tf_sdk.contract.file_sample import digest

PART = 16 * 1024


def of(content: bytes) -> str:
    stream = io.BytesIO(content)
    stream.seek(min(3, len(content)))
    return digest(stream)


@pytest.mark.parametrize("size", [0, 1, PART - 1, PART, PART + 1, 2 * PART, 10 * PART + 7])
def test_a_digest_is_that_of_size_and_three_parts(size: int) -> None:
    content = hashlib.shake_128(b"x").digest(size)
    middle = max((size - PART) // 2, 0)
    parts = (content[:PART], content[middle : middle + PART], content[max(size - PART, 0) :])
    expected = hashlib.sha256(str(size).encode() + b"".join(parts)).hexdigest()
    assert of(content) == expected


@pytest.mark.parametrize(
    ("place", "seen"),
    [
        (0, True),
        (PART - 1, True),
        (PART, False),
        (5 * PART - PART // 2 - 1, False),
        (5 * PART - PART // 2, True),
        (5 * PART + PART // 2 - 1, True),
        (5 * PART + PART // 2, False),
        (9 * PART - 1, False),
        (9 * PART, True),
        (10 * PART - 1, True),
    ],
)
def test_a_byte_that_differs_is_seen_where_it_is_read(place: int, seen: bool) -> None:
    content = bytes(10 * PART)
    changed = content[:place] + b"x" + content[place + 1 :]
    assert (of(changed) != of(content)) == seen
