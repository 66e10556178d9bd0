"""The CPU kernels there are: for each, what it needs of the CPU, how it is generated and how it reads a job.

To add one, append a Variant to the table in `_all`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from ..job import Job
from ..sha256.lower import Program, lower
from ..sha256.mining import header_hash
from ..sha256.schedule import AVX2_PORTS, AVX512_PORTS, Ports
from . import vector_ir
from .features import host_architecture, host_attributes, host_features


@dataclass(frozen=True)
class Variant:
    """A kernel: `lanes` nonces a batch; `rolled` ones take any number of prefixes, the others exactly one."""

    name: str
    architecture: str | None
    requires: frozenset[str]
    lanes: int
    rolled: bool
    emit: Callable[[str], str]
    job_words: Callable[[Job], list[int]]

    @property
    def symbol(self) -> str:
        """The name of the emitted function."""
        return "hashwatt_" + self.name.replace("-", "_")

    def missing(self) -> str | None:
        """Why this CPU cannot run the kernel, in one sentence, or None."""
        if self.architecture not in (None, host_architecture()):
            return f"it is for {self.architecture} CPUs"
        lacking = sorted(self.requires - host_features())
        return f"this CPU lacks {', '.join(lacking)}" if lacking else None


@cache
def program(three_operand_logic: bool, rotates: bool) -> Program:
    """The plain scan's graph, H7 alone, in an instruction set's operations."""
    return lower(header_hash().digest[7:], three_operand_logic, rotates)


def _vector(
    name: str,
    lanes: int,
    architecture: str | None = None,
    requires: tuple[str, ...] = (),
    without: tuple[str, ...] = (),
    ternary: bool = False,
    rotates: bool = False,
    ports: Ports = AVX2_PORTS,
) -> list[Variant]:
    def make(rolled: bool) -> Variant:
        def emit(symbol: str) -> str:
            target = vector_ir.VectorTarget(lanes, ternary, ports, host_attributes(without))
            return vector_ir.emit(symbol, program(ternary, rotates), target, rolled)

        def job_words(job: Job) -> list[int]:
            return vector_ir.job_words(program(ternary, rotates), job)

        return Variant(name + "-rolled" * rolled, architecture, frozenset(requires), lanes, rolled, emit, job_words)

    return [make(rolled=False), make(rolled=True)]


@cache
def _all() -> tuple[Variant, ...]:
    x86, arm = "x86_64", "aarch64"
    avx512 = ("avx512f", "avx512vl", "avx512bw")
    return (
        *_vector("avx512-x16", 16, x86, avx512, ternary=True, rotates=True, ports=AVX512_PORTS),
        *_vector("avx512-x8", 8, x86, avx512, ternary=True, rotates=True),
        *_vector("avx2-x8", 8, x86, ("avx2",), without=("avx512f",)),
        *_vector("sse2-x4", 4, x86, ("sse2",), without=("avx", "sse3")),
        *_vector("neon-x4", 4, arm, ("neon",)),
        *_vector("scalar-x1", 1, rotates=True),
    )


def variants(rolled: bool) -> list[Variant]:
    """Every variant of one sort, whether or not this CPU can run it."""
    return [variant for variant in _all() if variant.rolled == rolled]
