"""Power and energy sensors of Linux' hwmon: AMD and Intel graphics, system boards, single-board computers.

Each `energyN_input` (µJ) or `powerN_average`/`powerN_input` (µW) file is a meter of its own. What it
covers is known for a few drivers only; for the others the scope is left unstated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ....kernels.system_files import count_or_none, read_count, text_or_none
from ..meter import (
    Counter,
    Coverage,
    Meter,
    MeterEntry,
    MeterError,
    MeterFound,
    MeterInfo,
    MeterMissing,
    Reading,
    Scope,
    Subject,
)
from .plausible import FROM_MICRO

HWMON = "sys/class/hwmon"
SENSOR = re.compile(r"(?P<kind>energy|power)(?P<number>\d+)_(?P<what>input|average)")
# hwmon counts in µJ and µW; what the sensor resolves is finer or coarser, and only the driver knows.
STEP_J = 1e-3
STEP_W = 1e-2
PLAUSIBLE_W = 5000.0
UPDATE_S = 0.1
AVERAGING_UPDATE_S = 1.0
BOUND_SOURCE = "step and delay as drivers commonly have them (10 mW or 1 mJ; 0.1 s, 1 s where it averages): unstated"


@dataclass(frozen=True)
class Driver:
    """What is known of a driver's figures; `labels`: only the sensors so labelled are whole figures."""

    scope: Scope
    subject: Subject
    labels: str = ".*"


DRIVERS = {
    # PPT: the power that the card's firmware limits, of the chip on older cards, of the whole board on RDNA 3.
    "amdgpu": Driver("chip", "graphics card"),
    "xe": Driver("board", "graphics card", "card"),
    "i915": Driver("board", "graphics card"),
    # Its per-core counters are inside the socket's.
    "amd_energy": Driver("package", "processor", "Esocket.*"),
    # Cores and the rest of the chip apart, and neither is the whole.
    "zenpower": Driver("part", "processor"),
    "fam15h_power": Driver("package", "processor"),
    "power_meter": Driver("system", "machine"),
    "macsmc_hwmon": Driver("system", "machine", "Total System Power"),
}


@dataclass(frozen=True)
class Sensor:
    """One file to read, of the chip in `folder`."""

    folder: Path
    chip: str
    kind: str
    number: int
    what: str

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / f"{self.kind}{self.number}_{self.what}"

    @property
    def label(self) -> str | None:
        """What the driver calls it, None where it calls it nothing."""
        return text_or_none(self.folder / f"{self.kind}{self.number}_label")

    @property
    def place(self) -> str:
        """Where the chip sits (a PCI address), which stays the same when hwmon numbers change."""
        return (self.folder / "device").resolve().name if (self.folder / "device").exists() else self.folder.name

    @property
    def id(self) -> str:
        """A stable id; labels are no part of it, since two sensors may share one."""
        return f"hwmon:{self.chip}@{self.place}:{self.kind}{self.number}".replace(" ", "-")


def find(root: Path = Path("/")) -> list[MeterEntry]:
    """A meter for each sensor, or the reason why there is none."""
    entries: list[MeterEntry] = [entry_for(sensor) for sensor in sensors(root)]
    if entries:
        return entries
    if not (root / "proc").is_dir():
        return [MeterMissing("hwmon", "only Linux has hwmon", "use a plug or a lab meter (--meter)")]
    return [
        MeterMissing(
            "hwmon",
            f"no sensor under {root / HWMON} tells watts or joules",
            "load the driver of the board's sensors (sudo sensors-detect), or of the graphics card (amdgpu, xe)",
        )
    ]


def sensors(root: Path) -> Iterator[Sensor]:
    """Every sensor worth reading, one a quantity: the average where a driver has both."""
    try:
        folders = sorted((root / HWMON).iterdir())
    except OSError:
        return
    for folder in folders:
        chip = text_or_none(folder / "name") or folder.name
        seen: dict[tuple[str, int], Sensor] = {}
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            match = SENSOR.fullmatch(path.name)
            if match:
                # `average` sorts before `input`, and stays.
                number = int(match["number"])
                seen.setdefault((match["kind"], number), Sensor(folder, chip, match["kind"], number, match["what"]))
        known = DRIVERS.get(chip)
        yield from (
            sensor
            for sensor in seen.values()
            if known is None or re.fullmatch(known.labels, sensor.label or "") or sensor.label is None
        )


def entry_for(sensor: Sensor) -> MeterEntry:
    """The meter of a sensor, or why it cannot be read."""
    try:
        read_count(sensor.path)
    except PermissionError:
        return MeterMissing(sensor.id, f"{sensor.path} may be read by root only", f"sudo chmod a+r {sensor.path}")
    except (OSError, ValueError) as error:
        return MeterMissing(sensor.id, f"the sensor does not answer: {error}", "wake the device up, then try again")
    known = DRIVERS.get(sensor.chip)
    averages = sensor.what == "average"
    interval_ms = count_or_none(sensor.folder / f"power{sensor.number}_average_interval") if averages else None
    info = MeterInfo(
        id=sensor.id,
        name=f"hwmon {sensor.chip} {sensor.label or f'{sensor.kind}{sensor.number} (no label)'}",
        scope=known.scope if known else None,
        coverage=Coverage(known.subject, pci=sensor.place) if known else Coverage("machine"),
        update_s=interval_ms / 1000 if interval_ms else AVERAGING_UPDATE_S if averages else UPDATE_S,
        bound_source=BOUND_SOURCE,
        counters=(Counter(sensor.id, STEP_J, PLAUSIBLE_W),) if sensor.kind == "energy" else (),
        power_step_w=STEP_W if sensor.kind == "power" else None,
    )
    return MeterFound(info, opener(info, sensor))


def opener(info: MeterInfo, sensor: Sensor) -> Callable[[], Meter]:
    """What opens the meter of this sensor."""
    return partial(HwmonMeter, info, sensor.path)


class HwmonMeter:
    """One sensor."""

    def __init__(self, info: MeterInfo, path: Path) -> None:
        self.info = info
        self._path = path

    def read(self) -> Reading:
        """Its joules or its watts. Raises MeterError."""
        try:
            value = read_count(self._path) * FROM_MICRO
        except (OSError, ValueError) as error:
            raise MeterError(f"{self.info.id} did not answer: {error}") from error
        return Reading((value,)) if self.info.counters else Reading(power_w=value)

    def close(self) -> None:
        """Nothing is held."""
