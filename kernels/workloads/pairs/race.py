"""Which tile a device's kernel has: the fastest whose products are right, raced once and then remembered."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from time import perf_counter

import msgspec

from ...device import DeviceInfo, Executes
from ...errors import DeviceError
from ..kept import place_of, read, write
from .operands import Kernels, Operands
from .product import Product
from .tiles import Tile, tiles

FOLDER = "tile-races"
# Times in turns, of which the fastest counts, as far as the time for all of them allows more than one.
TRIALS = 7
LONGEST_RACE_S = 1.0

# Compiles the kernels of a tile, and raises DeviceError where their products are wrong.
Check = Callable[[Tile | None], Kernels]


class Outcome(msgspec.Struct, frozen=True):
    """What a product took by each tile, by name; None: it did not work."""

    seconds: dict[str, float | None]


def chosen(device: Executes, product: Product, check: Check, anew: bool = False) -> tuple[Tile | None, Kernels]:
    """The tile to take (None: the device's kernel has none), and its kernels. `anew`: whatever is remembered.

    Raises DeviceError where no tile works. What a tile alone fails by is passed over.
    """
    among = tiles(device.info)
    if len(among) < 2:
        tile = next(iter(among), None)
        return tile, check(tile)
    place = _place(device.info, product, among)
    known = None if anew else _winner(place, among)
    if known is not None:
        # What is wrong with it now is found out in the race.
        with suppress(DeviceError):
            return known, check(known)
    working: dict[Tile, Kernels] = {}
    failures: list[DeviceError] = []
    for tile in among:
        try:
            working[tile] = check(tile)
        except DeviceError as error:
            failures.append(error)
    if not working:
        raise failures[0]
    seconds = _seconds(device, product.medium(), working)
    write(place, Outcome({tile.name: seconds.get(tile) for tile in among}))
    fastest = min(seconds, key=lambda tile: seconds[tile])
    return fastest, working[fastest]


def _seconds(device: Executes, product: Product, working: Mapping[Tile, Kernels]) -> dict[Tile, float]:
    """What a product takes by each tile, the fastest of some times in turns."""
    pools = {
        tile: Operands(device, product, product.layout(device.info, tile), kernels, lambda _side, number: number, 1)
        for tile, kernels in working.items()
    }
    for pool in pools.values():
        pool.fill(0, 1)
        # Some compilers begin at the first launch of a size.
        pool.multiply(0, 1)
    seconds = dict.fromkeys(pools, math.inf)
    until_s = perf_counter() + LONGEST_RACE_S
    for _ in range(TRIALS):
        for tile, pool in pools.items():
            started = perf_counter()
            done = pool.multiply(0, 1)
            seconds[tile] = min(seconds[tile], done.device_s or perf_counter() - started)
        if perf_counter() > until_s:
            break
    return seconds


def _place(info: DeviceInfo, product: Product, among: tuple[Tile, ...]) -> Path | None:
    sources = [[tile.name, product.layout(info, tile).source.text] for tile in among]
    # Of a size that is done in microseconds no race tells anything about another.
    return place_of(FOLDER, info, [*sources, str(product.medium())])


def _winner(place: Path | None, among: tuple[Tile, ...]) -> Tile | None:
    """Of an earlier race of just these tiles, None where there was none."""
    outcome = read(place, Outcome)
    if outcome is None or outcome.seconds.keys() != {tile.name for tile in among}:
        return None
    ran = {tile: seconds for tile in among if (seconds := outcome.seconds[tile.name]) is not None}
    if not ran or not all(0 < seconds < math.inf for seconds in ran.values()):
        return None
    return min(ran, key=lambda tile: ran[tile])
