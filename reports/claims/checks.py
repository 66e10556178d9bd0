"""The checks behind the ledger: each looks at one claim with our data and says what follows, by a rule written here.

Each takes the ladder (with the user's verified measurements on it) and the paper's date.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np

from ...bench.result.measurement import Origin
from ..ladder.modelled import modelled_devices
from ..ladder.network import DAY_SECONDS, Epoch, epoch_at, epochs, place_of
from ..ladder.points import Point
from ..ladder.progression import Progression
from ..ladder.reference import ReferenceDevice, Rung, reference_devices, time_of
from ..ladder.rungs import RungRatio, RungSummary, summary, year_of
from ..ladder.story import division_text, scopes_text
from ..ladder.words import difficulty_text, hashrate_text
from ..wording.ratios import counted, duration_text, ratio_text
from ..wording.units import percent_text
from .finding import Finding, Judgement

YEAR_SECONDS = 365.25 * DAY_SECONDS
# A straight line through log2(difficulty) explains this much of it where the growth is called exponential …
STRAIGHT = 0.9
# … with one rate: the quickest whole year grows by no more than this many times the slowest one's factor.
ONE_RATE = 10
# A rung that is faster by less than this was not taken for its speed.
NO_FASTER = 2
# Rank correlation of year and J/TH below which newer ASICs are said to need less.
LESS_ENERGY = -0.5
CANAAN_SOLD_HS = 2000e15
CANAAN_SHARE = 0.25
# An example for the arithmetic of heat: a big chip's area and power.
EXAMPLE_POWER_W = 250
EXAMPLE_AREA_MM2 = 324


def each_rung_beats_the_one_before(ladder: Progression, paper: date) -> Finding:
    """Reproduced where each rung needs less energy a hash than the one before; partly where a rung has no figures."""
    evidence = [described(step) for step in ladder.steps]
    known = [step.efficiency for step in ladder.steps if step.efficiency is not None]
    own = [
        point
        for point in measured(ladder.points)
        if point.rung == "cpu" and point.efficiency_j_per_th and point.energy_origin in ("measured", "reported")
    ]
    evidence.extend(
        f"{rung.rung.upper()}: {rung.devices} devices; power of their figures: {scopes_text(rung.scopes)}"
        for rung in ladder.rungs
        if rung.devices
    )
    gpu = next(rung.efficiency_j_per_th for rung in ladder.rungs if rung.rung == "gpu")
    origins: list[Origin] = ["cited"]
    if ladder.steps[0].efficiency is None and own and gpu is not None:
        most_efficient = min(point.efficiency_j_per_th or 0 for point in own)
        known.append((most_efficient / gpu.high, most_efficient / gpu.low))
        evidence.append(f"median GPU over the best CPU measured here: {ratio_text(known[-1])} the hashes a joule")
        origins.append("measured")
    if any(low <= 1 for low, _ in known):
        return finding("not reproduced", "a rung needs more energy a hash than the one before", evidence, origins)
    if len(known) < len(ladder.steps):
        because = (
            "where energy is published each rung needs less of it a hash, but not all rungs have published figures; "
            "that competition was the cause cannot be measured"
        )
        return finding("partly", because, evidence, origins)
    because = (
        "in its own time each rung needs less energy a hash than the one before; "
        "that competition was the cause cannot be measured"
    )
    return finding("reproduced", because, evidence, origins)


def difficulty_grows_exponentially(ladder: Progression, paper: date) -> Finding:
    """Reproduced where one exponential fits up to the paper; partly where it grew each year, but not at one rate."""
    until = [epoch for epoch in epochs() if epoch.date <= paper]
    factor, straightness = exponential_fit(until)
    yearly = yearly_factors(until)
    slowest, quickest = min(yearly, key=lambda year: yearly[year]), max(yearly, key=lambda year: yearly[year])
    later_factor, later_straightness = exponential_fit([epoch for epoch in epochs() if epoch.date > paper])
    evidence = [
        f"one exponential through {until[0].date} to {until[-1].date}: × {factor:.1f} a year, R² = {straightness:.2f}",
        f"by whole years it grew × {yearly[slowest]:.1f} in {slowest} and × {yearly[quickest]:,.0f} in {quickest}",
        f"since then, to {epochs()[-1].date}: × {later_factor:.1f} a year, R² = {later_straightness:.2f}",
    ]
    if straightness < STRAIGHT or yearly[slowest] <= 1:
        return finding("not reproduced", "no exponential fits it", evidence)
    if yearly[quickest] > ONE_RATE * yearly[slowest]:
        return finding("partly", "it grew every year, but at no single rate: the growth slows down", evidence)
    return finding("reproduced", "one rate fits all years", evidence)


def energy_decides(ladder: Progression, paper: date) -> Finding:
    """Reproduced where every known step saves energy, one is taken for that alone, and newer ASICs need less.

    A step is taken for the energy alone where it saves more than twice and is not twice as fast.
    """
    known = [step for step in ladder.steps if step.efficiency is not None]
    saving = all(step.efficiency[0] > 1 for step in known if step.efficiency)
    thrifty = [
        step
        for step in known
        if step.hashrate and step.efficiency and step.hashrate[1] < NO_FASTER < step.efficiency[0]
    ]
    asics = [
        (device.year, device.efficiency_j_per_th)
        for device in ladder.devices
        if device.rung == "asic" and device.counted and device.year and device.efficiency_j_per_th
    ]
    correlation = rank_correlation([year for year, _ in asics], [figure for _, figure in asics])
    evidence = [
        *(described(step) for step in known),
        f"{len(asics)} cited ASIC machines with a release: rank correlation of time and J/TH {correlation:.2f}",
    ]
    if saving and thrifty and correlation <= LESS_ENERGY:
        step = thrifty[0]
        because = (
            f"{step.upper.upper()}s followed {step.lower.upper()}s though the median one is hardly faster "
            f"({ratio_text(step.hashrate or (1, 1))}): it needs {division_text(step.efficiency_ratio or 1)[2:]} times "
            "less energy a hash; and newer ASICs need less still"
        )
        return finding("reproduced", because, evidence)
    if saving:
        return finding("partly", "every known step saves energy, but each is faster, too", evidence)
    return finding("not reproduced", "a step does not save energy", evidence)


def canaan_supplied_a_quarter_of_the_growth(ladder: Progression, paper: date) -> Finding:
    """Reproduced where 2,000 PH/s is over a quarter of what the network gained in 2017."""
    start, end = epoch_at(date(2017, 1, 1)), epoch_at(date(2017, 12, 31))
    share = CANAAN_SOLD_HS / (end.hashrate_hs - start.hashrate_hs)
    fitting = [
        epoch
        for epoch in epochs()
        if start.date < epoch.date <= end.date
        and epoch.hashrate_hs - start.hashrate_hs <= CANAAN_SOLD_HS / CANAAN_SHARE
    ]
    part, least = percent_text(100 * share), f"{100 * CANAAN_SHARE:.0f} %"
    evidence = [
        f"the network went from {hashrate_text(start.hashrate_hs)} ({start.date}) to "
        f"{hashrate_text(end.hashrate_hs)} ({end.date}), so 2,000 PH/s is {part} of what it gained in 2017",
        f"it is {least} or more only if the year ends by {fitting[-1].date}",
        "how much was sold is the paper's word; part of it was sold before 2017, which makes the share smaller",
        *machines_of(CANAAN_SOLD_HS, paper),
    ]
    if share > CANAAN_SHARE:
        return finding("reproduced", f"the share is {part}", evidence)
    return finding("not reproduced", f"the share is {part}, not over {least}", evidence)


def machines_of(rate_hs: float, paper: date) -> list[str]:
    """How many of Canaan's 16 nm machines of before the paper so much is, and what they draw."""
    made = [
        row
        for row in reference_devices()
        if (row.vendor, row.process_nm, row.form) == ("Canaan", 16, "miner")
        and row.released
        and time_of(row.released) < paper.year
        and row.hashrate_hs
        and row.power_w
    ]
    if not made:
        return []
    typical = sorted(made, key=lambda row: row.hashrate_hs or 0)[len(made) // 2]
    count = rate_hs / (typical.hashrate_hs or 1)
    power_mw = count * (typical.power_w or 0) / 1e6
    return [
        f"so much is {counted(count)} machines like {typical.device} ({hashrate_text(typical.hashrate_hs or 0)}, "
        f"{typical.power_w:.0f} W), which draw {power_mw:.0f} MW"
    ]


def chips_are_twice_as_hot(ladder: Progression, paper: date) -> Finding:
    """Cannot be tested while no source gives both the area and the power of a chip of Canaan's."""
    known = [row for row in reference_devices() if row.die_area_mm2 and row.power_w]
    both = [row for row in known if row.vendor == "Canaan"]
    example = EXAMPLE_POWER_W / EXAMPLE_AREA_MM2
    evidence = [
        f"as printed it cannot be meant: a chip of {EXAMPLE_AREA_MM2} mm² at {EXAMPLE_POWER_W} W gives off "
        f"{example * 1e6:,.0f} W per square metre; per square millimetre that is {example:.2f} W, the size of the claim"
    ]
    evidence.extend(
        f"{row.name}: {row.efficiency_j_per_th * row.hashrate_mhs / 1e6 / row.die_area_mm2:.2f} W/mm²"
        for row in modelled_devices()
        if row.efficiency_j_per_th and row.hashrate_mhs and row.die_area_mm2
    )
    evidence.extend(f"{row.name}, cited: {heat_of(row):.2f} W/mm²" for row in known)
    origins: list[Origin] = ["cited", "modelled"] if known else ["modelled"]
    if not both:
        because = "no source in our data gives both the area and the power of one of Canaan's chips"
        return finding("cannot be tested here", because, evidence, origins)
    hottest = max(map(heat_of, both))
    because = f"the hottest gives off {hottest:.2f} W/mm²"
    hotter = hottest > max(1.0, 2 * example)
    return finding("reproduced" if hotter else "not reproduced", because, evidence, origins)


def heat_of(row: ReferenceDevice) -> float:
    """W/mm² of a row that has both."""
    return (row.power_w or 0) / (row.die_area_mm2 or 1)


def pools_gather_individuals(ladder: Progression, paper: date) -> Finding:
    """Cannot be tested: a benchmark sees devices, not pools. What can be computed is why one would join."""
    epoch = epoch_at(paper)
    evidence = [
        f"{described_rung(rung)} alone waits {duration_text(alone.seconds_per_block)} for a block "
        f"at the difficulty of {epoch.date} ({difficulty_text(epoch.difficulty)})"
        for rung in at_the_time(ladder, paper)
        if rung.hashrate_hs is not None
        for alone in [place_of(rung.hashrate_hs.median, epoch)]
    ]
    return finding("cannot be tested here", "a benchmark of devices sees no pools, only why they arose", evidence)


def idle_computers_can_be_pooled(ladder: Progression, paper: date) -> Finding:
    """Partly where CPUs are seen to hash; the general computation is not measured."""
    rungs = {rung.rung: rung for rung in at_the_time(ladder, paper)}
    cpu, asic = rungs["cpu"].hashrate_hs, rungs["asic"].hashrate_hs
    if cpu is None or asic is None:
        return finding("cannot be tested here", "no figures of CPUs and ASICs to compare", [])
    network = epoch_at(paper).hashrate_hs
    evidence = [
        f"{described_rung(rungs['asic'])} does the work of {counted(asic.median / cpu.median)} computers with "
        f"{described_rung(rungs['cpu'])}",
        f"1 % of the network of {epoch_at(paper).date} was {counted(network / 100 / cpu.median)} such computers",
    ]
    origins: list[Origin] = ["cited"]
    own = [point for point in measured(ladder.points) if point.rung == "cpu" and point.hashrate_hs]
    if own:
        origins.append("measured")
        best = max(point.hashrate_hs or 0 for point in own)
        needed = counted(network / 100 / best)
        evidence.append(f"with the fastest CPU measured here ({hashrate_text(best)}, proof verified) it is {needed}")
    because = "home computers do hash, but next to ASICs to no effect; what they compute else nobody pools here"
    return finding("partly", because, evidence, origins)


def at_the_time(ladder: Progression, paper: date) -> list[RungSummary]:
    """The rungs in their own times, but the ASICs of the paper's year and the one before, where there are any."""
    last: Rung = ladder.rungs[-1].rung
    recent = [
        device
        for device in ladder.devices
        if device.counted and device.rung == last and paper.year - 1 <= year_of(device) <= paper.year
    ]
    return [*ladder.rungs[:-1], summary(last, recent) if recent else ladder.rungs[-1]]


def described_rung(rung: RungSummary) -> str:
    """The median device of a rung in words."""
    return f"the median cited {rung.rung.upper()} of {rung.first_year}–{rung.last_year}"


def finding(
    judgement: Judgement, because: str, evidence: Iterable[str], origins: Sequence[Origin] = ("cited",)
) -> Finding:
    """A Finding from its parts."""
    return Finding(judgement=judgement, because=because, evidence=tuple(evidence), origins=tuple(origins))


def measured(points: Iterable[Point]) -> list[Point]:
    """The points that were measured (they reach the ladder only if their proof verifies)."""
    return [point for point in points if point.origin == "measured"]


def described(step: RungRatio) -> str:
    """A step of the ladder in words."""
    hashes = "hashrate unknown" if step.hashrate is None else f"{ratio_text(step.hashrate)} the hashrate"
    energy = (
        "hashes a joule unknown"
        if step.efficiency is None or step.efficiency_ratio is None
        else f"energy a hash {division_text(step.efficiency_ratio)} ({ratio_text(step.efficiency)} the hashes a joule)"
    )
    return f"{step.upper.upper()} over {step.lower.upper()}, medians in their own times: {hashes}, {energy}"


def exponential_fit(series: Sequence[Epoch]) -> tuple[float, float]:
    """The yearly factor of the best exponential through the difficulties, and how much of log₂ it explains (R²)."""
    years = np.array([epoch.block_time_unix for epoch in series]) / YEAR_SECONDS
    doublings = np.log2([epoch.difficulty for epoch in series])
    slope, start = np.polyfit(years - years[0], doublings, 1)
    rest = doublings - (start + slope * (years - years[0]))
    return float(2**slope), float(1 - rest.var() / doublings.var())


def yearly_factors(series: Sequence[Epoch]) -> dict[int, float]:
    """By how much the difficulty grew in each whole year, from the first epoch of one year to that of the next."""
    first: dict[int, float] = {}
    for epoch in series:
        first.setdefault(epoch.date.year, epoch.difficulty)
    return {year: first[year + 1] / first[year] for year in first if year + 1 in first}


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> float:
    """Spearman's rank correlation, ties sharing their mean rank."""
    return float(np.corrcoef(ranks(first), ranks(second))[0, 1])


def ranks(values: Sequence[float]) -> list[float]:
    """Mean rank of each value."""
    data = np.asarray(values, dtype=float)
    return [float((data < value).sum() + ((data == value).sum() - 1) / 2) for value in data]
