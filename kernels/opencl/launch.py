"""One launch of an OpenCL kernel: from a range of nonces to the words it leaves, without waiting in between."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from ..headers.job import Job
from .codegen.layout import buffer_words
from .program import Built
from .setting import Tuning
from .slot import (
    NOTHING_YET,
    Answer,
    JobWords,
    Question,
    Words,
    numbers_of,
    records_of,
    words_fetched,
    xor_in,
)

NS = 1e-9


class Uploaded:
    """What is known of a job before the nonce, as arguments of a kernel."""

    def __init__(self, context: Any, built: Built, job: Job) -> None:
        import pyopencl

        self.built = built
        self.words = JobWords.of(built.variant, job)
        flags = pyopencl.mem_flags
        self.rows = pyopencl.Buffer(context, flags.READ_ONLY | flags.COPY_HOST_PTR, hostbuf=self.words.rows)


class Results:
    """A results buffer of the device, and where the host finds what was fetched from it.

    `pinned`: in memory that the driver may read and write by itself. A driver of a GPU takes a copy into other memory
    for a reason to wait until the kernel before it is through, so that no second launch would be under way.
    """

    def __init__(self, context: Any, queue: Any, room: int, pinned: bool) -> None:
        import pyopencl

        flags = pyopencl.mem_flags
        words = buffer_words(room)
        self.buffer = pyopencl.Buffer(context, flags.READ_WRITE, 4 * words)
        self.head: Words
        if pinned:
            self._memory = pyopencl.Buffer(context, flags.READ_WRITE | flags.ALLOC_HOST_PTR, 4 * words)
            access = pyopencl.map_flags.READ | pyopencl.map_flags.WRITE
            self.head, _ = pyopencl.enqueue_map_buffer(queue, self._memory, access, 0, (words,), np.uint32)
        else:
            self.head = np.zeros(words, np.uint32)


class OpenCLSlot:
    """See Slot."""

    def __init__(self, queue: Any, uploaded: Uploaded, results: Results) -> None:
        self._queue = queue
        self._uploaded = uploaded
        self._results = results

    def launch(self, tuning: Tuning, question: Question) -> None:
        """See Slot."""
        import pyopencl

        uploaded, results = self._uploaded, self._results
        kernel = uploaded.built.kernel
        self._nonces = question.nonces
        self._fetched_words = words_fetched(question.expected, uploaded.words.room)
        items, local_size = tuning.shape(len(question.nonces))
        numbers = numbers_of(tuning, question, uploaded.words)
        kernel.set_args(*numbers, results.buffer, uploaded.rows, *uploaded.words.early)
        self._started = time.perf_counter()
        pyopencl.enqueue_copy(self._queue, results.buffer, NOTHING_YET, is_blocking=False)
        self._done = pyopencl.enqueue_nd_range_kernel(self._queue, kernel, (items,), (local_size,))
        head = results.head[: self._fetched_words]
        self._fetched = pyopencl.enqueue_copy(self._queue, head, results.buffer, is_blocking=False)
        self._queue.flush()

    def answer(self, not_before: float = 0.0) -> Answer:
        """See Slot."""
        self._fetched.wait()
        host_s = time.perf_counter() - max(self._started, not_before)
        profile = self._done.profile
        event_s = (profile.end - profile.start) * NS
        return Answer(self._nonces, xor_in(self._results.head), self._records(), host_s, event_s)

    def _records(self) -> list[tuple[int, int]] | None:
        def fetch(words: int) -> None:
            import pyopencl

            pyopencl.enqueue_copy(self._queue, self._results.head[:words], self._results.buffer)

        return records_of(self._results.head, self._uploaded.words.room, self._fetched_words, fetch)
