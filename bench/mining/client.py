"""One connection to a pool as a state: what its lines mean, and what there is to hash now; no sockets here.

`take` reads a line; `work` makes the next header prefixes to hash. Whatever a pool sends is bounded: a line's length,
the jobs kept (one), the extranonces' widths.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ...kernels.errors import HashwattError, InputError
from ...kernels.headers.job import Job, roll_versions
from ...kernels.stratum.difficulty import checked_difficulty, target_of_difficulty
from ...kernels.stratum.job import ROLLED_BITS, StratumJob, hex_word
from ...kernels.stratum.messages import Message, NotStratum, parse, request
from ..result.printable import printable
from .address import Login

CONFIGURE, SUBSCRIBE, AUTHORIZE = 1, 2, 3
FIRST_SHARE = 10
MOST_EXTRANONCE1_BYTES = 32
MOST_EXTRANONCE2_BYTES = 16
LONGEST_COMPLAINT = 200


class PoolError(HashwattError):
    """A pool that answers what no pool should, or refuses to; one sentence."""


@dataclass(frozen=True)
class Task:
    """Headers to hash: a pool's job under one extranonce 2, with all the versions that may be rolled."""

    job: StratumJob
    extranonce2: bytes
    difficulty: float
    versions: int
    header: Job

    def submission(self, user: str, prefix: int, nonce: int) -> list[object]:
        """The parameters of `mining.submit` for a hit."""
        share: list[object] = [user, self.job.id, self.extranonce2.hex(), f"{self.job.time:08x}", f"{nonce:08x}"]
        if self.versions > 1:
            version = int.from_bytes(self.header.prefixes[prefix][:4], "little")
            share.append(f"{version & ROLLED_BITS:08x}")
        return share


