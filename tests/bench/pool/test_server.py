"""The server on real sockets: hostile peers cost the others nothing, and are named."""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
import time

import pytest

from hashwatt.bench.pool import server, session
from hashwatt.bench.pool.server import Pool
from hashwatt.bench.pool.session import PoolSettings, World
from hashwatt.kernels.errors import InputError

REAL = World(time.monotonic, time.time, secrets.token_bytes)
HELLO = (
    b'{"id": 1, "method": "mining.subscribe", "params": ["t"]}\n'
    b'{"id": 2, "method": "mining.authorize", "params": ["w", "x"]}\n'
)


class Running:
    """A pool that listens on a free port, and ticks."""

    def __init__(self, seconds: float = 60.0) -> None:
        self.pool = Pool(PoolSettings("c", seconds, 1.0), REAL)

    async def __aenter__(self) -> Running:
        self.server = await self.pool.listen("127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        self.ticking = asyncio.create_task(self.tick())
        return self

    async def __aexit__(self, *_: object) -> None:
        self.ticking.cancel()
        self.server.close()
        self.pool.close()

    async def tick(self) -> None:
        while True:
            await asyncio.sleep(server.TICK_S)
            self.pool.tick()

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def until(self, condition: str) -> None:
        for _ in range(400):
            if any(condition in reason for reason in self.pool.turned_away):
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"{condition!r} never came: {self.pool.turned_away}")


async def answer(reader: asyncio.StreamReader, identity: int) -> object:
    while True:
        message = json.loads(await asyncio.wait_for(reader.readline(), 10))
        if message.get("id") == identity:
            return message


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"\x16\x03\x01\x02\x00\x01\n", "TLS"),
        (b"GET / HTTP/1.1\r\n\r\n", "HTTP"),
        (b"x" * 1_000_000 + b"\n", "longer than"),
        (b'{"id": 1, "method": "mining.suggest_difficulty", "params": [NaN]}\n', "not JSON"),
        (b"", "without a word"),
        (b'{"id": 1, "method": "mining.sub', "without a word"),
    ],
)
def test_nonsense_ends_a_connection_and_a_miner_beside_it_goes_on(sent: bytes, reason: str) -> None:
    async def scene() -> None:
        async with Running() as running:
            reader, writer = await running.connect()
            writer.write(HELLO)
            await answer(reader, 2)
            _, hostile = await running.connect()
            hostile.write(sent)
            if not sent.endswith(b"\n"):
                hostile.close()
            await running.until(reason)
            writer.write(b'{"id": 7, "method": "mining.extranonce.subscribe", "params": []}\n')
            assert await answer(reader, 7)
            assert len(running.pool.workers) == 1

    asyncio.run(scene())


def test_who_does_not_say_who_it_is_is_shown_the_door(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "INTRODUCTION_S", 0.2)

    async def scene() -> None:
        async with Running() as running:
            reader, _ = await running.connect()
            assert await asyncio.wait_for(reader.read(), 10) == b""
            await running.until("did not say who it is")

    asyncio.run(scene())


def test_a_crowd_that_says_nothing_keeps_no_miner_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 20)

    async def scene() -> None:
        async with Running() as running:
            crowd = [await running.connect() for _ in range(60)]
            reader, writer = await running.connect()
            writer.write(HELLO)
            await answer(reader, 2)
            await running.until("too many connections")
            for _, one in crowd:
                one.close()

    asyncio.run(scene())


def test_a_crowd_that_says_hello_and_finds_nothing_keeps_no_miner_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 20)

    async def scene() -> None:
        async with Running() as running:
            crowd = []
            for _ in range(25):
                reader, one = await running.connect()
                one.write(HELLO)
                await answer(reader, 2)
                crowd.append((reader, one))
            reader, writer = await running.connect()
            writer.write(HELLO)
            await answer(reader, 2)
            assert len(running.pool._open) == 20
            for _, one in crowd:
                one.close()

    asyncio.run(scene())


