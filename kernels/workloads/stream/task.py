"""One of the operations on one device: arrays larger than its caches, passes over them, answers compared."""

from __future__ import annotations

import math
import secrets
from dataclasses import replace
from time import perf_counter

import numpy as np

from ...device import BufferId, Executes, Launch
from ...errors import DeviceError
from ..checked_task import CheckedTask
from ..evidence import Checked
from ..filling import fill
from ..protocol import Expected, Lent, Request, Work
from ..suite import SIZE
from .arrays import ARRAYS, across, array_items, launch_of, near_cache_of, side_by_side, source_of
from .beyond import beyond_caches
from .counts import BLOCK, DOT, NUMBER_BYTES, OPERATIONS
from .oracle import FACTORS, MOST_PASSES, Course, Numbers, Sums, pattern
from .parts import Step, parts_of

# An odd number of fours, no multiple of any wider vector or work-group, of which a device takes whole items; blocks of
# the dot product, as odd.
SELF_TEST_ITEMS = 4012
SELF_TEST_BLOCKS = 5
SELF_TEST_PASSES = (1, 4, 7)
# Answers are compared in so many stretches, the first and the last ones of the arrays among them.
STRETCHES = 16
STRETCH = 64
# A power of two, of which every device does that many passes in well over a second.
LARGEST_BATCH = 1 << 16


