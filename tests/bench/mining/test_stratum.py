"""Mining over real sockets, with a device of a few hundred hashes and pools that behave badly."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from hashwatt.bench.mining import stratum
from hashwatt.bench.mining.address import Login, PoolAddress
from hashwatt.bench.mining.client import PoolClient, PoolError
from hashwatt.bench.mining.stratum import Mining
from hashwatt.kernels.device import Scan
from hashwatt.kernels.stratum.challenge_job import challenge_job
from hashwatt.kernels.stratum.messages import Message, answer, parse, request
from hashwatt.kernels.workloads.proof import steps

from ...kernels.hashlib_device import HashlibDevice

# By mining's clock, and less than it waits for an answer: that the time is over is no reason to leave a pool.
SECONDS = 20.0
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


class Clock:
    """Mining's clock: it moves by what the device does and by pauses, which it shortens, and otherwise by hand."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds

    def let_the_time_be_over(self) -> None:
        self.now_s += SECONDS


class Impatient(Clock):
    """Stands until that is so; then it is a second later each time somebody looks."""

    def __init__(self, is_so: Callable[[], bool]) -> None:
        super().__init__()
        self._is_so = is_so

    def monotonic(self) -> float:
        self.now_s += self._is_so()
        return self.now_s


class Paced(HashlibDevice):
    """Each scan takes a millisecond of the clock, however long it takes."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def scan(self, nonces: range) -> Scan:
        self._clock.now_s += 0.001
        return super().scan(nonces)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(stratum, "time", clock)
    # Steps would grow with what the machine has to spare, and with them what is lost with a connection.
    monkeypatch.setattr(steps, "FIRST_STEP", 64)
    monkeypatch.setattr(steps, "FASTEST_GROWTH", 1)
    return clock


def honest(shares: int, then: Callable[[], None] | None = None) -> Talk:
    """Grants all and accepts shares; after that many it hangs up, or does something else and goes on."""

    def talk(connection: socket.socket) -> None:
        reader = connection.makefile("rb")
        taken = 0
        for line in reader:
            message = parse(line)
            grant(connection, message)
            if message.method == "mining.submit":
                taken += 1
                connection.sendall(answer(message.id, True))
                if taken == shares and then is None:
                    return
                if taken == shares and then is not None:
                    then()

    return talk


def mining(address: PoolAddress, seconds: float | None = None, device: HashlibDevice | None = None) -> Mining:
    return Mining(device or HashlibDevice(), address, PoolClient(Login("w"), 1), "test/1", Silent(), seconds)


def test_a_pool_that_hangs_up_is_come_back_to(clock: Clock) -> None:
    # Many more at last than can be on their way when it hangs up: those are in no rate by shares.
    with pool(honest(20), honest(20), honest(2000, then=clock.let_the_time_be_over)) as address:
        one = mining(address, SECONDS, Paced(clock))
        one.run()
    told = one.answer()
    assert told.accepted >= 2000
    assert told.reconnects == 2
    assert told.hashes > 3 * 2000
    assert told.rejected == 0
    assert told.rate_by_count_hs is not None
    assert told.rate_by_shares_hs == pytest.approx(told.rate_by_count_hs, rel=0.5)


def test_a_pool_slower_than_the_device_is_waited_for(clock: Clock) -> None:
    """Without a bound, both sides end up waiting for the other one to read."""
    early: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        reader = connection.makefile("rb")
        for _ in range(2):
            grant(connection, parse(reader.readline()))
        for _ in range(2):
            shares = [reader.readline() for _ in range(stratum.MOST_UNANSWERED)]
            if select.select([connection], [], [], 0.2)[0]:
                early.append(connection.recv(1))
            connection.sendall(b"".join(answer(parse(share).id, True) for share in shares))
        clock.let_the_time_be_over()
        for share in reader:
            connection.sendall(answer(parse(share).id, True))

    with pool(talk) as address:
        one = mining(address, SECONDS, Paced(clock))
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
    done = threading.Event()

    def deaf(connection: socket.socket) -> None:
        reader = connection.makefile("rb")
        for _ in range(2):
            grant(connection, parse(reader.readline()))
        done.wait()

    with pool(deaf) as address:
        one = mining(address)
        monkeypatch.setattr(stratum, "time", Impatient(lambda: one.hashes > 0))
        with pytest.raises(PoolError, match=r"no connection|answers nothing"):
            one.run()
        done.set()
    told = one.answer()
    assert told.accepted == 0
    assert told.reconnects > 0
    assert told.hashes > 0


def test_a_pool_that_says_nothing_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stratum, "ANSWER_S", 0.5)

    def until_it_is_left(connection: socket.socket) -> None:
        connection.makefile("rb").read()

    with pool(until_it_is_left) as address, pytest.raises(PoolError, match="answers nothing"):
        mining(address).run()


@pytest.mark.parametrize(
    ("talk", "words"),
    [
        (lambda connection: connection.sendall(b"SSH-2.0-OpenSSH\r\n"), "does not speak Stratum"),
        (lambda connection: connection.sendall(b"x" * 100_000), "no connection"),
        (lambda connection: None, "no connection"),
    ],
)
def test_a_pool_that_is_none_is_told_in_a_sentence(talk: Talk, words: str) -> None:
    with pool(talk) as address, pytest.raises(PoolError, match=words):
        mining(address).run()


def test_a_pool_that_never_sends_work_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def talk(connection: socket.socket) -> None:
        for line in connection.makefile("rb"):
            message = parse(line)
            result: object = [[], "00000001", 4] if message.method == "mining.subscribe" else True
            connection.sendall(answer(message.id, result))

    with pool(talk) as address:
        one = mining(address)
        monkeypatch.setattr(stratum, "time", Impatient(lambda: one.client.authorised))
        with pytest.raises(PoolError, match="takes the login and sends no work"):
            one.run()


def test_no_pool_at_all_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(PoolError, match="no connection to"):
        mining(PoolAddress("127.0.0.1", port, False)).run()
