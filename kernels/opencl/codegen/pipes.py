"""Both pipes: which operations of a hash go through a GPU's multiplier, which else idles beside the logic.

NVIDIA's multiprocessors start shifts, logic and additions of three words on one pipe, and integer multiply-adds on
another that is as wide. A sum of two words is one multiply-add (a·1 + b), a shift the high word of a product with a
power of two, a rotation both (x·2ⁿ + its high word). A compiler that knew the multiplier would undo that: so it
comes as an argument of the kernel. On Hopper the high word of a product keeps the logic busy as well, so that sums
alone gain there; whether that is so on other cards the race tells.

Sums are regrouped for it. A word that is the same for all nonces (a constant, a word of the job) stays in an addition
of three beside the two words that are there first: in a multiply-add it would need a register, beside the multiplier.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from ...graph.lower import Program
from ...graph.nodes import GraphWords, Node, Op

Pipes = Literal["none", "pair", "pairshr", "rot15"]
WORD_BITS = 32


@dataclass(frozen=True)
class Share:
    """What the multiplier gets: sums of words that differ between nonces, shifts, and a part of the rotations."""

    sums: bool = False
    shifts: bool = False
    rotations: float = 0.0


SHARES: Mapping[Pipes, Share] = {
    "none": Share(),
    "pair": Share(sums=True),
    "pairshr": Share(sums=True, shifts=True),
    "rot15": Share(sums=True, shifts=True, rotations=0.15),
}


@dataclass(frozen=True)
class Assigned:
    """A program, and the nodes of it that the multiplier computes (of additions, shifts and rotations)."""

    program: Program
    multiplied: frozenset[Node]

    def multipliers(self) -> tuple[int, ...]:
        """The exponents of the powers of two that the kernel needs as arguments, smallest first."""
        return tuple(sorted({multiplier(node) for node in self.multiplied}))


def multiplier(node: Node) -> int:
    """The exponent of the power of two by which a node that the multiplier computes is multiplied."""
    return 0 if node.op is Op.ADD else WORD_BITS - node.immediate


def argument(exponent: int) -> str:
    """The name that the power of two has among the kernel's arguments."""
    return f"two{exponent}"


def assign(program: Program, pipes: Pipes) -> Assigned:
    """The program with its operations dealt out."""
    share = SHARES[pipes]
    if share == Share():
        return Assigned(program, frozenset())
    return _Dealer(program, share).dealt()


class _Dealer:
    def __init__(self, program: Program, share: Share) -> None:
        self.program = program
        self.share = share
        self.words = GraphWords()
        self.multiplied: set[Node] = set()
        self.made: dict[Node, Node] = {}
        self.depth: dict[Node, int] = {}
        self.joined = self._joined()
        self.rotates_here = _evenly(share.rotations)

    def dealt(self) -> Assigned:
        for node in self.program.nodes():
            if node not in self.joined:
                self.made[node] = self._deal(node)
        outputs = tuple(self.made[output] for output in self.program.outputs)
        return Assigned(Program(outputs, self.program.early), frozenset(self.multiplied))

    def _deal(self, node: Node) -> Node:
        if node.op is Op.CONSTANT:
            return self.words.constant(node.immediate)
        if node.op is Op.INPUT:
            return self.words.input(node.name, node.depends)
        if node.op is Op.ADD:
            return self._sum([self.made[term] for term in self._terms(node)])
        made = self._make(node.op, *(self.made[arg] for arg in node.args), immediate=node.immediate)
        shifted = node.op is Op.SHR and self.share.shifts
        if shifted or (node.op is Op.ROTR and next(self.rotates_here)):
            self.multiplied.add(made)
        return made

    def _sum(self, terms: list[Node]) -> Node:
        """What is ready first is added first; one addition takes what is the same for all nonces.

        So what all prefixes of a rolled kernel share, which is there before they are, keeps sums of its own.
        """
        same = [term for term in terms if _same_for_all(term)]
        own = sorted(
            (term for term in terms if not _same_for_all(term)), key=lambda term: (self.depth.get(term, 0), term.number)
        )
        total, *late = [*own[:1], *same, *own[1:2], *own[2:]] if same else own
        by_adding = len(same) + len(own[1:2]) if same else 0
        for index, term in enumerate(late):
            total = self._make(Op.ADD, total, term)
            if index >= by_adding:
                self.multiplied.add(total)
        return total

    def _make(self, op: Op, *args: Node, immediate: int = 0) -> Node:
        node = self.words.combine(op, *args, immediate=immediate)
        self.depth[node] = 1 + max(self.depth.get(arg, 0) for arg in args)
        return node

    def _joined(self) -> set[Node]:
        # A sum that only one other sum needs is part of it.
        nodes = self.program.operations()
        uses = Counter(arg for node in nodes for arg in node.args)
        uses.update(self.program.outputs)
        return {arg for node in nodes if node.op is Op.ADD for arg in node.args if arg.op is Op.ADD and uses[arg] == 1}

    def _terms(self, node: Node) -> Iterator[Node]:
        for arg in node.args:
            if arg in self.joined:
                yield from self._terms(arg)
            else:
                yield arg


def _same_for_all(node: Node) -> bool:
    return node.op is Op.CONSTANT or (node.op is Op.INPUT and node.name != "nonce")


def _evenly(share: float) -> Iterator[bool]:
    """True for that part of the answers, at even distances."""
    collected = 0.5
    while True:
        collected += share
        yes = collected >= 1.0
        collected -= yes
        yield yes


def multiplied_form(operand: Callable[[Node], str], node: Node) -> str:
    """The C of a node that the multiplier computes."""
    name = argument(multiplier(node))
    first = operand(node.args[0])
    if node.op is Op.ADD:
        return f"{first} * {name} + {operand(node.args[1])}"
    high = f"mul_hi({first}, {name})"
    return high if node.op is Op.SHR else f"{first} * {name} + {high}"
