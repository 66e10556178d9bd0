"""What operands hold: whole numbers that derive from a seed and a place, each by itself, the same on every device.

The numbers are splitmix64's (Steele, Lea & Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014), of
which the upper half is scaled to the range. Constants are theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import numpy.typing as npt

from ..evidence import Claim

STEP = 0x9E3779B97F4A7C15
FIRST_FACTOR = 0xBF58476D1CE4E5B9
SECOND_FACTOR = 0x94D049BB133111EB
# So many numbers are made at once: they fit a core's caches.
CHUNK = 1 << 15

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Box:
    """How an operand lies in memory: `lines` of `line` numbers, of which a rectangle holds values, and the rest zeros.

    The rectangle has `rows` × `columns` numbers and begins at line `top`, number `left`; each is `least` at least and
    one of `span` whole numbers.
    """

    lines: int
    line: int
    rows: int
    columns: int
    least: int
    span: int
    top: int = 0
    left: int = 0

    @property
    def elements(self) -> int:
        """How many numbers it takes in memory."""
        return self.lines * self.line

    def scalars(self) -> tuple[int, ...]:
        """As kernels that fill it want it."""
        return self.line, self.top, self.left, self.rows, self.columns, self.least, self.span


def seed_of(claim: Claim, side: str, number: int) -> int:
    """The seed of an operand: 64 bits with a sign, as kernels take whole numbers."""
    parts = ("hashwatt pairs 1", claim.workload, claim.challenge, claim.machine, claim.device_id, claim.run_id)
    parameters = (f"{name}={claim.parameters[name]}" for name in sorted(claim.parameters))
    text = "\0".join((*parts, *parameters, side, str(number)))
    return int.from_bytes(sha256(text.encode()).digest()[:8], "little", signed=True)


def values(box: Box, seed: int, first_row: int = 0, stop_row: int | None = None) -> Integers:
    """The numbers of some rows of the rectangle (rows × columns)."""
    stop_row = box.rows if stop_row is None else stop_row
    first, stop = first_row * box.columns, stop_row * box.columns
    made = np.empty(stop - first, np.int64)
    for start in range(first, stop, CHUNK):
        end = min(start + CHUNK, stop)
        made[start - first : end - first] = _numbers([seed], start, end, box.least, box.span)[0]
    return made.reshape(stop_row - first_row, box.columns)


def in_memory(box: Box, seeds: Sequence[int], number: str) -> bytes:
    """Operands of these seeds, one after another, as a device holds them; `number`: numpy's name of their type."""
    whole = np.zeros((len(seeds), box.lines, box.line), number)
    made = _numbers(seeds, 0, box.rows * box.columns, box.least, box.span)
    rectangle = whole[:, box.top : box.top + box.rows, box.left : box.left + box.columns]
    rectangle[...] = made.reshape(rectangle.shape)
    return whole.tobytes()


def _numbers(seeds: Sequence[int], start: int, stop: int, least: int, span: int) -> Integers:
    """Numbers `start` to `stop` of each of the seeds (seeds × numbers)."""
    mixed = np.arange(start + 1, stop + 1, dtype=np.uint64) * np.uint64(STEP)
    mixed = mixed + np.array([seed & 0xFFFFFFFFFFFFFFFF for seed in seeds], np.uint64)[:, None]
    mixed ^= mixed >> np.uint64(30)
    mixed *= np.uint64(FIRST_FACTOR)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(SECOND_FACTOR)
    mixed ^= mixed >> np.uint64(31)
    mixed >>= np.uint64(32)
    mixed *= np.uint64(span)
    mixed >>= np.uint64(32)
    return mixed.astype(np.int64) + least
