"""Which operands a product has, and which of its lines an answer covers."""

from __future__ import annotations

# So many answers a stretch of products: whoever computes one again does that part of the stretch.
BLOCKS = 16


def operands_of(number: int, side: int) -> tuple[int, int]:
    """The numbers of the left and the right operand of a product, of which a pool has `side` each."""
    pool, pair = divmod(number, side * side)
    return pool * side + pair % side, pool * side + pair // side


def blocks_of(lines: int) -> int:
    """How many blocks the lines of a product are cut into."""
    return min(BLOCKS, lines)


def block_lines(block: int, lines: int) -> range:
    """The lines of a block."""
    blocks = blocks_of(lines)
    return range(block * lines // blocks, (block + 1) * lines // blocks)
