"""AMD graphics cards through AMD's own library, where it is installed (it comes with ROCm); hwmon needs no library."""

from __future__ import annotations

import contextlib
from functools import partial
from importlib import import_module
from typing import Any

from ..meter import Counter, Coverage, MeterEntry, MeterError, MeterFound, MeterInfo, MeterMissing, Reading
from .plausible import FROM_MICRO

# 15.3 µJ on Instinct cards; a thousand times that is still nothing.
STEP_J = 0.016
PLAUSIBLE_W = 5000.0
UPDATE_S = 0.1
BOUND_SOURCE = "step 15 mJ, value up to 0.1 s old; AMD states no accuracy, so it is not in the bound"


def find() -> list[MeterEntry]:
    """One meter for each card; nothing at all where the library is missing, since hwmon does without."""
    try:
        library = import_module("amdsmi")
    except (ImportError, OSError, KeyError):
        # The binding fails in several ways where ROCm's own library is not found.
        return []
    try:
        library.amdsmi_init()
        handles = library.amdsmi_get_processor_handles()
    except library.AmdSmiException as error:
        return [
            MeterMissing("amdsmi", f"AMD's library does not start: {error}", "load the driver (sudo modprobe amdgpu)")
        ]
    return [entry_for(library, index, handle) for index, handle in enumerate(handles)]


def entry_for(library: Any, index: int, handle: Any) -> MeterEntry:
    """The meter of one card, or why it has none."""
    meter_id = f"amdsmi:{index}"
    try:
        energy_j(library, handle)
    except MeterError as error:
        return MeterMissing(meter_id, str(error), "use its hwmon sensor (`hashwatt meters` lists it)")
    place = None
    with contextlib.suppress(library.AmdSmiException):
        place = str(library.amdsmi_get_gpu_device_bdf(handle))
    info = MeterInfo(
        id=meter_id,
        name=f"AMD SMI card {index}",
        scope="chip",
        coverage=Coverage("graphics card", None, place),
        update_s=UPDATE_S,
        bound_source=BOUND_SOURCE,
        counters=(Counter(meter_id, STEP_J, PLAUSIBLE_W),),
    )
    return MeterFound(info, partial(AmdMeter, info, library, handle))


def energy_j(library: Any, handle: Any) -> float:
    """Joules counted so far. Raises MeterError."""
    try:
        told = library.amdsmi_get_energy_count(handle)
    except library.AmdSmiException as error:
        raise MeterError(f"the card tells no energy: {error}") from None
    # The first field was called `power` before ROCm 6.1.
    count, resolution_uj = told.get("energy_accumulator", told.get("power")), told.get("counter_resolution")
    if not isinstance(count, int) or not isinstance(resolution_uj, float) or count <= 0 or resolution_uj <= 0:
        raise MeterError(f"the card tells no usable energy ({told!r:.80})")
    return count * resolution_uj * FROM_MICRO


class AmdMeter:
    """One card."""

    def __init__(self, info: MeterInfo, library: Any, handle: Any) -> None:
        self.info = info
        self._library = library
        self._handle = handle

    def read(self) -> Reading:
        """Its joules so far. Raises MeterError."""
        return Reading((energy_j(self._library, self._handle),))

    def close(self) -> None:
        """The library ends with the process: other meters of it may still be open."""
