"""An estimate from the processor's rated power and how busy it is: only on request, never called measured.

Power is taken as TDP × utilisation. That is a guess: processors exceed their TDP for minutes or for
good (limits of twice the TDP are common on desktops), and draw far less of it on code that leaves
their wide units idle. The bounds say so: from a quarter of the estimate to twice as much.
"""

from __future__ import annotations

import math
from functools import partial

import psutil

from ....kernels.errors import InputError
from ....kernels.system.system_files import is_foreign_root
from ...machine.load import busy_seconds
from ..meter import Coverage, MeterError, MeterFound, MeterInfo, Reading

SCHEME = "estimated"
SPREAD = (0.25, 2.0)
MOST_TDP_W = 2000.0
SHORTEST_CPU_S = 0.1
BOUND_SOURCE = "an estimate, TDP × utilisation: ¼ to 2 × of it is our own judgement, no measurement"


def from_text(text: str) -> MeterFound:
    """The meter of `--meter estimated:TDP_IN_WATTS`. Raises InputError."""
    try:
        tdp_w = float(text.strip().lower().removesuffix("w"))
    except ValueError:
        tdp_w = math.nan
    if not 0 < tdp_w <= MOST_TDP_W:
        raise InputError(
            f"--meter {SCHEME}: needs the processor's rated watts (TDP), not {text!r:.40}; try {SCHEME}:65"
        )
    info = MeterInfo(
        id=f"{SCHEME}:{tdp_w:g}W",
        name=f"estimate from a TDP of {tdp_w:g} W",
        scope="package",
        coverage=Coverage("processor"),
        update_s=0.0,
        bound_source=BOUND_SOURCE,
        power_step_w=0.0,
        spread=SPREAD,
        interval_s=0.5,
        estimated=True,
        by_default=False,
    )
    return MeterFound(info, partial(EstimatedMeter, info, tdp_w))


class EstimatedMeter:
    """Utilisation since the last reading × TDP."""

    def __init__(self, info: MeterInfo, tdp_w: float) -> None:
        self.info = info
        self._tdp_w = tdp_w
        self._before = cpu_seconds()
        self._utilisation: float | None = None

    def read(self) -> Reading:
        """Estimated watts. Raises MeterError while the system's CPU times have not moved yet."""
        if is_foreign_root():
            raise MeterError(f"{self.info.id}: how busy another machine was is in no file (HASHWATT_ROOT)")
        busy_before, all_before = self._before
        busy, everything = cpu_seconds()
        # The system counts in ticks: over less than some of them, utilisation is noise.
        if everything - all_before >= SHORTEST_CPU_S:
            self._before = (busy, everything)
            self._utilisation = min(1.0, max(0.0, (busy - busy_before) / (everything - all_before)))
        if self._utilisation is None:
            raise MeterError(f"{self.info.id}: the system's CPU times have not moved yet")
        return Reading(power_w=self._tdp_w * self._utilisation)

    def close(self) -> None:
        """Nothing is held."""


def cpu_seconds() -> tuple[float, float]:
    """CPU seconds spent busy, and all of them, since boot."""
    times = psutil.cpu_times()
    busy = busy_seconds(times)
    return busy, busy + times.idle + getattr(times, "iowait", 0.0)
