"""The counted nonces of a proof in their order: which positions they are, and what lies where."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from ...headers.job import NONCES
from ..evidence import Shares
from .headers import NONCE_BITS

Positions = NDArray[np.uint64]


@dataclass(frozen=True)
class Place:
    """Nonces one after another under one running number."""

    running_number: int
    nonces: range

    def __str__(self) -> str:
        return f"nonces {self.nonces.start} to {self.nonces.stop - 1} under header {self.running_number}"


class Walk:
    """The spans of evidence, by the order in which their nonces were counted."""

    def __init__(self, evidence: Shares) -> None:
        """The walk that the spans describe."""
        self._starts = [span.start for span in evidence.spans]
        self._ends = [span.start + span.nonces for span in evidence.spans]
        # How many nonces were counted before each span, and in all.
        self._before = [0, *accumulate(span.nonces for span in evidence.spans)]
        self.nonces = self._before[-1]

    @property
    def is_ascending(self) -> bool:
        """Whether no nonce counts twice."""
        return all(end <= start for end, start in zip(self._ends, self._starts[1:], strict=False))

    @property
    def end(self) -> int:
        """The position after the last one."""
        return self._ends[-1] if self._ends else 0

    def holds(self, positions: Positions) -> NDArray[np.bool_]:
        """For each position, whether it was counted; the spans ascend."""
        if not self._starts:
            return np.zeros(len(positions), np.bool_)
        spans = np.searchsorted(np.array(self._starts, np.uint64), positions, "right")
        ends = np.array([0, *self._ends], np.uint64)
        inside: NDArray[np.bool_] = positions < ends[spans]
        return inside

    def places(self, first: int, count: int) -> Iterator[Place]:
        """Where `count` counted nonces lie, from number `first` on, or as many as there are.

        They are cut where there is a gap and where a header ends.
        """
        index = bisect_right(self._before, first) - 1
        while count and index < len(self._starts):
            start = self._starts[index] + first - self._before[index]
            stop = min(self._ends[index], start + count)
            first, count = first + stop - start, count - (stop - start)
            while start < stop:
                number = start >> NONCE_BITS
                until = min(stop, (number + 1) * NONCES)
                yield Place(number, range(start - number * NONCES, until - number * NONCES))
                start = until
            index += 1
