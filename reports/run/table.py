"""The table at the end of a run: one row a device, built from its result and the verdict on its proof."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from ...bench.result.measurement import Measurement
from ...bench.result.model import Result
from ...bench.verification.verdict import Verdict
from ...kernels.target import share_probability
from ..collect.energy_figure import energy_figure, why_unknown
from ..layout.device_row import roof_text
from ..wording.ratios import efficiency_text, range_text
from ..wording.units import (
    UNKNOWN,
    clock_text,
    count_text,
    hashrate_text,
    interval_text,
    percent_text,
    temperature_text,
)
from ..wording.visible import visible

if TYPE_CHECKING:
    from rich.table import Table

COLUMNS = ("device", "kernel", "hashrate", "hashes", "shares", "of its roof", "energy", "clock", "verdict")
# A kernel's name may be long; figures are never broken over two lines.
WRAPPED = ("device", "kernel")
NAME_LIMIT = 60


def run_table(result: Result, verdict: Verdict) -> Table:
    """A row for each device of `result`, in the order they were measured."""
    # rich is slow to import, and scripts that ask for JSON never need it.
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_lines=False)
    for name in COLUMNS:
        table.add_column(name, no_wrap=name not in WRAPPED, overflow="fold")
    for entry in result.devices:
        cells = (
            visible(entry.device.id),
            kernel_cell(entry),
            hashrate_cell(entry),
            count_text(entry.hashes) if entry.hashes else UNKNOWN,
            shares_cell(entry),
            roof_text(entry.roof),
            energy_cell(entry),
            clock_cell(entry),
            verdict_cell(entry, verdict),
        )
        # Text, not str: rich would read square brackets in a driver's words as markup.
        table.add_row(*(Text(cell) for cell in cells), end_section=entry is not result.devices[-1])
    return table


def device_lines(result: Result) -> list[str]:
    """What each id in the table stands for."""
    width = max((len(visible(entry.device.id)) for entry in result.devices), default=0)
    return [f"{visible(entry.device.id):{width}}  {visible(entry.device.name)}" for entry in result.devices]


def together_lines(result: Result) -> list[str]:
    """What the devices reached at once, and what that is of their rates alone."""
    together = result.together
    if together is None:
        return []
    if together.sum_hs is None:
        return [] if together.reason is None else [f"Not measured together: {visible(together.reason)}"]
    width = max(len(visible(rate.device)) for rate in together.rates)
    rates = [
        f"  {visible(rate.device):{width}}  {hashrate_text(rate.hashrate_hs)} measured, "
        f"{percent_text(100 * rate.ratio_to_alone)} of its rate alone"
        for rate in together.rates
    ]
    return [
        f"All at once, for {together.seconds:.1f} s:",
        *rates,
        f"  {'sum':{width}}  {hashrate_text(together.sum_hs)}",
    ]


def run_notes(result: Result, verdict: Verdict) -> list[str]:
    """What the table has no room for, a sentence each: failures, refused checks, warnings with their mends."""
    notes = [
        about(entry.device.id, f"{entry.status}: {entry.reason}")
        for entry in result.devices
        if entry.reason is not None
    ]
    notes.extend(about(check.device, check.sentence) for check in verdict.checks if not check.ok)
    notes.extend(warning.text for warning in result.warnings)
    if result.together is not None:
        notes.extend(
            f"together: {about(entry.device.id, f'{entry.status}: {entry.reason}')}"
            for entry in result.together.devices
            if entry.reason is not None
        )
        notes.extend(warning.text for warning in result.together.warnings)
    # The same sentence for several devices is one note.
    devices_of: dict[str, list[str]] = {}
    for entry in result.devices:
        for warning in entry.warnings:
            devices_of.setdefault(warning.text, []).append(entry.device.id)
        if entry.hashrate is not None and entry.energy and energy_figure(entry) is None:
            devices_of.setdefault(f"J/TH unknown: {why_unknown(entry)}", []).append(entry.device.id)
    notes.extend(about(", ".join(devices), text) for text, devices in devices_of.items())
    return [visible(note) for note in notes]


def about(device: str | None, sentence: str) -> str:
    """`sentence` with the device it is about in front, unless it names it anyway."""
    return sentence if device is None or device in sentence else f"{device}: {sentence}"


def kernel_cell(entry: Measurement) -> str:
    """The kernel's name; where it hashes rolled versions, that is said, because it is another kind of work."""
    if entry.kernel is None:
        return UNKNOWN
    name = visible(entry.kernel.name, NAME_LIMIT)
    return name if entry.kernel.prefixes == 1 else f"{name}\nversion-rolled × {entry.kernel.prefixes}"


def hashrate_cell(entry: Measurement) -> str:
    """The rate, its interval, and where the figure comes from."""
    rate = entry.hashrate
    if rate is None:
        return UNKNOWN
    interval = interval_text(rate.low_hs, rate.high_hs, rate.value_hs)
    return f"{hashrate_text(rate.value_hs)} {rate.origin}\n{rate.confidence:.0%} {interval}"


def shares_cell(entry: Measurement) -> str:
    """The shares found, and how many the hashes should hold on average."""
    if entry.proof is None:
        return UNKNOWN
    expected = entry.hashes * share_probability(int(entry.proof.target_hex, 16))
    return f"{len(entry.proof.shares)} found\n{expected:.1f} expected"


def energy_cell(entry: Measurement) -> str:
    """Joules a terahash, their bounds, and what was measured; an estimate is marked before and behind."""
    figure = energy_figure(entry)
    if figure is None:
        return UNKNOWN
    mark = "~" if figure.origin == "estimated" else ""
    lines = [f"{mark}{efficiency_text(figure.j_per_th)}"]
    if figure.low is not None and figure.high is not None:
        lines.append(range_text(figure.low, figure.high))
    lines.append(f"{figure.scope}, estimated" if mark else figure.scope)
    return "\n".join(lines)


def clock_cell(entry: Measurement) -> str:
    """The median clock and the highest temperature of the samples, as far as the device tells."""
    clocks = [sample.clock_hz for sample in entry.samples if sample.clock_hz is not None]
    temperatures = [sample.temperature_c for sample in entry.samples if sample.temperature_c is not None]
    return f"{clock_text(median(clocks) if clocks else None)}\n{temperature_text(max(temperatures, default=None))}"


def verdict_cell(entry: Measurement, verdict: Verdict) -> str:
    """`verified` where every check of this device and of the file as a whole holds."""
    if entry.status in ("failed", "refused"):
        return entry.status
    checks = [check for check in verdict.checks if check.device in (None, entry.device.id)]
    judgement = "verified" if entry.proof is not None and all(check.ok for check in checks) else "not verified"
    return judgement if entry.status == "measured" else f"{judgement}\n{entry.status}"
