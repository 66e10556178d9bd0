"""Whether two sides stand on an equal footing, and by which rate they can be compared: the rules of `conditions`.

Nothing here knows a condition by name.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from msgspec import Struct

from ...collect.gather import Entry
from ...collect.identity import works_on_host
from ..rates.rate_series import Series
from ..rates.run_rates import has_cpu_time
from .conditions import CONDITIONS, DISTURBANCES, Condition, Disturbance

# Where the memory binds, others take bandwidth and no CPU time.
SHARED = "memory"


class Footing(Struct, frozen=True, kw_only=True):
    """`forbidden`: why no verdict can be given, most telling first; empty where one can.

    `disturbed`: in words, what makes work ÷ CPU time the rate to compare by; empty: none was.
    """

    forbidden: tuple[str, ...]
    helps: str
    disturbed: str


def footing_of(base: Sequence[Series], new: Sequence[Series]) -> Footing:
    """How these runs (at least one a side) can be compared; what is not known is taken to be equal."""
    before, now = (entries_of(side) for side in (base, new))
    if not before or not now:
        return Footing(forbidden=(), helps="", disturbed="")
    found: dict[str, str] = {}
    for condition in CONDITIONS:
        if condition.effect == "forbids" and applies(condition, before, now) and differs(condition, before, now):
            found.setdefault(condition.forbidden, condition.helps)
    disturbed = []
    for disturbance in DISTURBANCES:
        sides = [any(carries(entry, disturbance) for entry in side) for side in (before, now)]
        if not any(sides) or not applies(disturbance, before, now):
            continue
        if disturbance.effect == "work ÷ CPU time":
            disturbed.append(disturbance)
        elif not all(sides):
            found.setdefault(disturbance.word, disturbance.helps)
    if disturbed and not found:
        words = " and ".join(one.word for one in disturbed)
        why_not = why_no_cpu_time([*base, *new])
        if why_not:
            found[f"{words}, and {why_not}"] = disturbed[0].helps
        else:
            return Footing(forbidden=(), helps="", disturbed=words)
    return Footing(forbidden=tuple(found), helps=next(iter(found.values()), ""), disturbed="")


def why_no_cpu_time(runs: Sequence[Series]) -> str:
    """Why work ÷ CPU time tells nothing; empty where it does."""
    if not all(has_cpu_time(run) for run in runs):
        return "not all runs tell their work ÷ CPU time"
    entries = entries_of(runs)
    if any(entry.device.roof is not None and entry.device.roof.binds == SHARED for entry in entries):
        return "what binds is the memory, which they share"
    machines = [entry.machine for entry in entries if entry.machine is not None]
    if any((one.logical_cpus or 0) > (one.physical_cores or math.inf) for one in machines):
        return "its cores run two threads each, which slow each other"
    return ""


def applies(rule: Condition | Disturbance, base: Sequence[Entry], new: Sequence[Entry]) -> bool:
    """Whether the rule's effect concerns these devices."""
    return not rule.host_only or any(works_on_host(entry.device.device) for entry in (*base, *new))


def values(condition: Condition, side: Sequence[Entry]) -> list[object]:
    """What the condition was in the runs, each value once."""
    return list(dict.fromkeys(condition.read(entry) for entry in side))


def differs(condition: Condition, base: Sequence[Entry], new: Sequence[Entry]) -> bool:
    """Whether it was known to be different between any two of the runs."""
    return len({value for value in (*values(condition, base), *values(condition, new)) if value is not None}) > 1


def carries(entry: Entry, disturbance: Disturbance) -> bool:
    """Whether the run was disturbed so, as it shows, or else as its warnings tell."""
    seen = None if disturbance.seen is None else disturbance.seen(entry)
    if seen is not None:
        return seen
    return any(warning.code == disturbance.code for warning in (*entry.warnings, *entry.device.warnings))


def entries_of(side: Sequence[Series]) -> list[Entry]:
    """The records of the runs that are ours."""
    return [one.entry for one in side if one.entry is not None]
