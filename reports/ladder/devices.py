"""Devices on the ladder: all that the sources say of one, and whether it counts in medians and for the best so far."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from msgspec import Struct

from .points import Point, PointOrigin
from .reference import Form, Rung, time_of

# What a rung's work was done with: whole devices as they were bought. A chip is none without its board and
# supply; sticks and desk units were toys beside the machines of their time; servers and rigs are several devices.
COUNTED_FORMS: dict[Rung, frozenset[Form]] = {
    "cpu": frozenset({"package", "soc"}),
    "gpu": frozenset({"card"}),
    "fpga": frozenset({"board", "rack"}),
    "asic": frozenset({"miner", "hydro", "immersion", "rack"}),
}
OTHER_FORMS = {
    "server": "several processors in one",
    "coprocessor": "no host processor",
    "microcontroller": "a microcontroller",
    "rack": "several cards in one",
    "rig": "several cards in one",
    "chip": "a chip without its board and supply",
    "usb": "a USB stick",
    "board": "a board that needs more to mine",
    "home": "a desk unit",
}


class LadderDevice(Struct, frozen=True, kw_only=True):
    """One device with all its figures (one a source, none averaged away).

    `scopes` tells what the watts of each efficiency feed. `set_aside` is why the device counts neither in a
    median nor for the best so far, None where it does; `counted` needs an efficiency on top.
    """

    name: str
    rung: Rung
    origin: PointOrigin
    form: Form | None
    released: str | None
    rates: tuple[float, ...]
    efficiencies: tuple[float, ...]
    scopes: tuple[str | None, ...]
    sources: tuple[str, ...]
    set_aside: str | None

    @property
    def year(self) -> float | None:
        """Its release as a year with a fraction."""
        return time_of(self.released) if self.released else None

    @property
    def counted(self) -> bool:
        """Whether it stands in medians and may be the best so far."""
        return self.set_aside is None and bool(self.efficiencies)

    @property
    def hashrate_hs(self) -> float | None:
        """The median of what its sources say."""
        return median(self.rates) if self.rates else None

    @property
    def efficiency_j_per_th(self) -> float | None:
        """The median of what its sources say."""
        return median(self.efficiencies) if self.efficiencies else None


def ladder_devices(points: Iterable[Point]) -> tuple[LadderDevice, ...]:
    """The devices of these points, in the points' order; of each, its cited figures where it has usable ones."""
    groups: dict[tuple[Rung, str], list[Point]] = {}
    for point in points:
        groups.setdefault((point.rung, point.device), []).append(point)
    return tuple(device_of(group) for group in groups.values())


def device_of(points: Sequence[Point]) -> LadderDevice:
    """One device. Figures that do not count stand for it only where it has no others."""
    usable = [point for point in points if reason_against(point) is None]
    chosen = usable or points
    with_energy = [point for point in chosen if point.efficiency_j_per_th is not None]
    first = chosen[0]
    return LadderDevice(
        name=first.device,
        rung=first.rung,
        origin=first.origin,
        form=first.form,
        released=first_release(point.released for point in chosen),
        rates=tuple(point.hashrate_hs for point in chosen if point.hashrate_hs is not None),
        efficiencies=tuple(point.efficiency_j_per_th or 0 for point in with_energy),
        scopes=tuple(point.power_scope for point in with_energy),
        sources=tuple(dict.fromkeys(point.source for point in chosen)),
        set_aside=None if usable else reason_against(first),
    )


def reason_against(point: Point) -> str | None:
    """Why a figure counts neither in a median nor for the best so far; None where it does."""
    if point.outlier:
        return point.outlier
    if point.origin != "cited":
        return point.origin
    if point.form not in COUNTED_FORMS[point.rung]:
        return OTHER_FORMS.get(point.form or "", "of unknown form")
    return None if point.released else "no release is known"


def first_release(releases: Iterable[str | None]) -> str | None:
    """The earliest of several releases; a month rather than the year that it lies in.

    >>> first_release(["2014-02", "2013", "2013-10"]), first_release([None])
    ('2013-10', None)
    """
    known = {release for release in releases if release}
    precise = {release for release in known if not any(other.startswith(f"{release}-") for other in known)}
    return min(precise, key=time_of, default=None)
