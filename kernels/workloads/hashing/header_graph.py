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
class HeaderGraph:
    """The word that holds the digest's last four bytes in its highest bits, the last byte highest.

    It depends on the input `nonce` (which holds the nonce in its highest 32 bits) and on inputs that a header's first
    76 bytes give: `inputs_of` them, by name.
    """

    name: str
    last: Node
    inputs_of: Callable[[bytes], dict[str, int]]

    @property
    def bits(self) -> int:
        """Of a word."""
        return self.last.bits

    def program(self, three_operand_logic: bool, rotates: bool = True) -> Program:
        """The graph in an instruction set's own operations."""
        return _lowered(self.last, three_operand_logic, rotates)

    def job_words(self, program: Program, job: Job) -> Sequence[int]:
        """What a kernel of `program` reads as its job, words of `bits`: the filter, then what is known early."""
        (prefix,) = job.prefixes
        shift = self.bits - NONCE_BITS
        values = dict(zip(program.early, program.early_values(self.inputs_of(prefix)), strict=True))
        return [reversed_bytes(filter_mask(job.target)) << shift, *(values[node] for node in early_in_order(program))]


@cache
def _lowered(last: Node, three_operand_logic: bool, rotates: bool) -> Program:
    return lower([last], three_operand_logic, rotates)


def early_in_order(program: Program) -> list[Node]:
    """What is known before the nonce, in the order in which a job has it: first what no midstate is part of."""
    return sorted(program.early, key=lambda node: node.binding is not Binding.JOB)


def reversed_bytes(word: int) -> int:
    """A 32-bit word with its bytes reversed: digests here are little-endian, last words are read big-endian."""
    return int.from_bytes(word.to_bytes(4, "little"), "big")
