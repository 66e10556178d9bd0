"""The rounds of many hashes by `sha256rnds2` alone: chains in registers of their own, W + K read from memory.

The instruction does two rounds and comes back some cycles later, so several chains run in turn. Each
has two fixed registers, its *slot*: slot 0 holds its state in xmm1 and xmm2, slot 1 in xmm3 and xmm4 …;
xmm0 is the instruction's own operand. Both hashes of a header take STEPS of them (`sha_rounds` says why).

All slots stay busy all the time: the chains of a pass are laid end to end and cut into as many equal
pieces as there are slots, so a chain may begin at the end of one piece and go on in the next slot's,
which runs in the next pass. Its state waits in memory in between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from ..assembly.instructions import Memory

T = TypeVar("T")

STEPS = 30
STATE_BYTES = 32


@dataclass(frozen=True)
class Chain:
    """One hash's rounds. The functions are told whether the chain began in the pass before (`late`).

    `begin`: lines that fill the two registers (the one with `feba`, the one with `hgdc`); `pair`: where the
    two words W + K of a step are; `end`: lines that take the result out of the two registers.
    """

    begin: Callable[[str, str], list[str]]
    pair: Callable[[int, bool], Memory]
    end: Callable[[str, str, bool], list[str]]


@dataclass(frozen=True)
class Slots:
    """The lines of each step of a pass, in turn; what comes before the first and after the last one.

    `waiting`: how many states wait between two passes.
    """

    before: list[str]
    steps: list[list[str]]
    after: list[str]
    waiting: int


def in_slots(chains: Sequence[Chain], slots: int, waiting: Memory) -> Slots:
    """The chains of a pass in so many slots; `waiting` is where states wait, STATE_BYTES each, one a slot."""
    length, rest = divmod(len(chains) * STEPS, slots)
    assert not rest, "slots of different lengths would leave some idle"
    pieces: list[list[list[str]]] = []
    before: list[str] = []
    after: list[str] = []
    for slot in range(slots):
        first, second = f"xmm{1 + 2 * slot}", f"xmm{2 + 2 * slot}"
        piece: list[list[str]] = []
        for at in range(slot * length, (slot + 1) * length):
            number, step = divmod(at, STEPS)
            chain, late = chains[number], _began_before(slot * length, at)
            lines = []
            if step == 0:
                lines += chain.begin(first, second)
            # A step writes the register that held `hgdc`, which then has `feba`.
            current, other = (first, second) if step % 2 == 0 else (second, first)
            if late and at == slot * length:
                before += _moves("vmovdqa {register}, {place}", current, other, waiting, slot)
            pair = chain.pair(step, late)
            lines.append(f"vmovq xmm0, qword ptr {pair.text(1)}")
            lines.append(f"sha256rnds2 {other}, {current}, xmm0")
            if step == STEPS - 1:
                lines += chain.end(other, current, late)
            elif at == (slot + 1) * length - 1:
                after += _moves("vmovdqa {place}, {register}", other, current, waiting, slot + 1)
            piece.append(lines)
        pieces.append(piece)
    steps = [piece[step] for step in range(length) for piece in pieces]
    return Slots(before, steps, after, len(after) // 2)


def _began_before(piece: int, at: int) -> bool:
    # The chain that this step belongs to began before the piece did.
    return at // STEPS * STEPS < piece


def _moves(line: str, first: str, second: str, waiting: Memory, slot: int) -> list[str]:
    places = [Memory(waiting.base, waiting.offset + STATE_BYTES * slot + half).text(1) for half in (0, 16)]
    return [
        line.format(register=register, place=f"xmmword ptr {place}")
        for register, place in zip((first, second), places, strict=True)
    ]


def merged(*streams: Sequence[T]) -> list[T]:
    """Several streams in one, each spread evenly over the whole."""
    placed = [
        ((index + 0.5) / len(stream), number, index)
        for number, stream in enumerate(streams)
        for index in range(len(stream))
    ]
    return [streams[number][index] for _, number, index in sorted(placed)]


def at_distances(beside: Sequence[list[str]], steps: Sequence[list[str]], distances: Sequence[int]) -> list[str]:
    """The steps' lines, with others between: from each `sha256rnds2` to the next so many lines, by turns.

    Where a step has more lines of its own they are not torn apart; what is left of the others comes last.
    """
    others = iter([line for lines in beside for line in lines])
    out: list[str] = []
    # The first one comes as far behind the beginning.
    place = -1
    for number, step in enumerate(steps):
        at = next(index for index, line in enumerate(step) if line.startswith("sha256rnds2"))
        place += distances[number % len(distances)]
        out += islice(others, max(0, place - at - len(out)))
        place = len(out) + at
        out += step
    return [*out, *others]
