"""How wide the vectors of OpenCL kernels are on the host's cores: raced, among those that compute rightly.

A runtime splits what is wider than the registers it uses. Where it says that these have 512 bits, kernels of 512 may be
twice as fast as those of 256; some runtimes link such kernels wrongly, so each is compared with closed forms first.
"""

from __future__ import annotations

from time import perf_counter
from weakref import WeakKeyDictionary

from ...device import DeviceInfo, Executes
from ...errors import DeviceError, WrongResult
from .launches import items_of, language_of, launch_of, source_of, turns_of, values_an_item
from .opencl import USUAL_BITS
from .oracle import after, beginnings, constants

WIDEST_BITS = 512
# How many 32-bit words a runtime's registers hold, as it says.
NATIVE_WIDTH = "native_vector_width"
CHECKED_TURNS = 3
TRIALS = 5
# One race for each format of an open device.
_chosen: WeakKeyDictionary[Executes, dict[str, int]] = WeakKeyDictionary()


def candidates(info: DeviceInfo) -> tuple[int, ...]:
    """The widths in bits that may be the fastest, the safest last; one alone where there is nothing to choose."""
    native = int(info.limits.get(NATIVE_WIDTH) or 0)
    wide = language_of(info) == "opencl" and info.on_host_cores and not info.simulator and 32 * native >= WIDEST_BITS
    return (WIDEST_BITS, USUAL_BITS) if wide else (USUAL_BITS,)


def chosen_bits(device: Executes, number: str) -> int:
    """The width that is right and the fastest for a format on this device, raced at the first call.

    Raises DeviceError where no width works. What a width alone fails by is passed over.
    """
    widths = candidates(device.info)
    if len(widths) == 1:
        return widths[0]
    known = _chosen.setdefault(device, {})
    if number not in known:
        seconds: dict[int, float] = {}
        failures: list[DeviceError] = []
        for bits in widths:
            try:
                seconds[bits] = _seconds_a_number(device, number, bits)
            except DeviceError as error:
                failures.append(error)
        if not seconds:
            raise failures[0]
        known[number] = min(seconds, key=lambda bits: seconds[bits])
    return known[number]


def _seconds_a_number(device: Executes, number: str, bits: int) -> float:
    """What a launch takes for each number, the fastest of some; after a check of every number of another launch."""
    info, seed = device.info, ("widths", device.info.id, "")
    source = source_of(number, info, bits)
    kernel, _ = device.compile(source)
    items, m_and_c = items_of(info, None), constants(number, *seed)
    first = beginnings(number, items * values_an_item(number, info, bits), *seed)
    buffers = tuple(device.allocate(first.nbytes) for _ in source.types)
    for buffer in buffers:
        device.write(buffer, 0, first.tobytes())
    device.launch(launch_of(kernel, buffers, info, items, 1, CHECKED_TURNS, m_and_c))
    if device.read(buffers[0], 0, first.nbytes) != after(number, first, CHECKED_TURNS, 1, *m_and_c).tobytes():
        raise WrongResult(f"{info.id} computes {number} wrong in vectors of {bits} bits; use another device")
    fastest_s = float("inf")
    for _ in range(TRIALS):
        started = perf_counter()
        done = device.launch(launch_of(kernel, buffers, info, items, 1, turns_of(number, info), m_and_c))
        fastest_s = min(fastest_s, done.device_s or perf_counter() - started)
    return fastest_s / len(first)
