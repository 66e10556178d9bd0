"""What a hash costs in an instruction set's own instructions, counted in the graph.

An instruction set differs from another, for SHA-256, in what it does in one instruction: a sum of
three (NVIDIA IADD3, AMD v_add3_u32), any logic of three words (NVIDIA LOP3, x86 vpternlogd), an XOR
of three (AMD v_xor3_b32), a selection (AMD v_bfi_b32), a rotation (NVIDIA SHF, AMD v_alignbit_b32).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from ...graph.nodes import Binding, Depends, GraphWords, Node, Op, reachable
from ...sha256.fips180 import INITIAL_STATE, compress, padding
from ...sha256.mining import DIGEST_BYTES, header_hash


@dataclass(frozen=True)
class InstructionSet:
    """How many instructions each operation of SHA-256 takes.

    `add_operands`: words that one addition sums. `sums_elsewhere`: which part of the sums of just two
    words its compiler gives to another pipeline, where they cost nothing.
    """

    name: str
    add_operands: int
    rotate: int
    xor3: int
    choose: int
    majority: int
    sums_elsewhere: float = 0.0


# Of the kernel's 227 sums of two, ptxas 12.9 gives 177 to the floating-point pipeline, as IMAD (sm_75 to sm_90).
NVIDIA = InstructionSet("nvidia", add_operands=3, rotate=1, xor3=1, choose=1, majority=1, sums_elsewhere=177 / 227)
# Maj(a, b, c) is v_bfi_b32 and one XOR, for a ⊕ b is the next round's b ⊕ c.
AMD_RDNA = InstructionSet("amd-rdna", add_operands=3, rotate=1, xor3=1, choose=1, majority=2)
# GCN has v_add3_u32 from Vega on, and never v_xor3_b32.
AMD_VEGA = InstructionSet("amd-vega", add_operands=3, rotate=1, xor3=2, choose=1, majority=2)
AMD_GCN = InstructionSet("amd-gcn", add_operands=2, rotate=1, xor3=2, choose=1, majority=2)

INSTRUCTION_SETS = {rules.name: rules for rules in (NVIDIA, AMD_RDNA, AMD_VEGA, AMD_GCN)}


@dataclass(frozen=True)
class Cost:
    """Instructions a hash, by what they do. `elsewhere`: additions that another pipeline runs meanwhile."""

    add: int
    logic: int
    rotate: int
    elsewhere: float

    @property
    def total(self) -> int:
        """All instructions."""
        return self.add + self.logic + self.rotate

    @property
    def limiting(self) -> float:
        """Those of the integer pipeline, which is the busiest."""
        return self.total - self.elsewhere


@cache
def cost_of_hash(rules: InstructionSet) -> Cost:
    """What H7 of a header takes from the nonce on, everything known before it taken as given."""
    return cost_of([header_hash().digest[7]], rules)


def cost_of_hashcat_21400(rules: InstructionSet) -> Cost:
    """What hashcat's mode 21400, sha256(sha256($pass)), takes for a password of 7 characters.

    Its inner loop varies the first message word and compares four words of the digest. It is the
    published benchmark that is nearest to ours, and so what predictions are held against.
    """
    return cost_of(_hashcat_21400(), rules)


@cache
def _hashcat_21400() -> tuple[Node, ...]:
    words = GraphWords()
    first, second = words.input("nonce", Depends.NONCE), words.input("tail0", Depends.TAIL)
    initial = [words.constant(value) for value in INITIAL_STATE]
    zeros = [words.constant(0)] * 13
    inner = compress(words, initial, [first, second, *zeros, words.constant(7 * 8)])
    digest = compress(words, initial, [*inner, *padding(words, DIGEST_BYTES)])
    return tuple(digest[index] for index in (3, 7, 2, 6))


def cost_of(outputs: Sequence[Node], rules: InstructionSet) -> Cost:
    """The instructions for `outputs` from the nonce on."""
    nodes = [node for node in reachable(outputs) if node.binding >= Binding.BATCH]
    uses = Counter(arg for node in nodes for arg in node.args)
    # A sum that only one other sum needs is part of it.
    joined = {
        arg
        for node in nodes
        if node.op is Op.ADD
        for arg in node.args
        if arg.op is Op.ADD and arg.binding >= Binding.BATCH and uses[arg] == 1
    }
    add = logic = rotate = sums_of_two = 0
    for node in nodes:
        match node.op:
            case Op.ADD if node not in joined:
                additions = _terms(node, joined) - 1
                add += -(-additions // (rules.add_operands - 1))
                sums_of_two += additions % (rules.add_operands - 1)
            case Op.ROTR:
                rotate += rules.rotate
            case Op.SHR:
                rotate += 1
            case Op.XOR:
                logic += rules.xor3 if len(node.args) == 3 else 1
            case Op.CHOOSE:
                logic += rules.choose
            case Op.MAJORITY:
                logic += rules.majority
    return Cost(add, logic, rotate, sums_of_two * rules.sums_elsewhere)


def _terms(node: Node, joined: set[Node]) -> int:
    return sum(_terms(arg, joined) if arg in joined else 1 for arg in node.args)
