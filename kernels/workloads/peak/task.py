"""A format's peak on one device: numbers that stay in registers, turn after turn, compared with closed forms."""

from __future__ import annotations

import secrets
from time import perf_counter

import numpy as np

from ...device import BufferId, Executes, Launch
from ...errors import DeviceError, WrongResult
from ..amx import about_withheld
from ..checked_task import CheckedTask
from ..evidence import Checked
from ..protocol import Expected, Request, Work
from . import on_amx
from .formats import STEPS
from .launches import by_amx, format_of, items_of, launch_of, source_of, turns_of, values_an_item
from .oracle import Numbers, after, beginnings, constants, contents, tiles
from .widths import chosen_bits

LARGEST_BATCH = 1 << 20
# So many numbers at either end of the state are compared, and as many somewhere within. Those of bytes have no closed
# form: each is computed again, step by step.
FOLLOWED = 2048
FEWER = 16
SELF_TEST_LAUNCHES = (1, 3)
SELF_TEST_TURNS = (1, 5)


class PeakTask(CheckedTask):
    """See Task. A batch is that many launches of the format's turns."""

    def __init__(self, device: Executes, request: Request) -> None:
        """The format that the request names, on an open device that knows one of its languages."""
        info = device.info
        super().__init__(device)
        self._number = str(request.parameters["number"])
        self._format = format_of(self._number, info)
        self._source = source_of(self._number, info)
        # The numbers of an item.
        self._each = values_an_item(self._number, info)
        self._seed = (request.challenge, info.id, request.run_id)
        self._constants = constants(self._number, *self._seed)
        # What is multiplied where AMX does it.
        self._tiles = tiles(self._number, *self._seed) if by_amx(self._number, info) else None
        self._turns = turns_of(self._number, info)
        self._items = items_of(info, None)
        self._buffers: tuple[BufferId, ...] = ()
        self._first: Numbers | None = None
        self._launches = 0
        self.largest_batch = min(LARGEST_BATCH, self._format.launches // 2)

    def self_test(self) -> None:
        """Compile, and compare every number after few turns with the right ones."""
        info, bits = self._device.info, chosen_bits(self._device, self._number)
        self._source, self._each = source_of(self._number, info, bits), values_an_item(self._number, info, bits)
        self._kernel_id, self.compile_s = self._device.compile(self._source)
        threads = None
        for turns in SELF_TEST_TURNS:
            for launches in SELF_TEST_LAUNCHES:
                self._fill()
                started = perf_counter()
                threads = self._device.launch(self._launch(launches, turns)).threads
                self.compile_s += perf_counter() - started if self.kernel is None else 0.0
                self._note_kernel(threads)
                self._launches = launches
                self._compare(turns)
        self._device.release()
        # Kernels were given back, too.
        self._kernel_id, _ = self._device.compile(self._source)
        self._buffers, self._first = (), None
        self._items = items_of(self._device.info, threads)
        self._note_kernel(threads)

    def rehearse(self, expected: Expected | None) -> None:
        """Fill the state, if that is still to be done."""
        if self._first is None:
            self._fill()

    def ready(self, batch: int) -> None:
        """Begin anew before numbers grow too large, or after a launch that failed."""
        if self._first is None or self._launches + batch > self._format.launches:
            self._fill()

    def run(self, batch: int) -> Work:
        """So many launches."""
        try:
            done = self._device.launch(self._launch(batch, self._turns))
        except BaseException:
            # Nobody knows how many it did.
            self._first = None
            raise
        self._launches += batch
        steps = batch * self._items * self._each * self._turns * STEPS
        return Work(steps * self._format.step_operations, done.device_s)

    def evidence(self, samples: int) -> Checked:
        """How many numbers were compared."""
        how = f"{self._number} numbers with a closed form, after every sample"
        return Checked(answers=self._answers(samples), how=how)

    def _launch(self, launches: int, turns: int) -> Launch:
        device = self._device
        return launch_of(self._kernel_id, self._buffers, device.info, self._items, launches, turns, self._constants)

    def _fill(self) -> None:
        first = beginnings(self._number, self._items * self._each, *self._seed)
        if not self._buffers:
            self._buffers = tuple(self._device.allocate(first.nbytes) for _ in self._source.types)
        for buffer, data in zip(self._buffers, contents(self._number, first, self._tiles), strict=False):
            self._device.write(buffer, 0, data)
        self._first, self._launches = first, 0

    def _compare_now(self) -> int:
        return self._compare(self._turns)

    def _compare(self, turns: int) -> int:
        if self._first is None:
            raise DeviceError(f"{self._device.info.id}: the numbers were lost with a launch that failed")
        size, compared = self._first.itemsize, 0
        step_by_step = self._number == "int8" and self._tiles is None
        for part in followed(len(self._first), FEWER if step_by_step else FOLLOWED):
            right = self._right(self._first[part.start : part.stop], part.start, turns)
            data = self._device.read(self._buffers[0], size * part.start, right.nbytes)
            if data != right.tobytes():
                wrong = int((np.frombuffer(data, right.dtype) != right).sum())
                raise WrongResult(
                    f"{self._device.info.id} computed {wrong} of {len(right)} {self._number} numbers wrong; "
                    "its kernel is wrong, use another device"
                )
            compared += len(right)
        return compared

    def _right(self, first: Numbers, begin: int, turns: int) -> Numbers:
        if self._tiles is not None:
            return on_amx.after(self._number, first, begin, turns, self._launches, self._tiles)
        return after(self._number, first, turns, self._launches, *self._constants)

    def _note_kernel(self, threads: int | None) -> None:
        info = self._device.info
        tuning: dict[str, int | str] = {
            "numbers_an_item": self._each, "items": self._items, "turns": self._turns,
            **({} if self._tiles is None else {"multiplied_by": "AMX"}), **about_withheld(self._number, info),
        }  # fmt: skip
        self.kernel = self._kernel_info(self._number, self._source, tuning, threads)


def followed(count: int, most: int) -> list[range]:
    """What is compared of so many numbers: the first, the last, and some by chance; all where there are few."""
    if count <= 3 * most:
        return [range(count)] if most > FEWER else [range(min(count, most)), range(max(0, count - most), count)]
    somewhere = most + secrets.randbelow(count - 3 * most + 1)
    return [range(most), range(somewhere, somewhere + most), range(count - most, count)]
