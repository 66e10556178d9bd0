"""What a hash costs in an instruction set's own instructions, counted in the graph, by kind.

An instruction set differs from another, for SHA-256, in what it does in one instruction: a sum of
three (NVIDIA IADD3, AMD v_add3_u32), any logic of three words (NVIDIA LOP3, x86 vpternlogd), an XOR
of three (AMD v_xor3_b32), a selection (AMD v_bfi_b32), a rotation (NVIDIA SHF, AMD v_alignbit_b32).
Which pipe runs a kind, and how many start a clock, is in `kernels/machines`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import cache

from ...graph.lower import CHOOSE3, MAJORITY3, XOR3, lower
from ...graph.nodes import Depends, GraphWords, Node, Op
from ...sha256.fips180 import INITIAL_STATE, K, compress, message_schedule, one_round, padding
from ...sha256.mining import DIGEST_BYTES
from .emit import assigned
from .pipes import Assigned, Pipes, assign
from .variant import Variant

# hashcat measures with passwords of 7 characters, and varies the first four in its inner loop.
PASSWORD_BITS = 7 * 8
# In its mode 1400 the last rounds of the hash that is looked for are undone once, and 57 are done for each password.
ROUNDS_OF_1400 = 57


@dataclass(frozen=True)
class InstructionSet:
    """How many instructions each operation of SHA-256 takes.

    `add_operands`: words that one addition sums. `sums_multiplied`: which part of the sums of just two
    words its compiler gives to the multiplier by itself.
    """

    name: str
    add_operands: int
    xor3: int
    choose: int
    majority: int
    sums_multiplied: float = 0.0


# Of the kernel's 227 sums of two, ptxas 12.9 and 13.5 give 177 to the multiplier, as IMAD (sm_75 to sm_110).
NVIDIA = InstructionSet("nvidia", add_operands=3, xor3=1, choose=1, majority=1, sums_multiplied=177 / 227)
# From sm_120 on ptxas gives it none: they are IADD there, which either pipe runs.
NVIDIA_UNIFIED = InstructionSet("nvidia-unified", add_operands=3, xor3=1, choose=1, majority=1)
# Maj(a, b, c) is v_bfi_b32 and one XOR, for a ⊕ b is the next round's b ⊕ c.
AMD_RDNA = InstructionSet("amd-rdna", add_operands=3, xor3=1, choose=1, majority=2)
# GCN has v_add3_u32 from Vega on, and never v_xor3_b32; CDNA is as Vega.
AMD_VEGA = InstructionSet("amd-vega", add_operands=3, xor3=2, choose=1, majority=2)
AMD_GCN = InstructionSet("amd-gcn", add_operands=2, xor3=2, choose=1, majority=2)

# Architectures by how their names begin, first match first.
RULES = (
    ("sm_12", NVIDIA_UNIFIED),
    # Without a multiplier that is as wide as the logic, compilers leave sums where they are.
    ("sm_6", NVIDIA_UNIFIED),
    ("sm_", NVIDIA),
    ("gfx8", AMD_GCN),
    ("gfx9", AMD_VEGA),
    ("gfx1", AMD_RDNA),
)


def rules_of(architecture: str) -> InstructionSet:
    """How the compilers for an architecture write the hash. Raises KeyError."""
    for beginning, rules in RULES:
        if architecture.startswith(beginning):
            return rules
    raise KeyError(architecture)


@dataclass(frozen=True)
class Cost:
    """Instructions a hash, by kind: `add3` sums three words, `add2` two; `multiply` is a·b + c, `multiply_high` the
    high word of a product."""

    shift: int
    logic: int
    add3: int
    add2: int
    multiply: int = 0
    multiply_high: int = 0

    @property
    def add(self) -> int:
        """All additions that are no multiplications."""
        return self.add3 + self.add2

    @property
    def total(self) -> int:
        """All instructions."""
        return sum(astuple(self))


@cache
def cost_of_hash(rules: InstructionSet, pipes: Pipes = "none") -> Cost:
    """What H7 of a header takes from the nonce on, everything known before it taken as given."""
    return cost_of(assigned(Variant(1, "rotate", "xor", pipes=pipes)), rules)


@cache
def cost_of_hashcat(mode: int, rules: InstructionSet) -> Cost:
    """What hashcat's inner loop takes: mode 21400, sha256(sha256($pass)), or 1400, sha256($pass).

    It varies the first message word. These are the published benchmarks that are nearest to ours, and so
    what predictions are held against. Mode 21400 compares four words of the digest; mode 1400 one word of the state
    after 57 rounds.
    """
    outputs = {21400: _hashcat_21400, 1400: _hashcat_1400}[mode]()
    return cost_of(assign(lower(outputs, three_operand_logic=True), "none"), rules)


def _password(words: GraphWords) -> list[Node]:
    first, second = words.input("nonce", Depends.NONCE), words.input("tail0", Depends.TAIL)
    return [first, second, *[words.constant(0)] * 13, words.constant(PASSWORD_BITS)]


def _hashcat_21400() -> Sequence[Node]:
    words = GraphWords()
    initial = [words.constant(value) for value in INITIAL_STATE]
    inner = compress(words, initial, _password(words))
    digest = compress(words, initial, [*inner, *padding(words, DIGEST_BYTES)])
    return [digest[index] for index in (3, 7, 2, 6)]


def _hashcat_1400() -> Sequence[Node]:
    words = GraphWords()
    state = [words.constant(value) for value in INITIAL_STATE]
    rounds = zip(K[:ROUNDS_OF_1400], message_schedule(words, _password(words)), strict=False)
    for constant, word in rounds:
        state = one_round(words, state, words.constant(constant), word)
    return state[:1]


def cost_of(dealt: Assigned, rules: InstructionSet) -> Cost:
    """The instructions of a program's loop, as it deals its operations out."""
    nodes = dealt.program.operations()
    joined = _joined(nodes, dealt.multiplied)
    logic = {XOR3: rules.xor3, CHOOSE3: rules.choose, MAJORITY3: rules.majority}
    counted: Counter[str] = Counter()
    for node in nodes:
        if node in dealt.multiplied:
            # A rotation is the low word of a product and, added to it, the high word.
            counted["multiply"] += node.op is not Op.SHR
            counted["multiply_high"] += node.op is not Op.ADD
        elif node.op is Op.ADD:
            if node not in joined:
                additions = _terms(node, joined) - 1
                counted["add3"] += additions // 2 if rules.add_operands == 3 else 0
                counted["add2"] += additions % 2 if rules.add_operands == 3 else additions
        elif node.op in (Op.ROTR, Op.SHR):
            counted["shift"] += 1
        else:
            counted["logic"] += logic[node.immediate] if node.op is Op.TERNARY else 1
    if not dealt.multiplied:
        counted["multiply"] = round(counted["add2"] * rules.sums_multiplied)
        counted["add2"] -= counted["multiply"]
    return Cost(**{kind: counted[kind] for kind in Cost.__dataclass_fields__})


def _joined(nodes: Sequence[Node], multiplied: frozenset[Node]) -> set[Node]:
    # A sum that only one other sum needs is part of it.
    uses = Counter(arg for node in nodes for arg in node.args)
    sums = {node for node in nodes if node.op is Op.ADD and node not in multiplied}
    return {arg for node in sums for arg in node.args if arg in sums and uses[arg] == 1}


def _terms(node: Node, joined: set[Node]) -> int:
    return sum(_terms(arg, joined) if arg in joined else 1 for arg in node.args)
