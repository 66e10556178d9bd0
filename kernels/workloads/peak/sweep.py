"""The sweep on one device: so many steps on each number of an array beyond the caches, compared with a closed form."""

from __future__ import annotations

import math
from dataclasses import replace
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
from ..stream.parts import Step, parts_of
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
    """See Task. A batch is that many passes over the array, or over parts of it in turn (see `stream.parts`)."""

    largest_batch = LARGEST_BATCH

    def __init__(self, device: Executes, request: Request) -> None:
        """The sweep with the intensity that the request names, on an open device that knows one of its languages."""
        super().__init__(device)
        self._intensity = float(request.parameters["intensity"])
        self._steps = INTENSITIES[self._intensity]
        size = request.parameters.get(SIZE)
        self._is_sized = size is not None
        self._parts = parts_of(device.info, array_items(device.info, None if size is None else int(size), 1))
        self._source = sweep_source_of(self._steps, device.info)
        # The numbers of an item.
        self._across = sweep_numbers(device.info)
        self._seed = (request.challenge, device.info.id, request.run_id)
        self._constant = constants(NUMBER, *self._seed)[1]
        self._pattern = beginnings(NUMBER, PATTERN, *self._seed)
        self._buffer: int | None = None
        # Over parts; None where nobody knows.
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
            threads = self._device.launch(self._launch(Step(0, items, passes, 0))).threads
            self.compile_s += perf_counter() - started if passes == SELF_TEST_PASSES[0] else 0.0
            self._passes = passes
            self._compare(range(items), passes)
        cache_bytes, items = None, self._parts.all_items
        if not self._is_sized:
            found = beyond_caches(self._device)
            items, cache_bytes = found.alone_items, found.cache_bytes
            self._parts = parts_of(info, items)
        self.near_cache = near_cache_of(info, items, self._is_sized, cache_bytes)
        tuning = {"array_bytes": self._parts.all_items * NUMBER_BYTES, "operations_a_number": 2 * self._steps}
        self.kernel = self._kernel_info(f"sweep{self._steps}", self._source, tuning, threads)
        self._device.release()
        # Kernels were given back, too.
        self._kernel_id, _ = self._device.compile(self._source)
        self._buffer, self._passes = None, None

    def rehearse(self, expected: Expected | None) -> None:
        """Fill the array, if that is still to be done."""
        if self._passes is None:
            self._fill(self._parts.all_items)

    def ready(self, batch: int) -> None:
        """Fill the array anew after a launch that failed."""
        if self._passes is None:
            self._fill(self._parts.all_items)

    def run(self, batch: int) -> Work:
        """So many passes."""
        before = self._passes or 0
        self._passes = None
        launched = [self._device.launch(self._launch(step)).device_s for step in self._parts.steps(before, batch)]
        self._passes, self._unchecked = before + batch, batch
        told = [each for each in launched if each is not None]
        device_s = math.fsum(told) if len(told) == len(launched) else None
        return Work(batch * self._parts.items * 2 * self._steps, device_s)

    def evidence(self, samples: int) -> Checked:
        """How many numbers were compared."""
        return Checked(answers=self._answers(samples), how="64-bit numbers with a closed form, after every sample")

    @property
    def whole_pass(self) -> int:
        """See LendsMemory."""
        return self._parts.count

    def lent(self) -> tuple[Lent, ...]:
        """See LendsMemory."""
        held = None if self._passes is None else self._buffer
        return () if held is None else (Lent(held, self._parts.all_items),)

    def _launch(self, step: Step) -> Launch:
        assert self._buffer is not None
        launch = sweep_launch(self._kernel_id, self._buffer, step.items, self._across, step.repeats, self._constant)
        return replace(launch, offsets=(step.first * NUMBER_BYTES,)) if step.first else launch

    def _first(self, part: range) -> Numbers:
        return self._pattern[np.arange(part.start, part.stop) % PATTERN]

    def _fill(self, items: int) -> None:
        if self._buffer is None:
            self._buffer = self._device.allocate(items * NUMBER_BYTES)
        fill(self._device, self._buffer, self._pattern, items)
        self._passes, self._unchecked = 0, None

    def _compare_now(self) -> int:
        parts, done = self._parts, self._passes or 0
        return sum(
            self._compare(range(part * parts.items, (part + 1) * parts.items), parts.passes(part, done))
            for part in range(parts.count)
        )

    def _compare(self, part: range, passes: int) -> int:
        if self._passes is None or self._buffer is None:
            raise DeviceError(f"{self._device.info.id}: the array was lost with a launch that failed")
        compared = 0
        for stretch in followed(len(part), FOLLOWED):
            numbers = part[stretch.start : stretch.stop]
            right = after_sweep(self._first(numbers), self._steps, passes, self._constant)
            self._compare_numbers(self._buffer, numbers.start, right)
            compared += len(numbers)
        return compared
