"""The roofline of each device: what it can do at most by how often it uses a byte, and every work's place below it.

S. Williams, A. Waterman & D. Patterson, "Roofline: an insightful visual performance model for multicore architectures",
Communications of the ACM 52(4), 2009; in joules J. W. Choi et al., "A roofline model of energy", IPDPS 2013.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean, median

from msgspec import Struct

from ...bench.result.measurement import CeilingRecord, Origin
from ...kernels.workloads.scale import four_digits
from ..collect.device_name import NAME_LIMIT
from ..collect.energy_figure import energy_figure
from ..collect.gather import Collection, Entry, Group
from ..wording.units import UNKNOWN, percent_text, rate_text
from ..wording.visible import visible
from .device_row import credible_percent, roof_text
from .labels import labels_of
from .work_words import class_words, work_text

BYTE = "byte"
# What an operation is counted in, where a ceiling is of the arithmetic.
ARITHMETIC = ("flop", "operation")
# From so many CPUs on that others kept busy, it is said.
BUSY_CPUS = 0.1


class RooflinePoint(Struct, frozen=True, kw_only=True):
    """A work on a device. `intensity`: operations for each byte of memory (None: it needs none, or nobody counts them).

    `operations_per_s`: operations a second of the kind `arithmetic` (float32); None where none of them are counted.
    `operations_per_j`: the same a joule, None where no energy is known; `low`, `high`: the interval of the rate, in
    operations a second. `percent`: the share of its roof. `figure`, `roof`, `evidence`: for people.
    """

    work: str
    origin: Origin
    arithmetic: str
    intensity: float | None
    operations_per_s: float | None
    low: float | None
    high: float | None
    operations_per_j: float | None
    bytes_per_j: float | None
    percent: float | None
    figure: str
    roof: str
    evidence: str


class Roofline(Struct, frozen=True, kw_only=True):
    """A device's ceilings (the medians of what was measured beside its works), and its works.

    `arithmetic`: operations a second by kind. `memory`: bytes a second. `arithmetic_per_j`, `memory_per_j`: the same a
    joule, of the works that do nothing else; empty and None where no energy is known. `other_load`: how many CPUs other
    programs kept busy meanwhile, on average; None where nobody knows.
    """

    device: str
    kind: str
    memory: float | None
    arithmetic: dict[str, float]
    memory_per_j: float | None
    arithmetic_per_j: dict[str, float]
    energy_origin: str
    other_load: float | None
    points: tuple[RooflinePoint, ...]

    @property
    def can_be_drawn(self) -> bool:
        """Whether there is a ceiling and a work below it."""
        return bool(self.arithmetic) and any(point.operations_per_s for point in self.points)


def rooflines_of(collection: Collection) -> tuple[Roofline, ...]:
    """A roofline for each device, in the order in which devices come first."""
    groups: dict[object, list[Group]] = {}
    for group in collection.speakers:
        key = group.key
        device = (
            key.name,
            key.kind,
            key.backend,
            key.pci_address,
            key.machine,
            key.cpu_signature,
            key.machine_id,
            key.twin,
        )
        groups.setdefault(device, []).append(group)
    labels = labels_of([of_device[0] for of_device in groups.values()], NAME_LIMIT)
    return tuple(roofline(of_device, label) for of_device, label in zip(groups.values(), labels, strict=True))


def device_of(group: Group) -> tuple[str, ...]:
    """What is the same for all of a device's works."""
    key = group.key
    return (key.name, key.kind, key.backend, key.pci_address, key.machine, key.cpu_signature, key.machine_id, key.twin)


