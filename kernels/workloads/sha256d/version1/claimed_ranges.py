"""The nonce ranges that a proof claims."""

from __future__ import annotations

from bisect import bisect_right
from itertools import groupby

from ...evidence_version1 import Chunk, Share


class ClaimedRanges:
    """Chunks by running number (ascending), each list sorted by start; `share in ranges` tells if it is covered."""

    def __init__(self, chunks: tuple[Chunk, ...]) -> None:
        """The ranges of `chunks`, which should not overlap."""
        ordered = sorted(chunks, key=lambda chunk: (chunk.running_number, chunk.start))
        self.by_number = {number: list(group) for number, group in groupby(ordered, lambda chunk: chunk.running_number)}
        self._starts = {number: [chunk.start for chunk in group] for number, group in self.by_number.items()}

    def __contains__(self, share: Share) -> bool:
        """Whether the share's nonce lies in a chunk under its running number."""
        index = bisect_right(self._starts.get(share.running_number, []), share.nonce) - 1
        if index < 0:
            return False
        chunk = self.by_number[share.running_number][index]
        return share.nonce < chunk.start + chunk.nonces
