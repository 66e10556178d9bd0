"""What races for a product on the host's cores: in OpenCL how large a tile of sums a work-item keeps in its registers.

A tile is some lines of two vectors. Each step multiplies two vectors of the right operand by a number for each line:
few loads for many sums, as long as all of it stays in registers. Types of vectors are used, and no built-in function
that takes or gives one, which some runtimes link wrongly.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...device import DeviceInfo

VECTORS = 2
USUAL_BITS, WIDE_BITS, NARROW_BITS = 256, 512, 128
WORD_BITS = 32
# How many 32-bit words a runtime's registers hold, as it says.
NATIVE_WIDTH = "native_vector_width"
# One work-item is a group: with more of them some runtimes turn the loops inside out, and sums go through memory.
GROUP = 1


@dataclass(frozen=True)
class Tile:
    """So many lines of VECTORS vectors of so many bits."""

    lines: int
    bits: int

    @property
    def name(self) -> str:
        """As results and caches call it."""
        return f"{self.lines}x{VECTORS}x{self.bits}"

    @property
    def sums(self) -> tuple[tuple[int, int], ...]:
        """The line and the vector of each of its vectors of sums, which kernels call s<line>_<vector>."""
        return tuple((line, vector) for line in range(self.lines) for vector in range(VECTORS))

    def width(self, number_bytes: int) -> int:
        """How many numbers a vector has."""
        return self.bits // (8 * number_bytes)

    def columns(self, number_bytes: int) -> int:
        """How many numbers a line has."""
        return VECTORS * self.width(number_bytes)


@dataclass(frozen=True)
class Instructions:
    """What a kernel on the CPU itself multiplies with, by a name."""

    name: str


# What a product may be done by.
Choice = Tile | Instructions
# The dot products (or fused multiply-adds) of vectors, and AMX's tiles.
BY_VECTORS, BY_AMX = Instructions("vectors"), Instructions("AMX")

# Two lines less leave registers for what a compiler wants to keep besides.
USUAL, SMALLER = Tile(6, USUAL_BITS), Tile(4, USUAL_BITS)
# 32 registers hold more lines; 16 of 128 bits hold no two vectors of 256 for six lines.
WIDE, NARROW = Tile(8, WIDE_BITS), Tile(6, NARROW_BITS)


def tiles(info: DeviceInfo) -> tuple[Tile, ...]:
    """What races on a device, the safest first; none where the kernel has no such tile."""
    if "opencl" not in info.languages or not info.on_host_cores:
        return ()
    if info.simulator:
        return (USUAL,)
    bits = WORD_BITS * int(info.limits.get(NATIVE_WIDTH) or 0)
    if bits >= WIDE_BITS:
        return (USUAL, WIDE)
    return (USUAL, SMALLER) if bits >= USUAL_BITS else (USUAL, NARROW)
