"""Apple silicon, through the library zeus-apple-silicon, which needs no root.

Its figures are what the chip's own power manager models, not what a sensor measured.
"""

from __future__ import annotations

import platform
import sys
from functools import partial
from importlib import import_module
from typing import Any

from ....kernels.system.translation import TRUE_PYTHON, translator
from ..meter import (
    NOTHING_HELPS,
    Counter,
    Coverage,
    MeterEntry,
    MeterError,
    MeterFound,
    MeterInfo,
    MeterMissing,
    Reading,
    Subject,
)

LIBRARY = "zeus_apple_silicon"
# The first Python that release 1.1 has no wheel for.
NO_WHEEL = (3, 14)
FROM_MILLI = 1e-3
STEP_J = 1e-3
PLAUSIBLE_W = 1000.0
UPDATE_S = 0.1
BOUND_SOURCE = (
    "step 1 mJ, value up to 0.1 s old; Apple states no accuracy for its energy model, so it is not in the bound"
)

# The library's field, what it is, and whose it is. The neural engine does none of our work.
FIGURES: tuple[tuple[str, str, Subject], ...] = (
    ("cpu_total_mj", "cpu", "processor"),
    ("gpu_mj", "gpu", "graphics card"),
)


def find(system: str = sys.platform, machine: str | None = None) -> list[MeterEntry]:
    """The meters of an Apple chip, or the reason why there are none."""
    if system == "darwin" and translator() is not None:
        return [MeterMissing("apple", "this Python is translated by Rosetta, which hides the chip", TRUE_PYTHON)]
    if system != "darwin" or (machine or platform.machine()) != "arm64":
        return [MeterMissing("apple", "this is no Apple silicon", NOTHING_HELPS)]
    try:
        library = import_module(LIBRARY)
    except ImportError:
        # It comes along with hashwatt wherever it has a wheel.
        remedy = "pip install zeus-apple-silicon"
        if sys.version_info >= NO_WHEEL:
            remedy = f"use Python {NO_WHEEL[0]}.{NO_WHEEL[1] - 1} or older, for which it has wheels"
        return [MeterMissing("apple", "the package zeus-apple-silicon is not installed", remedy)]
    try:
        figures = library.AppleEnergyMonitor().get_cumulative_energy()
    except RuntimeError as error:
        return [MeterMissing("apple", f"the chip's energy model does not answer: {error}", "update macOS")]
    return [
        entry_for(library, field, what, subject)
        for field, what, subject in FIGURES
        if getattr(figures, field, None) is not None
    ]


def entry_for(library: Any, field: str, what: str, subject: Subject) -> MeterEntry:
    """The meter of one part of the chip."""
    info = MeterInfo(
        id=f"apple:{what}",
        name=f"Apple silicon {what.upper()}",
        scope="chip",
        coverage=Coverage(subject, "Apple"),
        update_s=UPDATE_S,
        bound_source=BOUND_SOURCE,
        counters=(Counter(what, STEP_J, PLAUSIBLE_W),),
    )
    return MeterFound(info, partial(AppleMeter, info, library, field))


class AppleMeter:
    """One part of the chip."""

    def __init__(self, info: MeterInfo, library: Any, field: str) -> None:
        self.info = info
        self._field = field
        try:
            self._monitor = library.AppleEnergyMonitor()
        except RuntimeError as error:
            raise MeterError(f"{info.id} cannot be opened: {error}") from error

    def read(self) -> Reading:
        """Its joules so far. Raises MeterError."""
        try:
            value = getattr(self._monitor.get_cumulative_energy(), self._field)
        except RuntimeError as error:
            raise MeterError(f"{self.info.id} did not answer: {error}") from error
        if value is None:
            raise MeterError(f"{self.info.id} tells nothing any more")
        return Reading((float(value) * FROM_MILLI,))

    def close(self) -> None:
        """Nothing is held."""
