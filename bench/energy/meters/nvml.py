"""NVIDIA graphics cards, through the driver's own library (NVML) and NVIDIA's binding to it.

The total-energy counter comes first (Volta and newer); watts are its cross-check. `GetPowerUsage`
averages over a second on Ampere (but GA100) and newer, so the instant field is asked for first.
"""

from __future__ import annotations

import contextlib
import platform
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

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
)

FROM_MILLI = 1e-3
STEP_J = 1e-3
STEP_W = 1e-3
# No single card draws more.
PLAUSIBLE_W = 5000.0
# The counter follows the sensor, which refreshes every 20 to 100 ms depending on the chip (arXiv:2312.02741).
UPDATE_S = 0.1
SLICED = ", all slices of it"
# NVIDIA states ±5 % for Fermi and Kepler only; arXiv:2312.02741 found errors of that size, proportional, later too.
ACCURACY = 0.05
BOUND_SOURCE = (
    "±5 % of the reading (NVML manual for Fermi and Kepler; found on newer cards too, arXiv:2312.02741), "
    "value up to 0.1 s old; on A100 and H100 the sensor looks a quarter of the time only, which no bound covers"
)


# Why the library is not found, and what helps, by system.
NO_LIBRARY = {
    "Linux": (
        "libnvidia-ml.so.1 is not here: no NVIDIA card, or no driver for it",
        "where there is a card, install NVIDIA's driver (in a container, start it with --gpus all)",
    ),
    "Windows": (
        "nvml.dll is not here: no NVIDIA card, or no driver for it",
        "where there is a card, install NVIDIA's driver",
    ),
    "Darwin": ("macOS has no driver for NVIDIA's cards", NOTHING_HELPS),
}


def binding() -> Any:
    """NVIDIA's Python binding, a module without types. Raises ImportError."""
    return import_module("pynvml")


def find() -> list[MeterEntry]:
    """One meter for each card, or the reason why there is none."""
    try:
        nvml = binding()
    except ImportError:
        return [MeterMissing("nvml", "the package nvidia-ml-py is not installed", "pip install nvidia-ml-py")]
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:
        return [why_not_started(nvml, error)]
    try:
        return find_cards(nvml)
    except nvml.NVMLError as error:
        return [MeterMissing("nvml", f"the NVIDIA driver does not list its cards: {error}", "check `nvidia-smi`")]
    finally:
        with contextlib.suppress(nvml.NVMLError):
            nvml.nvmlShutdown()


def why_not_started(nvml: Any, error: Exception) -> MeterMissing:
    """Why NVML does not start, and what helps."""
    code, system = getattr(error, "value", None), platform.system()
    if code == nvml.NVML_ERROR_LIBRARY_NOT_FOUND:
        return MeterMissing("nvml", *NO_LIBRARY.get(system, NO_LIBRARY["Linux"]))
    if code == nvml.NVML_ERROR_DRIVER_NOT_LOADED:
        load = "sudo modprobe nvidia" if system == "Linux" else "install it again, and restart the machine"
        return MeterMissing("nvml", "the NVIDIA driver is installed but not loaded", load)
    if code == nvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH:
        why = "the loaded NVIDIA driver and its library are of different versions"
        container = ", or the container with the machine's own library" if system == "Linux" else ""
        return MeterMissing("nvml", why, f"restart the machine{container}")
    if code == nvml.NVML_ERROR_NO_PERMISSION:
        allow = "let it read and write /dev/nvidia*" if system == "Linux" else "run it as an administrator"
        return MeterMissing("nvml", "this user may not ask the NVIDIA driver", allow)
    if code == nvml.NVML_ERROR_FUNCTION_NOT_FOUND:
        return MeterMissing("nvml", "this NVIDIA driver is too old to be asked", "update the driver")
    log = " and the kernel log" if system == "Linux" else ""
    return MeterMissing("nvml", f"the NVIDIA driver does not start: {error}", f"check `nvidia-smi`{log}")


def find_cards(nvml: Any) -> list[MeterEntry]:
    """An entry for each card of a started NVML. Raises NVMLError."""
    count = nvml.nvmlDeviceGetCount()
    if count == 0:
        return [MeterMissing("nvml", "the NVIDIA driver knows of no card", "check `nvidia-smi`")]
    return [entry_for(nvml, index) for index in range(count)]


