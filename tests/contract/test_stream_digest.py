"""The digest of a stream, whatever its length and wherever it begins."""

import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ic_tf_sdk.contract import stream_digest
from ic_tf_sdk.contract.stream_digest import digest_of


@given(content=st.binary(max_size=100), read=st.integers(0, 100))
def test_it_is_that_of_the_bytes_that_are_left(content: bytes, read: int) -> None:
    stream = io.BytesIO(content)
    stream.read(read)
    assert digest_of(stream).digest() == hashlib.sha256(content[read:]).digest()
    stream.seek(read)
    assert digest_of(stream, "sha512").digest() == hashlib.sha512(content[read:]).digest()
    assert not stream.closed


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_no_block_is_lost_and_none_is_larger_than_what_memory_is_for(more: int) -> None:
    sizes = []

    class Stream(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            assert size is not None
            sizes.append(size)
            return super().read(size)

    content = bytes(range(256)) * (2 * stream_digest._BLOCK_BYTES // 256) + b"end"
    content = content[: 2 * stream_digest._BLOCK_BYTES + more]
    assert digest_of(Stream(content)).hexdigest() == hashlib.sha256(content).hexdigest()
    assert set(sizes) == {stream_digest._BLOCK_BYTES}
    assert stream_digest._BLOCK_BYTES <= 1 << 24
