"""What listens at a scheduler's address and is none."""

from __future__ import annotations

import asyncio

import pytest

from hashwatt.bench.fleet import link
from hashwatt.bench.fleet.link import Link
from hashwatt.kernels.errors import InputError

# Far more than the shortened deadlines below, far less than for ever.
PATIENCE_S = 20.0


async def _web_server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(64)
    writer.write(b"HTTP/1.0 400 Bad Request\r\nConnection: close\r\n\r\n")
    await writer.drain()
    writer.close()


async def _connect() -> None:
    server = await asyncio.start_server(_web_server, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        await asyncio.wait_for(Link.to(f"tcp://127.0.0.1:{port}"), PATIENCE_S)
    finally:
        server.close()


def test_a_web_server_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "CONNECT_S", 0.5)
    monkeypatch.setattr(link, "ANSWER_S", 0.5)
    with pytest.raises(InputError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:\d+ "):
        asyncio.run(_connect())
