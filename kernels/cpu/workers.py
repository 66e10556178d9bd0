"""Running a compiled kernel over a range of nonces on several threads at once.

The kernels release the GIL, so plain threads use every core. Work is handed out in chunks that
shrink towards the end of the range: long ones cost nothing in overhead, short last ones let all
threads, on fast and slow cores alike, finish together.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from .codegen.skeleton import RECORD_WORDS
from .cores.affinity import pin_to
from .jit import Compiled

T = TypeVar("T")
Words = npt.NDArray[np.uint32]

# In hashes: about 10 ms and 0.3 ms of a fast core.
LONGEST_CHUNK = 1 << 19
SHORTEST_CHUNK = 1 << 14


@dataclass(frozen=True)
class Tally:
    """What a kernel found in a chunk: the last words' XOR, and records as `skeleton` describes them."""

    xor_h7: int
    records: Words


def scan_chunk(compiled: Compiled, job: Words, prefixes: int, first: int, count: int, records: Words) -> Tally:
    """Run the kernel on this thread; `records` is its scratch space."""
    lanes = compiled.variant.lanes
    answer = compiled.run(job.ctypes.data, first, count // lanes, count % lanes, prefixes, records.ctypes.data)
    found = (answer >> 32) * RECORD_WORDS
    return Tally(answer & 0xFFFFFFFF, records[:found].reshape(-1, RECORD_WORDS).copy())


def record_space(lanes: int, prefixes: int, nonces: int) -> Words:
    """Room for every record that a scan of so many nonces can write."""
    return np.empty((nonces // lanes + 1) * prefixes * RECORD_WORDS, dtype=np.uint32)


class Workers:
    """Threads, one per CPU given (kept there where the system allows it), that scan together."""

    def __init__(self, cpus: Sequence[int], pin: bool) -> None:
        self._tasks: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._here = threading.local()
        self._threads: list[threading.Thread] = []
        try:
            for cpu in cpus:
                place = cpu if pin else None
                thread = threading.Thread(target=self._serve, args=(place,), daemon=True, name=f"hashwatt-{cpu}")
                thread.start()
                self._threads.append(thread)
        except RuntimeError:
            # The system starts no more of them: those that it did start would wait for ever.
            self.close()
            raise

    def __len__(self) -> int:
        return len(self._threads)

    def _serve(self, cpu: int | None) -> None:
        self._here.cpu = cpu if cpu is not None and pin_to(cpu) else None
        while task := self._tasks.get():
            task()

    @property
    def cpu_here(self) -> int | None:
        """The logical CPU that the calling thread, one of these, is kept on; None where the system keeps it nowhere."""
        return getattr(self._here, "cpu", None)

    def close(self) -> None:
        """End the threads; a second call does nothing."""
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join()
        self._threads = []

    def scan(self, compiled: Compiled, job: Words, prefixes: int, nonces: range) -> list[Tally]:
        """Every nonce of the range once, in chunks. Interrupted, it waits for the chunks under way."""
        chunks = _Chunks(nonces, prefixes, compiled.variant.lanes, len(self))

        def work() -> list[Tally]:
            records = record_space(compiled.variant.lanes, prefixes, chunks.longest)
            tallies = []
            while chunk := chunks.next():
                tallies.append(scan_chunk(compiled, job, prefixes, chunk.start, len(chunk), records))
            return tallies

        return [tally for tallies in self.on_all(work, chunks.stop) for tally in tallies]

    def on_all(self, work: Callable[[], T], stop: Callable[[], None] = lambda: None) -> list[T]:
        """What `work` returns on each of the threads, all at once. Raises what it raises.

        Interrupted, it calls `stop` and waits until every thread has come back.
        """
        results: list[T] = []
        failures: list[BaseException] = []
        # An interrupt may come between any two lines: what was begun and what has ended is told by the threads alone.
        begins = [None] * len(self)
        ended: list[None] = []
        woken: SimpleQueue[None] = SimpleQueue()

        def task() -> None:
            try:
                begins.pop()
            except IndexError:
                # Called off before it began.
                return
            try:
                results.append(work())
            except BaseException as failure:
                failures.append(failure)
                stop()
            finally:
                ended.append(None)
                woken.put(None)

        def wait(parts: int) -> None:
            while len(ended) < parts:
                # A wait without end would keep Ctrl-C from arriving on Windows.
                with suppress(Empty):
                    woken.get(timeout=0.2)

        try:
            for _ in self._threads:
                self._tasks.put(task)
            wait(len(self))
        except BaseException:
            stop()
            wait(len(self) - _emptied(begins))
            raise
        if failures:
            raise failures[0]
        return results


def _emptied(begins: list[None]) -> int:
    """How many were taken out: others may take some at the same moment, and each is taken once."""
    taken = 0
    with suppress(IndexError):
        while True:
            begins.pop()
            taken += 1
    return taken


class _Chunks:
    """A range of nonces, handed out piece by piece to any number of threads."""

    def __init__(self, nonces: range, prefixes: int, lanes: int, threads: int) -> None:
        self._next, self._end = nonces.start, nonces.stop
        self._threads = threads
        self._lanes = lanes
        self.longest = max(lanes, LONGEST_CHUNK // prefixes // lanes * lanes)
        self._shortest = max(lanes, SHORTEST_CHUNK // prefixes // lanes * lanes)
        self._lock = threading.Lock()

    def next(self) -> range:
        """The next piece, empty when nothing is left."""
        with self._lock:
            left = self._end - self._next
            share = left // (4 * self._threads) // self._lanes * self._lanes
            start = self._next
            self._next += min(left, max(self._shortest, min(self.longest, share)))
            return range(start, self._next)

    def stop(self) -> None:
        """Hand out no more."""
        with self._lock:
            self._end = self._next
