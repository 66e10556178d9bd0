"""Power and energy sensors of Linux' hwmon: AMD and Intel graphics, system boards, single-board computers.

Each `energyN_input` (µJ) or `powerN_average`/`powerN_input` (µW) file is a sensor. What it covers, and whether it is a
meter of its own or one of several that are summed, stands in `hwmon_chips`; of what nobody has looked up the coverage
is unknown: it is listed and kept, but no joules of a unit of work follow from it.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ....kernels.system.system_files import count_or_none, is_foreign_root, names_in, read_count, text_or_none
from ...machine.power_supply import POWER_SUPPLY
from ..meter import (
    UNKNOWN_COVERAGE,
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
    most_w,
)
from .hwmon_chips import Chip, chip_of, shares_of
from .plausible import FROM_MICRO
from .twins import package_count, without_twins

HWMON = "sys/class/hwmon"
WHOLES = ("whole", "metered")
SENSOR = re.compile(r"(?P<kind>energy|power)(?P<number>\d+)_(?P<what>input|average)", re.ASCII)
# hwmon counts in µJ and µW; what the sensor resolves is finer or coarser, and only the driver knows.
STEP_J = 1e-3
STEP_W = 1e-2
UPDATE_S = 0.1
AVERAGING_UPDATE_S = 1.0
# Where an ACPI power meter names the devices that it measures, and what Linux calls ACPI's \\_SB, the whole system: by
# ACPI 6.5, 10.4.8 (_PMD), the system's own meter names \\_SB alone.
MEASURES = "device/measures"
# The voltage of the northbridge, which amdgpu has only where graphics and processor are one chip; its power is then of
# both, by its own documentation.
NORTHBRIDGE = ("amdgpu", "in1_label", "vddnb")
SHARED: Subject = "processor with graphics"
WHOLE_SYSTEM = "LNXSYBUS:00"
BOUND_SOURCE = "step and delay as drivers commonly have them (10 mW or 1 mJ; 0.1 s, 1 s where it averages): unstated"


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

    @property
    def is_on_processor(self) -> bool:
        """Whether it is of a graphics chip that the processor is part of."""
        driver, file, label = NORTHBRIDGE
        return self.chip == driver and text_or_none(self.folder / file) == label

    @property
    def title(self) -> str:
        """Its name for people."""
        return f"hwmon {self.chip} {self.label or f'{self.kind}{self.number} (no label)'}"


def find(root: Path = Path("/")) -> list[MeterEntry]:
    """The meters that the sensors make, or the reason why there is none."""
    entries: list[MeterEntry] = []
    sums: dict[tuple[str, str], list[Sensor]] = {}
    for sensor in sensors(root):
        known = known_of(sensor)
        if known is None or known.role in ("whole", "metered", "part", "share"):
            entries.append(entry_for(sensor, known))
        if known is not None and known.role in ("share", "socket"):
            sums.setdefault((known.driver, known.role), []).append(sensor)
    entries.extend(sum_of(group, root) for group in sums.values() if is_complete(group))
    if entries:
        return entries
    is_elsewhere = platform.system() != "Linux" and root == Path("/") and not is_foreign_root()
    if is_elsewhere or not (root / "proc").is_dir():
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
    # hwmon's names have no hyphens, those of supplies may.
    supplies = {name.replace("-", "_") for name in names_in(root / POWER_SUPPLY)}
    for name in names_in(root / HWMON):
        folder = root / HWMON / name
        chip = text_or_none(folder / "name") or name
        if chip in supplies or is_power_supply(folder):
            # It tells what a battery takes or gives, also while it is charged; the battery's own meter knows which.
            continue
        seen: dict[tuple[str, int], Sensor] = {}
        for file in names_in(folder):
            match = SENSOR.fullmatch(file)
            if match:
                # `average` sorts before `input`, and stays.
                number = int(match["number"])
                seen.setdefault((match["kind"], number), Sensor(folder, chip, match["kind"], number, match["what"]))
        yield from seen.values()


def known_of(sensor: Sensor) -> Chip | None:
    """What is known of a sensor; None where its chip may measure anything and does not say that it is the system."""
    known = chip_of(sensor.chip, sensor.kind, sensor.label)
    if known is not None and known.role == "metered" and names_in(sensor.folder / MEASURES) != [WHOLE_SYSTEM]:
        return None
    return known


def is_power_supply(folder: Path) -> bool:
    """Whether the chip's parent is a battery, a charger or a USB port."""
    device = folder / "device"
    return text_or_none(device / "type") is not None and any(
        text_or_none(device / name) is not None for name in ("status", "online")
    )


