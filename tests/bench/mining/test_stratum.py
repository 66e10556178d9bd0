"""Mining over real sockets, with a device of a few hundred hashes and pools that behave badly."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from hashwatt.bench.mining import stratum
from hashwatt.bench.mining.address import Login, PoolAddress
from hashwatt.bench.mining.client import PoolClient, PoolError
from hashwatt.bench.mining.stratum import Mining
from hashwatt.kernels.stratum.challenge_job import challenge_job
from hashwatt.kernels.stratum.messages import Message, answer, parse, request

from ...kernels.hashlib_device import HashlibDevice

JOB = challenge_job("c", bytes(16), 1, 1_790_000_000, 8, clean=True)
Talk = Callable[[socket.socket], None]


class Silent:
    """Notes what happens."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def event(self, sentence: str) -> None:
        self.events.append(sentence)

    def progress(self, hashes: int, rate_hs: float, accepted: int, rejected: int) -> None:
        pass


@contextmanager
def pool(*talks: Talk) -> Iterator[PoolAddress]:
    """A pool that has one such talk with each connection in turn, and refuses any more."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for talk in talks:
                try:
                    connection, _ = server.accept()
                    with connection:
                        talk(connection)
                except OSError:
                    return
            server.close()

        threading.Thread(target=serve, daemon=True).start()
        yield PoolAddress("127.0.0.1", server.getsockname()[1], False)


def grant(connection: socket.socket, message: Message) -> None:
    """What is asked for before there is work, and the work: a share every four hashes."""
    if message.method == "mining.subscribe":
        connection.sendall(answer(message.id, [[], "00000001", 4]))
    elif message.method == "mining.authorize":
        connection.sendall(answer(message.id, True) + request(None, "mining.set_difficulty", [2.0**-30]))
        connection.sendall(request(None, "mining.notify", JOB.parameters))


def honest(shares: int) -> Talk:
    """Grants all, accepts that many shares, and hangs up."""

    def talk(connection: socket.socket) -> None:
        reader = connection.makefile("rb")
        taken = 0
        for line in reader:
            message = parse(line)
            grant(connection, message)
            if message.method == "mining.submit":
                taken += 1
                connection.sendall(answer(message.id, True))
                if taken >= shares:
                    return

    return talk


def mining(address: PoolAddress, seconds: float | None = None) -> Mining:
    return Mining(HashlibDevice(), address, PoolClient(Login("w"), 1), "test/1", Silent(), seconds)


def test_a_pool_that_hangs_up_is_come_back_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stratum, "FIRST_PAUSE_S", 0.05)
    with pool(honest(20), honest(20), honest(10_000_000)) as address:
        one = mining(address, seconds=3.0)
        one.run()
    told = one.answer()
    assert told.accepted >= 40
    assert told.reconnects == 2
    assert told.hashes > 100
    assert told.rejected == 0
    assert told.rate_by_count_hs is not None
    assert told.rate_by_shares_hs == pytest.approx(told.rate_by_count_hs, rel=0.5)


def test_a_pool_slower_than_the_device_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a bound, both sides end up waiting for the other one to read."""
    early: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        reader = connection.makefile("rb")
        for _ in range(2):
            grant(connection, parse(reader.readline()))
        while True:
            shares = [reader.readline() for _ in range(stratum.MOST_UNANSWERED)]
            if not shares[-1]:
                return
            if select.select([connection], [], [], 0.2)[0]:
                early.append(connection.recv(1))
            connection.sendall(b"".join(answer(parse(share).id, True) for share in shares))

    with pool(talk) as address:
        one = mining(address, seconds=1.0)
        one.run()
    told = one.answer()
    assert not any(early), "more shares than may wait for an answer"
    assert told.accepted >= 2 * stratum.MOST_UNANSWERED
    assert told.rejected == told.reconnects == 0


def test_a_pool_that_sends_jobs_without_pause_keeps_nobody_from_hashing_nor_from_ending() -> None:
    def talk(connection: socket.socket) -> None:
        reader = connection.makefile("rb")
        for _ in range(2):
            grant(connection, parse(reader.readline()))
        jobs = request(None, "mining.notify", JOB.parameters) * 200
        threading.Thread(target=reader.read, daemon=True).start()
        while True:
            connection.sendall(jobs)

    with pool(talk) as address:
        one = mining(address, seconds=1.0)
        ended = threading.Thread(target=one.run, daemon=True)
        ended.start()
        ended.join(30)
        assert not ended.is_alive()
    assert one.answer().hashes > 0


def test_a_pool_that_stops_reading_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stratum, "ANSWER_S", 0.5)
    monkeypatch.setattr(stratum, "FIRST_PAUSE_S", 0.05)
    done = threading.Event()

    def deaf(connection: socket.socket) -> None:
        reader = connection.makefile("rb")
        for _ in range(2):
            grant(connection, parse(reader.readline()))
        done.wait(30)

    with pool(deaf) as address:
        one = mining(address, seconds=10.0)
        started = time.monotonic()
        with pytest.raises(PoolError, match=r"no connection|answers nothing"):
            one.run()
        done.set()
    assert time.monotonic() - started < 9
    told = one.answer()
    assert told.accepted == 0
    assert told.reconnects > 0
    assert told.hashes > 0


@pytest.mark.parametrize(
    ("talk", "words"),
    [
        (lambda connection: time.sleep(2), "answers nothing"),
        (lambda connection: connection.sendall(b"SSH-2.0-OpenSSH\r\n"), "does not speak Stratum"),
        (lambda connection: connection.sendall(b"x" * 100_000), "no connection"),
        (lambda connection: None, "no connection"),
    ],
)
def test_a_pool_that_is_none_is_told_in_a_sentence(talk: Talk, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stratum, "ANSWER_S", 0.5)
    with pool(talk) as address, pytest.raises(PoolError, match=words):
        mining(address, seconds=5.0).run()


def test_a_pool_that_never_sends_work_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stratum, "ANSWER_S", 0.5)

    def talk(connection: socket.socket) -> None:
        for line in connection.makefile("rb"):
            message = parse(line)
            result: object = [[], "00000001", 4] if message.method == "mining.subscribe" else True
            connection.sendall(answer(message.id, result))

    with pool(talk) as address, pytest.raises(PoolError, match="takes the login and sends no work"):
        mining(address, seconds=5.0).run()


def test_no_pool_at_all_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(PoolError, match="no connection to"):
        mining(PoolAddress("127.0.0.1", port, False)).run()