class StreamTask(CheckedTask):
    """See Task. A batch is that many passes over the arrays, or over parts of them in turn (see `parts`)."""

    def __init__(self, device: Executes, request: Request) -> None:
        """The operation that the request names, on an open device that knows one of its languages."""
        super().__init__(device)
        self._request = request
        self._operation = str(request.parameters["operation"])
        size = request.parameters.get(SIZE)
        self._is_sized = size is not None
        self._parts = parts_of(device.info, array_items(device.info, None if size is None else int(size)))
        self._source = source_of(self._operation, device.info)
        self._buffers: tuple[BufferId, ...] = ()
        # What each part's numbers become.
        self._courses: tuple[Course | Sums, ...] = ()
        # Passes over parts.
        self._passes = 0
        self._threads: int | None = None
        self.largest_batch = min(LARGEST_BATCH, MOST_PASSES[self._operation] // 2)

    def self_test(self) -> None:
        """Compile, compare every number of small arrays with the right ones, and see how large the arrays must be."""
        self._kernel_id, self.compile_s = self._device.compile(self._source)
        whole = SELF_TEST_ITEMS - SELF_TEST_ITEMS % across(self._device.info)
        items = SELF_TEST_BLOCKS * BLOCK if self._operation == DOT else whole
        numbers = pattern(self._operation, self._request.challenge, self._device.info.id, "self-test")
        for passes in SELF_TEST_PASSES:
            buffers = self._filled(numbers, items)
            started = perf_counter()
            self._threads = self._device.launch(self._launch(buffers, Step(0, items, passes, 0))).threads
            # Some compilers begin at the first launch.
            self.compile_s += perf_counter() - started if passes == SELF_TEST_PASSES[0] else 0.0
            self._compare_all(self._course_of(numbers, items, range(items), all_of_it=True), buffers, passes)
        info, cache_bytes, items = self._device.info, None, self._parts.all_items
        if not self._is_sized:
            found = beyond_caches(self._device)
            items, cache_bytes = found.items, found.cache_bytes
            self._parts = parts_of(info, items)
        self.near_cache = near_cache_of(info, items, self._is_sized, cache_bytes)
        self._note_kernel()
        self._device.release()
        # Kernels were given back, too.
        self._kernel_id, _ = self._device.compile(self._source)

    def rehearse(self, expected: Expected | None) -> None:
        """Fill the arrays, if that is still to be done."""
        if not self._courses:
            self._fill()

    def ready(self, batch: int) -> None:
        """Fill the arrays anew before their numbers grow too large, or after a launch that failed."""
        if not self._courses or self._parts.passes(0, self._passes + batch) > MOST_PASSES[self._operation]:
            self._fill()

    def run(self, batch: int) -> Work:
        """So many passes."""
        seconds: list[float | None] = []
        try:
            for step in self._parts.steps(self._passes, batch):
                turned = 0 if self._operation == DOT else step.passes % ARRAYS
                buffers = (*self._buffers[turned:], *self._buffers[:turned])
                seconds.append(self._device.launch(self._launch(buffers, step)).device_s)
        except BaseException:
            # Nobody knows how many passes it did.
            self._courses = ()
            raise
        self._passes += batch
        self._unchecked = batch
        told = [each for each in seconds if each is not None]
        device_s = math.fsum(told) if len(told) == len(seconds) else None
        return Work(batch * self._parts.items * OPERATIONS[self._operation].item_bytes, device_s)

    def evidence(self, samples: int) -> Checked:
        """How many numbers were compared."""
        where = "sums of blocks" if self._operation == DOT else f"64-bit numbers in {STRETCHES} stretches of each array"
        return Checked(answers=self._answers(samples), how=f"{where}, bit by bit after every sample")

    @property
    def whole_pass(self) -> int:
        """See LendsMemory: where an operation reads one array and writes one, the next pass uses the third."""
        passes = ARRAYS - OPERATIONS[self._operation].moved + 1
        return self._parts.count * (1 if self._operation == DOT else passes)

    def lent(self) -> tuple[Lent, ...]:
        """See LendsMemory: but for the sums of the dot product, which are few."""
        if not self._courses:
            return ()
        first = 1 if self._operation == DOT else 0
        return tuple(Lent(buffer, self._parts.all_items) for buffer in self._buffers[first:])

    def _launch(self, buffers: tuple[BufferId, ...], step: Step) -> Launch:
        factor, info = FACTORS[self._operation], self._device.info
        launch = launch_of(self._operation, self._kernel_id, buffers, step.items, step.repeats, factor, info)
        if not step.first:
            return launch
        lengths = (step.first // BLOCK if self._operation == DOT else step.first, step.first, step.first)
        return replace(launch, offsets=tuple(length * NUMBER_BYTES for length in lengths))

    def _fill(self) -> None:
        numbers = pattern(self._operation, self._request.challenge, self._device.info.id, self._request.run_id)
        items, each = self._parts.all_items, self._parts.items
        self._buffers = self._filled(numbers, items, self._buffers)
        self._courses = tuple(
            self._course_of(numbers, items, range(first, first + each)) for first in range(0, items, each)
        )
        self._passes, self._unchecked = 0, None

    def _filled(
        self, numbers: tuple[Numbers, ...], items: int, buffers: tuple[BufferId, ...] = ()
    ) -> tuple[BufferId, ...]:
        """Buffers that hold the patterns; of the dot product's sums zeros."""
        lengths = (items // BLOCK if self._operation == DOT else items, items, items)
        buffers = buffers or tuple(self._device.allocate(length * NUMBER_BYTES) for length in lengths)
        for buffer, length, values in zip(buffers, lengths, numbers, strict=True):
            fill(self._device, buffer, np.zeros(1) if length < items else values, length)
        return buffers

    def _course_of(
        self, numbers: tuple[Numbers, ...], items: int, part: range, *, all_of_it: bool = False
    ) -> Course | Sums:
        """What is followed of a part of arrays of so many items."""
        followed = range(part.start // BLOCK, part.stop // BLOCK) if self._operation == DOT else part
        length = 1 if self._operation == DOT else STRETCH
        stretches = [followed] if all_of_it else _drawn(followed, length, max(2, STRETCHES // self._parts.count))
        if self._operation == DOT:
            return Sums(numbers, items, stretches, side_by_side(self._device.info))
        return Course(self._operation, numbers, stretches)

    def _compare_now(self) -> int:
        if not self._courses:
            raise DeviceError(f"{self._device.info.id}: the arrays were lost with a launch that failed")
        return sum(
            self._compare_all(course, self._buffers, self._parts.passes(part, self._passes))
            for part, course in enumerate(self._courses)
        )

    def _compare_all(self, course: Course | Sums, buffers: tuple[BufferId, ...], passes: int) -> int:
        """Compare all that is followed with what the buffers hold; tells how many numbers that were."""
        compared = 0
        for buffer, right in zip(buffers, course.after(passes), strict=False):
            at = 0
            for stretch in course.stretches:
                self._compare_numbers(buffer, stretch.start, right[at : at + len(stretch)])
                at += len(stretch)
            compared += at
        return compared

    def _note_kernel(self) -> None:
        tuning = {"array_bytes": self._parts.all_items * NUMBER_BYTES, "arrays": ARRAYS}
        self.kernel = self._kernel_info(self._operation, self._source, tuning, self._threads)


def _drawn(followed: range, length: int, count: int) -> list[range]:
    """Stretches of so many indices each, the first and the last among them; the others by chance."""
    last = max(0, len(followed) - length)
    firsts = [0, last, *(secrets.randbelow(last + 1) for _ in range(count - 2))]
    return [followed[first : first + length] for first in firsts]
