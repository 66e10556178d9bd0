"""What tasks share that compare answers with the right ones by themselves, after every sample."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..device import BufferId, Executes, KernelInfo, Roof, Source
from ..errors import WrongResult
from .near_cache import NearCache
from .protocol import Expected, Work
from .source_text import text_of


class CheckedTask:
    """A Task's half: a subclass has `largest_batch`, `self_test`, `rehearse`, `ready`, `run`, `evidence`, and compares.

    What it computes on stays as it is from batch to batch, so that batches which do not count are checked, too.
    """

    smallest_batch: int = 1

    def __init__(self, device: Executes) -> None:
        """Nothing compiled or compared yet."""
        self._device = device
        self._kernel_id = 0
        # How many answers were compared after each sample.
        self._checked: list[int] = []
        # The size of the last batch, where a task notes it, as long as nothing was compared since.
        self._unchecked: int | None = None
        self.kernel: KernelInfo | None = None
        self.compile_s = 0.0
        self.near_cache: NearCache | None = None

    @property
    def is_full(self) -> bool:
        """Never: a number of answers is all that is kept."""
        return False

    def rehearse(self, expected: Expected | None) -> None:
        """See Task."""
        raise NotImplementedError

    def start(self, expected: Expected) -> None:
        """Nothing: the numbers derive from the challenge from the first batch on."""
        self.rehearse(expected)

    def ready(self, batch: int) -> None:
        """See Task."""
        raise NotImplementedError

    def run(self, batch: int) -> Work:
        """See Task."""
        raise NotImplementedError

    def count(self, sample: int) -> None:
        """Compare with the right answers, which only all batches before give."""
        self._unchecked = None
        self._checked.append(self._compare_now())

    def drop(self) -> None:
        """Nothing: batches that do not count are checked along with those that do."""

    def check_batch(self, batch: int) -> None:
        """Compare after one: the last batch, where it was as large, else another."""
        if self._unchecked != batch:
            self.ready(batch)
            self.run(batch)
        self._unchecked = None
        self._compare_now()

    def spot_check(self) -> None:
        """Do the smallest and compare."""
        self._unchecked = None
        self.check_batch(1)

    def roof(self) -> Roof | None:
        """Nothing of its own: it counts ceilings."""
        return None

    def _compare_now(self) -> int:
        """Compare what the device holds; tells how many answers. Raises DeviceError, WrongResult."""
        raise NotImplementedError

    def _compare_numbers(self, buffer: BufferId, first: int, right: NDArray[Any]) -> None:
        """Compare the buffer's numbers from `first` on, bit by bit. Raises DeviceError, WrongResult."""
        data = self._device.read(buffer, first * right.itemsize, right.nbytes)
        if data != right.tobytes():
            wrong = int((np.frombuffer(data, right.dtype) != right).sum())
            raise WrongResult(
                f"{self._device.info.id} computed {wrong} of {len(right)} numbers wrong from number {first} on; "
                "its kernel is wrong, use another device"
            )

    def _answers(self, samples: int) -> int:
        """How many answers were compared after the first samples."""
        return max(1, sum(self._checked[:samples]))

    def _kernel_info(
        self, name: str, source: Source, tuning: Mapping[str, int | str], threads: int | None
    ) -> KernelInfo:
        return KernelInfo(
            name=f"{name}-{source.language}",
            prefixes=1,
            tuning={**tuning, **({} if threads is None else {"threads": threads})},
            compile_s=self.compile_s,
            source_sha256=sha256(text_of(source).encode()).hexdigest(),
        )
