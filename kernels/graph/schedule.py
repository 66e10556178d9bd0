"""A list scheduler: the order in which to emit operations so that the execution ports stay busy.

Vector units rotate and shift on some of their ports only, so a good order pairs rotates and shifts
with other operations wherever it can. The processor looks some hundred instructions ahead but gives
each one its port when it enters, so the order decides how evenly the ports fill.

The scheduler walks a model clock. Each cycle it issues as many operations as there are ports, and no
more rotates and shifts than there are ports for them, taking among those that are ready the one with
the longest chain of dependants still to come.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from math import inf

from .nodes import Node, Op

SHIFTS = (Op.ROTR, Op.SHR, Op.SHL)


@dataclass(frozen=True)
class Ports:
    """How many operations start a cycle, how many of them may be rotates or shifts, and how late a result comes.

    What they are for a machine is in `kernels/machines`.

    `shifts_ahead`: rotates and shifts go before operations whose chains of dependants are up to so many cycles
    longer; by default before all others. Where LLVM orders anew within its own window that gives it the better
    start (3 % on a Xeon); where the order is kept, values would wait too long.
    `shift_latency`: how late the result of a rotate or shift comes, where that is not `latency`: a core that has
    given the port they need to other operations makes them wait.
    """

    width: int
    shifts: int
    latency: int = 1
    shifts_ahead: float = inf
    shift_latency: int | None = None

    def __post_init__(self) -> None:
        """Raise ValueError where an order would have no end."""
        if min(self.width, self.shifts, self.latency, 1 if self.shift_latency is None else self.shift_latency) < 1:
            raise ValueError(f"{self} never issues or finishes some operations; give at least 1 of each")

    def latency_of(self, node: Node) -> int:
        """Cycles from the start of an operation to its result."""
        return self.latency if self.shift_latency is None or node.op not in SHIFTS else self.shift_latency


def schedule(operations: Sequence[Node], ports: Ports, stages: Mapping[Node, int] | None = None) -> list[Node]:
    """The operations, given operands first, reordered; every operand still comes before its use.

    Where the nodes belong to `stages`, those of different stages do not wait for each other.
    """
    position = {node: index for index, node in enumerate(operations)}
    users = _users(operations, stages)
    waiting_for = dict.fromkeys(operations, 0)
    for user in (user for of_node in users.values() for user in of_node):
        waiting_for[user] += 1
    # Smallest first: the longest chain of dependants, then program order (which also keeps the order unique).
    chains = _chains(operations, users, ports.latency_of)
    rank = {node: (-chains[node], position[node], node) for node in operations}

    shifts: list[_Ranked] = []
    others: list[_Ranked] = []
    arriving = {0: [node for node in operations if not waiting_for[node]]}
    # When the operands that have been given are all there.
    ready_at = dict.fromkeys(operations, 0)
    order: list[Node] = []
    clock = 0
    while len(order) < len(operations):
        for node in arriving.pop(clock, ()):
            heappush(shifts if node.op in SHIFTS else others, rank[node])
        issued = _issue(shifts, others, ports)
        order.extend(issued)
        for node in issued:
            there = clock + ports.latency_of(node)
            for user in users[node]:
                ready_at[user] = max(ready_at[user], there)
                waiting_for[user] -= 1
                if not waiting_for[user]:
                    arriving.setdefault(ready_at[user], []).append(user)
        clock += 1
    return order


def chain_lengths(operations: Sequence[Node], latency: int = 1) -> dict[Node, int]:
    """For each operation the cycles from its start to the end of the longest chain of dependants."""
    return _chains(operations, _users(operations, None), lambda _: latency)


_Ranked = tuple[int, int, Node]


def _issue(shifts: list[_Ranked], others: list[_Ranked], ports: Ports) -> list[Node]:
    # What starts in one cycle.
    issued: list[Node] = []
    shifts_issued = 0
    while len(issued) < ports.width:
        may_shift = bool(shifts) and shifts_issued < ports.shifts
        if may_shift and (not others or _ahead(shifts[0], ports.shifts_ahead) < others[0]):
            issued.append(heappop(shifts)[2])
            shifts_issued += 1
        elif others:
            issued.append(heappop(others)[2])
        else:
            break
    return issued


def _ahead(ranked: _Ranked, cycles: float) -> tuple[float, int, Node]:
    chain, position, node = ranked
    return chain - cycles, position, node


def _users(operations: Sequence[Node], stages: Mapping[Node, int] | None) -> dict[Node, list[Node]]:
    users: dict[Node, list[Node]] = {node: [] for node in operations}
    for node in operations:
        for operand in dict.fromkeys(arg for arg in node.args if arg in users):
            if stages is None or stages[operand] == stages[node]:
                users[operand].append(node)
    return users


def _chains(
    operations: Sequence[Node], users: Mapping[Node, Sequence[Node]], latency_of: Callable[[Node], int]
) -> dict[Node, int]:
    chain: dict[Node, int] = {}
    for node in reversed(operations):
        chain[node] = latency_of(node) + max((chain[user] for user in users[node]), default=0)
    return chain