def entry_for(sensor: Sensor, known: Chip | None) -> MeterEntry:
    """The meter of one sensor, or why it cannot be read."""
    missing = why_missing([sensor], None if known is None else known.scope)
    if missing is not None:
        return missing
    if known is None:
        coverage, scope = Coverage(UNKNOWN_COVERAGE), None
    else:
        subject = SHARED if sensor.is_on_processor else known.subject
        coverage = Coverage(subject, pci=sensor.place)
        scope = known.scope if known.role in WHOLES else "part"
    return found(sensor.id, sensor.title, [sensor], coverage, scope, by_default=known is None or known.role in WHOLES)


def is_complete(group: Sequence[Sensor]) -> bool:
    """Whether no chip of the group lacks one of the parts that only together are a whole."""
    rows = {sensor.folder: set[Chip | None]() for sensor in group}
    for sensor in group:
        rows[sensor.folder].add(chip_of(sensor.chip, sensor.kind, sensor.label))
    return all(seen >= shares_of(group[0].chip) for seen in rows.values())


def sum_of(group: Sequence[Sensor], root: Path) -> MeterEntry:
    """The meter of sensors that together are one whole, or why there is none."""
    known = chip_of(group[0].chip, group[0].kind, group[0].label)
    assert known is not None
    missing = why_missing(group, known.scope)
    if missing is not None:
        return missing
    counted = without_twins(group, lambda sensor: sensor.path) if group[0].kind == "energy" else list(group)
    labels = " + ".join(sensor.label or f"{sensor.kind}{sensor.number}" for sensor in counted)
    meter_id = "+".join([counted[0].id, *(suffix(sensor, counted[0]) for sensor in counted[1:])])
    packages = package_count(root)
    title = f"hwmon {counted[0].chip} {labels}"
    sockets = len({sensor.folder for sensor in counted}) if known.role == "share" else len(counted)
    if packages is not None and sockets < packages:
        # The others draw as much, and nobody tells it.
        title = f"{title} ({sockets} of {packages} CPU packages)"
        return found(meter_id, title, counted, Coverage(UNKNOWN_COVERAGE), None, by_default=True)
    return found(meter_id, title, counted, Coverage(known.subject), known.scope, by_default=True)


def suffix(sensor: Sensor, first: Sensor) -> str:
    """What a further sensor adds to the id of the first."""
    here = f"{sensor.kind}{sensor.number}"
    return here if sensor.folder == first.folder else f"{sensor.place}:{here}"


def why_missing(group: Sequence[Sensor], scope: Scope | None) -> MeterMissing | None:
    """Why sensors cannot be read or cannot be believed, None where they can."""
    for sensor in group:
        try:
            value = read_count(sensor.path) * FROM_MICRO
        except PermissionError:
            return MeterMissing(sensor.id, f"{sensor.path} may be read by root only", f"sudo chmod a+r {sensor.path}")
        except (OSError, ValueError) as error:
            remedy = "wake the device up, then try again"
            return MeterMissing(sensor.id, f"the sensor does not answer: {error}", remedy)
        if sensor.kind == "power" and value > most_w(scope):
            reason = f"it tells {value:.4g} W, which cannot be: an error value of the sensor"
            return MeterMissing(sensor.id, reason, "update the machine's firmware, or use another meter")
    return None


def found(
    meter_id: str, name: str, group: Sequence[Sensor], coverage: Coverage, scope: Scope | None, *, by_default: bool
) -> MeterFound:
    """The meter of sensors of one kind."""
    is_energy = group[0].kind == "energy"
    info = MeterInfo(
        id=meter_id,
        name=name,
        scope=scope,
        coverage=coverage,
        update_s=max(update_s(sensor) for sensor in group),
        bound_source=BOUND_SOURCE,
        counters=tuple(Counter(sensor.id, STEP_J, most_w(scope)) for sensor in group) if is_energy else (),
        power_step_w=None if is_energy else STEP_W * len(group),
        by_default=by_default,
    )
    return MeterFound(info, opener(info, tuple(sensor.path for sensor in group)))


def update_s(sensor: Sensor) -> float:
    """How old a value may be."""
    if sensor.what != "average":
        return UPDATE_S
    interval_ms = count_or_none(sensor.folder / f"power{sensor.number}_average_interval")
    return interval_ms / 1000 if interval_ms else AVERAGING_UPDATE_S


def opener(info: MeterInfo, paths: tuple[Path, ...]) -> Callable[[], Meter]:
    """What opens the meter of these files."""
    return partial(HwmonMeter, info, paths)


class HwmonMeter:
    """One sensor, or several that are one figure."""

    def __init__(self, info: MeterInfo, paths: tuple[Path, ...]) -> None:
        self.info = info
        self._paths = paths

    def read(self) -> Reading:
        """Its joules or its watts: of all its sensors, or of none. Raises MeterError."""
        try:
            values = tuple(read_count(path) * FROM_MICRO for path in self._paths)
        except (OSError, ValueError) as error:
            raise MeterError(f"{self.info.id} did not answer: {error}") from error
        return Reading(values) if self.info.counters else Reading(power_w=sum(values))

    def close(self) -> None:
        """Nothing is held."""
