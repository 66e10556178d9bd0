"""One launch of a kernel on a card: from a range of nonces to the words it leaves, without waiting in between."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from ..headers.job import Job
from ..opencl.codegen.layout import FIRST_RECORD, buffer_words
from ..opencl.program import Built
from ..opencl.setting import Tuning
from ..opencl.slot import (
    Answer,
    JobWords,
    Question,
    numbers_of,
    records_of,
    words_fetched,
    xor_in,
)
from .queue import Queue

WORD_BYTES = 4


class Uploaded:
    """What is known of a job before the nonce, as arguments of a kernel."""

    def __init__(self, queue: Queue, built: Built, job: Job) -> None:
        self.built = built
        self.words = JobWords.of(built.variant, job)
        # A kernel without rows has a buffer for them, too.
        size_bytes = max(self.words.rows.nbytes, WORD_BYTES)
        self.rows = queue.allocate(size_bytes)
        self._staged, array = queue.host_memory(size_bytes)
        array[: self.words.rows.nbytes] = np.frombuffer(self.words.rows.tobytes(), np.uint8)
        queue.copy(self.rows, self._staged)


class Results:
    """A results buffer of the card, and where the host finds what was fetched from it."""

    def __init__(self, queue: Queue, room: int) -> None:
        words = buffer_words(room)
        self.buffer = queue.allocate(WORD_BYTES * words)
        self.counters = queue.part(self.buffer, 0, WORD_BYTES * FIRST_RECORD)
        self.host, array = queue.host_memory(WORD_BYTES * words)
        self.head = array.view(np.uint32)


class CudaSlot:
    """See Slot."""

    def __init__(self, queue: Queue, uploaded: Uploaded, results: Results) -> None:
        self._queue = queue
        self._uploaded = uploaded
        self._results = results

    def launch(self, tuning: Tuning, question: Question) -> None:
        """See Slot."""
        queue, uploaded, results = self._queue, self._uploaded, self._results
        self._nonces = question.nonces
        self._fetched_words = words_fetched(question.expected, uploaded.words.room)
        items, group = tuning.shape(len(question.nonces))
        numbers = numbers_of(tuning, question, uploaded.words)
        arguments: list[Any] = [*numbers, results.buffer, uploaded.rows, *uploaded.words.early]
        self._started = time.perf_counter()
        queue.fill(results.counters, 0)
        self._before = queue.mark()
        queue.launch(uploaded.built.kernel, items // group, group, arguments)
        self._done = queue.mark()
        self._fetch(self._fetched_words)
        self._fetched = queue.mark()

    def answer(self, not_before: float = 0.0) -> Answer:
        """See Slot."""
        self._queue.wait(self._fetched)
        host_s = time.perf_counter() - max(self._started, not_before)
        event_s = self._queue.seconds(self._before, self._done)
        return Answer(self._nonces, xor_in(self._results.head), self._records(), host_s, event_s)

    def _records(self) -> list[tuple[int, int]] | None:
        def fetch(words: int) -> None:
            self._fetch(words)
            self._queue.wait(self._queue.mark())

        return records_of(self._results.head, self._uploaded.words.room, self._fetched_words, fetch)

    def _fetch(self, words: int) -> None:
        queue, results = self._queue, self._results
        queue.copy(queue.part(results.host, 0, WORD_BYTES * words), queue.part(results.buffer, 0, WORD_BYTES * words))
