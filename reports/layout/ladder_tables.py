"""The tables of the mining chapters as text: the ladder, the best so far, the devices' places in the network."""

from __future__ import annotations

from ..document.report import Report
from ..ladder.devices import reason_against
from ..ladder.frontier import handovers
from ..ladder.network import PLACE_DAYS
from ..ladder.own import DevicePlace
from ..ladder.points import Point
from ..ladder.progression import Progression
from ..ladder.rungs import MedianRange, RungSummary
from ..ladder.story import SCOPE_WORDS, division_text, ratios_of, scopes_text, short_energy, years_text
from ..ladder.words import hashrate_text, share_text
from ..wording.ratios import duration_text, three_digits
from ..wording.units import UNKNOWN
from .tables import Table, lines, marked

MOST_PLACES = 12


def rung_table(ladder: Progression) -> Table:
    """Medians and ratios by rung, each in its own time, and the last one today, with what stands behind them."""
    steps = {step.upper: step for step in ladder.steps}
    *ratios, since = ratios_of(ladder)
    rows = [
        rung_row(rung.rung.upper(), rung, ratio, steps[rung.rung].hashrate_ratio if rung.rung in steps else None)
        for rung, ratio in zip(ladder.rungs, ratios, strict=True)
    ]
    last, today = ladder.rungs[-1], ladder.today
    faster = today.hashrate_hs.median / last.hashrate_hs.median if today.hashrate_hs and last.hashrate_hs else None
    return Table(
        caption="The median device of each rung in its own time, and the ratio to the rung before",
        columns=("rung", "energy", "to the one before", "hashrate", "to the one before", "what stands behind it"),
        rows=(*rows, rung_row(f"{today.rung.upper()} today", today, since, faster)),
    )


def rung_row(name: str, rung: RungSummary, less_energy: float | None, faster: float | None) -> tuple[str, ...]:
    """The row of one rung."""
    energy, rate = rung.efficiency_j_per_th, rung.hashrate_hs
    if not energy or not rate:
        return (name, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, "no source states it")
    return (
        lines(name, years_text(rung)),
        lines(f"{short_energy(energy.median)} J/TH", bounds_text(energy)),
        UNKNOWN if less_energy is None else division_text(less_energy),
        hashrate_text(rate.median),
        UNKNOWN if faster is None else f"× {three_digits(faster)}",
        lines(
            f"{energy.devices} devices, {energy.figures} figures, {energy.sources} sources",
            f"power: {scopes_text(rung.scopes)}",
        ),
    )


def bounds_text(middle: MedianRange) -> str:
    """What the median would be with each device's lowest and highest source, where that differs."""
    low, high = short_energy(middle.low), short_energy(middle.high)
    return "" if low == high else f"{low} to {high} by the choice of source"


def own_table(report: Report) -> Table:
    """The user's devices beside their rung: how much more or less energy a hash, how much faster or slower."""
    medians = {rung.rung: rung for rung in report.ladder.rungs}
    return Table(
        caption="The given devices, and their rung's median device in its own time",
        columns=("device", "rung", "hashrate", "energy"),
        rows=tuple(own_row(point, medians[point.rung]) for point in report.ladder.own[:MOST_PLACES]),
    )


def own_row(point: Point, rung: RungSummary) -> tuple[str, ...]:
    """The row of one of the user's devices."""
    rate, energy = point.hashrate_hs, point.efficiency_j_per_th
    faster = f"× {three_digits(rate / rung.hashrate_hs.median)} the median" if rate and rung.hashrate_hs else ""
    middle = rung.efficiency_j_per_th
    ratio = f"{division_text(middle.median / energy)} from the median" if energy and middle else ""
    return (
        point.label,
        point.rung.upper(),
        lines(hashrate_text(rate) if rate else UNKNOWN, marked(point.origin), point.word or "", faster),
        lines(f"{three_digits(energy)} J/TH", marked(f"{point.energy_origin}, {point.power_scope}"), ratio)
        if energy
        else lines(UNKNOWN, "no meter saw it"),
    )


def frontier_table(ladder: Progression, handovers_only: bool = False) -> Table:
    """The best so far over time; where it passed to another rung, its row says so. The newest is always there."""
    passed = handovers(ladder.frontier)
    return Table(
        caption="The best so far: where it passed from rung to rung, and the newest"
        if handovers_only
        else "The best so far: each device that needed less energy a hash than all before it",
        columns=("released", "device", "rung", "energy"),
        rows=tuple(
            (
                best.date,
                best.device,
                f"{best.kind.upper()} from here on" if best in passed else best.kind.upper(),
                f"{short_energy(best.j_per_th)} J/TH",
            )
            for best in ladder.frontier
            if not handovers_only or best in passed or best is ladder.frontier[-1]
        ),
    )


def place_table(report: Report) -> Table:
    """Each measured device's share of the network on some days."""
    days = [place.date for place in report.places[0].places] if report.places else []
    return Table(
        caption=f"Share of the network's hashrate, and the mean time to find one block alone; "
        f"the last column: until when that was at most {PLACE_DAYS} days"
        + (f"; the first {MOST_PLACES} of {len(report.places)} devices" if len(report.places) > MOST_PLACES else ""),
        columns=("device", *(str(day) for day in days), "a block a month until"),
        rows=tuple(place_row(place) for place in report.places[:MOST_PLACES]),
    )


def place_row(device: DevicePlace) -> tuple[str, ...]:
    """The row of one device."""
    return (
        lines(device.device, hashrate_text(device.hashrate_hs)),
        *(
            lines(share_text(place.share), f"a block in {duration_text(place.seconds_per_block)}")
            for place in device.places
        ),
        str(device.until or "never"),
    )


def reference_table(ladder: Progression) -> Table:
    """Every figure that was not measured here, with its source and what speaks against counting it."""
    return Table(
        caption="Figures that are not measured here, one row a source",
        columns=("device", "rung", "released", "hashrate", "energy", "origin", "source"),
        rows=tuple(
            (
                point.label,
                lines(point.rung.upper(), point.form or ""),
                point.released or UNKNOWN,
                UNKNOWN if point.hashrate_hs is None else hashrate_text(point.hashrate_hs),
                UNKNOWN
                if point.efficiency_j_per_th is None
                else lines(f"{three_digits(point.efficiency_j_per_th)} J/TH", scope_text(point.power_scope)),
                lines(marked(point.origin), f"does not count: {against}" if (against := reason_against(point)) else ""),
                lines(point.source, point.url or ""),
            )
            for point in ladder.points
            if point.origin not in ("measured", "reported")
        ),
    )


def scope_text(scope: str | None) -> str:
    """What the watts of a figure feed, nothing where that is not said."""
    return SCOPE_WORDS.get(scope or "", scope or "")
