"""Which variants to race on a device, likeliest first: the race ends when its time is up."""

from __future__ import annotations

from .tuning import Tuning
from .variant import Variant

SIMULATOR = "Oclgrind"
# What the loop over vectors costs vanishes from a few dozen vectors on; a work-item of a GPU may do fewer.
CPU_VECTORS_PER_ITEM = 64
# More than one work-item a group: PoCL and Intel's runtime gain up to 2 % with four.
CPU_LOCAL_SIZE = 4
GPU_VECTORS_PER_ITEM = 16
GPU_LOCAL_SIZE = 64


def first_guess(kind: str, name: str, native_width: int) -> Tuning:
    """What to run where nothing is raced."""
    if SIMULATOR in name:
        # It stops at plain shifts that LLVM recognises as a rotation. Small groups: it looks for races between them.
        return Tuning(Variant(2, "rotate", "shared"), vectors_per_item=2, local_size=4)
    return race_entries(kind, native_width)[0]


def race_entries(kind: str, native_width: int) -> list[Tuning]:
    """The entries of the race, likeliest winner first."""
    if kind == "gpu":
        return [
            Tuning(variant, GPU_VECTORS_PER_ITEM, GPU_LOCAL_SIZE)
            for variant in (
                Variant(1, "rotate", "select"),
                Variant(1, "shift", "xor"),
                Variant(2, "rotate", "select"),
                Variant(1, "rotate", "shared"),
                Variant(1, "rotate", "select", "scheduled"),
            )
        ]
    variants = _cpu_variants(native_width)
    if kind == "accelerator":
        pipelines = [
            Variant(width, rotate, "xor", form="pipeline") for rotate in ("shift", "rotate") for width in (16, 1)
        ]
        variants = [*pipelines[:1], *variants[-3:], *pipelines[1:]]
    return [Tuning(variant, CPU_VECTORS_PER_ITEM, CPU_LOCAL_SIZE) for variant in variants]


def _cpu_variants(native_width: int) -> list[Variant]:
    width = native_width if native_width in (4, 8, 16) else 8
    other = 16 if width == 8 else 8
    # A native width of 16 words says that the CPU has AVX-512, and with it the instruction.
    by_name = [Variant(width, "shift", "vpternlog", "scheduled")] if width == 16 else []
    return [
        *by_name,
        Variant(width, "shift", "shared", "scheduled"),
        Variant(width, "shift", "xor", "scheduled"),
        Variant(width, "shift", "shared"),
        Variant(other, "shift", "shared"),
        Variant(width, "rotate", "select"),
    ]


def refinements(tuning: Tuning, kind: str, largest_group: int) -> list[Tuning]:
    """Other ways to deal out the winner's work."""
    if tuning.variant.form == "pipeline":
        return []
    if kind != "gpu":
        # Not another size of the groups, for which runtimes for CPUs compile once more.
        return [Tuning(tuning.variant, vectors, tuning.local_size) for vectors in (16, 256)]
    return [
        Tuning(tuning.variant, vectors, local)
        for local in (64, 128, 256)
        for vectors in (4, 16, 64)
        if local <= largest_group and (vectors, local) != (tuning.vectors_per_item, tuning.local_size)
    ]
