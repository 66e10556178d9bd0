"""The CPU kernels there are: for each, what it needs of the CPU, how it is generated and how it reads a job.

To add one, append a Variant to the table in `_all`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

from ..graph.counts import ALL_IN_LOOP, operation_counts
from ..graph.lower import Program, lower
from ..graph.nodes import Binding, Op
from ..graph.schedule import Ports
from ..headers.job import Job
from ..machines import host_machine, machine
from ..sha256.mining import header_hash
from ..system.microarchitecture import microarchitecture
from .codegen import (
    decoupled_ir,
    early_ir,
    halved_ir,
    horizontal_schedules,
    pipelined_ir,
    sha_ir,
    sha_rounds,
    vector_ir,
    vertical_schedules,
)
from .codegen.horizontal_schedules import HorizontalSchedules
from .codegen.pipelined_ir import Staging
from .codegen.sha_instructions import LANES as QUAD
from .codegen.sha_instructions import ArmSha, ShaInstructions, X86Sha, X86ShaOf32
from .codegen.stream_ir import Write, clock_chain, sha_operation, stream, vector_operation
from .codegen.vector_ir import VectorTarget
from .codegen.vertical_schedules import VerticalSchedules
from .cores.features import host_architecture, host_attributes, host_features

# LLVM orders anew what it is given; its kernels' order was chosen on an Intel core and is kept everywhere.
AVX512_PORTS = machine("skylake_avx512").ports(512)
AVX2_PORTS = machine("skylake_avx512").ports(256)

# The parts of a variant that can be emitted, besides the names of its operations.
SCAN, DIGESTS, MIX, MIX_SHUFFLED, CLOCK = "scan", "digests", "mix", "mix-shuffled", "clock"
# What the function beside a scan is called that computes its job's words.
EARLY = "early"
MIXES = (MIX, MIX_SHUFFLED)
ROLLED_SUFFIX = "-rolled"


@dataclass(frozen=True)
class Variant:
    """A kernel: `lanes` nonces a batch; `rolled` ones take any number of prefixes, the others exactly one.

    `emit(part, symbol)` is the LLVM IR of a function called `symbol`: the kernel itself for the part
    SCAN; for the MIXES, for the name of one of its operations and for `clock`, the micro-benchmarks that
    measure its limit; of vector kernels, DIGESTS is the function that writes whole digests.
    `emit_early(symbol)`: a function beside the kernel (`early_ir`) whose values `job_words` takes besides the job, in
    the order of `early_words`; None where it takes none.
    `operations` are the kernel's vector operations a batch, by name: its own, and those that all
    prefixes of a rolled job share.
    """

    name: str
    architecture: str | None
    requires: frozenset[str]
    lanes: int
    rolled: bool
    emit: Callable[[str, str], str]
    job_words: Callable[[Job, Sequence[int]], list[int]]
    operations: Callable[[], tuple[Counter[str], Counter[str]]]
    emit_early: Callable[[str], str] | None = None
    # A variant that is the same with more lanes at once: where it runs, this one is not raced.
    outdone_by: str | None = None

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
    outdone_by: str | None = None,
    halved: bool = False,
) -> list[Variant]:
    def make(rolled: bool) -> Variant:
        def emit(part: str, symbol: str) -> str:
            target = VectorTarget(lanes, ternary, ports, host_attributes(without))
            if part == SCAN:
                emit_scan = halved_ir.emit if halved else vector_ir.emit
                return emit_scan(symbol, program(ternary, rotates), target, rolled)
            if part == DIGESTS:
                return vector_ir.emit_digests(symbol, whole_digest(ternary, rotates), target)
            if part == CLOCK:
                return clock_chain(symbol, target)
            own, _ = operations()
            return _stream_of(part, symbol, own, vector_operation, target, registers)

        def emit_early(symbol: str) -> str:
            target = VectorTarget(lanes, ternary, ports, host_attributes(without))
            return early_ir.emit(symbol, program(ternary, rotates), target)

        def operations() -> tuple[Counter[str], Counter[str]]:
            own = operation_counts(program(ternary, rotates), [Binding.LANE] if rolled else ALL_IN_LOOP)
            shared = operation_counts(program(ternary, rotates), [Binding.BATCH] if rolled else [])
            return _named(own), _named(shared)

        suffix = ROLLED_SUFFIX * rolled
        better = outdone_by + suffix if outdone_by else None
        return Variant(
            name=name + suffix,
            architecture=architecture,
            requires=frozenset(requires),
            lanes=lanes,
            rolled=rolled,
            emit=emit,
            job_words=vector_ir.job_words,
            operations=operations,
            emit_early=emit_early,
            outdone_by=better,
        )

    return [make(rolled=False), make(rolled=True)]


def _pipelined(name: str, requires: tuple[str, ...], staging: Staging | None = None) -> list[Variant]:
    # `staging`: None for the one that was best on machines like the host.
    def make(vector: Variant) -> Variant:
        def emit(part: str, symbol: str) -> str:
            if part != SCAN:
                return vector.emit(part, symbol)
            host = host_machine()
            # Made for Zen 5, which is what an unknown machine is taken for.
            known = host if host is not None and (512, "rotate") in host.rows else machine("zen5")
            target = VectorTarget(pipelined_ir.LANES, True, known.ports(512), host_attributes())
            best = staging or pipelined_ir.STAGINGS.get(known.name, pipelined_ir.LATE_RESULTS)
            return pipelined_ir.emit(symbol, program(True, True), target, best, vector.rolled)

        return replace(vector, emit=emit)

    like = _vector(name, pipelined_ir.LANES, "x86_64", requires, ternary=True, rotates=True, registers=32)
    return [make(vector) for vector in like]


def _decoupled(
    name: str,
    requires: frozenset[str],
    lanes: int,
    schedules: Callable[[], decoupled_ir.Schedules],
    job_words: Callable[[Job, Sequence[int]], list[int]],
    emit_early: Callable[[str], str] | None = None,
    without: tuple[str, ...] = (),
) -> list[Variant]:
    # Whoever lists the kernels need not order their instructions: that takes longer than to load one.
    def make(rolled: bool) -> Variant:
        def emit(part: str, symbol: str) -> str:
            if part == SCAN:
                return decoupled_ir.emit(symbol, schedules(), host_attributes(without), rolled)
            own, _ = counts()
            # The SHA instructions' quads, and vectors as wide as the schedules' beside them.
            width = schedules().register_lanes
            target = VectorTarget(width, x86_ternary=False, attributes=host_attributes(without))
            if part == CLOCK:
                return clock_chain(symbol, target)
            return _stream_of(part, symbol, own, sha_operation, target, 4 * width)

        def counts() -> tuple[Counter[str], Counter[str]]:
            return decoupled_ir.operation_counts(schedules(), rolled)

        full_name = name + ROLLED_SUFFIX * rolled
        return Variant(full_name, "x86_64", requires, lanes, rolled, emit, job_words, counts, emit_early)

    return [make(rolled=False), make(rolled=True)]


def _vertical() -> VerticalSchedules:
    return VerticalSchedules(clean=microarchitecture() not in vertical_schedules.KEEPS_UPPER_HALVES)


def _vertical_early(symbol: str) -> str:
    target = VectorTarget(VerticalSchedules.lanes, x86_ternary=False, attributes=host_attributes())
    return early_ir.emit(symbol, vertical_schedules.first_schedule(), target)


def _from_job_alone(job_words: Callable[[Job], list[int]]) -> Callable[[Job, Sequence[int]], list[int]]:
    return lambda job, early: job_words(job)


def _horizontal(name: str, lanes: int, slots: int, streams: int) -> list[Variant]:
    schedules = partial(HorizontalSchedules, lanes, slots, streams)
    requires = frozenset({"avx", "sha", "sse4.1"})
    # No wider registers around it: SHA instructions have no VEX form (see X86Sha).
    words = _from_job_alone(horizontal_schedules.job_words)
    return _decoupled(name, requires, lanes, schedules, words, without=("avx2", "avx512f"))


def _sha(name: str, lanes: int, architecture: str, isa: ShaInstructions) -> list[Variant]:
    def make(rolled: bool) -> Variant:
        def emit(part: str, symbol: str) -> str:
            if part == SCAN:
                return sha_ir.emit(symbol, sha_ir.ShaTarget(isa, lanes, rolled))
            target = VectorTarget(QUAD, x86_ternary=False, attributes=isa.attributes)
            if part == CLOCK:
                return clock_chain(symbol, target)
            own, _ = counts()
            return _stream_of(part, symbol, own, sha_operation, target, 16)

        def counts() -> tuple[Counter[str], Counter[str]]:
            own, shared = (
                Counter({kind: count * lanes for kind, count in part.items()})
                for part in sha_rounds.operation_counts(isa)
            )
            return (own, shared) if rolled else (own + shared, Counter())

        full_name = name + ROLLED_SUFFIX * rolled
        words = _from_job_alone(partial(sha_rounds.job_words, isa=isa))
        return Variant(full_name, architecture, isa.features, lanes, rolled, emit, words, counts)

    return [make(rolled=False), make(rolled=True)]


def _stream_of(part: str, symbol: str, own: Counter[str], write: Write, target: VectorTarget, registers: int) -> str:
    # The mix of a kernel's own operations, or one kind alone. A quarter of the registers stays free for the compiler.
    mix = own if part in MIXES else {part: 1}
    return stream(symbol, mix, write, target, registers * 3 // 4, shuffled=part == MIX_SHUFFLED)


@cache
def program(three_operand_logic: bool, rotates: bool) -> Program:
    """The scan's graph, H7 alone, in an instruction set's operations."""
    return lower(header_hash().digest[7:], three_operand_logic, rotates)


@cache
def whole_digest(three_operand_logic: bool, rotates: bool) -> Program:
    """The same graph with all eight words of the digest."""
    return lower(header_hash().digest, three_operand_logic, rotates)


def _named(counts: Counter[Op]) -> Counter[str]:
    return Counter({op.name.lower(): count for op, count in counts.items()})


@cache
def _all() -> tuple[Variant, ...]:
    x86, arm = "x86_64", "aarch64"
    avx512 = ("avx512f", "avx512vl", "avx512bw")
    return (
        *_vector("avx512-x16", 16, x86, avx512, ternary=True, rotates=True, ports=AVX512_PORTS, registers=32),
        *_pipelined("avx512-x16-piped", avx512),
        *_pipelined("avx512-x16-ordered", avx512, pipelined_ir.LATE_SHIFTS),
        *_decoupled(
            "avx512-sha-x8",
            frozenset({*avx512, "sha"}),
            VerticalSchedules.lanes,
            _vertical,
            vertical_schedules.job_words,
            _vertical_early,
        ),
        # Three chains or four: about the same on AMD Zen 4, while 5 likes four. Of more lanes the code gets too long.
        *_horizontal("sha-decoupled-x9", lanes=9, slots=3, streams=4),
        *_horizontal("sha-decoupled-x8", lanes=8, slots=4, streams=4),
        # Where a hyperthread beside takes half of the caches of instructions (AMD Zen 3): seven lanes are too many.
        *_horizontal("sha-decoupled-x4", lanes=4, slots=4, streams=2),
        *_vector("avx512-x8", 8, x86, avx512, ternary=True, rotates=True, registers=32, outdone_by="avx512-x16"),
        *_vector("avx2-x8", 8, x86, ("avx2",), without=("avx512f",), outdone_by="avx512-x16"),
        *_vector("avx2-x8-halved", 8, x86, ("avx2",), without=("avx512f",), outdone_by="avx512-x16", halved=True),
        *_vector("sse2-x4", 4, x86, ("sse2",), without=("avx", "sse3"), outdone_by="avx2-x8"),
        *_vector("neon-x4", 4, arm, ("neon",), registers=32),
        *_vector("scalar-x1", 1, rotates=True, outdone_by="neon-x4" if host_architecture() == arm else "sse2-x4"),
        *(variant for lanes in (2, 3, 4) for variant in _sha(f"sha-ni-x{lanes}", lanes, x86, X86Sha())),
        *_sha("sha-ni-evex-x4", 4, x86, X86ShaOf32()),
        *(variant for lanes in (2, 3, 4) for variant in _sha(f"sha2-x{lanes}", lanes, arm, ArmSha())),
    )


def variant(name: str) -> Variant:
    """The variant of that name. Raises KeyError."""
    return {each.name: each for each in _all()}[name]


def variants(rolled: bool) -> list[Variant]:
    """Every variant of one sort, whether or not this CPU can run it."""
    return [variant for variant in _all() if variant.rolled == rolled]
