"""What differed between two runs besides the device: the conditions that may explain a change of rate."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from ...bench.result.machine import Machine
from ..collect.gather import Entry
from ..collect.identity import name_without_driver
from ..layout.work_words import variant_text
from ..wording.units import UNKNOWN, clock_text, temperature_text
from ..wording.visible import visible

CLOCK_RATIO = 1.02
TEMPERATURE_C = 5.0
BUSY_CPUS = 0.25
LIMIT = 120


def differences(base: Entry, new: Entry) -> tuple[str, ...]:
    """A line for each condition that differs: what it was and what it became."""
    return (*worded(base, new), *readings(base, new), *warning_codes(base, new))


def worded(base: Entry, new: Entry) -> Iterator[str]:
    """Conditions that are words or numbers and must be equal."""
    before, after = conditions(base), conditions(new)
    for name in dict.fromkeys((*before, *after)):
        if before.get(name) != after.get(name):
            yield f"{name}: {shown(before.get(name))} → {shown(after.get(name))}"


def conditions(entry: Entry) -> dict[str, object]:
    """Everything that is compared as it is."""
    result, device, machine = entry.result, entry.device, entry.machine
    kernel = device.kernel
    tuning = ", ".join(f"{name}={value}" for name, value in sorted(kernel.tuning.items())) if kernel else None
    return {
        "device": name_without_driver(device.device),
        "driver": device.device.driver,
        "kernel": kernel.name if kernel else None,
        "work": variant_text(device) or None,
        "tuning": tuning or None,
        "compute units": device.device.compute_units,
        **(conditions_of(machine) if machine else {}),
        "hashwatt": result.hashwatt_version,
        **{f"library {visible(name, LIMIT)}": version for name, version in sorted(result.libraries.items())},
    }


def conditions_of(machine: Machine) -> dict[str, object]:
    """What is compared of the machine."""
    return {
        "processor": machine.cpu_model,
        "microarchitecture": machine.microarchitecture,
        "processor's numbers": machine.cpu_signature,
        "usable CPUs": machine.usable_cpus,
        "virtual machine": machine.hypervisor,
        "container": machine.container,
        "governor": machine.governor,
        "on battery": machine.on_battery,
        "system": machine.os,
        "system's kernel": machine.kernel,
        "Python": machine.python,
    }


def readings(base: Entry, new: Entry) -> Iterator[str]:
    """Clock, temperature and other load, where they moved by more than they always do."""
    clocks = middle(base, "clock_hz"), middle(new, "clock_hz")
    if None not in clocks and not 1 / CLOCK_RATIO <= (clocks[1] or 0) / (clocks[0] or 1) <= CLOCK_RATIO:
        yield f"clock: {clock_text(clocks[0])} → {clock_text(clocks[1])}"
    warmth = middle(base, "temperature_c"), middle(new, "temperature_c")
    if None not in warmth and abs((warmth[1] or 0) - (warmth[0] or 0)) > TEMPERATURE_C:
        yield f"temperature: {temperature_text(warmth[0])} → {temperature_text(warmth[1])}"
    loads = middle(base, "other_load"), middle(new, "other_load")
    if None not in loads and abs((loads[1] or 0) - (loads[0] or 0)) > BUSY_CPUS:
        yield f"CPUs busy with other programs: {loads[0]:.2f} → {loads[1]:.2f}"


def middle(entry: Entry, field: str) -> float | None:
    """The median reading of the samples, None where the device does not tell."""
    known = [value for sample in entry.samples if (value := getattr(sample, field)) is not None]
    return median(known) if known else None


def warning_codes(base: Entry, new: Entry) -> Iterator[str]:
    """Warnings that only one of the runs carries."""
    before, after = (
        {warning.code for warning in (*entry.result.warnings, *entry.device.warnings)} for entry in (base, new)
    )
    for code in sorted(before - after):
        yield f"warning only before: {code.replace('_', ' ')}"
    for code in sorted(after - before):
        yield f"warning only now: {code.replace('_', ' ')}"


def shown(value: object) -> str:
    """A condition in words."""
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    return visible(f"{value:g}" if isinstance(value, float) else str(value), LIMIT)
