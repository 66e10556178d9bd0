"""Words of 32 bits of any kind: what a description is written over, and the plainest kind, Python's integers."""

from __future__ import annotations

from typing import Protocol, TypeVar

W = TypeVar("W")

MASK = 0xFFFFFFFF


class Words(Protocol[W]):
    """What SHA-256 does with 32-bit words of kind W."""

    def constant(self, value: int) -> W:
        """A word of known value, 0…2³²−1."""
        ...

    def add(self, *terms: W) -> W:
        """The sum modulo 2³²."""
        ...

    def xor(self, *terms: W) -> W:
        """The bitwise exclusive or."""
        ...

    def rotr(self, x: W, count: int) -> W:
        """`x` rotated right by `count` bits, 1…31 (ROTR)."""
        ...

    def shr(self, x: W, count: int) -> W:
        """`x` shifted right by `count` bits, 1…31 (SHR)."""
        ...

    def choose(self, e: W, f: W, g: W) -> W:
        """Per bit: f where e is 1, g where e is 0 (Ch)."""
        ...

    def majority(self, a: W, b: W, c: W) -> W:
        """Per bit: what most of the three are (Maj)."""
        ...


class IntegerWords:
    """Words that are Python integers: the description, executed."""

    def constant(self, value: int) -> int:
        """See Words."""
        return value

    def add(self, *terms: int) -> int:
        """See Words."""
        return sum(terms) & MASK

    def xor(self, *terms: int) -> int:
        """See Words."""
        result = 0
        for term in terms:
            result ^= term
        return result

    def rotr(self, x: int, count: int) -> int:
        """See Words."""
        return (x >> count | x << (32 - count)) & MASK

    def shr(self, x: int, count: int) -> int:
        """See Words."""
        return x >> count

    def choose(self, e: int, f: int, g: int) -> int:
        """See Words."""
        return g ^ (e & (f ^ g))

    def majority(self, a: int, b: int, c: int) -> int:
        """See Words."""
        return (a & b) | (c & (a | b))
