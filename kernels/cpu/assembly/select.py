"""From the nodes of a lowered graph to instructions of AVX-512 or AVX2, and the constants they read."""

from __future__ import annotations

from ...graph.nodes import Node, Op
from .instructions import Form, Instruction, Memory, Operand, Value

INSTRUCTIONS = {
    Op.ADD: ("vpaddd", Form.COMMUTES),
    Op.XOR: ("vpxord", Form.COMMUTES),
    Op.ROTR: ("vprord", Form.PLAIN),
    Op.SHR: ("vpsrld", Form.PLAIN),
    Op.TERNARY: ("vpternlogd", Form.TERNARY),
}

INSTRUCTIONS_AVX2 = {
    Op.ADD: ("vpaddd", Form.COMMUTES),
    Op.XOR: ("vpxor", Form.COMMUTES),
    Op.SHR: ("vpsrld", Form.REGISTERS),
    Op.SHL: ("vpslld", Form.REGISTERS),
    Op.ROTR: ("vpshufb", Form.PLAIN),
}
LANES_AVX2 = 8


class Constants:
    """Words that the code reads from memory, each kept once, at a pointer in a register."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.words: list[int] = []
        self._places: dict[tuple[int, ...], int] = {}

    def word(self, value: int) -> Memory:
        """A word in every lane."""
        return Memory(self.base, self.place(value), broadcast=True)

    def place(self, *words: int) -> int:
        """The offset of these words, one after another and aligned to their length (a power of two)."""
        if words not in self._places:
            self.words += [0] * (-len(self.words) % len(words))
            self._places[words] = 4 * len(self.words)
            self.words += words
        return self._places[words]

    def declaration(self, name: str) -> str:
        """The LLVM IR of a global constant that holds them."""
        words = ", ".join(f"i32 {word}" for word in self.words)
        return f"@{name} = private unnamed_addr constant [{len(self.words)} x i32] [{words}], align 64"


def select_one(node: Node, values: dict[Node, Operand], constants: Constants) -> Instruction:
    """The instruction for a node, whose value becomes known."""
    mnemonic, form = INSTRUCTIONS[node.op]
    operands = [constants.word(arg.immediate) if arg.op is Op.CONSTANT else values[arg] for arg in node.args]
    result = values[node] = Value()
    immediate = node.immediate if node.op in (Op.ROTR, Op.SHR, Op.TERNARY) else None
    return Instruction(mnemonic, form, tuple(operands), result, immediate)


def select_avx2(node: Node, values: dict[Node, Operand], constants: Constants) -> Instruction:
    """The same of AVX2: constants are whole vectors, and a rotation is one by whole bytes, a shuffle of them."""
    mnemonic, form = INSTRUCTIONS_AVX2[node.op]
    operands = [
        Memory(constants.base, constants.place(*[arg.immediate] * LANES_AVX2)) if arg.op is Op.CONSTANT else values[arg]
        for arg in node.args
    ]
    if node.op is Op.ROTR:
        operands.append(Memory(constants.base, constants.place(*bytes_turned(node.immediate // 8))))
    result = values[node] = Value()
    immediate = node.immediate if form is Form.REGISTERS else None
    return Instruction(mnemonic, form, tuple(operands), result, immediate)


def bytes_turned(count: int) -> list[int]:
    """The words of a vector by which a shuffle turns each word so many bytes to the right."""
    words = [[word * 4 + (at + count) % 4 for at in range(4)] for word in range(4)]
    # A shuffle works in halves of a vector.
    return [int.from_bytes(bytes(word), "little") for word in words] * (LANES_AVX2 // 4)
