"""Which kernel a device multiplies by: the fastest whose products are right, raced once and then remembered."""

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
from .tiles import Choice

FOLDER = "choice-races"
# Times in turns, of which the fastest counts, as far as the time for all of them allows more than one.
TRIALS = 7
LONGEST_RACE_S = 1.0

# Compiles the kernels of a choice, and raises DeviceError where their products are wrong.
Check = Callable[[Choice | None], Kernels]


class Outcome(msgspec.Struct, frozen=True):
    """What a product took by each choice, by name; None: it did not work."""

    seconds: dict[str, float | None]


def chosen(device: Executes, product: Product, check: Check, anew: bool = False) -> tuple[Choice | None, Kernels]:
    """What to take (None: the device has one kernel), and its kernels. `anew`: whatever is remembered.

    Raises DeviceError where no choice works. What one alone fails by is passed over.
    """
    among = product.choices(device.info)
    if len(among) < 2:
        choice = next(iter(among), None)
        return choice, check(choice)
    place = _place(device.info, product, among)
    known = None if anew else _winner(place, among)
    if known is not None:
        # What is wrong with it now is found out in the race.
        with suppress(DeviceError):
            return known, check(known)
    working: dict[Choice, Kernels] = {}
    failures: list[DeviceError] = []
    for choice in among:
        try:
            working[choice] = check(choice)
        except DeviceError as error:
            failures.append(error)
    if not working:
        raise failures[0]
    seconds = _seconds(device, product.medium(), working)
    write(place, Outcome({choice.name: seconds.get(choice) for choice in among}))
    fastest = min(seconds, key=lambda choice: seconds[choice])
    return fastest, working[fastest]


def _seconds(device: Executes, product: Product, working: Mapping[Choice, Kernels]) -> dict[Choice, float]:
    """What a product takes by each choice, the fastest of some times in turns."""
    pools = {
        choice: Operands(device, product, product.layout(device.info, choice), kernels, lambda _side, number: number, 1)
        for choice, kernels in working.items()
    }
    for pool in pools.values():
        pool.fill(0, 1)
        # Some compilers begin at the first launch of a size.
        pool.multiply(0, 1)
    seconds = dict.fromkeys(pools, math.inf)
    until_s = perf_counter() + LONGEST_RACE_S
    for _ in range(TRIALS):
        for choice, pool in pools.items():
            started = perf_counter()
            done = pool.multiply(0, 1)
            seconds[choice] = min(seconds[choice], done.device_s or done.cpu_s or perf_counter() - started)
        if perf_counter() > until_s:
            break
    return seconds


def _place(info: DeviceInfo, product: Product, among: tuple[Choice, ...]) -> Path | None:
    sources = [[choice.name, product.layout(info, choice).source.text] for choice in among]
    # Of a size that is done in microseconds no race tells anything about another.
    return place_of(FOLDER, info, [*sources, str(product.medium())])


def _winner(place: Path | None, among: tuple[Choice, ...]) -> Choice | None:
    """Of an earlier race of just these choices, None where there was none."""
    outcome = read(place, Outcome)
    if outcome is None or outcome.seconds.keys() != {choice.name for choice in among}:
        return None
    ran = {choice: seconds for choice in among if (seconds := outcome.seconds[choice.name]) is not None}
    if not ran or not all(0 < seconds < math.inf for seconds in ran.values()):
        return None
    return min(ran, key=lambda choice: ran[choice])