def test_a_flood_leaves_others_their_turn() -> None:
    async def scene() -> None:
        async with Running() as running:
            reader, writer = await running.connect()
            _, flood = await running.connect()
            flood.write(HELLO)
            flood.write(b'{"id": 5, "method": "mining.extranonce.subscribe", "params": []}\n' * 20_000)
            writer.write(HELLO)
            await answer(reader, 2)
            began = time.monotonic()
            for identity in range(10, 20):
                writer.write(json.dumps({"id": identity, "method": "x", "params": []}).encode() + b"\n")
                await answer(reader, identity)
            assert time.monotonic() - began < 10
            flood.close()

    asyncio.run(scene())


def deaf_socket(port: int) -> socket.socket:
    """A connection whose kernel takes little, so that the server's bytes soon wait in the server."""
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    one.connect(("127.0.0.1", port))
    one.setblocking(False)
    return one


def test_a_peer_that_never_reads_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "SENDING_S", 0.5)

    async def scene() -> None:
        async with Running() as running:
            with deaf_socket(running.port) as deaf:
                # Each answer is longer than its question.
                line = b'{"id": "' + b"x" * 150 + b'", "method": "x", "params": []}\n'

                async def talk() -> None:
                    while True:
                        await asyncio.get_running_loop().sock_sendall(deaf, line * 100)

                with pytest.raises(ConnectionError):
                    await asyncio.wait_for(talk(), 60)
            await running.until("does not read")

    asyncio.run(scene())


def test_a_peer_that_neither_reads_nor_speaks_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "RENEW_S", 0.0)
    monkeypatch.setattr(server, "MOST_UNSENT_BYTES", 1000)
    monkeypatch.setattr(server, "TICK_S", 0.001)

    async def scene() -> None:
        async with Running() as running:
            with deaf_socket(running.port) as deaf:
                await asyncio.get_running_loop().sock_sendall(deaf, HELLO)
                while not running.pool.workers:
                    await asyncio.sleep(0.01)
                (worker,) = running.pool.workers
                worker.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2048)
                for _ in range(3000):
                    if worker.session.phase == "done":
                        break
                    await asyncio.sleep(0.01)
                assert worker.session.reason == server.DEAF

    asyncio.run(scene())


def test_who_is_deaf_at_the_end_of_its_window_keeps_no_connection() -> None:
    async def scene() -> None:
        async with Running(seconds=1.0) as running:
            _, writer = await running.connect()
            writer.write(HELLO)
            while not running.pool.workers:
                await asyncio.sleep(0.01)
            (worker,) = running.pool.workers
            # More than any kernel takes, and nobody reads it.
            worker.writer.write(b"x" * 50_000_000)
            worker.session.phase = "done"
            for _ in range(500):
                if worker not in running.pool._open:
                    return
                await asyncio.sleep(0.01)
        raise AssertionError("it is still there")

    asyncio.run(scene())


def test_a_port_that_is_taken_is_told_in_a_sentence() -> None:
    async def scene() -> None:
        async with Running() as running:
            with pytest.raises(InputError, match="cannot listen"):
                await Pool(PoolSettings("c", 1.0), REAL).listen("127.0.0.1", running.port)

    asyncio.run(scene())


def test_a_crowd_that_comes_and_goes_is_counted_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MOST_LEFT_EARLY", 5)

    async def scene() -> None:
        async with Running() as running:
            for _ in range(30):
                reader, writer = await running.connect()
                writer.write(HELLO)
                await answer(reader, 2)
                writer.close()
            await running.until("left before its rate was steady")
            for _ in range(200):
                if running.pool.turned_away.total() == 25:
                    break
                await asyncio.sleep(0.02)
            assert running.pool.turned_away.total() == 25
            assert len(running.pool.workers) == 5

    asyncio.run(scene())


def test_more_workers_than_are_measured_are_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MOST_WORKERS", 2)

    async def scene() -> None:
        async with Running() as running:
            kept = []
            for _ in range(4):
                reader, writer = await running.connect()
                writer.write(HELLO)
                kept.append((reader, writer))
            await running.until("more workers than one server measures")
            assert len(running.pool.workers) == 2

    asyncio.run(scene())
