"""A miner and a server in simulated time: real hashes, a clock that the test moves, no sockets."""

from __future__ import annotations

import random
import struct
from hashlib import sha256
from itertools import count

from hashwatt.bench.mining.address import Login
from hashwatt.bench.mining.client import PoolClient, Task
from hashwatt.bench.pool.session import PoolSettings, Session, World
from hashwatt.kernels.workloads.evidence import Claim

CHALLENGE = "simulated"


def claim_for(challenge: str, amount: int) -> Claim:
    """A pool's claim of so many hashes: only challenge and amount count."""
    return Claim(
        challenge=challenge,
        machine="0" * 16,
        device_id="worker:w",
        run_id="0" * 32,
        workload="sha256d",
        parameters={"prefixes": 1},
        amounts=(amount,),
    )


class Simulation:
    """Our client at `rate` hashes a second beside our server."""

    def __init__(self, settings: PoolSettings, rate: float, seed: int, rolled: int = 1) -> None:
        self.now = 0.0
        self.chance = random.Random(seed)
        self.rate = rate
        self.session = Session(settings, World(lambda: self.now, lambda: 1.79e9 + self.now, self.random), bytes(4))
        self.client = PoolClient(Login("w"), rolled)
        self.hashes = 0
        self.hashes_in_window = 0
        self._task: Task | None = None
        self._nonces = count()
        self._generation = -1

    def random(self, length: int) -> bytes:
        return self.chance.randbytes(length)

    def exchange(self, to_server: bytes = b"") -> None:
        """Lines both ways until nobody has anything more to say."""
        for line in to_server.splitlines(keepends=True):
            self.to_client(self.session.receive(line))

    def to_client(self, data: bytes) -> None:
        for line in data.splitlines(keepends=True):
            self.exchange(self.client.take(line))

    def run(self, step: float = 0.1) -> None:
        """From the greeting until the window has ended."""
        self.exchange(self.client.greeting("simulated/1"))
        while self.session.phase != "done":
            if self.session.phase == "measuring":
                self.hashes_in_window += self.hash(step)
            else:
                self.hash(step)
            self.now += step
            self.to_client(self.session.tick())

    def hash(self, seconds: float) -> int:
        """As many hashes as `seconds` allow; what meets the target is handed in."""
        if self._task is None or self._generation != self.client.generation:
            self._task, self._generation, self._nonces = self.client.task(), self.client.generation, count()
        task = self._task
        assert task is not None
        begun = int(self.rate * seconds)
        for _ in range(begun):
            nonce = next(self._nonces)
            prefix = nonce % task.versions
            header = task.header.prefixes[prefix] + struct.pack("<I", nonce)
            if int.from_bytes(sha256(sha256(header).digest()).digest(), "little") <= task.header.target:
                self.exchange(self.client.submit(task, prefix, nonce))
        self.hashes += begun
        return begun
