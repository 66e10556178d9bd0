"""Mining for a pool: a connection that comes back after it breaks, and a device that never waits for it."""

from __future__ import annotations

import logging
import queue
import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from msgspec import Struct

from ...kernels.device import Scans
from ...kernels.headers.job import NONCES
from ...kernels.stratum.difficulty import hashes_a_share
from ...kernels.stratum.messages import MOST_LINE_BYTES
from ...kernels.workloads.sha256d.oracle import scan_in_steps
from ..interrupts import check as raise_if_interrupted
from .address import PoolAddress
from .client import PoolClient, PoolError, Task

CONNECT_S = 10.0
# A pool that does not answer, or never sends work, is told by a sentence after this time.
ANSWER_S = 30.0
# Between attempts: doubled each time.
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
# Lines that wait to be read; a pool that sends more than we take is cut off.
MOST_WAITING_LINES = 1000
# At the end the pool may still judge what it was handed in last.
LAST_ANSWERS_S = 2.0
POLL_S = 0.02
MOST_RECONNECTS_WITHOUT_WORK = 5

LOG = logging.getLogger(__name__)


class Mined(Struct, frozen=True, kw_only=True):
    """What came of it. `seconds`: from the first to the last hash, waiting included; `busy_s`: hashing alone.

    `rate_by_count_hs` is hashes ÷ seconds; `rate_by_shares_hs` what the accepted shares speak for.
    """

    pool: str
    device: str
    kernel: str
    hashes: int
    seconds: float
    busy_s: float
    accepted: int
    rejected: int
    rejections: dict[str, int]
    unanswered: int
    reconnects: int
    rate_by_count_hs: float | None
    rate_by_shares_hs: float | None


class Watch(Protocol):
    """Whoever shows what is going on."""

    def event(self, sentence: str) -> None:
        """Something that happens seldom: connected, new difficulty, connection lost."""
        ...

    def progress(self, hashes: int, rate_hs: float, accepted: int, rejected: int) -> None:
        """Now and then, while hashing."""
        ...


class _Connection:
    """A socket whose lines come through a queue; `None` in it is the end."""

    def __init__(self, address: PoolAddress) -> None:
        raw = socket.create_connection((address.host, address.port), CONNECT_S)
        self._socket = (
            ssl.create_default_context().wrap_socket(raw, server_hostname=address.host) if address.tls else raw
        )
        self._socket.settimeout(None)
        self.lines: queue.Queue[bytes | None] = queue.Queue(MOST_WAITING_LINES)
        threading.Thread(target=self._read, name="pool", daemon=True).start()

    def send(self, data: bytes) -> None:
        if data:
            self._socket.sendall(data)

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _read(self) -> None:
        try:
            with self._socket.makefile("rb") as reader:
                while (line := reader.readline(MOST_LINE_BYTES + 1)).endswith(b"\n"):
                    self.lines.put(line, timeout=ANSWER_S)
        except (OSError, ValueError, queue.Full):
            LOG.info("the connection broke", exc_info=True)
        # Where the queue is full nobody reads any more, and the end is found by sending.
        with suppress(queue.Full):
            self.lines.put(None, timeout=ANSWER_S)


