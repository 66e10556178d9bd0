"""How a fake device executes kernels: plain Python functions on numpy arrays, in this thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..device import KernelId, Launch, Launched, Source
from ..execution import Bytes, HoldsArrays, check_launch, check_source, function_of

# Work for an item, where a hash is one: the dearer, the fewer repeats make a batch, which are really done.
COST = 32
LANGUAGES = ("python",)


@dataclass(frozen=True)
class _Kernel:
    source: Source
    run: Any


class FakeExecutor(HoldsArrays):
    """`Executor` of a fake device, which says through `work` how long so many items take (and lets that time pass)."""

    def __init__(self, device_id: str, work: Callable[[int], float], done: Callable[[int, int], range]) -> None:
        """`done` tells which of so many items (times repeats) are really done"""
        super().__init__(device_id)
        self._work = work
        self._done = done

    def compile(self, source: Source) -> tuple[KernelId, float]:
        """See Executor."""
        check_source(source, LANGUAGES, self._device_id)
        return self._kernels.add(_Kernel(source, function_of(source))), 0.0

    def launch(self, launch: Launch) -> Launched:
        """See Executor."""
        kernel = self._kernels.get(launch.kernel)
        raw = self._parts(launch)
        check_launch(launch, kernel.source, tuple(each.size for each in raw), self._device_id)
        arrays = [each.view(name) for each, name in zip(raw, kernel.source.types, strict=True)]
        items = self._done(launch.items, launch.repeats)
        for _ in range(launch.repeats):
            kernel.run(*arrays, *launch.scalars, items.start, items.stop)
            if launch.rotate:
                arrays = [*arrays[1:], arrays[0]]
        return Launched(self._work(COST * launch.items * launch.repeats))

    def _zeros(self, size_bytes: int) -> Bytes:
        return np.zeros(size_bytes, np.uint8)
