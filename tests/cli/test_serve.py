"""The socket of ``ic-tf serve``: each part of an answer leaves at once."""

import asyncio
import socket

import pytest

from ic_tf_sdk.cli import serve


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_an_answer_on_a_kept_connection_waits_for_no_acknowledgement(host: str) -> None:
    """Without TCP_NODELAY the body waits up to 40 ms after the head, from the second answer on."""

    async def no_delay() -> int:
        found: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def accepted(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            accepting: socket.socket = writer.get_extra_info("socket")
            found.set_result(accepting.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        listener = serve._listening(host, 0)
        async with await asyncio.start_server(accepted, sock=listener) as server:
            _, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
            value = await found
            writer.close()
        return value

    assert asyncio.run(no_delay()) == 1
