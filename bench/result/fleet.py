"""The part of a result that tells about a fleet: many machines in one run, each with what is its own."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from ...kernels.bounded import MOST_WARNINGS, MachineId, Name, Positive, Record, Seconds, Text, Timestamp
from .warning import WarningRecord

MOST_MACHINES = 10_000


class Member(Record, frozen=True, kw_only=True):
    """A machine that took part, and what a run on it alone would have said of itself.

    Its clock is never believed: `created` is what it showed, and `clock_ahead_s` how far that was from the clock of
    whoever led the run. Samples are timed by a clock that nobody can set.

    Fields:
        machine: the id of one of the result's machines
        name: the host's name, and in a trial the worker's number
        workers: how many of the scheduler's workers it had; one of them measured
        created: when its part began, by its own clock
        clock_ahead_s: its clock minus the leader's; null: unknown
        started_s: when it was let go, in seconds since the run began, by the leader's clock; null: it did not wait
        libraries: those whose versions differ from the result's
        warnings: what is amiss with this machine as such
    """

    machine: MachineId
    name: Text
    workers: Positive
    created: Timestamp
    clock_ahead_s: Annotated[float, Meta(ge=-1e12, le=1e12)] | None
    started_s: Seconds | None
    libraries: Annotated[dict[Name, Text], Meta(max_length=200)]
    warnings: Annotated[tuple[WarningRecord, ...], Meta(max_length=MOST_WARNINGS)]


class Lost(Record, frozen=True, kw_only=True):
    """A machine that was asked and gave no result: it counts for nothing.

    Fields:
        machine: its id; null: it was lost before it said
        name: the host's name, or the worker's where the host is unknown
        address: the worker's address
        reason: why it is lost, and what helps
    """

    machine: MachineId | None
    name: Text
    address: Text
    reason: Text


class FleetRecord(Record, frozen=True, kw_only=True):
    """Many machines in one run: who took part, who was lost.

    Fields:
        trial: whether its machines are workers of one machine (`--local`): they share its cores, and are never totalled
        together: whether the machines were let go at once
        spread_s: how far apart they were let go at most; null: they did not wait for each other
        members: the machines that took part, in the order of the result's machines
        lost: the machines that did not
    """

    trial: bool
    together: bool
    spread_s: Seconds | None
    members: Annotated[tuple[Member, ...], Meta(max_length=MOST_MACHINES)]
    lost: Annotated[tuple[Lost, ...], Meta(max_length=MOST_MACHINES)]
