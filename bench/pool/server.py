"""The server around the sessions: sockets, deadlines and limits, on asyncio.

What a hostile peer can take is bounded: connections in all, those that have not said who they are, the length of a
line, the time to answer, the bytes that wait to be sent. Each connection has a turn of a few lines, so that a flood
from one cannot keep the others waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import struct
from collections import Counter
from dataclasses import dataclass

from ...kernels.errors import InputError
from ...kernels.stratum.messages import MOST_LINE_BYTES
from .session import PoolSettings, Session, World

MOST_CONNECTIONS = 1000
# Files and sockets that the process needs beside its connections.
OTHER_FILES = 64
# Who has not subscribed and authorised by then is no miner.
INTRODUCTION_S = 20.0
TICK_S = 0.05
# Bytes of one connection (some 40 shares) before the others have their turn; answered together, with one write.
BYTES_A_TURN = 4096
# A peer that does not read what it is sent is left behind: after so many bytes it is waited for, but not for long.
MOST_UNSENT_BYTES = 1 << 16
SENDING_S = 10.0
# Who came, said a name and left before its window is remembered by name so often; then only counted.
MOST_LEFT_EARLY = 100
# More workers than this are not measured by one server.
MOST_WORKERS = 5000
# Kinds of nonsense that are told apart; further ones are counted together.
MOST_REASONS = 50
DEAF = "it does not read what it is sent"


def most_connections() -> int:
    """How many connections are held at once: fewer where the system allows the process few open files."""
    try:
        import resource
    except ImportError:
        return MOST_CONNECTIONS
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else max(1, min(MOST_CONNECTIONS, soft - OTHER_FILES))


@dataclass(eq=False)
class Connection:
    """A session with the address that it came from, and since when it is there."""

    session: Session
    address: str
    since: float
    writer: asyncio.StreamWriter


class Pool:
    """Measures every miner that connects until `run` ends.

    `workers`: the connections that said who they are, in the order of their coming, those that are gone among them.
    `turned_away` counts the connections that came to nothing, by the reason.
    """

    def __init__(self, settings: PoolSettings, world: World) -> None:
        self.settings = settings
        self.world = world
        self.workers: list[Connection] = []
        self.turned_away: Counter[str] = Counter()
        self._open: dict[Connection, None] = {}
        self._numbers = itertools.count(1)
        self._most = most_connections()
        self._left_early = 0

    async def listen(self, host: str, port: int) -> asyncio.Server:
        """Begin to listen; 0 takes any free port. Raises InputError where that cannot be."""
        try:
            return await asyncio.start_server(self._serve, host, port, limit=MOST_LINE_BYTES, backlog=MOST_CONNECTIONS)
        except (OSError, OverflowError) as error:
            # asyncio's own words repeat the address.
            why = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else type(error).__name__
            raise InputError(f"cannot listen on {host}:{port} ({why}); choose another address with --listen") from None

    def tick(self) -> None:
        """Once every TICK_S: let time pass for all sessions, and show those the door that do not say who they are."""
        now = self.world.clock()
        for connection in list(self._open):
            session = connection.session
            if session.phase == "connected":
                if now - connection.since > INTRODUCTION_S:
                    self._turn_away(connection, f"it did not say who it is within {INTRODUCTION_S:.0f} s")
                continue
            data = session.tick()
            unsent = connection.writer.transport.get_write_buffer_size()
            if session.phase == "done":
                # What a deaf peer has not taken by now would keep its connection open for ever.
                connection.writer.transport.abort() if unsent else connection.writer.close()
            elif unsent > 2 * MOST_UNSENT_BYTES:
                self._turn_away(connection, DEAF)
            elif data:
                connection.writer.write(data)

    @property
    def busy(self) -> bool:
        """Whether a worker is still being measured."""
        return any(connection.session.phase != "done" for connection in self.workers)

    def close(self) -> None:
        """End all sessions now; windows that have not ended stay cut short."""
        for connection in list(self._open):
            connection.session.closed()
            connection.writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._open) >= self._most and not self._make_room():
            self._count("there were too many connections at once")
            writer.transport.abort()
            return
        peer = writer.get_extra_info("peername") or ("unknown",)
        number = next(self._numbers) & 0xFFFFFFFF
        session = Session(self.settings, self.world, struct.pack(">I", number))
        connection = Connection(session, str(peer[0]), self.world.clock(), writer)
        self._open[connection] = None
        try:
            await self._talk(connection, reader)
        except TimeoutError:
            session.reason = session.reason or DEAF
        except (asyncio.LimitOverrunError, ValueError):
            session.reason = session.reason or f"a line is longer than {MOST_LINE_BYTES} bytes"
        except OSError as error:
            session.reason = session.reason or f"the connection broke ({type(error).__name__})"
        except asyncio.CancelledError:
            # The server ends. Let out, asyncio would tell of it with a traceback.
            session.reason = session.reason or "the server was ended"
        finally:
            if session.phase == "connected":
                session.reason = session.reason or "it left without a word"
            session.closed()
            if connection not in self.workers or self._forgotten(connection):
                self._count(session.reason or "it left without a word")
            self._open.pop(connection, None)
            with contextlib.suppress(Exception):
                # What is still to be sent is worth waiting for only where nothing is amiss.
                writer.transport.abort() if session.reason else writer.close()

    async def _talk(self, connection: Connection, reader: asyncio.StreamReader) -> None:
        session, writer = connection.session, connection.writer
        rest, known = b"", False
        # A last line that was cut off is never answered.
        while data := await reader.read(BYTES_A_TURN):
            *lines, rest = (rest + data).split(b"\n")
            # Only the first can have begun before.
            if len(rest) > MOST_LINE_BYTES or (lines and len(lines[0]) > MOST_LINE_BYTES):
                raise ValueError
            if answers := b"".join(session.receive(line) for line in lines if line.strip()):
                writer.write(answers)
                # Only then: waiting costs a task of its own, more than a share.
                if writer.transport.get_write_buffer_size() > MOST_UNSENT_BYTES:
                    await asyncio.wait_for(writer.drain(), SENDING_S)
            if not known and session.phase not in ("connected", "done"):
                if len(self.workers) >= MOST_WORKERS:
                    session.reason = "there were more workers than one server measures"
                    return
                known = True
                self.workers.append(connection)
            if session.phase == "done":
                return
            if len(data) == BYTES_A_TURN:
                await asyncio.sleep(0)

    def _forgotten(self, connection: Connection) -> bool:
        """Let go of a worker without a window, where many have come and gone so: a crowd must not fill the memory."""
        if connection.session.window is not None or self._left_early < MOST_LEFT_EARLY:
            self._left_early += connection.session.window is None
            return False
        self.workers.remove(connection)
        return True

    def _make_room(self) -> bool:
        """Let go of the oldest connection that has not said who it is, else of the oldest that has found no share.

        A crowd of either kind must not keep miners out.
        """
        for phase in ("connected", "warming up"):
            for connection in self._open:
                if connection.session.phase == phase and not connection.session.shares:
                    self._turn_away(connection, "there were too many connections at once")
                    return True
        return False

    def _turn_away(self, connection: Connection, reason: str) -> None:
        connection.session.reason = connection.session.reason or reason
        self._open.pop(connection, None)
        connection.writer.transport.abort()

    def _count(self, reason: str) -> None:
        known = reason in self.turned_away or len(self.turned_away) < MOST_REASONS
        self.turned_away[reason if known else "other reasons"] += 1
