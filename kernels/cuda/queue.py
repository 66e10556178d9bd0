"""A card's queue of work, by NVIDIA's cuda.core: memory, kernels, launches in order, and the device's own clock.

All of cuda.core that this backend uses is in this file. It is imported when a card is opened, not before.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

FROM_MILLI = 1e-3


class Queue:
    """One stream of one card. Everything in it happens in order; only `wait` and what reads wait for it.

    Raises cuda.core's exceptions; see `wording`.
    """

    def __init__(self, ordinal: int) -> None:
        self._core: Any = import_module("cuda.core")
        self._device = self._core.Device(ordinal)
        self._device.set_current()
        self._stream = self._device.create_stream()
        self._pinned = self._core.LegacyPinnedMemoryResource()
        self._timed = self._core.EventOptions(timing_enabled=True, blocking_sync=True)

    def load(self, cubin: bytes, entry: str) -> Any:
        """A kernel of compiled code."""
        return self._core.ObjectCode.from_cubin(cubin).get_kernel(entry)

    def allocate(self, size_bytes: int) -> Any:
        """Memory of the card."""
        return self._device.allocate(size_bytes, stream=self._stream)

    def host_memory(self, size_bytes: int) -> tuple[Any, npt.NDArray[np.uint8]]:
        """Memory of the host that the card reads and writes by itself, and an array over it."""
        buffer = self._pinned.allocate(size_bytes)
        return buffer, np.from_dlpack(buffer).view(np.uint8)

    def part(self, buffer: Any, offset_bytes: int, size_bytes: int) -> Any:
        """A stretch of a buffer, which stays the owner."""
        return self._core.Buffer.from_handle(int(buffer.handle) + offset_bytes, size_bytes, owner=buffer)

    def copy(self, target: Any, source: Any) -> None:
        """Copy a buffer to another of its size."""
        target.copy_from(source, stream=self._stream)

    def fill(self, buffer: Any, byte: int) -> None:
        """Fill a buffer with a byte."""
        buffer.fill(byte, stream=self._stream)

    def launch(self, kernel: Any, groups: int, group: int, arguments: Sequence[Any]) -> None:
        """Start a kernel: numpy scalars and buffers are its arguments."""
        config = self._core.LaunchConfig(grid=groups, block=group)
        self._core.launch(self._stream, config, kernel, *arguments)

    def mark(self) -> Any:
        """A moment in the queue, by the card's clock."""
        return self._stream.record(options=self._timed)

    def wait(self, mark: Any) -> None:
        """Wait until the queue has come to a mark."""
        mark.sync()

    def seconds(self, first: Any, last: Any) -> float:
        """Between two marks, as the card measured it."""
        return float(last - first) * FROM_MILLI

    def close(self) -> None:
        """Give the stream back when all is done."""
        self._stream.sync()
        self._stream.close()
