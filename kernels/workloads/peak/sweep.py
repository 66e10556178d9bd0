"""The sweep on one device: so many steps on each number of an array beyond the caches, compared with a closed form."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from ...device import Executes, Launch
from ...errors import DeviceError
from ..checked_task import CheckedTask
from ..evidence import Checked
from ..filling import fill
from ..protocol import Expected, Lent, Request, Work
from ..stream.arrays import array_items, near_cache_of
from ..stream.beyond import beyond_caches
from ..suite import SIZE
from .formats import INTENSITIES
from .launches import sweep_launch, sweep_numbers, sweep_source_of
from .oracle import Numbers, after_sweep, beginnings, constants
from .task import FOLLOWED, followed
from .widths import chosen_bits

NUMBER, NUMBER_BYTES = "float64", 8
LARGEST_BATCH = 1 << 16
# Odd, no multiple of any vector or work-group.
SELF_TEST_ITEMS = 1003
SELF_TEST_PASSES = (1, 4)
# The array repeats so many numbers; a prime, so that a wrong offset meets other numbers.
PATTERN = 32_749
WRITE_ITEMS = 1 << 20


class SweepTask(CheckedTask):
    """See Task. A batch is that many passes over the array."""

    largest_batch = LARGEST_BATCH

    def __init__(self, device: Executes, request: Request) -> None:
        """The sweep with the intensity that the request names, on an open device that knows one of its languages."""
        super().__init__(device)
        self._intensity = float(request.parameters["intensity"])
        self._steps = INTENSITIES[self._intensity]
        size = request.parameters.get(SIZE)
        self._is_sized = size is not None
        self._items = array_items(device.info, None if size is None else int(size), 1)
        self._source = sweep_source_of(self._steps, device.info)
        # The numbers of an item.
        self._across = sweep_numbers(device.info)
        self._seed = (request.challenge, device.info.id, request.run_id)
        self._constant = constants(NUMBER, *self._seed)[1]
        self._pattern = beginnings(NUMBER, PATTERN, *self._seed)
        self._buffer: int | None = None
        self._passes: int | None = None

    def self_test(self) -> None:
        """Compile, compare every number of a small array with the right ones, and see how large the array must be."""
        info, bits = self._device.info, chosen_bits(self._device, NUMBER)
        self._source, self._across = sweep_source_of(self._steps, info, bits), sweep_numbers(info, bits)
        self._kernel_id, self.compile_s = self._device.compile(self._source)
        threads, items = None, SELF_TEST_ITEMS * self._across
        for passes in SELF_TEST_PASSES:
            self._buffer = None
            self._fill(items)
            started = perf_counter()
            threads = self._device.launch(self._launch(items, passes)).threads
            self.compile_s += perf_counter() - started if passes == SELF_TEST_PASSES[0] else 0.0
            self._passes = passes
            self._compare(items)
        cache_bytes = None
        if not self._is_sized:
            found = beyond_caches(self._device)
            self._items, cache_bytes = found.alone_items, found.cache_bytes
        self.near_cache = near_cache_of(info, self._items, self._is_sized, cache_bytes)
        tuning = {"array_bytes": self._items * NUMBER_BYTES, "operations_a_number": 2 * self._steps}
        self.kernel = self._kernel_info(f"sweep{self._steps}", self._source, tuning, threads)
        self._device.release()
        # Kernels were given back, too.
        self._kernel_id, _ = self._device.compile(self._source)
        self._buffer, self._passes = None, None

    def rehearse(self, expected: Expected | None) -> None:
        """Fill the array, if that is still to be done."""
        if self._passes is None:
            self._fill(self._items)

    def ready(self, batch: int) -> None:
        """Fill the array anew after a launch that failed."""
        if self._passes is None:
            self._fill(self._items)

    def run(self, batch: int) -> Work:
        """So many passes."""
        before = self._passes or 0
        self._passes = None
        done = self._device.launch(self._launch(self._items, batch))
        self._passes, self._unchecked = before + batch, batch
        return Work(batch * self._items * 2 * self._steps, done.device_s)

    def evidence(self, samples: int) -> Checked:
        """How many numbers were compared."""
        return Checked(answers=self._answers(samples), how="64-bit numbers with a closed form, after every sample")

    def lent(self) -> tuple[Lent, ...]:
        """See LendsMemory."""
        return () if self._passes is None or self._buffer is None else (Lent(self._buffer, self._items),)

    def _launch(self, items: int, passes: int) -> Launch:
        assert self._buffer is not None
        return sweep_launch(self._kernel_id, self._buffer, items, self._across, passes, self._constant)

    def _first(self, part: range) -> Numbers:
        return self._pattern[np.arange(part.start, part.stop) % PATTERN]

    def _fill(self, items: int) -> None:
        if self._buffer is None:
            self._buffer = self._device.allocate(items * NUMBER_BYTES)
        fill(self._device, self._buffer, self._pattern, items)
        self._passes, self._unchecked = 0, None

    def _compare_now(self) -> int:
        return self._compare(self._items)

    def _compare(self, items: int) -> int:
        if self._passes is None or self._buffer is None:
            raise DeviceError(f"{self._device.info.id}: the array was lost with a launch that failed")
        compared = 0
        for part in followed(items, FOLLOWED):
            right = after_sweep(self._first(part), self._steps, self._passes, self._constant)
            self._compare_numbers(self._buffer, part.start, right)
            compared += len(part)
        return compared
