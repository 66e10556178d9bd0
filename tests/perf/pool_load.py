"""What a measuring pool bears: `python -m tests.perf.pool_load shares|crowd` prints JSON.

The pool is `hashwatt serve` in a process of its own, whose CPU time and memory are read from outside; so other programs
cost the figures little. Shares are of a difficulty that nearly every header meets: whoever sends them hashes nothing.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

EASIEST = 2.0**-32
WINDOW_S = 8.0
WORKERS = 20
SHARES_A_SECOND = 10_000
CONNECTIONS = 10_000
CROWD_S = 60.0
# Sent at a time, so that whoever sends keeps up on half a core.
BURST_S = 0.02
# So many are open at once; the limit of files of whoever makes them must allow it.
AT_ONCE = 2_000
HELLO = (
    b'{"id": 1, "method": "mining.subscribe", "params": ["load/1"]}\n'
    b'{"id": 2, "method": "mining.authorize", "params": ["%s", "x"]}\n'
)


@dataclass
class Worker:
    """Sends shares at a steady rate, in order of their nonces, and notes how they are judged."""

    name: str
    rate: float
    sent: int = 0
    accepted: int = 0
    refused: int = 0
    slowest_s: float = 0.0
    reasons: Counter[str] = field(default_factory=Counter)
    gone: bool = False
    _job: tuple[str, str] | None = None
    _pending: dict[int, float] = field(default_factory=dict)

    async def work(self, port: int) -> None:
        """Until the server hangs up."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HELLO % self.name.encode())
        listening = asyncio.create_task(self._listen(reader))
        began = time.monotonic()
        with suppress(ConnectionError):
            while not self.gone:
                await asyncio.sleep(BURST_S)
                if self._job is None:
                    began = time.monotonic()
                    continue
                due = int((time.monotonic() - began) * self.rate) - self.sent
                writer.writelines(self._share() for _ in range(due))
                await writer.drain()
        await listening

    def _share(self) -> bytes:
        assert self._job is not None
        job, moment = self._job
        self.sent += 1
        self._pending[self.sent] = time.monotonic()
        return (
            f'{{"id": {self.sent}, "method": "mining.submit", "params": '
            f'["{self.name}", "{job}", "00000000", "{moment}", "{self.sent:08x}"]}}\n'
        ).encode()

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        with suppress(ConnectionError):
            async for line in reader:
                message = json.loads(line)
                if message.get("method") == "mining.notify":
                    self._job = message["params"][0], message["params"][7]
                elif message.get("id") in self._pending:
                    self.slowest_s = max(self.slowest_s, time.monotonic() - self._pending.pop(message["id"]))
                    good = message["result"] is True
                    self.accepted, self.refused = self.accepted + good, self.refused + (not good)
                    if not good:
                        self.reasons[message["error"][1]] += 1
        self.gone = True


@asynccontextmanager
async def served(seconds: float) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """A pool in a process of its own, and its port."""
    command = ("-m", "hashwatt", "serve", "--listen", "127.0.0.1:0", "-t", str(seconds), "--json", "-q")
    # The file is looked at through what is printed, and goes with its folder.
    with tempfile.TemporaryDirectory() as folder:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, "--difficulty", str(EASIEST), "-o", str(Path(folder) / "served.json"),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, limit=1 << 28,
        )  # fmt: skip
        assert process.stderr is not None
        line = (await process.stderr.readline()).decode()
        found = re.search(r":(\d+);", line)
        assert found, line
        try:
            yield process, int(found[1])
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


async def shares(rate: int = SHARES_A_SECOND, seconds: float = WINDOW_S, workers: int = WORKERS) -> dict[str, Any]:
    """So many shares a second from some workers: CPU time a share, memory, and how many of them were taken."""
    async with served(seconds) as (process, port):
        seen = psutil.Process(process.pid)
        crew = [Worker(f"w{number}", rate / workers) for number in range(workers)]
        tasks = [asyncio.create_task(worker.work(port)) for worker in crew]
        # The first seconds are start and warm-up; what is measured is the steady stream.
        await asyncio.sleep(4)
        before = cpu_s(seen), sum(worker.accepted + worker.refused for worker in crew), time.monotonic()
        await asyncio.sleep(seconds)
        after = cpu_s(seen), sum(worker.accepted + worker.refused for worker in crew), time.monotonic()
        memory = seen.memory_info().rss
        answer = asyncio.create_task(process.communicate())
        await asyncio.gather(*tasks)
        document = json.loads((await answer)[0])
    taken = after[1] - before[1]
    return {
        "shares_a_second": taken / (after[2] - before[2]),
        "server_cpu_us_a_share": (after[0] - before[0]) / taken * 1e6,
        "server_cores": (after[0] - before[0]) / (after[2] - before[2]),
        "accepted": sum(worker.accepted for worker in crew),
        "refused": sum(worker.refused for worker in crew),
        "reasons": sum((worker.reasons for worker in crew), Counter()),
        "slowest_answer_s": max(worker.slowest_s for worker in crew),
        "memory_mib": memory / 2**20,
        "counted_in_windows": sum(worker["shares"] for worker in document["workers"]),
        "workers_measured": len(document["workers"]),
        "verifies": document["verdict"]["ok"],
    }


async def crowd(connections: int = CONNECTIONS, says: bytes = HELLO % b"crowd") -> dict[str, Any]:
    """So many strangers beside one worker, `AT_ONCE` at a time: what they cost, and whether the worker noticed."""
    async with served(CROWD_S) as (process, port):
        seen = psutil.Process(process.pid)
        worker = Worker("steady", 50.0)
        task = asyncio.create_task(worker.work(port))
        await asyncio.sleep(2)
        before = cpu_s(seen), seen.memory_info().rss
        most = before[1]
        opened: list[asyncio.StreamWriter] = []
        came = 0
        # The last tenth of the worker's window is left to the server alone.
        end = time.monotonic() + 0.9 * CROWD_S
        while came < connections and time.monotonic() < end:
            came += 1
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(says)
                opened.append(writer)
            if len(opened) >= AT_ONCE:
                most = max(most, seen.memory_info().rss)
                opened.pop(0).close()
        most = max(most, seen.memory_info().rss)
        after = cpu_s(seen)
        for writer in opened:
            writer.close()
        await task
        out, _ = await process.communicate()
        document = json.loads(out)
    (steady,) = (one for one in document["workers"] if one["name"] == "steady")
    return {
        "connections": came,
        "server_cpu_us_a_connection": (after - before[0]) / came * 1e6,
        "memory_before_mib": before[1] / 2**20,
        "memory_most_mib": most / 2**20,
        "worker_accepted": worker.accepted,
        "worker_refused": worker.refused,
        "worker_slowest_answer_s": worker.slowest_s,
        "worker_shares_in_window": steady["shares"],
        "worker_shares_sent_in_a_window": worker.rate * CROWD_S,
        "workers_named": len(document["workers"]),
        "verifies": document["verdict"]["ok"],
    }


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["shares"]:
            print(json.dumps(asyncio.run(shares()), indent=1))
        case ["crowd"]:
            for words in (HELLO % b"crowd", b"", b'{"id": 1, "method": "mining.sub'):
                print(json.dumps({"says": words.decode()} | asyncio.run(crowd(says=words)), indent=1))
        case _:
            raise SystemExit("give shares or crowd")
