"""RAPL: the energy counters of Intel and AMD processors, read through the kernel's powercap files.

Domains: `package` is a whole CPU package; `core` and `uncore` are parts of it; `dram` is the memory
(its zone hangs under the package's but its energy is not in the package's figure); `psys` is the
platform, packages included. So each domain is a meter of its own, summed over sockets and over
nothing else. The same counter may show under several control types (MSR, TPMI, MMIO): it is taken
once.

The counter is 32 bits wide in units of 2⁻ⁿ J, so `max_energy_range_uj` ÷ 2³² is its step.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ....kernels.system.processor import has_hypervisor_flag
from ....kernels.system.system_files import count_or_none, is_foreign_root, names_in, read_count, text_or_none
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
)
from .plausible import FROM_MICRO
from .twins import package_count, same_counter

POWERCAP = "sys/class/powercap"
# The same hardware counter seen through several doors: the first one present is taken.
CONTROL_TYPES = ("intel-rapl", "intel-rapl-tpmi", "intel-rapl-mmio")
ZONE_NAME = re.compile(r"(?P<control>[a-z][a-z-]*):(?P<numbers>\d+(?::\d+)*)")
PACKAGE_NAME = re.compile(r"package-(?P<number>\d+)(-die-\d+)?", re.ASCII)
COUNTER_VALUES = 2**32
# Intel's manual says "approximately every 1 ms"; doubled, because the millisecond is only approximate.
UPDATE_S = 0.002
# No package draws more. (A zone's own `max_power_uw` is of no use here: turbo exceeds it several times.)
PLAUSIBLE_W = 2000.0
# Where the file with the range is missing: the coarsest common unit, 2⁻¹⁴ J.
COARSEST_STEP_J = 2.0**-14
BOUND_SOURCE = (
    "counter step = max_energy_range_uj / 2^32, value up to 2 ms old (Intel SDM: updated about every 1 ms); "
    "no vendor states the accuracy of the sensor, so it is not in the bound"
)


# Why other systems have none, and what helps there.
ELSEWHERE = {
    "Windows": (
        "Windows shows the processor's energy counters to drivers only",
        "unplug a laptop (its battery tells), or use a plug (--meter shelly://HOST) or --meter exec:COMMAND",
    ),
    "Darwin": (
        "macOS shows no RAPL counters",
        "on Apple silicon its own counters tell (apple); else use a plug (--meter shelly://HOST)",
    ),
}


@dataclass(frozen=True)
class Domain:
    """A kind of RAPL zone, and whether its figure is of use without being asked for."""

    name: str
    title: str
    scope: Scope
    subject: Coverage
    by_default: bool


DOMAINS = (
    Domain("package", "RAPL CPU packages", "package", Coverage("processor"), True),
    Domain("dram", "RAPL memory", "memory", Coverage("machine", name="memory"), True),
    Domain("psys", "RAPL platform", "system", Coverage("machine"), True),
    Domain("core", "RAPL cores, inside the package figure", "part", Coverage("processor"), False),
    Domain("uncore", "RAPL uncore, inside the package figure", "part", Coverage("processor"), False),
)


@dataclass(frozen=True)
class Zone:
    """One powercap zone: its domain, its own name (`package-0`), and the package that it belongs to."""

    path: Path
    domain: str
    name: str
    package: str

    @property
    def package_number(self) -> str | None:
        """Which socket it belongs to, None where its name does not say."""
        match = PACKAGE_NAME.fullmatch(self.package)
        return match and match["number"]


def find(root: Path = Path("/")) -> list[MeterEntry]:
    """One meter for each domain that the machine has, or the reason why it has none."""
    zones = find_zones(root)
    if not zones:
        return [missing_entirely(root)]
    return [
        entry_for(domain, [zone for zone in zones if zone.domain == domain.name], package_count(root))
        for domain in DOMAINS
        if any(zone.domain == domain.name for zone in zones)
    ]


def missing_entirely(root: Path) -> MeterMissing:
    """Why there are no zones at all."""
    elsewhere = ELSEWHERE.get(platform.system())
    if elsewhere is not None and root == Path("/") and not is_foreign_root():
        return MeterMissing("rapl", *elsewhere)
    if not (root / "proc").is_dir():
        return MeterMissing("rapl", "only Linux shows RAPL counters as files", "use a plug or a lab meter (--meter)")
    if has_hypervisor_flag(root):
        return MeterMissing(
            "rapl",
            "this is a virtual machine, and its hypervisor does not pass the processor's energy counters on",
            "run hashwatt on the host itself, or measure the host with a plug (--meter shelly://HOST)",
        )
    if any(ZONE_NAME.fullmatch(name) for name in zone_names(root)):
        return MeterMissing(
            "rapl",
            f"{root / POWERCAP} names zones but hides what is in them, as Docker does against the PLATYPUS attack",
            "run outside the container, or start it with --security-opt systempaths=unconfined",
        )
    return MeterMissing(
        "rapl",
        f"{root / POWERCAP} has no RAPL zones: the processor has none, or the kernel's module is not loaded",
        "sudo modprobe intel_rapl_msr (AMD too), then `hashwatt meters` again",
    )


def zone_names(root: Path) -> list[str]:
    """What stands in the folder of zones."""
    return names_in(root / POWERCAP)


def find_zones(root: Path) -> list[Zone]:
    """Every distinct RAPL zone, in the order of its name."""
    chosen: dict[tuple[str, str, str], tuple[int, Zone]] = {}
    for name in zone_names(root):
        match = ZONE_NAME.fullmatch(name)
        zone = match and zone_at(root / POWERCAP / name, match)
        if not (match and zone):
            continue
        control = match["control"]
        rank = CONTROL_TYPES.index(control) if control in CONTROL_TYPES else len(CONTROL_TYPES)
        key = (zone.domain, zone.name, zone.package)
        if key not in chosen or rank < chosen[key][0]:
            chosen[key] = (rank, zone)
    return without_twin_dies([zone for _, zone in chosen.values()])


def without_twin_dies(zones: list[Zone]) -> list[Zone]:
    """The zones without those that show a counter of another die of the same package once more.

    Some processors have a zone for each die and one counter for the package; on others the dies count apart.
    """
    kept: list[Zone] = []
    for zone in zones:
        siblings = [one for one in kept if one.domain == zone.domain and one.package_number == zone.package_number]
        if not any(same_counter(one.path / "energy_uj", zone.path / "energy_uj") for one in siblings):
            kept.append(zone)
    return kept


def zone_at(path: Path, match: re.Match[str]) -> Zone | None:
    """The zone in a folder, None where it is not an energy counter of a known kind."""
    name = text_or_none(path / "name")
    if name is None:
        return None
    if PACKAGE_NAME.fullmatch(name):
        return Zone(path, "package", name, name)
    if name not in {domain.name for domain in DOMAINS}:
        return None
    parent = f"{match['control']}:{match['numbers'].split(':')[0]}"
    top = parent == path.name
    return Zone(path, name, name, path.name if top else text_or_none(path.parent / parent / "name") or parent)


def entry_for(domain: Domain, zones: list[Zone], packages: int | None) -> MeterEntry:
    """The meter of a domain, or why its counters cannot be read. `packages`: how many the machine has, if known."""
    meter_id = f"rapl:{domain.name}"
    for zone in zones:
        try:
            read_count(zone.path / "energy_uj")
        except PermissionError:
            return MeterMissing(
                meter_id,
                f"only root may read {zone.path / 'energy_uj'} (Linux 5.10 closed it against the PLATYPUS attack)",
                f"sudo chmod a+r {zone.path.parent}/*/energy_uj (until the next boot; docs/energy.md: for good)",
            )
        except (OSError, ValueError) as error:
            return MeterMissing(meter_id, f"the counter does not answer: {error}", "check the kernel log (dmesg)")
    places = ", ".join(zone.package for zone in zones)
    sockets = {zone.package_number for zone in zones}
    # What a package without a zone draws, nobody tells: the rest is no figure of all packages.
    partial = domain.name == "package" and packages is not None and len(sockets) < packages
    if partial:
        places = f"{len(sockets)} of {packages} packages: {places}"
    info = MeterInfo(
        id=meter_id,
        name=f"{domain.title} ({places})" if len(zones) < 5 else f"{domain.title} ({len(zones)} zones)",
        scope=None if partial else domain.scope,
        coverage=Coverage(UNKNOWN_COVERAGE) if partial else domain.subject,
        update_s=UPDATE_S,
        bound_source=BOUND_SOURCE,
        counters=tuple(counter_of(zone) for zone in zones),
        by_default=domain.by_default,
    )
    return MeterFound(info, opener(info, zones))


def opener(info: MeterInfo, zones: list[Zone]) -> Callable[[], Meter]:
    """What opens the meter of these zones."""
    return lambda: RaplMeter(info, tuple(zone.path / "energy_uj" for zone in zones))


def counter_of(zone: Zone) -> Counter:
    """What is known of a zone's counter."""
    range_uj = count_or_none(zone.path / "max_energy_range_uj")
    return Counter(
        name=zone.package if zone.package == zone.name else f"{zone.name} of {zone.package}",
        step_j=range_uj / COUNTER_VALUES * FROM_MICRO if range_uj else COARSEST_STEP_J,
        plausible_w=PLAUSIBLE_W,
        wraps_at_j=range_uj * FROM_MICRO if range_uj else None,
    )


class RaplMeter:
    """The counters of one domain, one a socket (or die)."""

    def __init__(self, info: MeterInfo, counters: tuple[Path, ...]) -> None:
        self.info = info
        self._counters = counters

    def read(self) -> Reading:
        """All counters; one that does not answer is None. Raises MeterError when none does."""
        values: list[float | None] = []
        failure: Exception | None = None
        for path in self._counters:
            try:
                values.append(read_count(path) * FROM_MICRO)
            except (OSError, ValueError) as error:
                failure = error
                values.append(None)
        if failure is not None and not any(value is not None for value in values):
            raise MeterError(f"{self.info.id} did not answer: {failure}") from failure
        return Reading(tuple(values))

    def close(self) -> None:
        """Nothing is held."""
