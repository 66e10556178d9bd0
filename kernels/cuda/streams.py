"""The streams of operations that a roof is measured with, on a card."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ..opencl.codegen.dialect import CUDA
from ..opencl.codegen.stream import STREAM, emit_stream
from ..opencl.codegen.variant import Variant
from ..opencl.roof import ITEMS, LOCAL_SIZE
from .queue import Queue

WORD_BYTES = 4


class CudaStreams:
    """See `roof.Streams`."""

    def __init__(self, queue: Queue, compiled: Callable[[str, str], Any], units: int) -> None:
        self._queue = queue
        self._compiled = compiled
        self.items = units * ITEMS["gpu"]
        self._group = LOCAL_SIZE["gpu"]
        self._results = queue.allocate(WORD_BYTES * self.items)

    def runner(self, variant: Variant, steps: list[str]) -> Callable[[int], float]:
        """See `roof.Streams`."""
        kernel = self._compiled(emit_stream(variant, steps, CUDA), STREAM)

        def seconds(turns: int) -> float:
            started = time.perf_counter()
            self._queue.launch(kernel, self.items // self._group, self._group, [np.uint32(turns), self._results])
            self._queue.wait(self._queue.mark())
            return time.perf_counter() - started

        return seconds
