"""What a device can do at most, measured with the suite's own kernels in short bursts between other work.

`memory` is what the fastest of stream's operations and the sweep's first step move; a number format (`float32`, `int8`)
is what peak's kernel of it does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol

from ..device import Executes, Launch, Source
from ..errors import DeviceError
from .bursts import Burst
from .memory_ceiling import MemoryProbe
from .near_cache import NearCache
from .peak import formats, launches, oracle
from .peak.widths import chosen_bits

# As a ceiling's name says by what it is reached.
AMX = "AMX"


class Probe(Protocol):
    """One ceiling of an open device.

    `way`: by what it is reached, where a device has several ways, else empty. `near_cache`: that it may be a cache's in
    part.
    """

    unit: str
    way: str
    explanation: str
    near_cache: NearCache | None

    def rate(self) -> float:
        """Its rate now, in units a second. Raises DeviceError."""
        ...

    def anew(self) -> None:
        """Find out what is not known of the device (see `forget`), in the memory that it has. Raises DeviceError."""
        ...


class PeakProbe:
    """How many operations of a number format a second."""

    near_cache: NearCache | None = None

    def __init__(self, device: Executes, number: str) -> None:
        """Numbers in registers. Raises DeviceError."""
        info = device.info
        if info.numbers and number not in info.numbers:
            raise DeviceError(f"{info.id} computes no {number} by itself")
        form, amx = launches.format_of(number, info), launches.by_amx(number, info)
        self.unit = "flop" if form.is_flop else "operation"
        self.way = AMX if amx else ""
        self.explanation = f"what peak's kernel of {number} does in registers{f' ({AMX})' if amx else ''}"
        bits = chosen_bits(device, number)
        source = launches.source_of(number, info, bits)
        kernel, _ = device.compile(source)
        seed = ("ceilings", info.id, "")
        m_and_c, tiles = oracle.constants(number, *seed), oracle.tiles(number, *seed) if amx else None
        each, turns = launches.values_an_item(number, info, bits), launches.turns_of(number, info)
        buffers: tuple[int, ...] = ()

        def launch(items: int, repeats: int) -> Launch:
            return launches.launch_of(kernel, buffers, info, items, repeats, turns, m_and_c)

        # The first launch tells how many threads there are.
        items, threads = launches.items_of(info, None), None
        for _ in range(2):
            buffers = tuple(device.allocate(items * each * formats.stored_bytes(number)) for _ in source.types)
            if len(buffers) > 1:
                # To multiply zeros takes less power, and so may be faster, than what the ceiling is for.
                first = oracle.beginnings(number, items * each, *seed)
                for buffer, data in zip(buffers, oracle.contents(number, first, tiles), strict=True):
                    device.write(buffer, 0, data)
            threads = device.launch(launch(items, 1)).threads
            items = launches.items_of(info, threads)
        amount = items * each * turns * formats.STEPS * form.step_operations
        self._new_burst = partial(Burst, device, number, lambda repeats: [launch(items, repeats)], amount)
        self.anew()

    def anew(self) -> None:
        """See Probe."""
        self._burst = self._new_burst()

    def rate(self) -> float:
        """See Probe."""
        return self._burst.rate()


class DotProbe:
    """How many operations a second the CPU does in dot products of small integers, by what a convolution uses here."""

    unit = "operation"
    way = ""
    near_cache: NearCache | None = None
    # A launch is to last far longer than its call.
    turns = 1 << 14
    factors = 0x01030507

    def __init__(self, device: Executes, number: str) -> None:
        """Vectors in registers. Raises DeviceError."""
        from ..cpu.codegen.dot_tile import host_target
        from .conv import dots

        way = WAYS[host_target(number).way]
        self.explanation = f"what the convolution's {way} of {number} do in registers"
        kernel, _ = device.compile(Source("llvm", f"{dots.__name__}:{number}", dots.ENTRY, ("uint32",)))
        items, buffer, threads = 1, device.allocate(dots.item_bytes(number)), None

        def launch(repeats: int) -> list[Launch]:
            return [Launch(kernel, (buffer,), (self.turns, self.factors), items, repeats, grain=1)]

        # The first launch tells how many threads there are.
        threads = device.launch(*launch(1)).threads
        items = threads or 1
        size_bytes = items * dots.item_bytes(number)
        buffer = device.allocate(size_bytes)
        # See PeakProbe: no zeros.
        device.write(buffer, 0, oracle.beginnings("int32", size_bytes // 4, "ceilings", device.info.id, "").tobytes())
        amount = items * self.turns * dots.operations_a_turn(number)
        self._new_burst = partial(Burst, device, f"dots of {number}", launch, amount)
        self.anew()

    def anew(self) -> None:
        """See Probe."""
        self._burst = self._new_burst()

    def rate(self) -> float:
        """See Probe."""
        return self._burst.rate()


WAYS = {
    "vnni": "dot products (VNNI)", "madd": "older dot products (pmaddubsw, pmaddwd)", "plain": "multiplications",
}  # fmt: skip


def integer_probe(device: Executes, number: str) -> Probe:
    """The ceiling of dot products of small integers: the device's own, whatever a kernel uses. Raises DeviceError."""
    if "llvm" in device.info.languages and not launches.by_amx(number, device.info):
        return DotProbe(device, number)
    if number not in formats.FORMATS:
        raise DeviceError(f"nothing measures what {device.info.id} does with {number} at most")
    return PeakProbe(device, number)


# By the names that workloads count.
PROBES: Mapping[str, Callable[[Executes], Probe]] = {
    "memory": MemoryProbe,
    **{number: partial(PeakProbe, number=number) for number in formats.FORMATS},
    **{number: partial(integer_probe, number=number) for number in ("int8", "int16")},
}
