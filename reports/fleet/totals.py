"""What a fleet does together: rates added up with their intervals, and joules, each scope by itself.

Only what can be added is: of the devices that work on a machine's own cores the fastest (they were measured in turn, on
the same cores), of two names for one card one, no simulators, and nothing by a device's own word. A trial's workers
share a machine, so that a trial has no totals. Where rates deviate independently of each other, the deviation of their
sum is the root of the sum of their squares; so half-widths are added, above and below apart. Bounds of joules are
limits of instruments, which may all be off to one side: they are added as they are.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence

from msgspec import Struct

from ...bench.result.energy import Energy
from ...bench.result.measurement import Measurement, Origin
from ...bench.result.model import Result
from ..collect.energy_figure import origin_of, preference
from ..collect.identity import works_on_host

# An address in a meter's id: a plug, which several machines may hang on.
ADDRESS = "://"


class EnergyTotal(Struct, frozen=True, kw_only=True):
    """The joules of one scope and origin: `amount` is the work that was done with them, on so many machines."""

    scope: str
    origin: Origin
    machines: int
    joules: float
    low_j: float | None
    high_j: float | None
    amount: float
    j_per_unit: float


class Total(Struct, frozen=True, kw_only=True):
    """The sum of one kind of work. `low` and `high` are None where a rate has no interval.

    `left_out`: what is not in it, a sentence a reason.
    """

    workload: str
    parameters: Mapping[str, int | float | str]
    unit: str
    machines: int
    devices: int
    rate: float
    low: float | None
    high: float | None
    confidence: float | None
    energy: tuple[EnergyTotal, ...]
    left_out: tuple[str, ...]


def totals(result: Result) -> tuple[Total, ...]:
    """The sums of a result over all its machines; none of a trial."""
    if result.fleet is not None and result.fleet.trial:
        return ()
    return totals_of(result.results)


def totals_of(entries: Iterable[Measurement]) -> tuple[Total, ...]:
    """The sums of these measurements, a kind of work each."""
    kinds: dict[Hashable, list[Measurement]] = {}
    for entry in entries:
        if entry.status == "measured" and entry.rate is not None:
            kind = entry.workload, str(sorted(entry.parameters.items())), entry.unit
            kinds.setdefault(kind, []).append(entry)
    found = (_total(alike) for alike in kinds.values())
    return tuple(total for total in found if total is not None)


def _total(alike: Sequence[Measurement]) -> Total | None:
    counted, left_out = _addable(alike)
    if not counted:
        return None
    rates = [entry.rate for entry in counted if entry.rate is not None]
    value = math.fsum(rate.value for rate in rates)
    known = all(rate.low is not None and rate.high is not None and rate.confidence is not None for rate in rates)
    confidences = {rate.confidence for rate in rates}
    sure = known and len(confidences) == 1
    below = math.sqrt(math.fsum((rate.value - (rate.low or 0.0)) ** 2 for rate in rates))
    above = math.sqrt(math.fsum(((rate.high or 0.0) - rate.value) ** 2 for rate in rates))
    energy, energy_left_out = _energy(counted)
    return Total(
        workload=counted[0].workload,
        parameters=dict(counted[0].parameters),
        unit=counted[0].unit,
        machines=len({entry.machine for entry in counted}),
        devices=len(counted),
        rate=value,
        low=value - below if sure else None,
        high=value + above if sure else None,
        confidence=confidences.pop() if sure else None,
        energy=energy,
        left_out=(*left_out, *energy_left_out),
    )


def _addable(alike: Sequence[Measurement]) -> tuple[list[Measurement], list[str]]:
    """Those that can work at the same time, and in sentences how many of the others are left out and why."""
    reported = [entry for entry in alike if entry.rate is not None and entry.rate.origin != "measured"]
    simulated = [entry for entry in alike if entry.device.simulator and entry not in reported]
    places: dict[Hashable, Measurement] = {}
    shared = 0
    for number, entry in enumerate(alike):
        if entry.rate is None or entry.rate.origin != "measured" or entry.device.simulator:
            continue
        place = (entry.machine, _hardware(entry, number))
        known = places.get(place)
        shared += known is not None
        if known is None or known.rate is None or known.rate.value < entry.rate.value:
            places[place] = entry
    told = [
        (len(reported), "by a device's own word"),
        (len(simulated), "of simulators"),
        (shared, "of devices on the same hardware as a faster one"),
    ]
    return list(places.values()), [f"{count} {'rate' if count == 1 else 'rates'} {why}" for count, why in told if count]


def _hardware(entry: Measurement, number: int) -> Hashable:
    """What two devices of a machine share if they are one: its cores, or a place on its bus."""
    if works_on_host(entry.device):
        return "cores"
    return entry.device.pci_address or number


def _energy(counted: Sequence[Measurement]) -> tuple[tuple[EnergyTotal, ...], list[str]]:
    """Joules by scope and origin, one meter for each device; a plug that several machines hang on counts for none."""
    on_meter: dict[str, set[str]] = {}
    for entry in counted:
        for record in entry.energy:
            if record.meter is not None and ADDRESS in record.meter:
                on_meter.setdefault(record.meter, set()).add(entry.machine)
    shared = {meter for meter, machines in on_meter.items() if len(machines) > 1}
    scopes: dict[tuple[str, Origin], list[tuple[Measurement, Energy]]] = {}
    for entry in counted:
        best: dict[tuple[str, Origin], Energy] = {}
        kind: tuple[str, Origin]
        for record in entry.energy:
            if record.gross_j is None or not record.window_s or record.scope is None or record.meter in shared:
                continue
            if record.covers not in ("the device", "the device and more"):
                continue
            kind = record.scope, origin_of(record)
            if kind not in best or preference(record, kind[1]) < preference(best[kind], kind[1]):
                best[kind] = record
        for kind, record in best.items():
            scopes.setdefault(kind, []).append((entry, record))
    told = [f"joules of {len(shared)} plugs that several machines hang on"] if shared else []
    return tuple(_energy_total(*kind, records) for kind, records in sorted(scopes.items())), told


def _energy_total(scope: str, origin: Origin, records: Sequence[tuple[Measurement, Energy]]) -> EnergyTotal:
    joules = math.fsum(record.gross_j or 0.0 for _, record in records)
    amount = math.fsum(entry.amount / entry.seconds * (record.window_s or 0.0) for entry, record in records)
    lows, highs = [record.low_j for _, record in records], [record.high_j for _, record in records]
    return EnergyTotal(
        scope=scope,
        origin=origin,
        machines=len({entry.machine for entry, _ in records}),
        joules=joules,
        low_j=_sum(lows),
        high_j=_sum(highs),
        amount=amount,
        j_per_unit=joules / amount,
    )


def _sum(values: Sequence[float | None]) -> float | None:
    """The sum; None where one of them is unknown."""
    known = [value for value in values if value is not None]
    return math.fsum(known) if len(known) == len(values) else None
