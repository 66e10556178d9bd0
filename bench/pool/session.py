"""One connection of a miner: what comes in, what goes out, and what is counted; no sockets, and no clock of its own.

A worker is warmed up until its rate is steady. Then 16 fresh random bytes are drawn, the clock is started, and a job
that derives from them goes out: nobody can have hoarded shares for it. The window's length was fixed beforehand, since
whoever may stop when ahead would be believed too much; who leaves early has the whole window counted against it.
"""

from __future__ import annotations

import math
import struct
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from ...kernels.headers.oracle import hash_value, sha256d
from ...kernels.stratum.challenge_job import challenge_job
from ...kernels.stratum.difficulty import difficulty_of, target_of_difficulty
from ...kernels.stratum.job import ROLLED_BITS, StratumJob, hex_word
from ...kernels.stratum.messages import Id, Message, NotStratum, answer, parse, request
from ...kernels.stratum.packing import ServedShare
from ..result.printable import printable
from .vardiff import FIRST_DIFFICULTY, Vardiff

Phase = Literal["connected", "warming up", "measuring", "done"]

EXTRANONCE1_BYTES = 4
EXTRANONCE2_BYTES = 4
FRESH_BYTES = 16
# Miners leave a server that is silent for two minutes; 10 to 30 seconds are usual.
RENEW_S = 15.0
# Some miners (minerd) look at a job for a minute before they take the next one, unless it is a clean one.
JOBS_KEPT = 8
# How far a header's time may run ahead of its job's (Bitcoin's own rule of two hours).
MOST_TIME_OFFSET_S = 7200
# As many as a rate within ±3.5 % needs (95 %: (1.96 ÷ 0.035)² = 3,136), and no stream that a worker drowns in.
SHARES_WANTED = 4000
# Some clients (bfgminer on a busy processor) hand in no more than 50 a second: the rest waits in their queue, and their
# rate would be taken for lower than it is.
MOST_SHARES_A_SECOND = 20.0
MOST_SHARES = 100_000
# A worker whose rate never settles is measured all the same, and that is said.
LONGEST_WARM_UP_S = 60.0
# Nothing is measured of a miner that finds no share in this time.
PATIENCE_S = 180.0
# So many bad shares in a row are no miner's; those of a job that was taken back a moment ago were under way.
MOST_REFUSED_IN_A_ROW = 1000
UNDER_WAY_S = 10.0
MOST_NAME_CHARACTERS = 80

# What a result counts up to, and room for a rate that rises within the window.
MOST_HASHES = (1 << 63) - 1
ROOM = 4

# Stratum's own numbers for what is wrong with a share.
OTHER, STALE, DUPLICATE, LOW, UNAUTHORISED = 20, 21, 22, 23, 24
NO_SUCH_JOB = "job not found"


@dataclass(frozen=True)
class PoolSettings:
    """What all connections have in common. `difficulty`: fixed from the start where it is given."""

    challenge: str
    seconds: float
    difficulty: float | None = None
    most_shares_a_second: float = MOST_SHARES_A_SECOND

    @property
    def aim(self) -> float:
        """Shares a second that a worker should find."""
        return min(self.most_shares_a_second, max(SHARES_WANTED / self.seconds, 0.5))


@dataclass(frozen=True)
class World:
    """Time and chance, so that tests can replay them. `clock` is monotonic, `now` seconds since 1970."""

    clock: Callable[[], float]
    now: Callable[[], float]
    random: Callable[[int], bytes]


@dataclass
class Window:
    """What a worker did in the time that counts. `began` by the world's clock, `began_at` seconds since 1970."""

    fresh: bytes
    began: float
    began_at: float
    difficulty: float
    first_job: int
    settled: bool
    warm_up_s: float
    job_times: list[int] = field(default_factory=list)
    shares: list[ServedShare] = field(default_factory=list)
    at_twice_the_difficulty: int = 0
    overflowed: bool = False
    left_after_s: float | None = None


@dataclass
class _OpenJob:
    job: StratumJob
    number: int
    difficulty: float
    target: int
    seen: set[int] = field(default_factory=set)


