"""Vectors of four words as tuples of integers: what the SHA instructions do, executed.

Semantics after Intel's SDM volume 2 and the Arm Architecture Reference Manual, put in terms of FIPS 180-4.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from hashwatt.kernels.graph.words import IntegerWords
from hashwatt.kernels.sha256.fips180 import one_round, small_sigma_0, small_sigma_1

Quad = tuple[int, ...]

WORDS = IntegerWords()


class IntegerQuads:
    """The algebra that `sha_instructions` asks for, on integers; `executed` counts the SHA instructions."""

    def __init__(self) -> None:
        self.executed: Counter[str] = Counter()

    def constant(self, words: Sequence[int]) -> Quad:
        return tuple(words)

    def add(self, x: Quad, y: Quad) -> Quad:
        return tuple(WORDS.add(a, b) for a, b in zip(x, y, strict=True))

    def shuffle(self, x: Quad, y: Quad, lanes: Sequence[int]) -> Quad:
        return tuple((x + y)[lane] for lane in lanes)

    def call(self, instruction: str, *operands: Quad) -> Quad:
        name = instruction.split(".")[-1]
        self.executed[name] += 1
        return INSTRUCTIONS[name](*operands)


def rounds(state: Sequence[int], wk: Sequence[int]) -> list[int]:
    working = list(state)
    for word in wk:
        working = one_round(WORDS, working, 0, word)
    return working


def sha256rnds2(cdgh: Quad, abef: Quad, wk: Quad) -> Quad:
    h, g, d, c = cdgh
    f, e, b, a = abef
    a, b, _, _, e, f, _, _ = rounds((a, b, c, d, e, f, g, h), wk[:2])
    return f, e, b, a


def plus_sigma_0(w0: Quad, w1: Quad) -> Quad:
    return tuple(WORDS.add(w, small_sigma_0(WORDS, after)) for w, after in zip(w0, (*w0[1:], w1[0]), strict=True))


def sha256msg2(addend: Quad, w3: Quad) -> Quad:
    known = list(w3)
    for word in addend:
        known.append(WORDS.add(word, small_sigma_1(WORDS, known[-2])))
    return tuple(known[4:])


def sha256h(abcd: Quad, efgh: Quad, wk: Quad) -> Quad:
    return tuple(rounds((*abcd, *efgh), wk)[:4])


def sha256h2(efgh: Quad, abcd: Quad, wk: Quad) -> Quad:
    return tuple(rounds((*abcd, *efgh), wk)[4:])


def sha256su1(early: Quad, w2: Quad, w3: Quad) -> Quad:
    seventh = (*w2[1:], w3[0])
    return sha256msg2(tuple(WORDS.add(a, b) for a, b in zip(early, seventh, strict=True)), w3)


INSTRUCTIONS: dict[str, Callable[..., Quad]] = {
    "sha256rnds2": sha256rnds2,
    "sha256msg1": plus_sigma_0,
    "sha256msg2": sha256msg2,
    "sha256h": sha256h,
    "sha256h2": sha256h2,
    "sha256su0": plus_sigma_0,
    "sha256su1": sha256su1,
}
