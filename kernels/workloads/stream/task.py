"""The triad on one device: arrays larger than its caches, passes over them, answers compared at many places."""

from __future__ import annotations

import secrets
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

import numpy as np
import numpy.typing as npt

from ...device import DeviceInfo, Executes, KernelInfo, Launch, Roof, Source
from ...errors import DeviceError, WrongResult
from ..evidence import Checked
from ..protocol import Request, Work
from ..roof import smallest_ceiling
from . import opencl
from .counts import BYTES_AN_ITEM, COUNTS
from .oracle import ARRAYS, FACTOR, MOST_PASSES, Course, pattern

PACKAGE = __package__
TYPES = ("float64",) * ARRAYS
# The kernel in each language, best first.
SOURCES = {
    "numba": Source("numba", f"{PACKAGE}.cpu:triad", "", TYPES),
    "opencl": Source("opencl", opencl.TEXT, opencl.ENTRY, TYPES),
    "python": Source("python", f"{PACKAGE}.plain:triad", "", TYPES),
}
NUMBER_BYTES = 8
# STREAM's own rule: each array at least four times the largest cache.
BEYOND_CACHE = 4
CACHE_IF_UNKNOWN_BYTES = 32 << 20
# A pass shall take far longer than a launch.
SMALLEST_ON_GPU_BYTES = 256 << 20
LARGEST_ARRAY_BYTES = 1 << 30
# A simulator needs a second for a million items, and has no cache to get past.
SIMULATED_BYTES = 1 << 16
# The part of a device's memory that the arrays may take together.
MEMORY_SHARE = 0.5
ITEM_GRAIN = 4096
# Odd, no multiple of any vector or work-group.
SELF_TEST_ITEMS = 1003
SELF_TEST_PASSES = (1, 4, 7)
# Answers are compared in so many stretches, the first and the last ones of the arrays among them.
STRETCHES = 16
STRETCH = 64
# A power of two, of which every device does that many passes in well over a second.
LARGEST_BATCH = 1 << 16
WRITE_BYTES = 16 << 20


def array_items(info: DeviceInfo) -> int:
    """How many numbers an array has on this device."""
    wanted = BEYOND_CACHE * (info.cache_bytes or CACHE_IF_UNKNOWN_BYTES)
    if info.kind == "gpu":
        wanted = max(wanted, SMALLEST_ON_GPU_BYTES)
    if info.simulator:
        wanted = SIMULATED_BYTES
    if info.memory_bytes is not None:
        wanted = min(wanted, int(info.memory_bytes * MEMORY_SHARE / ARRAYS))
    items = min(wanted, LARGEST_ARRAY_BYTES) // NUMBER_BYTES // ITEM_GRAIN * ITEM_GRAIN
    return max(items, ITEM_GRAIN)


