"""Every device of every run as plain figures under fixed names: what the CSV and the JSON of a report hold."""

from __future__ import annotations

from collections.abc import Iterator

from ...kernels.workloads.evidence import class_of
from ..collect.device_name import device_name
from ..collect.energy_figure import energy_figure
from ..collect.gather import Collection, Entry, key_of
from ..ladder.own import j_per_th
from .device_row import credible_percent, warning_kinds_of
from .hash_columns import PARAMETER, prefixes_of
from .roofline import point_of

COLUMNS = (
    "rank", "run_id", "created", "device_id", "kind", "device", "vendor", "backend", "driver", "machine",
    "workload", "unit", PARAMETER, "status", "verified", "refused_because",
    "rate_per_s", "rate_low_per_s", "rate_high_per_s", "confidence", "rate_origin",
    "efficiency_j_per_th", "efficiency_low_j_per_th", "efficiency_high_j_per_th",
    "energy_origin", "energy_scope", "energy_method",
    "roof_per_s", "percent_of_roof", "kernel", "amount", "seconds", "samples", "warnings", "note",
    "machine_id", "parameters", "evidence", "median_per_s", "best_per_s", "rate_per_cpu_s", "rounds",
    "j_per_unit", "j_per_unit_low", "j_per_unit_high", "roof_binds", "roof_reason", "schema_version", "setting",
    "arithmetic", "operations_per_byte", "operations_per_s", "operations_per_j",
    "together_per_s", "together_of_alone",
)  # fmt: skip

Plain = str | int | float | None
Cell = Plain | dict[str, int | float | str]


def records(collection: Collection) -> Iterator[dict[str, Cell]]:
    """Ranked devices first (their older runs without a rank), then what does not verify, then the failures."""
    for ranking in collection.rankings:
        for rank, group in enumerate(ranking.groups, start=1):
            for entry in group.entries:
                yield record(entry, rank if entry is group.newest else None)
    for entry in (*collection.apart, *collection.unmeasured):
        yield record(entry, None)


def record(entry: Entry, rank: int | None) -> dict[str, Cell]:
    """One device of one run. What is unknown is None."""
    device, rate, energy = entry.device, entry.device.rate, energy_figure(entry.device)
    machine = entry.machine
    roof, info = device.roof, device.device
    cells = (
        rank, entry.result.run_id[:64], entry.result.created[:64], info.id, info.kind, device_name(device),
        info.vendor, info.backend, info.driver, machine.cpu_model if machine else None,
        device.workload, device.unit, prefixes_of(device), device.status,
        ("yes" if entry.verified else "no") if entry.measured or not entry.verified else None,
        "; ".join(entry.faults) or None,
        *((rate.value, rate.low, rate.high, rate.confidence, rate.origin) if rate else (None,) * 5),
        *j_per_th(energy),
        *((energy.origin, energy.scope, energy.method) if energy else (None,) * 3),
        roof.rate if roof else None, credible_percent(roof),
        device.kernel.name if device.kernel else None, device.amount, device.seconds, len(entry.samples),
        "; ".join(warning_kinds_of(entry)) or None, entry.result.note,
        device.machine, dict(sorted(device.parameters.items())),
        class_of(device.evidence) if device.evidence is not None else None,
        *((rate.median, rate.best) if rate else (None,) * 2), device.rate_per_cpu_s, len(device.rounds),
        *((energy.j_per_unit, energy.low, energy.high) if energy else (None,) * 3),
        roof.binds if roof else None, roof.reason if roof else None, entry.result.written_as,
        key_of(entry).setting.words or None, *roofline_cells(entry),
        *together_cells(entry),
    )  # fmt: skip
    return dict(zip(COLUMNS, cells, strict=True))


def roofline_cells(entry: Entry) -> tuple[Plain, ...]:
    """Where it lies on its device's roofline."""
    if not entry.measured:
        return (None,) * 4
    point = point_of(entry)
    return point.arithmetic or None, point.intensity, point.operations_per_s, point.operations_per_j


def together_cells(entry: Entry) -> tuple[Plain, Plain]:
    """Its rate while all devices of the run worked at once, and what that is of its rate alone."""
    together = entry.result.together
    if together is None or entry.together_faults or not entry.verified:
        return None, None
    own = (entry.device.machine, entry.device.device.id, entry.device.workload)
    found = next((rate for rate in together.rates if (rate.machine, rate.device, rate.workload) == own), None)
    return (None, None) if found is None else (found.rate, found.ratio_to_alone)