def roofline(groups: Sequence[Group], device: str) -> Roofline:
    """The roofline of one device's works."""
    entries = [group.newest for group in groups]
    points = tuple(map(point_of, entries))
    rates: dict[tuple[str, str], list[float]] = {}
    for entry in entries:
        for ceiling in ceilings_of(entry):
            rates.setdefault((ceiling.name, ceiling.unit), []).append(ceiling.rate)
    medians = {key: median(found) for key, found in rates.items()}
    known = {figure.origin for entry in entries if (figure := energy_figure(entry.device))}
    loads = [sample.other_load for entry in entries for sample in entry.samples if sample.other_load is not None]
    memory = [rate for (_, unit), rate in medians.items() if unit == BYTE]
    return Roofline(
        device=device,
        kind=groups[0].key.kind,
        memory=memory[0] if memory else None,
        arithmetic={visible(name, 40): rate for (name, unit), rate in medians.items() if unit in ARITHMETIC},
        memory_per_j=max(_pure(points, "")) if _pure(points, "") else None,
        arithmetic_per_j={
            name: max(found)
            for name in sorted({point.arithmetic for point in points if point.arithmetic})
            if (found := _pure(points, name))
        },
        energy_origin=", ".join(sorted(known)),
        other_load=fmean(loads) if loads else None,
        points=points,
    )


def _pure(points: Iterable[RooflinePoint], arithmetic: str) -> list[float]:
    """The figures a joule of works that do nothing but this arithmetic ("": that mostly move bytes)."""
    if arithmetic:
        return [
            point.operations_per_j
            for point in points
            if point.arithmetic == arithmetic and point.intensity is None and point.operations_per_j
        ]
    return [point.bytes_per_j for point in points if point.bytes_per_j]


def ceilings_of(entry: Entry) -> tuple[CeilingRecord, ...]:
    """The ceilings that were measured beside a work."""
    return () if entry.device.roof is None else entry.device.roof.ceilings


def point_of(entry: Entry) -> RooflinePoint:
    """Where a work lies."""
    device, rate, energy = entry.device, entry.rate, energy_figure(entry.device)
    if energy is not None and energy.low == 0:
        # As good as unknown: an H200 seemed to multiply matrices for less than its own ceiling's joules.
        energy = None
    ceilings = ceilings_of(entry)
    computed = next((ceiling for ceiling in ceilings if ceiling.unit in ARITHMETIC), None)
    moved = next((ceiling for ceiling in ceilings if ceiling.unit == BYTE), None)
    count = None if computed is None else computed.count
    roof = device.roof
    binds = "" if roof is None or roof.binds is None else f" of {visible(roof.binds, 40)}"
    return RooflinePoint(
        work=work_text(device),
        origin=rate.origin,
        arithmetic="" if computed is None else visible(computed.name, 40),
        intensity=count / moved.count if count is not None and moved is not None else None,
        operations_per_s=None if count is None else rate.value * count,
        low=None if count is None or rate.low is None else rate.low * count,
        high=None if count is None or rate.high is None else rate.high * count,
        operations_per_j=None if count is None or energy is None else count / energy.j_per_unit,
        # What is counted in bytes itself spends its joules on moving them.
        bytes_per_j=1 / energy.j_per_unit if energy is not None and device.unit == BYTE else None,
        percent=credible_percent(roof),
        figure=rate_text(rate.value, device.unit),
        roof=f"{roof_text(roof)}{binds}" if credible_percent(roof) is not None else percent_text(None),
        evidence=class_words(device),
    )


def operation_unit(arithmetic: str, per: str) -> str:
    """What this kind of operations is written in, a second ("/s") or a joule ("/J")."""
    return f"{'FLOP' if 'float' in arithmetic else 'op'}{per}"


def operations_text(value: float | None, arithmetic: str, per: str) -> str:
    """Operations a second or a joule in four digits."""
    if value is None:
        return UNKNOWN
    digits, prefix = four_digits(value)
    return f"{digits} {prefix}{operation_unit(arithmetic, per)}"


def ceilings_text(line: Roofline) -> str:
    """The ceilings in words."""
    parts = [f"memory {rate_text(line.memory, BYTE)}"] if line.memory else []
    return ", ".join(
        [*parts, *(f"{name} {operations_text(rate, name, '/s')}" for name, rate in line.arithmetic.items())]
    )


def load_text(line: Roofline) -> str:
    """What load it was measured under, where others took more than a background service does; else empty."""
    if line.other_load is None or line.other_load < BUSY_CPUS:
        return ""
    return f"measured while other programs kept {line.other_load:.1f} CPUs busy"
