"""A kernel variant: the choices that the generated source depends on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from ..errors import InputError

Rotate = Literal["shift", "rotate"]
Logic = Literal["xor", "select", "shared"]
Order = Literal["standard", "scheduled"]

WIDTHS = (1, 2, 4, 8, 16)


@dataclass(frozen=True)
class Variant:
    """One form of the kernel.

    `width`: nonces a vector. `rotate`: a rotation written with two shifts, or as the function.
    `logic`: Ch and Maj written with ∧ and ⊕, or with `bitselect`; "shared" is ∧ and ⊕ with Maj in the
    form whose b ⊕ c is the last round's a ⊕ b. `order`: as FIPS 180-4 has it, or that of
    `sha256.schedule`. `rolled`: for jobs of several prefixes.
    """

    width: int = 1
    rotate: Rotate = "shift"
    logic: Logic = "shared"
    order: Order = "standard"
    rolled: bool = False

    @property
    def ternary(self) -> bool:
        """Whether the graph keeps its three-operand logic (Ch, Maj, XOR of three)."""
        return self.logic != "shared"

    @property
    def name(self) -> str:
        """The variant's name, as candidates and results show it."""
        plain = f"x{self.width}-{self.rotate}-{self.logic}-{self.order}"
        return f"{plain}-version-rolled" if self.rolled else plain


def parse_variant(name: str) -> Variant:
    """The variant of a name such as `x16-shift-shared-scheduled`. Raises InputError."""
    for width in WIDTHS:
        for rotate in get_args(Rotate):
            for logic in get_args(Logic):
                for order in get_args(Order):
                    variant = Variant(width, rotate, logic, order)
                    if variant.name == name:
                        return variant
    raise InputError(
        f"there is no OpenCL kernel {name!r:.60}; names are like {Variant(16).name}: a width of "
        f"{', '.join(map(str, WIDTHS))}, then {'|'.join(get_args(Rotate))}, {'|'.join(get_args(Logic))}, "
        f"{'|'.join(get_args(Order))}"
    )
