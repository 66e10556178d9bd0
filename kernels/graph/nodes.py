"""The expression graph: every distinct word of the computation is one node, built once.

`GraphWords` is an algebra of words: run a description, such as `sha256.fips180`, over it and out comes a graph instead
of numbers. While it is built, three things happen, and a miner's classical tricks are nothing else:

* **Hash-consing.** Asking twice for the same operation on the same operands gives the same node.
* **Partial evaluation.** Every node knows what it depends on, and from that its *binding time*: the
  earliest moment its value can be known. What depends on nothing is folded to a constant on the
  spot (padding, much of the message schedule); what depends on the header but not on the nonce is
  computed once per job (the first three rounds, W₁₆ and W₁₇); what depends on the nonce but not on
  the midstate is shared by all midstates of a version-rolled job.
* **Regrouping of sums.** Addition is associative, so terms known early are added to each other
  first and reach the inner loop as a single operand.

Dead code never needs removing: a kernel is emitted by walking from the outputs it wants
(`reachable`), so asking for the last digest word only leaves out the end of the second hash.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, Flag, IntEnum, auto
from functools import cache

from .words import WORD_BITS, IntegerWords


class Op(Enum):
    """What a node computes from its operands."""

    CONSTANT = auto()
    INPUT = auto()
    ADD = auto()
    XOR = auto()
    ROTR = auto()
    SHR = auto()
    CHOOSE = auto()
    MAJORITY = auto()
    CHI = auto()
    # Only lowered graphs have these (see `lower`).
    SHL = auto()
    AND = auto()
    # The second operand, where the first one is 0.
    ANDNOT = auto()
    TERNARY = auto()

    # Enum hashes a member's name, in Python: a tenth of the time to build a graph.
    __hash__ = object.__hash__


class Depends(Flag):
    """Which inputs a value depends on."""

    NOTHING = 0
    TAIL = auto()
    MIDSTATE = auto()
    NONCE = auto()

    # As in Op; each combination of flags is one object, too.
    __hash__ = object.__hash__


class Binding(IntEnum):
    """When a value becomes known, earliest first."""

    CONSTANT = 0
    JOB = 1
    MIDSTATE = 2
    BATCH = 3
    LANE = 4


@dataclass(frozen=True, eq=False, slots=True)
class Node:
    """One value.

    `immediate` is a constant's value or a rotate's or shift's count; `binding`: when it becomes known; `name` is an
    input's; `bits`: of the word.
    """

    number: int
    op: Op
    args: tuple[Node, ...]
    immediate: int
    depends: Depends
    binding: Binding
    name: str = ""
    bits: int = WORD_BITS

    def __repr__(self) -> str:
        """Short enough for a debugger: operands by number."""
        operands = ", ".join(f"n{arg.number}" for arg in self.args)
        return f"n{self.number}={self.op.name}({self.name}{operands};{self.immediate:#x})"


class GraphWords:
    """Words that are nodes. Two graphs share no nodes; a graph's nodes are numbered in the order of their making."""

    def __init__(self, bits: int = WORD_BITS) -> None:
        """A graph of words of so many bits."""
        self.bits = bits
        self._mask = (1 << bits) - 1
        self._made: dict[tuple[object, ...], Node] = {}

    def input(self, name: str, depends: Depends) -> Node:
        """A word that comes from outside."""
        return self._make(Op.INPUT, (), 0, depends, name)

    def constant(self, value: int) -> Node:
        """See `words.Words`."""
        return self._make(Op.CONSTANT, (), value & self._mask, Depends.NOTHING)

    def rotr(self, x: Node, count: int) -> Node:
        """See `words.Words`."""
        return self._apply(Op.ROTR, (x,), count)

    def shr(self, x: Node, count: int) -> Node:
        """See `words.Words`."""
        return self._apply(Op.SHR, (x,), count)

    def choose(self, e: Node, f: Node, g: Node) -> Node:
        """See `words.Words`."""
        return f if f is g else self._apply(Op.CHOOSE, (e, f, g))

    def majority(self, a: Node, b: Node, c: Node) -> Node:
        """See `words.Words`."""
        return self._apply(Op.MAJORITY, (a, b, c))

    def chi(self, a: Node, b: Node, c: Node) -> Node:
        """See `words.WordsWithChi`."""
        return self._apply(Op.CHI, (a, b, c))

    def xor(self, *terms: Node) -> Node:
        """See `words.Words`; what is known early is one operand, and none where it is zero."""
        early = [term for term in terms if term.binding < Binding.BATCH]
        if 1 < len(early) < len(terms):
            return self.xor(self.xor(*early), *(term for term in terms if term not in early))
        late = [term for term in terms if term.op is not Op.CONSTANT or term.immediate]
        if len(late) < 2:
            return late[0] if late else self.constant(0)
        return self._apply(Op.XOR, tuple(late))

    def combine(self, op: Op, *args: Node, immediate: int = 0) -> Node:
        """Any other operation, as it is: nothing but equal constants is simplified."""
        return self._apply(op, args, immediate)

    def add(self, *terms: Node) -> Node:
        """See `words.Words`; the sum is regrouped so that what is known early is added early."""
        flat: list[Node] = []
        for term in terms:
            rest = [other for other in terms if other is not term]
            flat.extend(term.args if _splits(term, rest) else (term,))
        total: list[Node] = []
        for binding in Binding:
            # What is known by now, as one operand, and what this binding time adds to it.
            total = self._sum(total) + [term for term in flat if term.binding is binding]
        return self._sum(total)[0]

    def _sum(self, terms: list[Node]) -> list[Node]:
        known = sum(term.immediate for term in terms if term.op is Op.CONSTANT) & self._mask
        rest = [term for term in terms if term.op is not Op.CONSTANT]
        if known or (terms and not rest):
            rest.insert(0, self.constant(known))
        if len(rest) <= 1:
            return rest
        return [self._make(Op.ADD, tuple(sorted(rest, key=lambda node: node.number)), 0, _union(rest))]

    def _apply(self, op: Op, args: tuple[Node, ...], immediate: int = 0) -> Node:
        if args[0].op is Op.CONSTANT and all(arg.op is Op.CONSTANT for arg in args):
            return self.constant(evaluate_op(op, [arg.immediate for arg in args], immediate, self.bits))
        return self._make(op, args, immediate, _union(args))

    def _make(self, op: Op, args: tuple[Node, ...], immediate: int, depends: Depends, name: str = "") -> Node:
        key = (op, args, immediate, name)
        if key not in self._made:
            binding = _binding(depends)
            self._made[key] = Node(len(self._made), op, args, immediate, depends, binding, name, self.bits)
        return self._made[key]