class Session:
    """The state of one connection. `receive` and `tick` return the bytes to send; `phase` "done" ends it."""

    def __init__(self, settings: PoolSettings, world: World, extranonce1: bytes) -> None:
        self.settings = settings
        self.extranonce1 = extranonce1
        self.phase: Phase = "connected"
        self.name = ""
        self.agent = ""
        self.reason: str | None = None
        self.window: Window | None = None
        self.refused: Counter[str] = Counter()
        self.mask = 0
        self._world = world
        self._subscribed = False
        self._vardiff = Vardiff(settings.aim, settings.difficulty or FIRST_DIFFICULTY)
        self._jobs: dict[str, _OpenJob] = {}
        self._numbers = 0
        self._working_since = 0.0
        self._renewed = 0.0
        self._refused_in_a_row = 0
        self._shares = 0
        self._taken_back = -math.inf
        self._first_open = 0

    @property
    def shares(self) -> int:
        """Good shares so far: of the window, or before it of the warm-up."""
        return len(self.window.shares) if self.window else self._shares

    @property
    def difficulty(self) -> float:
        """Of the job that goes out next."""
        return self.window.difficulty if self.window else self._vardiff.difficulty

    def hashrate(self) -> float:
        """Hashes a second as they seem now, for a display."""
        return self._vardiff.hashrate(self._world.clock())

    def receive(self, line: bytes) -> bytes:
        """Answer one line. A line that is no message ends the connection, with the reason."""
        if self.phase == "done":
            return b""
        try:
            message = parse(line)
        except NotStratum as why:
            return self._end(f"{why}")
        if message.method is None:
            return b""
        reply = self._answered(message)
        if self.phase == "connected" and self._subscribed and self.name:
            self.phase = "warming up"
            self._working_since = self._world.clock()
            self._vardiff.start(self._working_since)
            reply += self._job(clean=True)
        return reply

    def tick(self) -> bytes:
        """What time alone brings: another difficulty, the window's begin and end, a new job."""
        now = self._world.clock()
        if self.phase == "warming up":
            return self._warmed(now)
        if self.phase == "measuring":
            assert self.window is not None
            if now >= self.window.began + self.settings.seconds:
                self.phase = "done"
                return b""
            return self._renewal(now)
        return b""

    def closed(self) -> None:
        """The connection is gone: the window goes on without it, to its end."""
        if self.phase == "measuring" and self.window is not None:
            self.window.left_after_s = self._world.clock() - self.window.began
        elif self.phase != "done":
            self.reason = self.reason or "it left before its rate was steady"
        self.phase = "done"

    def _end(self, reason: str) -> bytes:
        self.reason = self.reason or reason
        self.closed()
        return b""

    def _warmed(self, now: float) -> bytes:
        fixed = self.settings.difficulty is not None
        waited = now - self._working_since
        if self._vardiff.settled(now) or (self._shares and waited >= LONGEST_WARM_UP_S):
            return self._begin(now, self._vardiff.settled(now))
        if not self._shares and waited >= PATIENCE_S:
            return self._end(f"it found no share in {PATIENCE_S:.0f} s, down to difficulty {self.difficulty:.3g}")
        if not fixed and self._vardiff.step(now):
            # A clean one: else some miners go on at the old difficulty for a minute.
            return self._job(clean=True)
        return self._renewal(now)

    def _begin(self, now: float, settled: bool) -> bytes:
        # Told now, and not after a day of shares that no result can hold.
        if self._vardiff.hashrate(now) * self.settings.seconds > MOST_HASHES / ROOM:
            return self._end("it is too fast for so long a window; give a shorter --seconds")
        self.window = Window(
            fresh=self._world.random(FRESH_BYTES),
            began=self._world.clock(),
            began_at=self._world.now(),
            difficulty=self.settings.difficulty or self._vardiff.fitting(now),
            first_job=self._numbers,
            settled=settled,
            warm_up_s=now - self._working_since,
        )
        self.phase = "measuring"
        # What was refused before lies with the search for a difficulty, and counts for nothing in either way.
        self.refused.clear()
        return self._job(clean=True)

    def _renewal(self, now: float) -> bytes:
        return self._job(clean=False) if now >= self._renewed + RENEW_S else b""

    def _job(self, clean: bool) -> bytes:
        """A new job of the difficulty that holds now, announced together with it."""
        number, self._numbers = self._numbers, self._numbers + 1
        time = int(self._world.now())
        fresh = b"warm-up" if self.window is None else self.window.fresh
        if self.window is not None:
            self.window.job_times.append(time)
        width = EXTRANONCE1_BYTES + EXTRANONCE2_BYTES
        job = challenge_job(self.settings.challenge, fresh, number, time, width, clean)
        if clean:
            self._jobs.clear()
            self._taken_back, self._first_open = self._world.clock(), number
        self._jobs[job.id] = _OpenJob(job, number, self.difficulty, target_of_difficulty(self.difficulty))
        while len(self._jobs) > JOBS_KEPT:
            del self._jobs[next(iter(self._jobs))]
        self._renewed = self._world.clock()
        return request(None, "mining.set_difficulty", [self.difficulty]) + request(
            None, "mining.notify", job.parameters
        )

    def _answered(self, message: Message) -> bytes:
        parameters = message.parameters
        match message.method:
            case "mining.configure":
                return answer(message.id, self._configured(parameters))
            case "mining.subscribe":
                self.agent = printable(str(parameters[0]) if parameters else "", MOST_NAME_CHARACTERS)
                self._subscribed = True
                subscriptions = [["mining.set_difficulty", "1"], ["mining.notify", "1"]]
                return answer(message.id, [subscriptions, self.extranonce1.hex(), EXTRANONCE2_BYTES])
            case "mining.authorize":
                name = parameters[0] if parameters and isinstance(parameters[0], str) else ""
                self.name = self.name or printable(name, MOST_NAME_CHARACTERS) or "unnamed"
                return answer(message.id, True)
            case "mining.suggest_difficulty":
                wanted = parameters[0] if parameters else None
                if isinstance(wanted, int | float) and self.settings.difficulty is None:
                    self._vardiff.suggested(wanted)
                return answer(message.id, True)
            case "mining.extranonce.subscribe" | "mining.suggest_target":
                return answer(message.id, True)
            case "mining.submit":
                return self._submitted(message.id, parameters)
            case _:
                return answer(message.id, None, [OTHER, f"{str(message.method)[:40]} is not known here", None])

    def _configured(self, parameters: tuple[object, ...]) -> dict[str, object]:
        wanted = parameters[0] if parameters and isinstance(parameters[0], list) else []
        options = parameters[1] if len(parameters) > 1 and isinstance(parameters[1], dict) else {}
        granted: dict[str, object] = {}
        for name in wanted[:20]:
            if name == "version-rolling":
                mask = hex_word(options.get("version-rolling.mask", f"{ROLLED_BITS:08x}"))
                self.mask = (ROLLED_BITS if mask is None else mask) & ROLLED_BITS
                granted |= {name: True, "version-rolling.mask": f"{self.mask:08x}"}
            elif isinstance(name, str):
                granted[name[:MOST_NAME_CHARACTERS]] = False
        return granted

    def _submitted(self, identity: Id, parameters: tuple[object, ...]) -> bytes:
        fault = self._fault_of_share(self._world.clock(), parameters)
        if fault is None:
            self._refused_in_a_row = 0
            return answer(identity, True)
        code, word = fault
        self.refused[word] += 1
        self._refused_in_a_row += not self._was_under_way(parameters)
        if self._refused_in_a_row >= MOST_REFUSED_IN_A_ROW:
            return self._end(f"it sent {MOST_REFUSED_IN_A_ROW} bad shares in a row ({word})")
        return answer(identity, None, [code, word, None])

    def _was_under_way(self, parameters: tuple[object, ...]) -> bool:
        """Whether a share is of a job that we took back so lately that the miner cannot be blamed for it."""
        if self._world.clock() > self._taken_back + UNDER_WAY_S or len(parameters) < 2:
            return False
        number = hex_word(parameters[1])
        return number is not None and number < self._first_open

    def _fault_of_share(self, now: float, parameters: tuple[object, ...]) -> tuple[int, str] | None:
        """What is wrong with a share; None where it is good, and then it is counted."""
        if self.phase == "connected":
            return UNAUTHORISED, "unauthorised worker"
        if len(parameters) < 5:
            return OTHER, "too few parameters"
        open_job = self._jobs.get(str(parameters[1]))
        if open_job is None:
            return STALE, NO_SUCH_JOB
        extranonce2, time, nonce = _extranonce(parameters[2]), hex_word(parameters[3]), hex_word(parameters[4])
        bits = hex_word(parameters[5]) if len(parameters) > 5 and parameters[5] is not None else 0
        if extranonce2 is None or time is None or nonce is None or bits is None:
            return OTHER, "a part is not hexadecimal or has the wrong length"
        if bits & ~self.mask:
            return OTHER, "version bits outside the mask"
        offset = time - open_job.job.time
        if not 0 <= offset <= MOST_TIME_OFFSET_S:
            return OTHER, "time out of range"
        prefix = open_job.job.prefix(self.extranonce1 + extranonce2, time, bits)
        value = hash_value(sha256d(prefix + struct.pack("<I", nonce)))
        if value > open_job.target:
            return LOW, "low difficulty share"
        # By hash: version bits of 0 and none at all are the same header.
        if value in open_job.seen:
            return DUPLICATE, "duplicate share"
        open_job.seen.add(value)
        self._count(now, open_job, value, (extranonce2, offset, nonce, bits))
        return None

    def _count(self, now: float, open_job: _OpenJob, value: int, parts: tuple[bytes, int, int, int]) -> None:
        self._vardiff.share(now, open_job.difficulty)
        window = self.window
        if window is None:
            self._shares += 1
        elif now <= window.began + self.settings.seconds:
            if len(window.shares) >= MOST_SHARES:
                window.overflowed = True
                return
            at_us = int((now - window.began) * 1e6)
            window.shares.append(ServedShare(at_us, open_job.number, *parts))
            window.at_twice_the_difficulty += difficulty_of(value) >= 2 * window.difficulty


def _extranonce(text: object) -> bytes | None:
    if not isinstance(text, str) or len(text) != 2 * EXTRANONCE2_BYTES:
        return None
    try:
        data = bytes.fromhex(text)
    except ValueError:
        return None
    # Blanks between the digits would make it shorter.
    return data if len(data) == EXTRANONCE2_BYTES else None
