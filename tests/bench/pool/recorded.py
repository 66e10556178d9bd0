"""Conversations with real miners, recorded so that they can be held again: time and chance are written down, too.

Record one with `python -m tests.bench.pool.recorded FILE PORT SECONDS`, and connect a miner to the port. A line of the
file is one event: when it was (seconds), and what the miner sent; or nothing where only time passed. The server's own
lines are not kept: a replay has to make the same.
"""

from __future__ import annotations

import gzip
import hashlib
import itertools
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hashwatt.bench.pool import server
from hashwatt.bench.pool.measure import Address, ServeRequest, serve
from hashwatt.bench.pool.session import PoolSettings, Session, World

EPOCH = 1_790_000_000
# The conversations were held with a server that asked for so many.
SHARES_A_SECOND = 50.0
CHALLENGE = "a recorded conversation"
FOLDER = Path(__file__).parent / "conversations"


def seeded() -> Callable[[int], bytes]:
    """The same bytes each time."""
    counter = itertools.count()
    return lambda count: hashlib.sha256(f"seed {next(counter)}".encode()).digest()[:count]


@dataclass
class HeldTime:
    """A clock that stands still between events."""

    at: float = 0.0

    @property
    def world(self) -> World:
        return World(lambda: self.at, lambda: EPOCH + self.at, seeded())


def replayed(path: Path, seconds: float) -> Iterator[tuple[Session, bytes]]:
    """The session after each event of a recorded conversation, and what it said."""
    held = HeldTime()
    session = Session(PoolSettings(CHALLENGE, seconds, None, SHARES_A_SECOND), held.world, bytes.fromhex("00000001"))
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            at, sent = json.loads(line)
            held.at = at
            yield session, session.tick() if sent is None else session.receive(sent.encode() + b"\n")


def record(path: Path, port: int, seconds: float) -> None:
    """Serve until one miner's window is over, and write the conversation of the first that was measured."""
    started = time.monotonic()
    held = HeldTime()
    sessions: list[Recording] = []

    class Recording(Session):
        def __init__(self, settings: PoolSettings, world: World, extranonce1: bytes) -> None:
            super().__init__(
                PoolSettings(CHALLENGE, settings.seconds, None, SHARES_A_SECOND), held.world, bytes.fromhex("00000001")
            )
            self.events: list[tuple[float, str | None]] = []
            sessions.append(self)

        def receive(self, line: bytes) -> bytes:
            held.at = round(time.monotonic() - started, 6)
            self.events.append((held.at, line.decode().rstrip("\n")))
            return super().receive(line)

        def tick(self) -> bytes:
            held.at = round(time.monotonic() - started, 6)
            self.events.append((held.at, None))
            return super().tick()

    setattr(server, "Session", Recording)  # noqa: B010 (mypy knows no assignment to an imported name)
    serve(ServeRequest(Address("127.0.0.1", port), seconds=seconds), print, lambda pool: None)
    measured = next(session for session in sessions if session.window is not None)
    with gzip.GzipFile(path, "wb", mtime=0) as file:
        for event in measured.events:
            file.write(json.dumps(event).encode() + b"\n")


if __name__ == "__main__":
    record(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
