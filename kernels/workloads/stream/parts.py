"""Long passes in parts: where a pass over an array takes long beside a sample, a batch may be a part of one.

A part comes again after all others, as it does in a pass. What is done of the array as a whole is one launch, so that
long batches are what they would be without parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...device import PART_GRAIN_BYTES, DeviceInfo
from .arrays import can_cut
from .counts import BLOCK, NUMBER_BYTES

# A part takes a hundred times as long as the host's threads lose at a launch's end.
LEAST_PART_BYTES = 768 << 20
# A part's sums, one for each block, begin on a page.
GRAIN_ITEMS = PART_GRAIN_BYTES // NUMBER_BYTES * BLOCK


@dataclass(frozen=True)
class Step:
    """A launch over `items` numbers from `first` on, `repeats` times, of which `passes` were done before."""

    first: int
    items: int
    repeats: int
    passes: int


@dataclass(frozen=True)
class Parts:
    """So many parts (a power of two) of so many numbers each."""

    count: int
    items: int

    @property
    def all_items(self) -> int:
        """Of all parts."""
        return self.count * self.items

    def steps(self, done: int, batch: int) -> Iterator[Step]:
        """The launches of a batch of so many parts' passes, after so many that are done."""
        while batch:
            passes, part = divmod(done, self.count)
            repeats = batch // self.count if part == 0 else 0
            if repeats:
                yield Step(0, self.all_items, repeats, passes)
            else:
                yield Step(part * self.items, self.items, 1, passes)
            stepped = repeats * self.count or 1
            done, batch = done + stepped, batch - stepped

    def passes(self, part: int, done: int) -> int:
        """How many passes a part has had after so many of all parts."""
        return (done + self.count - 1 - part) // self.count


def parts_of(info: DeviceInfo, items: int) -> Parts:
    """The parts of arrays of so many numbers on a device, which may be a few less than that."""
    count = 1
    while can_cut(info) and items * NUMBER_BYTES >= 2 * count * LEAST_PART_BYTES:
        count *= 2
    return Parts(1, items) if count == 1 else Parts(count, items // count // GRAIN_ITEMS * GRAIN_ITEMS)
