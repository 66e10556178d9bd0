"""The CPU kernels there are: for each, what it needs of the CPU, how it is generated and how it reads a job.

To add one, append a Variant to the table in `_all`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from ..job import Job
from ..sha256.counts import ALL_IN_LOOP, operation_counts
from ..sha256.graph import Binding, Op
from ..sha256.lower import Program, lower
from ..sha256.mining import header_hash
from ..sha256.schedule import AVX2_PORTS, AVX512_PORTS, Ports
from . import vector_ir
from .features import host_architecture, host_attributes, host_features
from .stream_ir import clock_chain, stream
from .vector_ir import VectorTarget

# The parts of a variant that can be emitted, besides the names of its operations.
SCAN, MIX, CLOCK = "scan", "mix", "clock"
ROLLED_SUFFIX = "-rolled"


@dataclass(frozen=True)
class Variant:
    """A kernel: `lanes` nonces a batch; `rolled` ones take any number of prefixes, the others exactly one.

    `emit(part, symbol)` is the LLVM IR of a function called `symbol`: the kernel itself for the part
    SCAN; for `mix`, for the name of one of its operations and for `clock`, the micro-benchmarks that
    measure its limit. `operations` are the kernel's vector operations a batch, by name: its own, and
    those that all prefixes of a rolled job share.
    """

    name: str
    architecture: str | None
    requires: frozenset[str]
    lanes: int
    rolled: bool
    emit: Callable[[str, str], str]
    job_words: Callable[[Job], list[int]]
    operations: Callable[[], tuple[Counter[str], Counter[str]]]

    def missing(self) -> str | None:
        """Why this CPU cannot run the kernel, in one sentence, or None."""
        if self.architecture not in (None, host_architecture()):
            return f"it is for {self.architecture} CPUs"
        lacking = sorted(self.requires - host_features())
        return f"this CPU lacks {', '.join(lacking)}" if lacking else None


def _vector(
    name: str,
    lanes: int,
    architecture: str | None = None,
    requires: tuple[str, ...] = (),
    without: tuple[str, ...] = (),
    ternary: bool = False,
    rotates: bool = False,
    ports: Ports = AVX2_PORTS,
    registers: int = 16,
) -> list[Variant]:
    def make(rolled: bool) -> Variant:
        def emit(part: str, symbol: str) -> str:
            target = VectorTarget(lanes, ternary, ports, host_attributes(without))
            if part == SCAN:
                return vector_ir.emit(symbol, program(ternary, rotates), target, rolled)
            if part == CLOCK:
                return clock_chain(symbol, target)
            own, _ = operations()
            mix = own if part == MIX else {part: 1}
            # A quarter of the registers stays free for what the compiler needs.
            return stream(symbol, {Op[kind.upper()]: share for kind, share in mix.items()}, target, registers * 3 // 4)

        def job_words(job: Job) -> list[int]:
            return vector_ir.job_words(program(ternary, rotates), job)

        def operations() -> tuple[Counter[str], Counter[str]]:
            own = operation_counts(program(ternary, rotates), [Binding.LANE] if rolled else ALL_IN_LOOP)
            shared = operation_counts(program(ternary, rotates), [Binding.BATCH] if rolled else [])
            return _named(own), _named(shared)

        full_name = name + ROLLED_SUFFIX * rolled
        return Variant(full_name, architecture, frozenset(requires), lanes, rolled, emit, job_words, operations)

    return [make(rolled=False), make(rolled=True)]


@cache
def program(three_operand_logic: bool, rotates: bool) -> Program:
    """The scan's graph, H7 alone, in an instruction set's operations."""
    return lower(header_hash().digest[7:], three_operand_logic, rotates)


def _named(counts: Counter[Op]) -> Counter[str]:
    return Counter({op.name.lower(): count for op, count in counts.items()})


@cache
def _all() -> tuple[Variant, ...]:
    x86, arm = "x86_64", "aarch64"
    avx512 = ("avx512f", "avx512vl", "avx512bw")
    return (
        *_vector("avx512-x16", 16, x86, avx512, ternary=True, rotates=True, ports=AVX512_PORTS, registers=32),
        *_vector("avx512-x8", 8, x86, avx512, ternary=True, rotates=True, registers=32),
        *_vector("avx2-x8", 8, x86, ("avx2",), without=("avx512f",)),
        *_vector("sse2-x4", 4, x86, ("sse2",), without=("avx", "sse3")),
        *_vector("neon-x4", 4, arm, ("neon",), registers=32),
        *_vector("scalar-x1", 1, rotates=True),
    )


def variant(name: str) -> Variant:
    """The variant of that name. Raises KeyError."""
    return {each.name: each for each in _all()}[name]


def variants(rolled: bool) -> list[Variant]:
    """Every variant of one sort, whether or not this CPU can run it."""
    return [variant for variant in _all() if variant.rolled == rolled]
