"""Checks of figures that the paper quotes about others: worked out by arithmetic, since no benchmark sees them."""

from __future__ import annotations

from datetime import date
from math import prod

from ..ladder.progression import Progression
from ..ladder.story import division_text
from ..wording.ratios import counted, three_digits
from .checks import finding
from .finding import Finding

HOURS_A_YEAR = 365.25 * 24
# What the paper quotes of Xunlei's shared computing.
NODES = 1.5e6
STORAGE_B = 1500e15
BANDWIDTH_BS = 30e12
SAVED_KWH = 60e6
SAVED_CO2_KG = 50_250e3
# China's average for 2022, published by its Ministry of Ecology and Environment on 26 December 2024
# (as reported at https://dhirubhai.net/pulse/grid-emission-factor-key-progress-chinas-climate-4nklc).
GRID_YEAR, GRID_KG_PER_KWH = 2022, 0.5366
# How far a rounded figure may be from another and still be called the same.
SAME = 0.1
# TOPS a watt of Google's first TPU over a Haswell server and a K80: Jouppi et al., "In-datacenter performance
# analysis of a tensor processing unit", ISCA 2017, abstract
# (https://research.google/pubs/in-datacenter-performance-analysis-of-a-tensor-processing-unit).
TPU_GAIN = (30.0, 80.0)


def xunlei_s_figures_agree(ladder: Progression, paper: date) -> Finding:
    """Cannot be tested: no benchmark sees the nodes. What can be computed is what the figures say of one node."""
    energy_kwh, factor = SAVED_KWH / NODES, SAVED_CO2_KG / SAVED_KWH
    evidence = [
        f"a node of {counted(NODES)}: {STORAGE_B / NODES / 1e12:.2f} TB, {BANDWIDTH_BS / NODES / 1e6:.1f} Mb/s and "
        f"{energy_kwh:.1f} kWh saved; figures so round look like a number of nodes times an assumption, "
        "not like a sum of readings",
        f"{energy_kwh:.0f} kWh is what {energy_kwh / HOURS_A_YEAR * 1000:.1f} W need in a year (the period is not "
        "stated), so a node that draws as much itself saves nothing",
        f"{SAVED_CO2_KG / 1e3:,.0f} t of CO₂ for {SAVED_KWH / 1e6:.0f} GWh is {factor:.4f} kg a kWh; China's grid had "
        f"{GRID_KG_PER_KWH} on average in {GRID_YEAR} (a later, cleaner year), which makes "
        f"{SAVED_KWH * GRID_KG_PER_KWH / 1e3:,.0f} t",
    ]
    ratio = factor / GRID_KG_PER_KWH
    fits = abs(ratio - 1) <= SAME
    judged = "fits the grid" if fits else f"is {three_digits(ratio)} × the grid's published average"
    because = f"no benchmark of devices sees the nodes; the figures agree with one another, and the CO₂ a kWh {judged}"
    return finding("cannot be tested here", because, evidence)


def the_tpu_is_an_asic(ladder: Progression, paper: date) -> Finding:
    """Partly where its published gain is of the size of a rung's; it does not hash, so it is not on the ladder."""
    ratios = [step.efficiency_ratio for step in ladder.steps if step.efficiency_ratio]
    low, high = TPU_GAIN
    evidence = [
        f"published: {low:.0f}–{high:.0f} × the operations a watt of the CPU and GPU of its time (peer-reviewed)"
    ]
    if not ratios:
        return finding("cannot be tested here", "no rung of ours has an energy to set it beside", evidence)
    evidence.append(
        f"mining's rungs, in their own times: {', '.join(map(division_text, ratios))} energy a hash; "
        f"from GPU to ASIC {division_text(prod(ratios[1:]))}"
    )
    evidence.append(
        "it was built to multiply 8-bit numbers, not to rotate and XOR words: "
        "no hashrate of it is known, so it has no point here"
    )
    if low > max(ratios) or high < min(ratios):
        return finding("not reproduced", "its gain is not of the size of one of mining's rungs", evidence)
    because = (
        "an ASIC for another task gains about as much as one of mining's rungs does; that task is not measured here"
    )
    return finding("partly", because, evidence)
