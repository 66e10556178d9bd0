"""What a device can do at most, measured with the suite's own kernels in short bursts between other work.

`memory` is what the fastest of stream's operations and the sweep's first step move; a number format (`float32`, `int8`)
is what peak's kernel of it does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from math import gcd
from time import perf_counter
from typing import Protocol
from weakref import WeakKeyDictionary

from ..device import BufferId, Executes, Launch, Source
from ..errors import DeviceError, Unfit
from .near_cache import NearCache
from .peak import formats, launches, oracle
from .peak.widths import chosen_bits
from .stream import arrays
from .stream.beyond import Beyond, beyond_caches
from .stream.counts import BLOCK, DOT, NUMBER_BYTES, OPERATIONS

# A burst: long beside what a launch costs, short beside a round.
BURST_S = 0.012
MOST_REPEATS = 1 << 12
TRIALS = 2
# Memory is measured in so many parts of an array.
FEWEST_PARTS, MOST_PARTS = 7, 64
# An array of which a pass takes longer than a burst on any host, where nothing was measured.
LARGE_BYTES = 1 << 30
# Of the kernels that move memory, so many of the fastest go on being measured.
FASTEST = 2
UPDATE = "update"
# As a ceiling's name says by what it is reached.
AMX = "AMX"
# What was found out of a device while it is open: by what it moves most, and how many repeats a burst of each takes. A
# suite's rows all ask for the same ceilings.
_KNOWN: WeakKeyDictionary[Executes, dict[str, int]] = WeakKeyDictionary()


def known_of(device: Executes) -> dict[str, int]:
    """Repeats of a burst by its name, as far as they are known of this open device."""
    return _KNOWN.setdefault(device, {})


def forget(device: Executes) -> None:
    """Have probes of this device find out `anew`: what was known came from a bad moment."""
    _KNOWN.pop(device, None)


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


class Burst:
    """Launches that move or compute a known amount, repeated to take about BURST_S."""

    def __init__(
        self, device: Executes, name: str, launches: Callable[[int], Sequence[Launch]], amount: float,
        shared: bool = False,
    ) -> None:  # fmt: skip
        """`launches` gives so many repeats, each of which does `amount` units; `name` tells it from others.

        `shared`: threads share what is measured, so that it takes the time in which all of them run. Otherwise a
        thread's own time tells, which leaves out what other programs took.
        """
        self._device = device
        self._shared = shared
        self._name = name
        self._launches = launches
        self._amount = amount
        self._repeats = known_of(device).get(name, 0)
        if not self._repeats:
            self._repeats = 1
            # Some compilers begin at the first launch.
            self._seconds()
            while self._is_short(self._seconds()):
                pass

    def rate(self) -> float:
        """Units a second, the best of a few trials."""
        repeats, fastest_s = self._repeats, min(self._seconds() for _ in range(TRIALS))
        # It may have been tried out while others were busy: the next ones are longer.
        self._is_short(fastest_s)
        return repeats * self._amount / fastest_s

    def _is_short(self, seconds: float) -> bool:
        """Whether a burst that took so long is too short, which sets the repeats for a longer one."""
        short = seconds < BURST_S / 2 and self._repeats < MOST_REPEATS
        if short:
            self._repeats = min(MOST_REPEATS, 2 * self._repeats, max(2, int(self._repeats * BURST_S / seconds)))
        known_of(self._device)[self._name] = self._repeats
        return short

    def _seconds(self) -> float:
        return max(sum(self._launch_seconds(launch) for launch in self._launches(self._repeats)), 1e-9)

    def _launch_seconds(self, launch: Launch) -> float:
        started = perf_counter()
        done = self._device.launch(launch)
        passed_s = perf_counter() - started
        if done.device_s is not None:
            return done.device_s
        return passed_s if self._shared else done.own_s(passed_s)


class MemoryProbe:
    """How many bytes a second are read and written, by what moves the most."""

    unit = "byte"
    way = ""

    def __init__(self, device: Executes) -> None:
        """Arrays beyond the caches that really serve. Raises DeviceError.

        A burst shall be short: where a pass over such arrays is not (a server's last cache has 300 MiB and more), there
        are parts of one array, and each burst goes over the next ones. A part comes again after all others, that is
        after as many bytes as an array has, and so from no cache. So it is where there is no room for three arrays.
        """
        info = device.info
        reason = arrays.too_large(info, None, 1)
        if reason is not None:
            raise Unfit(reason)
        self._device = device
        found = beyond_caches(device)
        three_fit = arrays.too_large(info, None) is None and found.items == found.alone_items
        self._items = _burst_items(found, three_fit)
        self._in_parts = self._items < found.alone_items
        self._all_items = found.alone_items if self._in_parts else found.items
        self.near_cache = arrays.near_cache_of(info, self._all_items, cache_bytes=found.cache_bytes)
        self._limits = f", {self.near_cache.text}" if self.near_cache else found.limits
        count = _parts(found.alone_items, self._items) if self._in_parts else arrays.ARRAYS
        spare = () if self._in_parts else found.spare
        more = count - len(spare)
        self._arrays = (*spare, *(device.allocate(self._items * NUMBER_BYTES) for _ in range(more)))
        self._looked_at: set[BufferId] = set()
        # The part that the next launch begins with.
        self._next = 0
        self._sums: tuple[BufferId, ...] = ()
        self.anew()

    def anew(self) -> None:
        """See Probe."""
        known, every = known_of(self._device), (*OPERATIONS, UPDATE)
        names = [name for name in every if name in known] or every
        bursts = {name: self._burst(name) for name in names}
        if len(bursts) > FASTEST:
            rates = {name: burst.rate() for name, burst in bursts.items()}
            for name in sorted(rates, key=lambda name: -rates[name])[FASTEST:]:
                del bursts[name], known[name]
        self._kept = bursts
        size_mib, each_mib = (items * NUMBER_BYTES >> 20 for items in (self._all_items, self._items))
        parts_text = f"parts of {each_mib} MiB, one after another, of " if self._in_parts else ""
        kept, arrays_text = ", ".join(self._kept), f"{parts_text}arrays of {size_mib} MiB{self._limits}"
        self.explanation = f"what stream's fastest operations move ({kept}; {arrays_text})"

    def rate(self) -> float:
        """See Probe."""
        return max(burst.rate() for burst in self._kept.values())

    def _burst(self, name: str) -> Burst:
        """Passes of one of stream's operations over the arrays, or of the update in place."""
        device, items, info = self._device, self._items, self._device.info
        if name == UPDATE:
            bits = chosen_bits(device, formats.USUAL)
            kernel, _ = device.compile(launches.sweep_source_of(1, info, bits))
            across = launches.sweep_numbers(info, bits)

            def updates(taken: tuple[BufferId, ...], repeats: int) -> Launch:
                return launches.sweep_launch(kernel, taken[0], items, across, repeats, 0)

            return Burst(device, name, self._passes(1, 1, updates), items * formats.SWEEP_NUMBER_BYTES, shared=True)
        kernel, _ = device.compile(arrays.source_of(name, info))
        if name == DOT:
            # Once: what is found out anew must not take memory anew.
            self._sums = self._sums or (device.allocate(items // BLOCK * NUMBER_BYTES),)
        sums = self._sums if name == DOT else ()

        def passes(taken: tuple[BufferId, ...], repeats: int) -> Launch:
            return arrays.launch_of(name, kernel, (*sums, *taken), items, repeats, 1.0, info)

        moved = OPERATIONS[name].item_bytes // NUMBER_BYTES
        following = self._passes(arrays.ARRAYS - len(sums), moved, passes)
        return Burst(device, name, following, items * OPERATIONS[name].item_bytes, shared=True)

    def _passes(
        self, count: int, moved: int, launch: Callable[[tuple[BufferId, ...], int], Launch]
    ) -> Callable[[int], Sequence[Launch]]:
        """Passes over `count` arrays; in parts a launch each, over those that were left alone for longest.

        `moved`: so many of them, the first ones, are read or written.
        """

        def following() -> tuple[BufferId, ...]:
            first, self._next = self._next, (self._next + moved) % len(self._arrays)
            return self._ready(self._arrays[(first + number) % len(self._arrays)] for number in range(count))

        if self._in_parts:
            return lambda repeats: [launch(following(), 1) for _ in range(repeats)]
        return lambda repeats: [launch(self._ready(self._arrays[:count]), repeats)]

    def _ready(self, buffers: Iterable[BufferId]) -> tuple[BufferId, ...]:
        """These, looked at: memory that earlier work had is made zeros at the first look, which is not to be timed."""
        taken = tuple(buffers)
        for buffer in set(taken) - self._looked_at:
            self._device.read(buffer, 0, 1)
        self._looked_at.update(taken)
        return taken


def _burst_items(found: Beyond, three_fit: bool) -> int:
    """How many numbers of an array a burst goes over: as many as take BURST_S, or all where that is about as long.

    `three_fit`: there is room for three of all.
    """
    whole = found.alone_items
    largest_part = -(-whole // FEWEST_PARTS // BLOCK) * BLOCK
    largest = whole if three_fit else largest_part
    if found.read_bytes_s is None:
        # The host's threads lose half a millisecond at a burst's end: of small parts a quarter of the rate (30 MiB on a
        # server beside 480 MiB of cache: 38 GB/s where updates of whole arrays did 52).
        return largest if whole * NUMBER_BYTES < LARGE_BYTES else largest_part
    items = max(whole / MOST_PARTS, BURST_S * found.read_bytes_s / arrays.ARRAYS / NUMBER_BYTES)
    return largest if 2 * items >= largest else -(-int(items) // BLOCK) * BLOCK


def _parts(all_items: int, items: int) -> int:
    """How many parts of so many numbers an array is in.

    No multiple of two or three: what an operation reads or writes are other parts each time that they come.
    """
    count = max(FEWEST_PARTS, -(-all_items // items))
    return next(more for more in range(count, count + 2 * arrays.ARRAYS) if gcd(more, 2 * arrays.ARRAYS) == 1)


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
