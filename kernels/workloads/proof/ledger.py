"""What was counted, kept while it is counted: spans of nonces, a checksum for each leaf, and the shares.

Nothing of it grows beyond bounds, however long the run: shares beyond what is wanted are thinned out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from ..evidence import Span

# Shares are thinned out when there are so many times more than are wanted, down to twice what is wanted.
THIN_AT = 4


@dataclass(frozen=True)
class Counted:
    """One scan that counts: where it began, how many nonces, their checksum, and its shares as (key, value) pairs.

    A share's key is its position × the number of prefixes + that of its own; its value tells whether it meets a
    harder target.
    """

    start: int
    nonces: int
    checksum: int
    shares: Sequence[tuple[int, int]] = ()


@dataclass
class Ledger:
    """The scans that count, in order.

    `wanted`: how many shares; `harder` gives the target at which so many nonces bring so many shares.
    """

    leaf_nonces: int
    wanted: int
    harder: Callable[[int, int], int]
    nonces: int = 0
    spans: list[tuple[int, int]] = field(default_factory=list)
    shares: list[tuple[int, int]] = field(default_factory=list)
    _sums: list[tuple[int, int]] = field(default_factory=list)
    _ends: list[tuple[int, int]] = field(default_factory=list)

    @property
    def leaves(self) -> int:
        """How many there are, begun ones included."""
        return -(-self.nonces // self.leaf_nonces)

    def room(self, pending: int) -> int:
        """How many nonces are left of the leaf that `pending` more after the counted ones have begun."""
        return self.leaf_nonces - (self.nonces + pending) % self.leaf_nonces

    def count(self, scans: Iterable[Counted], sample: int) -> None:
        """Count scans for a sample; none of them crosses the border of a leaf."""
        first_of_sample = len(self._sums)
        for scan in scans:
            if not scan.nonces:
                continue
            leaf = self.nonces // self.leaf_nonces
            if len(self._sums) > first_of_sample and self._sums[-1][0] == leaf:
                self._sums[-1] = leaf, self._sums[-1][1] ^ scan.checksum
            else:
                self._sums.append((leaf, scan.checksum))
            if self.spans and sum(self.spans[-1]) == scan.start:
                self.spans[-1] = self.spans[-1][0], self.spans[-1][1] + scan.nonces
            else:
                self.spans.append((scan.start, scan.nonces))
            self.nonces += scan.nonces
            self.shares.extend(scan.shares)
        # How many nonces and sums there are once a sample is counted: a result may hold fewer samples than these.
        self._ends.extend([(self.nonces, len(self._sums))] * (sample + 1 - len(self._ends)))
        if len(self.shares) > THIN_AT * self.wanted:
            limit = self.harder(self.nonces, 2 * self.wanted)
            self.shares = [share for share in self.shares if share[1] <= limit]

    def first(self, samples: int) -> Part:
        """What the first so many samples counted."""
        nonces, sums = self._ends[min(samples, len(self._ends)) - 1] if samples and self._ends else (0, 0)
        checksums = [0] * -(-nonces // self.leaf_nonces)
        for leaf, checksum in self._sums[:sums]:
            checksums[leaf] ^= checksum
        spans, left = [], nonces
        for start, length in self.spans:
            if left:
                spans.append(Span(start=start, nonces=min(length, left)))
                left -= min(length, left)
        return Part(nonces, tuple(spans), checksums)


@dataclass(frozen=True)
class Part:
    """How many nonces were counted, where they are, and the checksums of their leaves."""

    nonces: int
    spans: tuple[Span, ...]
    checksums: list[int]

    @property
    def end(self) -> int:
        """The position after the last of them."""
        return self.spans[-1].start + self.spans[-1].nonces if self.spans else 0
