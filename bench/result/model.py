"""The result model: what one run leaves behind, complete enough to redo and to check the measurement.

One JSON file a run. The model is strict: unknown fields, wrong types, strings with control characters and numbers out
of bounds are refused at load. What is not known is None (`null`), never 0; NaN and infinity cannot occur.
`result.schema.json` is generated from this folder, and docs/result-file.md explains it field by field. This is schema
version 2; files of version 1 are read by `version1` and turned into it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from ...kernels.bounded import (
    MOST_WARNINGS,
    Count,
    DeviceId,
    Figure,
    MachineId,
    Name,
    Rate,
    Record,
    RunId,
    Seconds,
    Text,
    Timestamp,
)
from .anchors import MOST_STAMPS, Beacon, Stamp
from .brief import lines_of
from .fleet import MOST_MACHINES, FleetRecord
from .machine import Machine
from .measurement import Measurement
from .warning import WarningRecord

SCHEMA_VERSION: Literal[2] = 2


class RateTogether(Record, frozen=True, kw_only=True):
    """A device's rate among the others, and that divided by its rate alone (1: they do not interfere).

    Fields:
        machine: the machine's id
        device: the device's id
        workload: what was computed
        rate: work a second among the others
        ratio_to_alone: that divided by the rate alone
    """

    machine: MachineId
    device: DeviceId
    workload: Name
    rate: Rate
    ratio_to_alone: Figure


class Together(Record, frozen=True, kw_only=True):
    """All devices at once, after each was measured alone (`--together`).

    They warm up together, begin sampling at the same moment, and sample for the same planned `seconds`. `results` are
    full records with evidence of their own, under a run id that derives from the run's. `sum_rate` adds the rates
    (measured, as they are), in `unit`. Where nothing was measured, `reason` says why.

    Fields:
        seconds: how long sampling was planned to take; null: nothing was measured
        reason: why nothing was measured; null: something was
        results: a record for each device
        rates: a line for each device that has a rate in both ways
        sum_rate: the rates added up; null: there are none
        unit: what they count; null: there are none
        warnings: what makes the figures less sure
    """

    seconds: Seconds | None
    reason: Text | None
    results: Annotated[tuple[Measurement, ...], Meta(max_length=2000)]
    rates: Annotated[tuple[RateTogether, ...], Meta(max_length=2000)]
    sum_rate: Rate | None
    unit: Name | None
    warnings: Annotated[tuple[WarningRecord, ...], Meta(max_length=MOST_WARNINGS)]


class AlternatedPair(Record, frozen=True, kw_only=True):
    """Two records that were measured in turns: the first rounds of both belong together, then the second ones …

    Fields:
        a: the place in `results` of the record with the first setting, from 0
        b: of the record with the second
    """

    a: Count
    b: Count


class Alternated(Record, frozen=True, kw_only=True):
    """Two settings that were alternated in one run (`--ab KEY=A,B`), so that what changes meanwhile meets both.

    Who begins changes, as often the one as the other in a random order, so that no drift or rhythm favours either.
    Settings of one device (kernel, threads) are records of the same device, told apart by their `setting`, on inputs of
    their own.

    Fields:
        key: what was set: kernel, threads, device or runtime
        a: the first setting
        b: the second
        pairs: which records were measured in turns
    """

    key: Literal["kernel", "threads", "device", "runtime"]
    a: Name
    b: Name
    pairs: Annotated[tuple[AlternatedPair, ...], Meta(max_length=2000)]


class Result(Record, frozen=True, kw_only=True):
    """One run: its machines, and a measurement for each machine × device × workload.

    `written_as`: the schema version in which the file was written. A file of version 1 keeps its own headline, the
    median of the samples' rates.

    Fields:
        schema_version: 2
        run_id: random; a part of what the inputs are derived from
        created: when the run began, UTC
        hashwatt_version: of the program that measured
        challenge: what the inputs are derived from; whoever wants to be convinced gives it
        note: the user's own words; null: none were given
        machines: where it was measured
        libraries: versions of the libraries that the figures depend on
        warnings: what is amiss with the machine as such
        results: one measurement for each machine × device × workload
        together: all devices at once; null: not asked for
        alternated: two settings that were measured in turns; null: not asked for
        written_as: the schema version of the file that this was first written to
        beacon: the public value that the challenge ends with; null: none was taken
        stamps: time-stamps over the record without them
        fleet: many machines in one run; null: it was one machine's
    """

    schema_version: Literal[2]
    run_id: RunId
    created: Timestamp
    hashwatt_version: Name
    challenge: Text
    note: Text | None
    machines: Annotated[tuple[Machine, ...], Meta(min_length=1, max_length=MOST_MACHINES)]
    libraries: Annotated[dict[Name, Text], Meta(max_length=200)]
    warnings: Annotated[tuple[WarningRecord, ...], Meta(max_length=MOST_WARNINGS)]
    results: Annotated[tuple[Measurement, ...], Meta(max_length=20_000)]
    together: Together | None = None
    alternated: Alternated | None = None
    written_as: Literal[1, 2] = 2
    beacon: Beacon | None = None
    stamps: Annotated[tuple[Stamp, ...], Meta(max_length=MOST_STAMPS)] = ()
    fleet: FleetRecord | None = None

    def __repr__(self) -> str:
        where = self.machines[0].cpu_model or "unknown machine"
        if len(self.machines) > 1:
            where = f"{len(self.machines)} machines"
        first = f"Result of {self.created} on {where}, run {self.run_id[:8]}:"
        many = len(self.machines) > 1
        return lines_of(first, (f"{f'{entry.machine}, ' if many else ''}{entry.in_short()}" for entry in self.results))