def entry_for(nvml: Any, index: int) -> MeterEntry:
    """The meter of one card, or why it has none."""
    meter_id = f"nvml:{index}"
    try:
        card = nvml.nvmlDeviceGetHandleByIndex(index)
        name = str(nvml.nvmlDeviceGetName(card))
    except nvml.NVMLError as error:
        return MeterMissing(meter_id, f"the card does not answer: {error}", "check `nvidia-smi`, restart the machine")
    told = ask(nvml, card)
    if not told.has_counter and told.power is None:
        return MeterMissing(
            meter_id,
            f"{name} tells neither joules nor watts ({told.refusal})",
            "a newer driver may; else measure at the wall (--meter shelly://HOST)",
        )
    info = MeterInfo(
        id=meter_id,
        name=f"NVML {name}{SLICED if told.sliced else ''}",
        scope="board",
        coverage=coverage_of(name, told),
        update_s=UPDATE_S,
        bound_source=BOUND_SOURCE,
        counters=(Counter(name, STEP_J, PLAUSIBLE_W),) if told.has_counter else (),
        power_step_w=None if told.power is None else STEP_W,
        spread=(1 - ACCURACY, 1 + ACCURACY),
        deadline_s=2.0,
    )
    return MeterFound(info, partial(NvmlMeter, info, index, told.power))


PowerQuery = Callable[[Any, Any], float]


@dataclass(frozen=True)
class Told:
    """What a card answers: a counter, a way to ask for watts, its place; or why not.

    `sliced`: it is cut into slices (MIG), each a device of its own, and answers for all of them together.
    """

    has_counter: bool
    power: PowerQuery | None
    pci: str | None
    refusal: str
    sliced: bool = False


def coverage_of(name: str, told: Told) -> Coverage:
    """What a card's figures count."""
    return Coverage("sliced graphics card" if told.sliced else "graphics card", name, told.pci)


def is_sliced(nvml: Any, card: Any) -> bool:
    """Whether the card is cut into slices now (MIG: A100, H100 and their like)."""
    with contextlib.suppress(nvml.NVMLError):
        current, _ = nvml.nvmlDeviceGetMigMode(card)
        return bool(current == nvml.NVML_DEVICE_MIG_ENABLE)
    return False


def ask(nvml: Any, card: Any) -> Told:
    """Try what the card answers."""
    refusal = ""
    has_counter = True
    try:
        nvml.nvmlDeviceGetTotalEnergyConsumption(card)
    except nvml.NVMLError as error:
        has_counter = False
        refusal = str(error)
    power: PowerQuery | None = None
    for query in (instant_power_w, usage_w):
        try:
            query(nvml, card)
            power = query
            break
        except nvml.NVMLError as error:
            refusal = refusal or str(error)
    pci = None
    with contextlib.suppress(nvml.NVMLError):
        place = nvml.nvmlDeviceGetPciInfo(card).busId
        pci = place.decode() if isinstance(place, bytes) else str(place)
    return Told(has_counter, power, pci, refusal, is_sliced(nvml, card))


def instant_power_w(nvml: Any, card: Any) -> float:
    """Watts at the moment. Raises NVMLError."""
    field = nvml.nvmlDeviceGetFieldValues(card, [nvml.NVML_FI_DEV_POWER_INSTANT])[0]
    if field.nvmlReturn != nvml.NVML_SUCCESS:
        raise nvml.NVMLError(field.nvmlReturn)
    return float(field.value.uiVal) * FROM_MILLI


def usage_w(nvml: Any, card: Any) -> float:
    """Watts at the moment or over the last second, depending on the chip. Raises NVMLError."""
    return float(nvml.nvmlDeviceGetPowerUsage(card)) * FROM_MILLI


class NvmlMeter:
    """One card."""

    def __init__(self, info: MeterInfo, index: int, power: PowerQuery | None) -> None:
        self.info = info
        self._power = power
        self._nvml = binding()
        self._is_open = False
        try:
            self._nvml.nvmlInit()
            self._is_open = True
            self._card = self._nvml.nvmlDeviceGetHandleByIndex(index)
        except self._nvml.NVMLError as error:
            self.close()
            raise MeterError(f"{info.id} cannot be opened: {error}") from error

    def read(self) -> Reading:
        """Joules and watts, as far as the card tells them. Raises MeterError when it tells neither."""
        refusals = []
        joules = power_w = None
        try:
            if self.info.counters:
                joules = self._nvml.nvmlDeviceGetTotalEnergyConsumption(self._card) * FROM_MILLI
        except self._nvml.NVMLError as error:
            refusals.append(str(error))
        try:
            if self._power is not None:
                power_w = self._power(self._nvml, self._card)
        except self._nvml.NVMLError as error:
            refusals.append(str(error))
        if joules is None and power_w is None:
            raise MeterError(f"{self.info.id} did not answer: {refusals[0] if refusals else 'no figure'}")
        return Reading((joules,) if self.info.counters else (), power_w)

    def close(self) -> None:
        """Leave NVML."""
        if self._is_open:
            self._is_open = False
            with contextlib.suppress(self._nvml.NVMLError):
                self._nvml.nvmlShutdown()
