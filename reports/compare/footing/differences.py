"""What differed between two sides besides the device: the conditions that may explain a change of rate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from ....bench.rates import measured_clock_hz, possible_clock_hz
from ...collect.gather import Entry
from ...wording.units import UNKNOWN, clock_text, temperature_text
from ...wording.visible import visible
from .conditions import CONDITIONS
from .footing import values

CLOCK_RATIO = 1.02
TEMPERATURE_C = 5.0
BUSY_CPUS = 0.25
LIMIT = 120
# Where the runs of a side differ among themselves, so many values are told.
MOST_SHOWN = 3


def differences(base: Sequence[Entry], new: Sequence[Entry]) -> tuple[str, ...]:
    """A line for each condition that differs (at least one run a side): what it was and what it became.

    Another processor comes first, as `CONDITIONS` has it.
    """
    return (*worded(base, new), *libraries(base, new), *readings(base, new), *warning_codes(base, new))


def worded(base: Sequence[Entry], new: Sequence[Entry]) -> Iterator[str]:
    """Conditions that are words or numbers and must be equal."""
    for condition in CONDITIONS:
        before, after = values(condition, base), values(condition, new)
        if set(before) != set(after):
            yield f"{condition.name}: {listed(before)} → {listed(after)}"


def libraries(base: Sequence[Entry], new: Sequence[Entry]) -> Iterator[str]:
    """Versions of what the figures depend on."""
    for name in sorted({name for entry in (*base, *new) for name in entry.result.libraries}):
        sides = [list(dict.fromkeys(entry.result.libraries.get(name) for entry in side)) for side in (base, new)]
        if set(sides[0]) != set(sides[1]):
            yield f"library {visible(name, LIMIT)}: {listed(sides[0])} → {listed(sides[1])}"


def readings(base: Sequence[Entry], new: Sequence[Entry]) -> Iterator[str]:
    """Clock, temperature and other load, where they moved by more than they always do."""
    clocks = clock(base), clock(new)
    if None not in clocks and not 1 / CLOCK_RATIO <= (clocks[1] or 0) / (clocks[0] or 1) <= CLOCK_RATIO:
        yield f"clock: {clock_text(clocks[0])} → {clock_text(clocks[1])}"
    warmth = middle(base, "temperature_c"), middle(new, "temperature_c")
    if None not in warmth and abs((warmth[1] or 0) - (warmth[0] or 0)) > TEMPERATURE_C:
        yield f"temperature: {temperature_text(warmth[0])} → {temperature_text(warmth[1])}"
    loads = middle(base, "other_load"), middle(new, "other_load")
    if None not in loads and abs((loads[1] or 0) - (loads[0] or 0)) > BUSY_CPUS:
        yield f"CPUs busy with other programs: {loads[0]:.2f} → {loads[1]:.2f}"


def clock(side: Sequence[Entry]) -> float | None:
    """The median of the runs' measured clocks, or else of what the system told beside their samples."""
    measured = [value for entry in side if (value := measured_clock_hz(entry.device)) is not None]
    if measured:
        return median(measured)
    told = [clock for entry in side for one in entry.samples if (clock := possible_clock_hz(one.clock_hz)) is not None]
    return median(told) if told else None


def middle(side: Sequence[Entry], field: str) -> float | None:
    """The median reading of all samples, None where the device does not tell."""
    known = [value for entry in side for sample in entry.samples if (value := getattr(sample, field)) is not None]
    return median(known) if known else None


def warning_codes(base: Sequence[Entry], new: Sequence[Entry]) -> Iterator[str]:
    """Warnings that only one of the sides carries."""
    before, after = (
        {warning.code for entry in side for warning in (*entry.warnings, *entry.device.warnings)}
        for side in (base, new)
    )
    for code in sorted(before - after):
        yield f"warning only before: {code.replace('_', ' ')}"
    for code in sorted(after - before):
        yield f"warning only now: {code.replace('_', ' ')}"


def listed(found: Sequence[object]) -> str:
    """The values of a condition on one side, in words."""
    told = [shown(value) for value in found[:MOST_SHOWN]]
    return ", ".join(told) + (f" and {len(found) - MOST_SHOWN} more" if len(found) > MOST_SHOWN else "")


def shown(value: object) -> str:
    """A condition in words."""
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    return visible(f"{value:g}" if isinstance(value, float) else str(value), LIMIT)
