"""One device's figures as text, the same in every format: each format only adds its own escapes."""

from __future__ import annotations

from msgspec import Struct

from ...bench.result.measurement import Measurement, Rate, Roof
from ...kernels.workloads.quantity import quantity_of
from ..collect.device_name import NAME_LIMIT, device_name
from ..collect.energy_figure import EnergyFigure, energy_figure, why_unknown, word_of
from ..collect.gather import Entry, Group, comparable_rates, key_of
from ..wording.ratios import efficiency_text, range_text
from ..wording.units import UNKNOWN, interval_text, percent_text, rate_text
from ..wording.visible import visible
from .work_words import class_words, variant_text

DETAIL_LIMIT = 500
# A rate may lie this much above a roof that was measured at another moment.
ABOVE_ROOF_PERCENT = 105


class DeviceRow(Struct, frozen=True, kw_only=True):
    """What a table shows of a device; all text is on one line and free of hidden characters.

    `warning_kinds` are the warnings' codes in words, `warnings` their sentences.
    """

    device: str
    place: str
    rate: str
    rate_interval: str
    rate_origin: str
    per_cpu: str
    efficiency: str
    efficiency_interval: str
    efficiency_origin: str
    roof: str
    roof_origin: str
    roof_note: str
    kernel: str
    driver: str
    evidence: str
    runs: str
    warnings: tuple[str, ...]
    warning_kinds: tuple[str, ...]


def row_of(group: Group) -> DeviceRow:
    """The row of a ranked device: its newest run, and how far the others lie."""
    return row_of_entry(group.newest, runs_text(group), group.key.twin)


def row_of_entry(entry: Entry, runs: str = "", twin: str = "") -> DeviceRow:
    """The row of one run; `twin`: the id that tells it from others alike in its run."""
    device, energy = entry.device, energy_figure(entry.device)
    rate = device.rate
    return DeviceRow(
        device=device_name(device),
        place=place_text(entry, twin),
        rate=rate_text(rate.value, device.unit) if rate else UNKNOWN,
        rate_interval=rate_interval_text(rate) if rate else "",
        rate_origin=rate.origin if rate else "",
        per_cpu=per_cpu_text(device),
        efficiency=efficiency_text(energy.j_per_unit if energy else None, device.unit),
        efficiency_interval=efficiency_interval_text(energy),
        efficiency_origin=f"{energy.origin}, {energy.scope}, {word_of(energy)}" if energy else "not known",
        roof=roof_text(device.roof),
        roof_origin=roof_origin_text(device.roof),
        roof_note=roof_note_text(device.roof),
        kernel=kernel_text(device),
        driver=visible(device.device.driver, NAME_LIMIT) or UNKNOWN,
        evidence=evidence_text(entry),
        runs=runs,
        warnings=warnings_of(entry),
        warning_kinds=warning_kinds_of(entry),
    )


def place_text(entry: Entry, twin: str = "") -> str:
    """Kind, backend, what held or steered it, machine and day: what tells two rows of one name apart."""
    device, machine = entry.device.device, entry.machine
    host = (machine and machine.cpu_model) or "unknown machine"
    parts = [
        device.kind,
        device.backend,
        *filter(None, (twin, device.pci_address, key_of(entry).setting.words)),
        *([host] if not device.name.startswith(host) else []),
        *([f"machine {entry.machine_id}"] if entry.machine_id else []),
        entry.result.created[:10],
    ]
    return " · ".join(visible(part, NAME_LIMIT) for part in parts)


def rate_interval_text(rate: Rate) -> str:
    """The rate's interval with its confidence; empty where there is none."""
    if rate.low is None or rate.high is None or rate.confidence is None:
        return ""
    return f"{rate.confidence * 100:.3g} % {interval_text(rate.low, rate.high, rate.value)}"


def per_cpu_text(device: Measurement) -> str:
    """The work for each second that a CPU was busy with it: it stays where others take the CPUs away."""
    return "" if device.rate_per_cpu_s is None else f"{rate_text(device.rate_per_cpu_s, device.unit)} a CPU"


def efficiency_interval_text(energy: EnergyFigure | None) -> str:
    """The bounds of the energy figure; one that nothing bounds from above says so."""
    if energy is None or energy.low is None:
        return ""
    if energy.high is None:
        return f"at least {efficiency_text(energy.low, energy.unit)}"
    size = quantity_of(energy.unit).energy_amount
    return range_text(energy.low * size, energy.high * size)


def roof_text(roof: Roof | None) -> str:
    """The share of the roof that was reached; unknown where it says that the roof is wrong."""
    percent = credible_percent(roof)
    return "about 100 %" if percent is not None and percent > 100 else percent_text(percent)


def credible_percent(roof: Roof | None) -> float | None:
    """The share of the roof that was reached, None where it cannot be (a stranger's file may state any)."""
    percent = None if roof is None else roof.percent
    return None if percent is None or percent > ABOVE_ROOF_PERCENT else percent


def roof_origin_text(roof: Roof | None) -> str:
    """Whose word the roof is; a rate well above it says that the roof is wrong (or the clock)."""
    if roof is None or roof.percent is None:
        return ""
    return f"{roof.origin}, too low" if roof.percent > ABOVE_ROOF_PERCENT else roof.origin


def roof_note_text(roof: Roof | None) -> str:
    """Which of the device's ceilings the roof is, or why there is no share of it."""
    if roof is None:
        return ""
    if roof.percent is None and roof.reason:
        return visible(roof.reason, DETAIL_LIMIT)
    return f"bound by {visible(roof.binds, NAME_LIMIT)}" if roof.binds else ""


def kernel_text(device: Measurement) -> str:
    """The kernel's name, and what sets the work apart from the workload's usual one."""
    if device.kernel is None:
        return UNKNOWN
    name, variant = visible(device.kernel.name, NAME_LIMIT), variant_text(device)
    return f"{name}, {variant}" if variant else name


def evidence_text(entry: Entry) -> str:
    """What the work's evidence is worth where it verifies."""
    if not entry.measured:
        return entry.device.status
    judgement = class_words(entry.device) if entry.verified else "does not verify"
    return judgement if entry.device.status == "measured" else f"{judgement}, {entry.device.status}"


def runs_text(group: Group) -> str:
    """How many runs there are, and between which rates they lie."""
    if len(group.entries) == 1:
        return "1 run"
    rates = [rate.value for rate in comparable_rates(group.entries)]
    low, high = (rate_text(rate, group.key.unit) for rate in (min(rates), max(rates)))
    return f"newest of {len(rates)} runs, {low} to {high}"


def warnings_of(entry: Entry) -> tuple[str, ...]:
    """The warnings of the run and of the device in words, and why its energy is not known where it is not."""
    warnings = [warning.text for warning in (*entry.warnings, *entry.device.warnings)]
    if energy_figure(entry.device) is None:
        warnings.append(f"energy not known: {why_unknown(entry.device)}")
    return tuple(visible(warning, DETAIL_LIMIT) for warning in warnings)


def warning_kinds_of(entry: Entry) -> tuple[str, ...]:
    """The kinds of the warnings, each once."""
    warnings = [*entry.warnings, *entry.device.warnings]
    return tuple(dict.fromkeys(warning.code.replace("_", " ") for warning in warnings))
