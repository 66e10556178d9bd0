"""Words of any kind, 32 or 64 bits wide: what descriptions are written over, and Python's integers as such."""

from __future__ import annotations

from typing import Protocol, TypeVar

W = TypeVar("W")

WORD_BITS = 32
MASK = 0xFFFFFFFF


class Words(Protocol[W]):
    """What SHA-256 does with words of kind W."""

    def constant(self, value: int) -> W:
        """A word of known value, 0…2ⁿ−1, where a word has n bits."""
        ...

    def add(self, *terms: W) -> W:
        """The sum modulo 2ⁿ."""
        ...

    def xor(self, *terms: W) -> W:
        """The bitwise exclusive or."""
        ...

    def rotr(self, x: W, count: int) -> W:
        """`x` rotated right by `count` bits, 1…n−1 (ROTR)."""
        ...

    def shr(self, x: W, count: int) -> W:
        """`x` shifted right by `count` bits, 1…n−1 (SHR)."""
        ...

    def choose(self, e: W, f: W, g: W) -> W:
        """Per bit: f where e is 1, g where e is 0 (Ch)."""
        ...

    def majority(self, a: W, b: W, c: W) -> W:
        """Per bit: what most of the three are (Maj)."""
        ...


class WordsWithChi(Words[W], Protocol[W]):
    """What Keccak asks for besides."""

    def chi(self, a: W, b: W, c: W) -> W:
        """Per bit: a, turned over where b is 0 and c is 1 (χ)."""
        ...


class IntegerWords:
    """Words that are Python integers: the description, executed."""

    def __init__(self, bits: int = WORD_BITS) -> None:
        """Words of so many bits."""
        self.bits = bits
        self.mask = (1 << bits) - 1

    def constant(self, value: int) -> int:
        """See Words."""
        return value

    def add(self, *terms: int) -> int:
        """See Words."""
        return sum(terms) & self.mask

    def xor(self, *terms: int) -> int:
        """See Words."""
        result = 0
        for term in terms:
            result ^= term
        return result

    def rotr(self, x: int, count: int) -> int:
        """See Words."""
        return (x >> count | x << (self.bits - count)) & self.mask

    def shr(self, x: int, count: int) -> int:
        """See Words."""
        return x >> count

    def choose(self, e: int, f: int, g: int) -> int:
        """See Words."""
        return g ^ (e & (f ^ g))

    def majority(self, a: int, b: int, c: int) -> int:
        """See Words."""
        return (a & b) | (c & (a | b))

    def chi(self, a: int, b: int, c: int) -> int:
        """See WordsWithChi."""
        return a ^ (~b & self.mask & c)
