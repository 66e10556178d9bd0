"""Forms of scrypt in LLVM IR, and how a form's frame lies in memory.

A hash is a lane of the vectors that SHA-256 is computed on. For ROMix the same hashes lie in rows: a vector holds a row
of `together` hashes, 128 bits each, and `groups` such vectors are mixed in turns, so that none waits for another. Or
they stay in lanes (see `lanes`).

A frame is what one item needs of memory: vectors of SHA-256's words, the hashes' rows, and ROMix's V.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..hashing.llvm import NARROWEST, has_ternary_logic, vector_widths
from .description import BLOCK_WORDS, DOUBLE_ROUNDS, ROWS, N

WORD_BYTES = 4
# Vectors a frame has before the rows: a state, a block, an answer, HMAC's two states, and ROMix's block.
STATE, BLOCK, ANSWER, INNER, OUTER, LANES = 0, 8, 24, 32, 40, 48
VECTORS = LANES + BLOCK_WORDS


@dataclass(frozen=True)
class Form:
    """Bits of a vector, of a vector of rows, and how many such vectors are mixed in turns.

    `in_lanes`: as many hashes are mixed, a word of all of them in a vector.
    """

    vector_bits: int
    row_bits: int
    groups: int
    in_lanes: bool = False

    @property
    def name(self) -> str:
        """As kernels are called."""
        mixed = "lanes" if self.in_lanes else f"rows{self.row_bits}_x{self.groups}"
        return f"v{self.vector_bits}_{mixed}"

    @property
    def lanes(self) -> int:
        """Hashes an item."""
        return self.vector_bits // 32

    @property
    def together(self) -> int:
        """Hashes a vector of rows."""
        return self.row_bits // 128

    @property
    def mixed(self) -> int:
        """Hashes that one call of ROMix mixes."""
        return self.together * self.groups

    @property
    def rows_at(self) -> int:
        """Where in a frame the rows begin, in bytes."""
        return VECTORS * self.lanes * WORD_BYTES

    @property
    def memory_at(self) -> int:
        """Where in a frame V begins, in bytes."""
        return self.rows_at + self.lanes * BLOCK_WORDS * WORD_BYTES

    @property
    def frame_bytes(self) -> int:
        """A frame: whole pages, and a line more, so that no two frames compete for the same sets of a cache."""
        return self.memory_at + self.mixed * N * BLOCK_WORDS * WORD_BYTES + 4096 + 64 & -64


def forms() -> list[Form]:
    """What races here, the likeliest first: as many hashes in turns as vectors have lanes, or fewer with less memory.

    A quarter-round waits for the one before it, so that the more are under way, the less a core waits.
    """
    widest = vector_widths()[0]
    in_turns = [Form(widest, widest, 4), Form(widest, widest, 2)]
    if has_ternary_logic():
        return [Form(widest, widest, 4, in_lanes=True), *in_turns]
    # On some cores vectors of 256 bits are two halves.
    return in_turns if widest == NARROWEST else [*in_turns, Form(widest, NARROWEST, widest // 128 * 2)]


def operation_mix(form: Form) -> dict[str, int]:
    """ROMix's operations for an item in rows, by kind."""
    blocks = 2 * N * form.lanes // form.together
    # A block has two halves, which each go through the double rounds: eight quarter-rounds and six turned rows.
    doubles = 2 * DOUBLE_ROUNDS * blocks
    # Each half is mixed with the other, and every second block with one that was stored.
    mix = {"add": 8 * doubles + ROWS * blocks, "xor": 8 * doubles + ROWS * blocks * 3 // 2, "shuffle": 6 * doubles}
    if has_ternary_logic():
        return {**mix, "rotr": 8 * doubles}
    # A rotation is two shifts, and logic that brings them together.
    return {**mix, "xor": mix["xor"] + 8 * doubles, "shl": 8 * doubles, "shr": 8 * doubles}