@dataclass
class Mining:
    """Mines on an open device until `seconds` are over (None: until an interrupt). `run` may be interrupted."""

    device: Scans
    address: PoolAddress
    client: PoolClient
    agent: str
    watch: Watch
    seconds: float | None = None
    hashes: int = 0
    busy_s: float = 0.0
    reconnects: int = 0
    kernel: str = ""
    _first: float | None = None
    _last: float = 0.0
    _deadline: float | None = None
    _connection: _Connection | None = None
    _difficulty: float | None = field(default=None)

    def run(self) -> None:
        """Mine. Raises PoolError, DeviceError, KeyboardInterrupt; what was done until then stays."""
        pause, fruitless = FIRST_PAUSE_S, 0
        while not self._over():
            before = self.hashes
            try:
                self._connect()
                self._mine()
                return
            except (OSError, ConnectionError) as error:
                reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            finally:
                self._disconnect()
            fruitless = 0 if self.hashes > before else fruitless + 1
            pause = FIRST_PAUSE_S if self.hashes > before else pause
            if not self.hashes or fruitless > MOST_RECONNECTS_WITHOUT_WORK:
                raise PoolError(f"no connection to {self.address} ({reason:.60}); check host and port, or try later")
            self.watch.event(f"connection lost ({reason:.60}); again in {pause:.0f} s")
            self.reconnects += 1
            self._sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def answer(self) -> Mined:
        """What came of it so far."""
        seconds = self._last - self._first if self._first is not None else 0.0
        work = self.client.accepted_work * hashes_a_share(1.0)
        return Mined(
            pool=str(self.address),
            device=self.device.info.id,
            kernel=self.kernel,
            hashes=self.hashes,
            seconds=seconds,
            busy_s=self.busy_s,
            accepted=self.client.accepted,
            rejected=self.client.rejected.total(),
            rejections=dict(self.client.rejected.most_common(20)),
            unanswered=self.client.unanswered,
            reconnects=self.reconnects,
            rate_by_count_hs=self.hashes / seconds if seconds > 0 else None,
            rate_by_shares_hs=work / seconds if seconds > 0 and self.client.accepted else None,
        )

    def _over(self) -> bool:
        return self._deadline is not None and time.monotonic() >= self._deadline

    def _connect(self) -> None:
        login, rolled = self.client.login, self.client.wanted_versions
        fresh = PoolClient(login, rolled)
        fresh.accepted, fresh.accepted_work, fresh.rejected = (
            self.client.accepted, self.client.accepted_work, self.client.rejected
        )  # fmt: skip
        self.client = fresh
        self._connection = _Connection(self.address)
        self._connection.send(fresh.greeting(self.agent))
        limit = time.monotonic() + ANSWER_S
        while fresh.waits_for_work or not fresh.authorised:
            if time.monotonic() > limit:
                said = "takes the login and sends no work" if fresh.authorised else "answers nothing"
                raise PoolError(f"{self.address} {said} within {ANSWER_S:.0f} s; check the port, or try another pool")
            self._take(wait_s=POLL_S)
            raise_if_interrupted()
        self.watch.event(f"connected to {self.address} as {login.user:.40}, difficulty {fresh.difficulty:g}")

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _take(self, wait_s: float = 0.0) -> None:
        """Read what has come; waits at most `wait_s` for the first line. Raises ConnectionError at the end."""
        assert self._connection is not None
        try:
            line = self._connection.lines.get(timeout=wait_s) if wait_s else self._connection.lines.get_nowait()
            while True:
                if line is None:
                    raise ConnectionError("the pool closed the connection")
                self._connection.send(self.client.take(line))
                line = self._connection.lines.get_nowait()
        except queue.Empty:
            return

    def _mine(self) -> None:
        shown = time.monotonic()
        while not self._over():
            task = self.client.task()
            if task is None:
                self._take(wait_s=POLL_S)
                raise_if_interrupted()
                continue
            self.kernel = self.device.prepare(task.header).name
            generation = self.client.generation
            if self._first is None:
                self._first = self._last = time.monotonic()
                self._deadline = None if self.seconds is None else self._first + self.seconds
            for step in scan_in_steps(self.device, task.header, range(NONCES)):
                self.hashes += step.scan.hashes
                self.busy_s += step.seconds
                self._last = time.monotonic()
                self._take()
                if not self.client.wants(generation):
                    break
                self._hand_in(task, [(hit.prefix, hit.nonce) for hit in step.scan.hits])
                if self._last > shown + 1:
                    shown = self._last
                    rate = step.scan.hashes / step.seconds
                    self.watch.progress(self.hashes, rate, self.client.accepted, self.client.rejected.total())
                if self._over() or self.client.generation != generation:
                    break
        limit = time.monotonic() + LAST_ANSWERS_S
        while self.client.unanswered and time.monotonic() < limit:
            self._take(wait_s=POLL_S)

    def _hand_in(self, task: Task, hits: list[tuple[int, int]]) -> None:
        assert self._connection is not None
        for prefix, nonce in hits:
            self._connection.send(self.client.submit(task, prefix, nonce))

    def _sleep(self, seconds: float) -> None:
        limit = time.monotonic() + seconds
        while time.monotonic() < limit and not self._over():
            raise_if_interrupted()
            time.sleep(POLL_S)
