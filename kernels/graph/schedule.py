"""A list scheduler: the order in which to emit operations so that two execution ports stay busy.

Vector units of the x86 cores that matter here have two ports for 512-bit work and rotate or shift
on one of them only, so a good order pairs one rotate or shift with one other operation wherever it
can. The processor looks some hundred instructions ahead but gives each one its port when it enters,
so the order decides how evenly the ports fill.

The scheduler walks a model clock of one-cycle operations. Each cycle it issues as many rotates and
shifts as there are ports for them and fills up with other operations, taking among those that are
ready the one with the longest chain of dependants still to come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from .nodes import Node, Op

SHIFTS = (Op.ROTR, Op.SHR, Op.SHL)


@dataclass(frozen=True)
class Ports:
    """How many operations start a cycle, and how many of them may be rotates or shifts."""

    width: int
    shifts: int


# Intel since Skylake-X: 512-bit operations on ports 0 and 5, shifts on 0 (uops.info).
AVX512_PORTS = Ports(width=2, shifts=1)
# Narrower vectors have port 1 as well, shifts too.
AVX2_PORTS = Ports(width=3, shifts=2)


def schedule(operations: Sequence[Node], ports: Ports = AVX512_PORTS) -> list[Node]:
    """The operations, given operands first, reordered; every operand still comes before its use."""
    users: dict[Node, list[Node]] = {node: [] for node in operations}
    waiting_for: dict[Node, int] = {}
    for node in operations:
        operands = {arg for arg in node.args if arg in users}
        waiting_for[node] = len(operands)
        for operand in operands:
            users[operand].append(node)
    rank = _ranks(operations, users)

    shifts: list[tuple[int, int, Node]] = []
    others: list[tuple[int, int, Node]] = []
    arriving = [node for node in operations if not waiting_for[node]]
    order: list[Node] = []
    while len(order) < len(operations):
        for node in arriving:
            heappush(shifts if node.op in SHIFTS else others, (*rank[node], node))
        issued: list[Node] = []
        for queue, limit in ((shifts, ports.shifts), (others, ports.width)):
            while queue and len(issued) < limit:
                issued.append(heappop(queue)[2])
        order.extend(issued)
        arriving = []
        for user in (user for node in issued for user in users[node]):
            waiting_for[user] -= 1
            if not waiting_for[user]:
                arriving.append(user)
    return order


def _ranks(operations: Sequence[Node], users: dict[Node, list[Node]]) -> dict[Node, tuple[int, int]]:
    # Smallest first: the longest chain of dependants, then program order (which also keeps the order unique).
    chain: dict[Node, int] = {}
    for node in reversed(operations):
        chain[node] = 1 + max((chain[user] for user in users[node]), default=0)
    return {node: (-chain[node], position) for position, node in enumerate(operations)}