class PoolClient:
    """What is known of the pool so far."""

    def __init__(self, login: Login, rolled: int) -> None:
        self.login = login
        self.wanted_versions = rolled
        self.accepted = 0
        self.accepted_work = 0.0
        self.rejected: Counter[str] = Counter()
        self.difficulty = 1.0
        self.generation = 0
        self.subscribed = False
        self.authorised = False
        self._mask = 0
        self._extranonce1 = b""
        self._width = 0
        self._counter = 0
        self._job: StratumJob | None = None
        self._job_difficulty = 1.0
        self._clean_generation = 0
        self._sent: dict[int, float] = {}
        self._next_id = FIRST_SHARE

    def greeting(self, agent: str) -> bytes:
        """What is sent first. Version rolling is asked for only where it is wanted: an old pool hangs up on it."""
        lines = b""
        if self.wanted_versions > 1:
            options = {"version-rolling.mask": f"{ROLLED_BITS:08x}", "version-rolling.min-bit-count": 2}
            lines += request(CONFIGURE, "mining.configure", [["version-rolling"], options])
        lines += request(SUBSCRIBE, "mining.subscribe", [agent])
        return lines + request(AUTHORIZE, "mining.authorize", [self.login.user, self.login.password])

    @property
    def waits_for_work(self) -> bool:
        """Whether all is said and the pool has sent no job yet."""
        return self._job is None or not self.subscribed

    def take(self, line: bytes) -> bytes:
        """What the line changes, and what is to be answered. Raises PoolError where there is no going on."""
        try:
            message = parse(line)
        except NotStratum as why:
            raise PoolError(f"the pool does not speak Stratum ({why}); check the port") from None
        if message.method is None:
            self._answered(message)
            return b""
        try:
            return self._told(message)
        except InputError as error:
            raise PoolError(str(error)) from None

    def task(self) -> Task | None:
        """The next headers to hash, never the same twice; None where there is no job."""
        job = self._job
        if job is None or not self.subscribed or self._counter >= 1 << 8 * self._width:
            return None
        extranonce2 = self._counter.to_bytes(self._width, "big")
        self._counter += 1
        prefix = job.prefix(self._extranonce1 + extranonce2, job.time)
        versions = self.wanted_versions if self._mask == ROLLED_BITS else 1
        header = Job(roll_versions(prefix, versions), target_of_difficulty(self._job_difficulty))
        return Task(job, extranonce2, self._job_difficulty, versions, header)

    def submit(self, task: Task, prefix: int, nonce: int) -> bytes:
        """The line that hands in a hit."""
        identity, self._next_id = self._next_id, self._next_id + 1
        self._sent[identity] = task.difficulty
        return request(identity, "mining.submit", task.submission(self.login.user, prefix, nonce))

    def wants(self, generation: int) -> bool:
        """Whether hits for a job of that generation are still wanted: a clean job takes back all before it."""
        return generation >= self._clean_generation

    @property
    def unanswered(self) -> int:
        """Shares that the pool has not judged yet."""
        return len(self._sent)

    def _answered(self, message: Message) -> None:
        if message.id == CONFIGURE:
            granted = message.result if isinstance(message.result, dict) else {}
            if granted.get("version-rolling") is True:
                self._mask = (hex_word(granted.get("version-rolling.mask")) or 0) & ROLLED_BITS
        elif message.id == SUBSCRIBE:
            self._subscribe(message)
        elif message.id == AUTHORIZE:
            if message.result is not True:
                raise PoolError(f"the pool refuses the worker {self.login.user!r:.40}{self._complaint(message.error)}")
            self.authorised = True
        elif isinstance(message.id, int) and message.id in self._sent:
            difficulty = self._sent.pop(message.id)
            if message.result is True:
                self.accepted += 1
                self.accepted_work += difficulty
            else:
                self.rejected[self._complaint(message.error).strip(": ") or "no reason given"] += 1

    def _subscribe(self, message: Message) -> None:
        answer = message.result
        try:
            # No asserts: `python -O` leaves them out.
            if not isinstance(answer, list):
                raise ValueError
            extranonce1, width = bytes.fromhex(answer[1]), answer[2]
            if not isinstance(width, int) or not 1 <= width <= MOST_EXTRANONCE2_BYTES:
                raise ValueError
            if len(extranonce1) > MOST_EXTRANONCE1_BYTES:
                raise ValueError
        except (ValueError, TypeError, IndexError):
            raise PoolError(
                f"the pool's subscription cannot be used{self._complaint(message.error)}; check the port"
            ) from None
        self._extranonce1, self._width = extranonce1, width
        self.subscribed = True

    def _told(self, message: Message) -> bytes:
        parameters = message.parameters
        match message.method:
            case "mining.set_difficulty":
                wanted = parameters[0] if parameters else None
                if isinstance(wanted, bool) or not isinstance(wanted, int | float):
                    raise PoolError("the pool sent a difficulty that is no number; try another pool")
                self.difficulty = float(checked_difficulty(wanted))
            case "mining.notify":
                job = StratumJob.of_parameters(parameters)
                self._job, self._job_difficulty = job, self.difficulty
                self.generation += 1
                if job.clean:
                    self._clean_generation = self.generation
            case "mining.set_extranonce":
                if len(parameters) >= 2:
                    self._subscribe(Message(SUBSCRIBE, None, (), [None, *parameters[:2]], None))
                    self._counter = 0
            case "mining.set_version_mask":
                self._mask = (hex_word(parameters[0] if parameters else None) or 0) & ROLLED_BITS
            case "mining.ping":
                return request(message.id, "mining.pong", [])
            case "client.reconnect":
                # Elsewhere is where a stranger may want our work to go; we come back to the address that we were given.
                raise ConnectionError("the pool asks to connect again")
            case _:
                pass
        return b""

    def _complaint(self, error: object) -> str:
        """What a pool says is wrong, made fit for a sentence: ": …", or empty where it says nothing."""
        text = (
            error[1]
            if isinstance(error, list) and len(error) > 1
            else error.get("message")
            if isinstance(error, dict)
            else error
        )
        return f": {printable(self.login.hidden_in(str(text)), LONGEST_COMPLAINT)}" if text else ""
