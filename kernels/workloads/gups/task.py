"""Random updates on one device: a table beyond its caches, streams that change it, and the same streams undone."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from hashlib import sha256
from time import perf_counter

import numpy as np

from ...device import DeviceInfo, Executes, Launch, Launched, Roof, Source
from ...errors import DeviceError, WrongResult
from ..checked_task import CheckedTask
from ..evidence import Checked
from ..filling import fill
from ..near_cache import CACHE_IF_UNKNOWN_BYTES, near_cache
from ..protocol import Expected, Request, Work
from ..suite import SIZE
from . import opencl
from .stream import Words, changes

WORD_BYTES = 8
LINE_BYTES = 64
TYPES = ("uint64", "uint64")
SOURCES = {
    "llvm": (f"{__package__}.cpu:update", f"{__package__}.cpu:look"),
    "opencl": (opencl.UPDATE, opencl.LOOK),
    "python": (f"{__package__}.plain:update", f"{__package__}.plain:look"),
}
# A quarter of the memory, as RandomAccess wants half of it for itself; at most this.
MEMORY_SHARE = 4
LARGEST_USUAL_BYTES = 512 << 20
UNKNOWN_MEMORY_BYTES = 1 << 30
SIMULATED_BYTES = 1 << 16
# Parts: a GPU hides the memory's latency with many, a CPU's core has one.
PARTS_A_UNIT = {"gpu": 512, "cpu": 1}
SMALLEST_PART_WORDS = 1 << 6
# A batch touches so many times the lines that the largest cache holds: undoing one must not find it there.
BEYOND_CACHE = 4
LARGEST_BATCH = 1 << 34
SELF_TEST_PART_WORDS = 1 << 7
SELF_TEST_UPDATES = (1, 2, 256, 1024)
STRETCH = 512
STRETCHES = 8
# So many words of the table are all different at first; the rest repeats them, which a device does by itself.
PERIOD_WORDS = 65_521
LOOKS = 3
LOOK_S = 0.05
# The roof's reads need not touch nearly all of the table: a look begins with this part of a batch.
LOOK_PART = 8


@dataclass(frozen=True)
class Table:
    """How many parts, and words of each (a power of two)."""

    parts: int
    part_words: int

    @property
    def words(self) -> int:
        """Of all parts."""
        return self.parts * self.part_words


def table_of(info: DeviceInfo, size_bytes: int | None = None) -> Table:
    """The table for a device, of `size_bytes` at most where that is given."""
    units = int(info.limits.get("logical_cpus") or info.compute_units or 1)
    parts = units * PARTS_A_UNIT["gpu" if info.kind == "gpu" else "cpu"]
    # A container that has used up its memory has 0 bytes free, which is not unknown.
    free_bytes = UNKNOWN_MEMORY_BYTES if info.memory_bytes is None else info.memory_bytes
    wanted = min(free_bytes // MEMORY_SHARE, LARGEST_USUAL_BYTES)
    if info.simulator:
        wanted = SIMULATED_BYTES
    words = (size_bytes or wanted) // WORD_BYTES
    parts = max(1, min(parts, words // SMALLEST_PART_WORDS))
    return Table(parts, 1 << max(SMALLEST_PART_WORDS, words // parts).bit_length() - 1)


class GupsTask(CheckedTask):
    """See Task. A batch is so many updates in every part."""

    largest_batch = LARGEST_BATCH

    def __init__(self, device: Executes, request: Request) -> None:
        """Updates on an open device that knows one of SOURCES' languages."""
        super().__init__(device)
        self._request = request
        size = request.parameters.get(SIZE)
        self._table = table_of(device.info, None if size is None else int(size))
        # More memory is asked for; nobody takes a larger table by himself.
        table_bytes = self._table.words * WORD_BYTES
        # Of what is asked for it may be little more than half (see `table_of`).
        self.near_cache = near_cache(device.info, table_bytes, True, "a table", asked_times=2 * BEYOND_CACHE)
        language = next(name for name in device.info.languages if name in SOURCES)
        update, look = SOURCES[language]
        self._update, self._look = (
            Source(language, text, entry, TYPES) for text, entry in ((update, "update"), (look, "look"))
        )
        lines = BEYOND_CACHE * (device.info.cache_bytes or CACHE_IF_UNKNOWN_BYTES) // LINE_BYTES
        # Twice as many updates as the table has lines touch nearly all of them: more gain nothing.
        lines = min(lines, 2 * self._table.words * WORD_BYTES // LINE_BYTES)
        lines = 1 if device.info.simulator or language == "python" else lines
        self.smallest_batch = 1 << max(1, lines // self._table.parts).bit_length()
        self._buffers: tuple[int, int] | None = None
        self._key = np.uint64(0)
        # The streams' numbers where the table is as it began, and how many updates it is away from that (0: none).
        self._numbers: Words = np.zeros(0, np.uint64)
        self._done = 0
        # Whether the table holds nobody knows what, or nothing yet.
        self._lost = True
        self._threads: int | None = None

    def self_test(self) -> None:
        """Compile, and compare every cell of a small table with the right one, updated and undone."""
        self._kernel_id, self.compile_s = self._device.compile(self._update)
        table = Table(self._table.parts if self._table.parts < 8 else 5, SELF_TEST_PART_WORDS)
        buffers = (self._device.allocate(table.words * WORD_BYTES), self._device.allocate(table.parts * WORD_BYTES))
        key, numbers = self._seeded("self-test", table.parts)
        self._write_table(buffers[0], table, key)
        for updates in SELF_TEST_UPDATES:
            for undone in (False, True):
                self._device.write(buffers[1], 0, numbers.tobytes())
                started = perf_counter()
                self._threads = self._launch(self._kernel_id, buffers, table, updates).threads
                if updates == SELF_TEST_UPDATES[0] and not undone:
                    # Some compilers begin at the first launch.
                    self.compile_s += perf_counter() - started
                for part in range(table.parts):
                    right = _cells(table, part, 0, table.part_words, key)
                    found, _ = changes(int(numbers[part]), updates, table.part_words - 1, 0, table.part_words)
                    self._compare(buffers[0], table, part, 0, right if undone else right ^ found)
        self._note_kernel()

    def rehearse(self, expected: Expected | None) -> None:
        """Fill the table, if that is still to be done."""
        if self._lost:
            self._fill()

    def ready(self, batch: int) -> None:
        """Have the table as it began, or that many updates away from it, and the streams before those."""
        if self._lost:
            self._fill()
        if self._done not in (0, batch):
            self._undo()
        assert self._buffers is not None
        self._device.write(self._buffers[1], 0, self._numbers.tobytes())

    def run(self, batch: int) -> Work:
        """So many updates in every part, or the same ones undone."""
        assert self._buffers is not None
        try:
            done = self._launch(self._kernel_id, self._buffers, self._table, batch)
        except BaseException:
            # Nobody knows how many updates it did.
            self._lost = True
            raise
        if self._done:
            # Both went the same way: the next ones go on from where the streams are now.
            self._done = 0
            self._numbers = self._streams()
        else:
            self._done = batch
        return Work(batch * self._table.parts, done.device_s)

    def check_batch(self, batch: int) -> None:
        """Do one, or undo it, and compare: the other of the two comes next, and is compared as the first sample."""
        self.ready(batch)
        self.run(batch)
        self._compare_now()

    def spot_check(self) -> None:
        """Do a small batch and compare, undo it and compare."""
        for _ in range(2):
            self.check_batch(min(self.smallest_batch, 1 << 16))

    def evidence(self, samples: int) -> Checked:
        """How many cells were compared."""
        how = f"cells in up to {STRETCHES} stretches, undone or as reckoned in another way, after every sample"
        return Checked(answers=self._answers(samples), how=how)

    def roof(self) -> Roof | None:
        """As many independent reads of the same table: what the memory's latency allows."""
        if self._device.info.simulator:
            return None
        if self._lost:
            self._fill()
        assert self._buffers is not None
        kernel, _ = self._device.compile(self._look)
        fastest_s = float("inf")
        updates, looked, launches = max(1, self.smallest_batch // LOOK_PART), 0, 0
        while looked < LOOKS:
            # Other places each time: those of the last look may still be in a cache.
            _, numbers = self._seeded(f"look {launches}", self._table.parts)
            launches += 1
            self._device.write(self._buffers[1], 0, numbers.tobytes())
            started = perf_counter()
            device_s = self._launch(kernel, self._buffers, self._table, updates).device_s
            seconds = device_s or perf_counter() - started
            if seconds < LOOK_S and updates < LARGEST_BATCH:
                updates *= 2
                continue
            looked += 1
            fastest_s = min(fastest_s, seconds / updates)
        explanation = (
            "The roof is that of the memory's latency: as many reads at random places of the same table, none of "
            f"which waits for another, the best of {LOOKS} times."
        )
        return Roof(self._table.parts / fastest_s, None, None, {}, explanation, "latency")

    def _undo(self) -> None:
        assert self._buffers is not None
        self._device.write(self._buffers[1], 0, self._numbers.tobytes())
        self.run(self._done)

    def _streams(self) -> Words:
        assert self._buffers is not None
        return np.frombuffer(self._device.read(self._buffers[1], 0, self._table.parts * WORD_BYTES), np.uint64)

    def _fill(self) -> None:
        if self._buffers is None:
            sizes = (self._table.words * WORD_BYTES, self._table.parts * WORD_BYTES)
            self._buffers = (self._device.allocate(sizes[0]), self._device.allocate(sizes[1]))
        self._key, self._numbers = self._seeded(self._request.run_id, self._table.parts)
        self._write_table(self._buffers[0], self._table, self._key)
        self._done = 0
        self._lost = False

    def _seeded(self, run_id: str, parts: int) -> tuple[np.uint64, Words]:
        """What the table's cells are XORed with to begin with, and each stream's number (never zero)."""
        text = "\0".join(("hashwatt gups 1", self._request.challenge, self._device.info.id, run_id))
        bits = np.random.PCG64(int.from_bytes(sha256(text.encode()).digest(), "big"))
        numbers = bits.random_raw(parts + 1).astype(np.uint64)
        return np.uint64(numbers[0]), numbers[1:] | np.uint64(1)

    def _write_table(self, buffer: int, table: Table, key: np.uint64) -> None:
        fill(self._device, buffer, np.arange(PERIOD_WORDS, dtype=np.uint64) ^ key, table.words)

    def _launch(self, kernel: int, buffers: tuple[int, int], table: Table, updates: int) -> Launched:
        scalars = (table.part_words - 1, updates)
        return self._device.launch(Launch(kernel, buffers, scalars, table.parts, grain=1))

    def _compare_now(self) -> int:
        """Compare some stretches of some parts, the first and the last cells among them; tells how many cells."""
        if self._buffers is None or self._lost:
            raise DeviceError(f"{self._device.info.id}: the table was lost with a launch that failed")
        table, length = self._table, min(STRETCH, self._table.part_words)
        last = table.part_words - length
        random = [(secrets.randbelow(table.parts), secrets.randbelow(last + 1)) for _ in range(STRETCHES - 2)]
        # Where it is updated, the stream of one part is gone through again: the price is a tenth of its updates.
        places = random[:1] if self._done else [(0, 0), (table.parts - 1, last), *random]
        for each, first in places:
            right = _cells(table, each, first, length, self._key)
            if self._done:
                found, number = changes(int(self._numbers[each]), self._done, table.part_words - 1, first, length)
                right = right ^ found
                if int(self._streams()[each]) != number:
                    raise self._wrong(each, "its stream of random numbers is another one")
            self._compare(self._buffers[0], table, each, first, right)
        return len(places) * length

    def _compare(self, buffer: int, table: Table, part: int, first: int, right: Words) -> None:
        at = (part * table.part_words + first) * WORD_BYTES
        data = np.frombuffer(self._device.read(buffer, at, len(right) * WORD_BYTES), np.uint64)
        wrong = int((data != right).sum())
        if wrong:
            raise self._wrong(part, f"{wrong} of {len(right)} cells from cell {first} on")

    def _wrong(self, part: int, what: str) -> WrongResult:
        return WrongResult(
            f"{self._device.info.id} updated part {part} of the table wrongly ({what}); "
            "its kernel is wrong, use another device"
        )

    def _note_kernel(self) -> None:
        table = self._table
        tuning = {"table_bytes": table.words * WORD_BYTES, "parts": table.parts}
        self.kernel = self._kernel_info("update", self._update, tuning, self._threads)


def _cells(table: Table, part: int, first: int, length: int, key: np.uint64) -> Words:
    """What these cells of the table begin with."""
    start = part * table.part_words + first
    return np.arange(start, start + length, dtype=np.uint64) % np.uint64(PERIOD_WORDS) ^ key
