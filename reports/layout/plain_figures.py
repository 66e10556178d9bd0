"""Every device of every run as plain figures under fixed names: what the CSV and the JSON of a report hold."""

from __future__ import annotations

from collections.abc import Iterator

from ..collect.device_name import device_name
from ..collect.energy_figure import energy_figure
from ..collect.gather import Collection, Entry
from .device_row import credible_percent, warning_kinds_of

COLUMNS = (
    "rank", "run_id", "created", "device_id", "kind", "device", "vendor", "backend", "driver", "machine",
    "workload", "unit", "prefixes", "status", "verified", "refused_because",
    "rate_per_s", "rate_low_per_s", "rate_high_per_s", "confidence", "rate_origin",
    "efficiency_j_per_th", "efficiency_low_j_per_th", "efficiency_high_j_per_th",
    "energy_origin", "energy_scope", "energy_method",
    "roof_per_s", "percent_of_roof", "kernel", "amount", "seconds", "samples", "warnings", "note",
)  # fmt: skip

Cell = str | int | float | None


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
    device, rate, energy = entry.device, entry.device.hashrate, energy_figure(entry.device)
    roof, info = device.roof, device.device
    cells = (
        rank, entry.result.run_id[:64], entry.result.created[:64], info.id, info.kind, device_name(device),
        info.vendor, info.backend, info.driver, entry.result.machine.cpu_model,
        device.workload, device.unit, device.kernel.prefixes if device.kernel else None, device.status,
        ("yes" if entry.verified else "no") if entry.measured or not entry.verified else None,
        "; ".join(entry.faults) or None,
        *((rate.value_hs, rate.low_hs, rate.high_hs, rate.confidence, rate.origin) if rate else (None,) * 5),
        *((energy.j_per_th, energy.low, energy.high) if energy else (None,) * 3),
        *((energy.origin, energy.scope, energy.method) if energy else (None,) * 3),
        roof.hashrate_hs if roof else None, credible_percent(roof),
        device.kernel.name if device.kernel else None, device.hashes, device.seconds, len(device.samples),
        "; ".join(warning_kinds_of(entry)) or None, entry.result.note,
    )  # fmt: skip
    return dict(zip(COLUMNS, cells, strict=True))