def _splits(term: Node, others: Sequence[Node]) -> bool:
    """Whether (early + late) + others is better written (early + others) + late.

    It is where all the others are known before `late`: the sum stays one addition in the loop, and
    the inner sum may turn out to be needed by nobody. A longer inner sum would cost an addition more.
    """
    return (
        term.op is Op.ADD
        and len(term.args) == 2
        and any(arg.binding < term.binding for arg in term.args)
        and all(other.binding < term.binding for other in others)
    )


def _union(nodes: Iterable[Node]) -> Depends:
    depends = Depends.NOTHING
    for node in nodes:
        if node.depends is not depends:
            depends = _either(depends, node.depends)
    return depends


# What Flag computes, in Python, is remembered: there are eight of them, and a graph asks ten thousand times.
@cache
def _either(one: Depends, other: Depends) -> Depends:
    return one | other


@cache
def _binding(depends: Depends) -> Binding:
    if Depends.NONCE in depends:
        return Binding.LANE if Depends.MIDSTATE in depends else Binding.BATCH
    if Depends.MIDSTATE in depends:
        return Binding.MIDSTATE
    return Binding.JOB if depends else Binding.CONSTANT


def evaluate_op(op: Op, values: Sequence[int], immediate: int, bits: int = WORD_BITS) -> int:
    """One operation on integers of so many bits."""
    words = IntegerWords(bits)
    match op:
        case Op.CONSTANT:
            return immediate
        case Op.ADD:
            return words.add(*values)
        case Op.XOR:
            return words.xor(*values)
        case Op.ROTR:
            return words.rotr(values[0], immediate)
        case Op.SHR:
            return words.shr(values[0], immediate)
        case Op.CHOOSE:
            return words.choose(*values)
        case Op.MAJORITY:
            return words.majority(*values)
        case Op.CHI:
            return words.chi(*values)
        case Op.AND:
            return values[0] & values[1]
        case Op.ANDNOT:
            return ~values[0] & words.mask & values[1]
        case Op.SHL:
            return values[0] << immediate & words.mask
        case Op.TERNARY:
            a, b, c = values
            return ternary(immediate, a, b, c, bits)
        case Op.INPUT:
            raise ValueError("an input has no operation; give its value")


def ternary(table: int, a: int, b: int, c: int, bits: int = WORD_BITS) -> int:
    """Any bitwise function of three words: bit 4a+2b+c of the 8-bit truth `table` (as x86's vpternlog reads it)."""
    result = 0
    for row in range(8):
        if table >> row & 1:
            result |= (a if row & 4 else ~a) & (b if row & 2 else ~b) & (c if row & 1 else ~c)
    return result & (1 << bits) - 1


def evaluate(outputs: Sequence[Node], inputs: Mapping[str, int]) -> list[int]:
    """The outputs' values for given values of the inputs, by name. Raises KeyError for a missing input."""
    values: dict[Node, int] = {}
    for node in reachable(outputs):
        if node.op is Op.INPUT:
            values[node] = inputs[node.name]
        else:
            values[node] = evaluate_op(node.op, [values[arg] for arg in node.args], node.immediate, node.bits)
    return [values[node] for node in outputs]


def reachable(outputs: Iterable[Node]) -> list[Node]:
    """Every node the outputs need, operands before the nodes that use them."""
    order: list[Node] = []
    seen: set[Node] = set()
    stack = [(node, False) for node in reversed(list(outputs))]
    while stack:
        node, operands_done = stack.pop()
        if operands_done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((arg, False) for arg in reversed(node.args) if arg not in seen)
    return order
