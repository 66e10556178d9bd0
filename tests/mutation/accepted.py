"""Changes that no test notices, and why that is well: they decide nothing, or nothing that can be seen."""

from __future__ import annotations

from .mutants import Mutant

# (module, before, after): reason. Lines move; what stands on them does not so soon.
REASONS: dict[tuple[str, str, str], str] = {
    (module, before, after): reason
    for module, reason, changes in (
        (
            "bench/statistics.py",
            "how much is held in memory at once: any size gives the same figures, which a test shows",
            (
                ("1 << 21", "1 >> 21"), ("1", "2"), ("21", "22"), ("BLOCK_VALUES // count", "BLOCK_VALUES * count"),
                ("max(1, BLOCK_VALUES // count)", "min(1, BLOCK_VALUES // count)"),
            ),
        ),
        (
            "bench/statistics.py",
            "the medians are the same on both sides then, so their middle parts overlap in any case",
            (("change > 0", "change >= 0"),),
        ),
        (
            "bench/statistics.py",
            "the two are equal only where nothing varies at all, and then the levels are not apart",
            (("deviation < along_line", "deviation <= along_line"),),
        ),
        (
            "bench/statistics.py",
            "as many parts as values are the values themselves",
            (("len(data) <= most", "len(data) < most"),),
        ),
        (
            "bench/energy/joules/efficiency.py",
            "no time is no work, and a figure of 0 J is none either",
            (("timed_s <= 0", "timed_s < 0"),),
        ),
        (
            "bench/energy/joules/efficiency.py",
            "never the smaller of the two while the figure lies above its lower bound: what is beside the work is more",
            (("low_j * share", "low_j / share"),),
        ),
        (
            "bench/energy/joules/from_counter.py",
            "set again before the first use: the first reading always begins a run",
            (("0.0", "1.0"),),
        ),
    )
    for before, after in changes
}  # fmt: skip


def reason_for(mutant: Mutant) -> str:
    """Why a change may go unnoticed; empty where nobody has said so."""
    return REASONS.get((mutant.module, mutant.before, mutant.after), "")
