"""A measurement as a line of an index: short enough that thousands of them open at once."""

from __future__ import annotations

from msgspec import Struct

from ...bench.result.measurement import Rate
from ..collect.device_name import device_name
from ..collect.energy_figure import energy_figure
from ..collect.gather import Entry, key_of
from ..collect.identity import works_on_host
from ..layout.device_row import credible_percent, evidence_text, roof_text
from ..layout.work_words import variant_text
from ..wording.ratios import efficiency_text
from ..wording.units import UNKNOWN, interval_text, rate_text
from ..wording.visible import shortened, visible
from .standings import Standing

LONGEST = 60


class Row(Struct, frozen=True, kw_only=True):
    """Cells as text, the numbers that they are sorted by (empty: none), and where their links lead."""

    kind: str
    device: str
    place: str
    machine: str
    work: str
    variant: str
    rate: str
    rate_value: str
    rate_more: str
    energy: str
    energy_value: str
    energy_more: str
    roof: str
    roof_value: str
    percentile: str
    percentile_value: str
    percentile_more: str
    evidence: str
    verified: bool
    day: str
    page: str
    result: str


def row_of(entry: Entry, standing: Standing, page: str, result: str) -> Row:
    """The row of a measurement. `page`, `result`: the pages of its device and of its result; empty for none."""
    device, rate = entry.device, entry.device.rate
    energy, percent = energy_figure(device), credible_percent(device.roof)
    name = shortened(device_name(device), LONGEST)
    processor = machine_text(entry)
    return Row(
        kind=device.device.kind,
        device=name,
        place=place_of(entry, name),
        machine="" if processor == name else processor,
        work=shortened(device.workload, LONGEST),
        variant=shortened(variant_text(device), LONGEST),
        rate=rate_text(rate.value, device.unit) if rate else UNKNOWN,
        # What is refused is sorted behind all else, and its bounds may be anything.
        rate_value=f"{rate.value:.5g}" if rate and entry.verified else "",
        rate_more=interval_of(rate) if rate and entry.verified else "",
        energy=efficiency_text(energy.j_per_unit if energy else None, device.unit),
        energy_value=f"{energy.j_per_unit:.4g}" if energy and entry.verified else "",
        energy_more=visible(f"{energy.origin}, {energy.scope}", LONGEST) if energy else "",
        roof=roof_text(device.roof),
        roof_value="" if percent is None or not entry.verified else f"{percent:.4g}",
        percentile=percentile_text(standing),
        percentile_value="" if standing.percentile is None else f"{standing.percentile:.4g}",
        percentile_more=percentile_words(standing),
        evidence=evidence_text(entry),
        verified=entry.verified,
        day=entry.result.created[:10],
        page=page,
        result=result,
    )


def interval_of(rate: Rate) -> str:
    """The rate's interval, and whose word it is where it was not measured."""
    bounds = "" if rate.low is None or rate.high is None else interval_text(rate.low, rate.high, rate.value)
    return " ".join(filter(None, (bounds, "" if rate.origin == "measured" else rate.origin)))


def machine_text(entry: Entry) -> str:
    """The processor beside the device."""
    return shortened((entry.machine and entry.machine.cpu_model) or "unknown machine", LONGEST)


def place_of(entry: Entry, name: str) -> str:
    """Kind, backend, where it is, and what held it back: what tells two rows of one name apart."""
    device, machine, processor = entry.device.device, entry.machine, machine_text(entry)
    cpus = machine.logical_cpus if machine is not None else None
    parts = (
        "" if device.kind == device.backend else device.kind,
        device.backend,
        "" if name.startswith(processor) else f"on {processor}",
        f"{cpus} CPU{'s' * (cpus != 1)}" if cpus and works_on_host(device) else "",
        "virtual machine" if machine is not None and machine.hypervisor else "",
        entry.host,
        shortened(key_of(entry).setting.words, LONGEST),
    )
    return " · ".join(visible(part, LONGEST) for part in parts if part)


def percentile_text(standing: Standing) -> str:
    """The percentile, without a decimal that nobody could stand for."""
    return UNKNOWN if standing.percentile is None else f"{standing.percentile:.0f}"


def percentile_words(standing: Standing) -> str:
    """Among how many, and what the rate's interval leaves open; or why there is none."""
    if standing.percentile is None:
        return standing.reason
    among = f"of {standing.others:,} others"
    if standing.low is None or standing.high is None or round(standing.low) == round(standing.high):
        return among
    return f"{standing.low:.0f}–{standing.high:.0f}, {among}"
