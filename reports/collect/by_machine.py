"""What a result says of a machine, found at once: a fleet's result has thousands, and each is asked for many times."""

from __future__ import annotations

from collections import OrderedDict

from ...bench.result.fleet import Member
from ...bench.result.machine import Machine
from ...bench.result.model import Result

# Results of few machines are looked through; so many of the larger ones are kept as tables.
FEW = 8
MOST_KEPT = 16

_Tables = tuple[Result, dict[str, Machine], dict[str, Member]]
_kept: OrderedDict[int, _Tables] = OrderedDict()


def machine_of(result: Result, machine_id: str) -> Machine | None:
    """The machine with that id; None where the file names none such."""
    if len(result.machines) <= FEW:
        return next((machine for machine in result.machines if machine.id == machine_id), None)
    return _tables(result)[1].get(machine_id)


def member_of(result: Result, machine_id: str) -> Member | None:
    """What a fleet's result tells of that machine; None elsewhere."""
    if result.fleet is None:
        return None
    if len(result.fleet.members) <= FEW:
        return next((member for member in result.fleet.members if member.machine == machine_id), None)
    return _tables(result)[2].get(machine_id)


def _tables(result: Result) -> _Tables:
    # The result itself is kept beside them, so that no other one can come to have its id.
    known = _kept.get(id(result))
    if known is None:
        members = () if result.fleet is None else result.fleet.members
        # Of two alike the first counts, as everywhere.
        known = (
            result,
            {machine.id: machine for machine in reversed(result.machines)},
            {member.machine: member for member in reversed(members)},
        )
        _kept[id(result)] = known
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return known
