"""A kernel variant: the choices that the generated source depends on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

from ...errors import InputError
from .pipes import Pipes

Rotate = Literal["shift", "rotate"]
Logic = Literal["xor", "select", "shared", "vpternlog"]
Order = Literal["standard", "scheduled"]

Form = Literal["ndrange", "halved", "pipeline"]

WIDTHS = (1, 2, 4, 8, 16)
# Clang's built-in functions take vectors of 256 or 512 bits.
VPTERNLOG_WIDTHS = (8, 16)
# Of CPUs without AVX-512, whose kernels are longer than their caches of instructions.
HALVED_WIDTHS = (4, 8)


@dataclass(frozen=True)
class Variant:
    """One form of the kernel.

    `width`: nonces a vector. `rotate`: a rotation written with two shifts, or as the function.
    `logic`: Ch and Maj written with ∧ and ⊕, or with `bitselect`; "shared" is ∧ and ⊕ with Maj in the
    form whose b ⊕ c is the last round's a ⊕ b; "vpternlog" calls x86's instruction by name.
    `order`: as FIPS 180-4 has it, or that of `sha256.schedule`. `rolled`: for jobs of several prefixes.
    `form`: many work-items; "halved", the same with two loops over half a hash each, for jobs of one prefix; or one
    work-item whose loop FPGA compilers turn into a pipeline.
    `pipes`: which operations go through a GPU's multiplier (see `pipes`); one nonce a work-item only.
    """

    width: int = 1
    rotate: Rotate = "shift"
    logic: Logic = "shared"
    order: Order = "standard"
    rolled: bool = False
    form: Form = "ndrange"
    pipes: Pipes = "none"

    @property
    def ternary(self) -> bool:
        """Whether the graph keeps its three-operand logic (Ch, Maj, XOR of three)."""
        return self.logic != "shared"

    def of_job(self, rolled: bool) -> Variant:
        """The same kernel for a job of one prefix or, `rolled`, of several: that has one loop over the prefixes."""
        form = "ndrange" if rolled and self.form == "halved" else self.form
        return replace(self, rolled=rolled, form=form)

    @property
    def name(self) -> str:
        """The variant's name, as candidates and results show it."""
        first = "" if self.form == "ndrange" else f"{self.form}-"
        pipes = "" if self.pipes == "none" else f"-{self.pipes}"
        last = "-version-rolled" if self.rolled else ""
        return f"{first}x{self.width}-{self.rotate}-{self.logic}-{self.order}{pipes}{last}"


def all_variants() -> list[Variant]:
    """Every variant there is, for jobs of one prefix."""
    both_pipes = [Variant(1, "rotate", "xor", pipes=pipes) for pipes in get_args(Pipes) if pipes != "none"]
    return both_pipes + [
        Variant(width, rotate, logic, order, form=form)
        for form in get_args(Form)
        for width in WIDTHS
        for rotate in get_args(Rotate)
        for logic in get_args(Logic)
        for order in get_args(Order)
        if (logic != "vpternlog" or width in VPTERNLOG_WIDTHS) and (form != "halved" or width in HALVED_WIDTHS)
    ]


def parse_variant(name: str) -> Variant:
    """The variant of a name such as `x16-shift-shared-scheduled`, or as tables show it. Raises InputError."""
    # Tables say whose kernel it is, and what a job of several prefixes made of it.
    plain = name.removeprefix("opencl-").removeprefix("cuda-").removesuffix("-version-rolled")
    for variant in all_variants():
        if variant.name == plain:
            return variant
    raise InputError(
        f"there is no OpenCL kernel {name!r:.40}; try {Variant(16).name} or see `hashwatt devices --kernels`"
    )
