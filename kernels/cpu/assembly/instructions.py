"""Instructions on values that have no register yet, in Intel's syntax."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto


@dataclass(frozen=True)
class Memory:
    """An address; `broadcast`: one 32-bit word there is read into every lane."""

    base: str
    offset: int
    broadcast: bool = False

    def text(self, lanes: int) -> str:
        """As an operand of an instruction on so many lanes."""
        address = f"[{self.base} + {self.offset}]"
        return f"dword ptr {address}{{1to{lanes}}}" if self.broadcast else address


@dataclass(eq=False, slots=True)
class Value:
    """What a vector register holds at some time. `home`: where memory has it from the beginning."""

    home: Memory | None = None


Operand = Value | Memory


class Form(Enum):
    """Which operand goes where."""

    # The result has a register of its own; the last operand may be in memory.
    PLAIN = auto()
    # PLAIN, and no operand may be in memory.
    REGISTERS = auto()
    # PLAIN, and the two operands may change places.
    COMMUTES = auto()
    # The result takes the first operand's register; the last may be in memory.
    DESTROYS = auto()
    # Three operands in any order, the immediate a truth table; the result takes the first one's register.
    TERNARY = auto()
    # Writes its only operand to `target`.
    STORE = auto()


@dataclass(frozen=True, eq=False)
class Instruction:
    """A machine instruction before registers are allocated.

    `before`: lines that must come right before it (scalar code that makes an operand, say). `mask`: the lanes in which
    the result is a new one; in the others it is the first operand (DESTROYS).
    """

    mnemonic: str
    form: Form
    operands: tuple[Operand, ...]
    result: Value | None = None
    immediate: int | None = None
    target: Memory | None = None
    before: tuple[str, ...] = field(default=())
    mask: str = ""


def permuted(table: int, order: tuple[int, int, int]) -> int:
    """The truth table (bit 4a+2b+c) of the same function with its operands in another order."""
    out = 0
    for row in range(8):
        bits = dict(zip(order, (row >> 2 & 1, row >> 1 & 1, row & 1), strict=True))
        out |= (table >> (bits[0] << 2 | bits[1] << 1 | bits[2]) & 1) << row
    return out
