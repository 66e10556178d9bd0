"""A hash of block headers as a graph: what its kernels are emitted from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from ...graph.lower import Program, lower
from ...graph.nodes import Binding, Node
from ...headers.job import Job
from ...headers.target import filter_mask

NONCE_BITS = 32


@dataclass(frozen=True)
class Rounds:
    """The same hash with a loop in its middle: all rounds in a row may be more code than caches of instructions hold.

    `before`: the words that the first pass takes, of a header's inputs. `again`: the words after a pass, of inputs
    `word0`… and `constant0`…; `constants`: what these are, a row for each pass. `after`: the digest's last word as
    in HeaderGraph, of inputs `word0`….
    """

    before: tuple[Node, ...]
    again: tuple[Node, ...]
    constants: tuple[tuple[int, ...], ...]
    after: Node


@dataclass(frozen=True)
class RoundPrograms:
    """The parts of Rounds in an instruction set's own operations."""

    before: Program
    again: Program
    after: Program
    passes: int

    def operations(self) -> list[Node]:
        """The nodes that cost an instruction, as often as they are computed."""
        return [*self.before.operations(), *self.again.operations() * self.passes, *self.after.operations()]


@dataclass(frozen=True)
class HeaderGraph:
    """The word that holds the digest's last four bytes in its highest bits, the last byte highest.

    It depends on the input `nonce` (which holds the nonce in its highest 32 bits) and on inputs that a header's first
    76 bytes give: `inputs_of` them, by name. `rounds`: None where nobody wrote the hash as a loop.
    """

    name: str
    last: Node
    inputs_of: Callable[[bytes], dict[str, int]]
    rounds: Rounds | None = None

    @property
    def bits(self) -> int:
        """Of a word."""
        return self.last.bits

    def program(self, three_operand_logic: bool, rotates: bool = True, rotates_bytes: bool = False) -> Program:
        """The graph in an instruction set's own operations; see `lower`."""
        return _lowered((self.last,), three_operand_logic, rotates, rotates_bytes)

    def round_programs(self, three_operand_logic: bool, rotates: bool = True) -> RoundPrograms:
        """The parts of `rounds`, which there must be."""
        assert self.rounds is not None
        parts = (self.rounds.before, self.rounds.again, (self.rounds.after,))
        before, again, after = (_lowered(part, three_operand_logic, rotates) for part in parts)
        return RoundPrograms(before, again, after, len(self.rounds.constants))

    def job_words(self, program: Program, job: Job) -> Sequence[int]:
        """What a kernel of `program` reads as its job, words of `bits`: the filter, then what is known early."""
        (prefix,) = job.prefixes
        shift = self.bits - NONCE_BITS
        values = dict(zip(program.early, program.early_values(self.inputs_of(prefix)), strict=True))
        return [reversed_bytes(filter_mask(job.target)) << shift, *(values[node] for node in early_in_order(program))]


@cache
def _lowered(
    outputs: tuple[Node, ...], three_operand_logic: bool, rotates: bool, rotates_bytes: bool = False
) -> Program:
    return lower(outputs, three_operand_logic, rotates, rotates_bytes)


def early_in_order(program: Program) -> list[Node]:
    """What is known before the nonce, in the order in which a job has it: first what no midstate is part of."""
    return sorted(program.early, key=lambda node: node.binding is not Binding.JOB)


def reversed_bytes(word: int) -> int:
    """A 32-bit word with its bytes reversed: digests here are little-endian, last words are read big-endian."""
    return int.from_bytes(word.to_bytes(4, "little"), "big")