class TriadTask:
    """See Task. A batch is that many passes over the arrays."""

    smallest_batch = 1
    largest_batch = LARGEST_BATCH

    def __init__(self, device: Executes, request: Request) -> None:
        """The triad on an open device that knows one of SOURCES' languages."""
        self._device = device
        self._request = request
        self._items = array_items(device.info)
        self._source = next(SOURCES[name] for name in device.info.languages if name in SOURCES)
        self._buffers: tuple[int, ...] = ()
        self._kernel_id = 0
        self._places = _places(self._items)
        self._course: Course | None = None
        self._passes = 0
        self._checked: list[int] = []
        self._threads: int | None = None
        self.kernel: KernelInfo | None = None
        self.compile_s = 0.0

    @property
    def is_full(self) -> bool:
        """Never: a number of answers is all that is kept."""
        return False

    def self_test(self) -> None:
        """Compile, and compare every number of small arrays with the right ones."""
        self._kernel_id, self.compile_s = self._device.compile(self._source)
        numbers = pattern(self._request.challenge, self._device.info.id, "self-test")
        places = np.arange(SELF_TEST_ITEMS)
        for passes in SELF_TEST_PASSES:
            buffers = tuple(self._device.allocate(SELF_TEST_ITEMS * NUMBER_BYTES) for _ in range(ARRAYS))
            for buffer, values in zip(buffers, numbers, strict=True):
                self._device.write(buffer, 0, values[:SELF_TEST_ITEMS].tobytes())
            started = perf_counter()
            launch = Launch(self._kernel_id, buffers, (FACTOR,), SELF_TEST_ITEMS, passes, rotate=True)
            self._threads = self._device.launch(launch).threads
            # Some compilers begin at the first launch.
            self.compile_s += perf_counter() - started if passes == SELF_TEST_PASSES[0] else 0.0
            expected = Course(numbers, places).after(passes)
            for buffer, right in zip(buffers, expected, strict=True):
                self._compare(buffer, 0, right)
        self._note_kernel()
        self._device.release()
        # Kernels were given back, too.
        self._kernel_id, _ = self._device.compile(self._source)

    def rehearse(self, planned: float | None) -> None:
        """Fill the arrays, if that is still to be done."""
        if self._course is None:
            self._fill()

    def start(self, planned: float) -> None:
        """Nothing: the numbers derive from the challenge from the first pass on."""
        self.rehearse(planned)

    def ready(self, batch: int) -> None:
        """Fill the arrays anew before their numbers grow too large, or after a launch that failed."""
        if self._course is None or self._passes + batch > MOST_PASSES:
            self._fill()

    def run(self, batch: int) -> Work:
        """So many passes."""
        turned = self._passes % ARRAYS
        buffers = (*self._buffers[turned:], *self._buffers[:turned])
        try:
            done = self._device.launch(Launch(self._kernel_id, buffers, (FACTOR,), self._items, batch, rotate=True))
        except BaseException:
            # Nobody knows how many passes it did.
            self._course = None
            raise
        self._passes += batch
        return Work(batch * self._items * BYTES_AN_ITEM, done.device_s)

    def count(self, sample: int) -> None:
        """Compare the arrays with the right numbers, which only the passes of all batches before give."""
        self._checked.append(self._compare_all())

    def drop(self) -> None:
        """Nothing: passes that do not count are checked along with those that do."""

    def check_batch(self, batch: int) -> None:
        """Do one and compare."""
        self.ready(batch)
        self.run(batch)
        self._compare_all()

    def spot_check(self) -> None:
        """Compare what the arrays hold."""
        self.check_batch(1)

    def evidence(self, samples: int) -> Checked:
        """How many numbers were compared."""
        return Checked(
            answers=max(1, sum(self._checked[:samples])),
            how=f"64-bit numbers in {STRETCHES} stretches of each array, bit by bit after every sample",
        )

    def roof(self) -> Roof | None:
        """The device's memory."""
        return smallest_ceiling(self._device.ceilings(), COUNTS)

    def _fill(self) -> None:
        if not self._buffers:
            self._buffers = tuple(self._device.allocate(self._items * NUMBER_BYTES) for _ in range(ARRAYS))
        numbers = pattern(self._request.challenge, self._device.info.id, self._request.run_id)
        step = WRITE_BYTES // NUMBER_BYTES
        for buffer, values in zip(self._buffers, numbers, strict=True):
            for first in range(0, self._items, step):
                part = np.arange(first, min(first + step, self._items)) % len(values)
                self._device.write(buffer, first * NUMBER_BYTES, values[part].tobytes())
        self._course = Course(numbers, self._places)
        self._passes = 0

    def _compare_all(self) -> int:
        """Compare all stretches of all arrays; tells how many numbers that were."""
        if self._course is None:
            raise DeviceError(f"{self._device.info.id}: the arrays were lost with a launch that failed")
        expected = self._course.after(self._passes)
        for buffer, right in zip(self._buffers, expected, strict=True):
            for first in range(0, len(self._places), STRETCH):
                self._compare(buffer, int(self._places[first]), right[first : first + STRETCH])
        return ARRAYS * len(self._places)

    def _compare(self, buffer: int, first: int, right: npt.NDArray[np.float64]) -> None:
        data = self._device.read(buffer, first * NUMBER_BYTES, len(right) * NUMBER_BYTES)
        if data != right.tobytes():
            wrong = int((np.frombuffer(data, np.float64) != right).sum())
            raise WrongResult(
                f"{self._device.info.id} computed {wrong} of {len(right)} numbers wrong from number {first} on; "
                "its kernel is wrong, use another device"
            )

    def _note_kernel(self) -> None:
        self.kernel = KernelInfo(
            name=f"triad-{self._source.language}",
            prefixes=1,
            tuning={
                "array_bytes": self._items * NUMBER_BYTES,
                "arrays": ARRAYS,
                **({} if self._threads is None else {"threads": self._threads}),
            },
            compile_s=self.compile_s,
            source_sha256=sha256(_text(self._source).encode()).hexdigest(),
        )


def _places(items: int) -> npt.NDArray[np.int64]:
    """The indices whose numbers are compared."""
    last = items - STRETCH
    firsts = [0, last, *(secrets.randbelow(last + 1) for _ in range(STRETCHES - 2))]
    return np.concatenate([np.arange(first, first + STRETCH) for first in firsts])


def _text(source: Source) -> str:
    """The text of a kernel, wherever it stands."""
    if source.language == "opencl":
        return source.text
    found = find_spec(source.text.partition(":")[0])
    return Path(found.origin).read_text(encoding="utf-8") if found is not None and found.origin else source.text
