"""What makes an energy figure less sure, each with its cause and what to do about it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..result.energy import Energy, IdlePower
from ..result.printable import printable
from ..result.warning import WarningCode, WarningRecord

# A figure that may be off by more than this is too rough to compare devices with.
ROUGH = 0.1
# Ticks and background services: below this many CPUs, others do not count.
OTHER_LOAD = 0.1
# An idle power that changed by less is the machine's usual coming and going.
MOVED = 0.1


def judge(energy: Energy, other_load: float | None) -> list[WarningRecord]:
    """The warnings that a record calls for; `other_load` is the number of CPUs that other programs kept busy."""
    if energy.meter is None or energy.gross_j is None:
        return []
    warnings = []
    if energy.gaps:
        warnings.append(gaps(energy))
    if other_load is not None and other_load >= OTHER_LOAD and counts_processor(energy):
        warnings.append(shared(energy, other_load))
    if energy.method != "estimated" and energy.low_j is not None and energy.high_j is not None:
        doubt = (energy.high_j - energy.low_j) / 2 / energy.gross_j
        if doubt > ROUGH:
            warnings.append(window_short(energy, doubt))
    if energy.cross_check is not None and not energy.cross_check.agrees:
        warnings.append(disagreement(energy))
    if has_moved(energy.idle):
        warnings.append(idle_moved(energy))
    return warnings


def has_moved(idle: Sequence[IdlePower]) -> bool:
    """Whether the idle power after the run is another than before it, by more than the bounds explain."""
    if len(idle) < 2:
        return False
    before, after = idle[0], idle[1]
    apart = before.high_w < after.low_w or after.high_w < before.low_w
    return apart and abs(after.power_w - before.power_w) > MOVED * max(before.power_w, after.power_w)


def counts_processor(energy: Energy) -> bool:
    """Whether what other programs do to the processor is in the figure; a card's own sensor does not see it."""
    return energy.covers in ("the device", "the device and more") and energy.scope in (
        "package",
        "system",
        "wall",
        None,
    )


def warning(code: WarningCode, text: str) -> WarningRecord:
    """A warning whose text fits a result."""
    return WarningRecord(code=code, text=printable(text))


def gaps(energy: Energy) -> WarningRecord:
    """Some readings failed."""
    filled = f", and {energy.hole_s:.2g} s had to be filled in" if energy.hole_s else ", and its counter bridged that"
    times = "once" if energy.gaps == 1 else f"{energy.gaps} times"
    return warning(
        "energy_gaps", f"{energy.meter} fell silent {times}{filled}; check the meter, or its place in the network"
    )


def shared(energy: Energy, other_load: float) -> WarningRecord:
    """Other programs' energy is in the figure."""
    return warning(
        "energy_shared",
        f"{energy.meter} also counted what other programs spent, who kept {other_load:.2g} CPUs busy; close them and "
        "measure again",
    )


def window_short(energy: Energy, doubt: float) -> WarningRecord:
    """The figure is rough, and a longer window would make it finer."""
    needed_s = math.ceil((energy.window_s or 0.0) * doubt / ROUGH)
    return warning(
        "energy_window_short",
        f"the joules of {energy.meter} are known to ±{doubt:.0%} only, which is its step, its delay and its own "
        f"accuracy against {energy.window_s:.3g} s; measure longer (-t {needed_s}) or with a finer meter",
    )


def disagreement(energy: Energy) -> WarningRecord:
    """The meter contradicts itself."""
    other_j = energy.cross_check.joules if energy.cross_check is not None else math.nan
    return warning(
        "energy_disagreement",
        f"{energy.meter} contradicts itself: {energy.gross_j:.4g} J by its {energy.method}, {other_j:.4g} J by the "
        "other way; the bounds span both, and a plug at the wall would tell which is right",
    )


def idle_moved(energy: Energy) -> WarningRecord:
    """The machine idles differently after the run."""
    before, after = energy.idle[0], energy.idle[-1]
    return warning(
        "idle_moved",
        f"by {energy.meter} the machine idled at {before.power_w:.3g} W before and {after.power_w:.3g} W after the "
        "run, so joules above idle are that unsure; let it come to rest first, and close other programs",
    )
