"""SHA-256's words as hardware: the algebra that turns `fips180`'s round into Amaranth signals.

A word is one 32-bit value, or two whose sum it is (carry-save form): adding then costs one row of
full adders a term, and the carry runs through the word only once, where its bits are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from amaranth.hdl import Cat, Const, Module, Signal

from ..graph.words import MASK, IntegerWords
from .shape import Adder

WORD_BITS = 32
INTEGERS = IntegerWords()

# An Amaranth value; the library carries no types.
Value = Any


@dataclass(frozen=True, eq=False)
class Word:
    """A word in hardware: the sum of its one or two parts modulo 2³²."""

    parts: tuple[Value, ...]

    @property
    def known(self) -> int | None:
        """The value of a word that does not change."""
        return self.parts[0].value if len(self.parts) == 1 and isinstance(self.parts[0], Const) else None


class HardwareWords:
    """The algebra `words.Words` over hardware. Its signals are made in the module given.

    `adder`: `carry-save` reduces sums to two terms first, which standard cells like; `ripple` chains
    plain adders, which the carry chains of an FPGA like: each bit of the second sum starts as soon
    as that of the first is there. Operations on words of known value are done here and now.
    """

    def __init__(self, module: Module, adder: Adder) -> None:
        """An algebra whose signals belong to `module`."""
        self._module = module
        self._adder = adder
        self._sums: dict[Word, Value] = {}

    def word(self, value: Value) -> Word:
        """A word from a 32-bit value."""
        return Word((value,))

    def value(self, word: Word) -> Value:
        """The word's 32 bits: its two parts are added here, once for each word."""
        if len(word.parts) == 1:
            return word.parts[0]
        if word not in self._sums:
            first, second = word.parts
            self._sums[word] = self._signal((first + second)[:WORD_BITS])
        return self._sums[word]

    def constant(self, value: int) -> Word:
        """See fips180.Words."""
        return Word((Const(value, WORD_BITS),))

    def add(self, *terms: Word) -> Word:
        """See fips180.Words. Known terms are added up beforehand, and a zero adds nothing."""
        parts = [part for term in terms for part in term.parts]
        known = sum(part.value for part in parts if isinstance(part, Const)) & MASK
        left = [part for part in parts if not isinstance(part, Const)]
        if known or not left:
            left.append(Const(known, WORD_BITS))
        if self._adder == "ripple":
            while len(left) > 1:
                left = [self._signal((left[0] + left[1])[:WORD_BITS]), *left[2:]]
        while len(left) > 2:
            left = [*left[3:], *self._full_adders(*left[:3])]
        return Word(tuple(left))

    def xor(self, *terms: Word) -> Word:
        """See fips180.Words."""

        def build(*values: Value) -> Value:
            first, *others = values
            for other in others:
                first = first ^ other
            return first

        return self._apply(INTEGERS.xor, build, *terms)

    def rotr(self, x: Word, count: int) -> Word:
        """See fips180.Words."""
        return self._apply(lambda x: INTEGERS.rotr(x, count), lambda x: x.rotate_right(count), x)

    def shr(self, x: Word, count: int) -> Word:
        """See fips180.Words."""
        return self._apply(lambda x: INTEGERS.shr(x, count), lambda x: Cat(x[count:], Const(0, count)), x)

    def choose(self, e: Word, f: Word, g: Word) -> Word:
        """See fips180.Words."""
        return self._apply(INTEGERS.choose, lambda e, f, g: g ^ (e & (f ^ g)), e, f, g)

    def majority(self, a: Word, b: Word, c: Word) -> Word:
        """See fips180.Words."""
        return self._apply(INTEGERS.majority, lambda a, b, c: (a & b) | (c & (a | b)), a, b, c)

    def _apply(self, compute: Callable[..., int], build: Callable[..., Value], *words: Word) -> Word:
        known = [word.known for word in words]
        if None not in known:
            return self.constant(compute(*known))
        return self.word(self._signal(build(*map(self.value, words))))

    def _full_adders(self, x: Value, y: Value, z: Value) -> Iterable[Value]:
        carries = self._signal((x & y) | (z & (x | y)))
        return self._signal(x ^ y ^ z), self._signal(Cat(Const(0, 1), carries[: WORD_BITS - 1]))

    def _signal(self, value: Value) -> Value:
        # A signal of its own lets an expression be used twice without being built twice.
        made = Signal(WORD_BITS)
        self._module.d.comb += made.eq(value)
        return made
