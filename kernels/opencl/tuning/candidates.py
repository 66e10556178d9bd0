"""Which variants to race on a device, likeliest first: the race ends when its time is up."""

from __future__ import annotations

from dataclasses import replace

from ..codegen.dialect import CUDA
from ..codegen.pipes import Pipes
from ..codegen.variant import Variant
from ..setting import Tuning

# Every CPU for which there is a runtime has vectors of four words, and passes them alike; no built-in functions.
SAFEST = Variant(4, "shift", "shared")
NARROWEST = Variant(1, "shift", "shared")
BOTH_PIPES: tuple[Pipes, ...] = ("pair", "pairshr", "rot15")
# `bitselect` never makes fewer instructions of Ch and Maj than the compilers for GPUs make of ∧ and ⊕.
# NVIDIA's have a multiplier beside their logic; the way that should be fastest there comes first. Elsewhere these lose.
GPU_VARIANTS = (
    Variant(1, "rotate", "xor"),
    *(Variant(1, "rotate", "xor", pipes=pipes) for pipes in BOTH_PIPES),
    Variant(1, "shift", "xor"),
    Variant(1, "rotate", "shared"),
    Variant(2, "rotate", "xor"),
    Variant(1, "rotate", "xor", "scheduled"),
)
# What the loop over vectors costs vanishes from a few dozen vectors on; a work-item of a GPU may do fewer.
CPU_VECTORS_PER_ITEM = 64
# More than one work-item a group: PoCL and Intel's runtime gain up to 2 % with four.
CPU_LOCAL_SIZE = 4
GPU_VECTORS_PER_ITEM = 16
GPU_LOCAL_SIZE = 64
# Nonces a vector that a backend's language has operators for, where it has not all.
WIDEST = {"cuda": CUDA.widest}


def first_guess(kind: str, simulator: bool, native_width: int) -> Tuning:
    """What to run where nothing is raced."""
    if simulator:
        # It stops at plain shifts that LLVM recognises as a rotation. Small groups: it looks for races between them.
        return Tuning(Variant(2, "rotate", "shared"), vectors_per_item=2, local_size=4)
    return race_entries(kind, native_width)[0]


def within(tuning: Tuning, largest_group: int) -> Tuning:
    """The same on a device whose work-groups have so many work-items at most."""
    return tuning if tuning.local_size <= largest_group else replace(tuning, local_size=largest_group)


def race_entries(kind: str, native_width: int, backend: str = "opencl") -> list[Tuning]:
    """The entries of the race: the one that is safest, then the likeliest winners."""
    if kind == "gpu":
        return [
            Tuning(variant, GPU_VECTORS_PER_ITEM, GPU_LOCAL_SIZE, backend=backend)
            for variant in GPU_VARIANTS
            if variant.width <= WIDEST.get(backend, variant.width)
        ]
    width = native_width if native_width in (4, 8, 16) else 8
    variants = _accelerator_variants(width) if kind == "accelerator" else _cpu_variants(width)
    if native_width == 1:
        # The runtime says that it makes nothing of vectors (rusticl: one word 7.7 MH/s, eight 0.7 to 1.7).
        variants = [NARROWEST, Variant(1, "shift", "xor"), *variants]
    return [Tuning(variant, CPU_VECTORS_PER_ITEM, CPU_LOCAL_SIZE) for variant in dict.fromkeys(variants)]


def _accelerator_variants(width: int) -> list[Variant]:
    return [
        SAFEST,
        Variant(16, "shift", "xor", form="pipeline"),
        Variant(width, "shift", "shared"),
        Variant(1, "shift", "xor", form="pipeline"),
        Variant(16 if width == 8 else 8, "shift", "shared"),
        Variant(1, "rotate", "xor", form="pipeline"),
    ]


def _cpu_variants(width: int) -> list[Variant]:
    if width == 16:
        # That many words say that the CPU has AVX-512, and with it the instruction.
        return [
            SAFEST,
            Variant(width, "shift", "vpternlog", "scheduled"),
            Variant(width, "shift", "shared", "scheduled"),
            Variant(width, "shift", "shared"),
            Variant(8, "shift", "shared"),
            Variant(width, "shift", "xor", "scheduled"),
        ]
    # Half as many registers, and nearly twice as many instructions: two loops are 6 to 9 % faster than one, and an
    # order that keeps many values waiting is 5 % slower (Zen 3, PoCL and Intel's runtime; docs/opencl.md).
    return [
        SAFEST,
        Variant(width, "shift", "xor", form="halved"),
        Variant(width, "shift", "shared"),
        Variant(16 if width == 8 else 8, "shift", "shared"),
        Variant(width, "shift", "xor", "scheduled", form="halved"),
        Variant(width, "shift", "xor", "scheduled"),
    ]


def refinements(tuning: Tuning, kind: str, largest_group: int) -> list[Tuning]:
    """Other ways to deal out the winner's work."""
    if tuning.variant.form == "pipeline":
        return []
    if kind != "gpu":
        # Not another size of the groups, for which runtimes for CPUs compile once more.
        return [replace(tuning, vectors_per_item=vectors, refined=True) for vectors in (16, 256)]
    return [
        replace(tuning, vectors_per_item=vectors, local_size=local, refined=True)
        for local in (64, 128, 256)
        for vectors in (4, 16, 64)
        if local <= largest_group and (vectors, local) != (tuning.vectors_per_item, tuning.local_size)
    ]
