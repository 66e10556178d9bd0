"""The ceiling of memory: what the fastest of stream's operations and the sweep's first step move."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from math import gcd

from ..device import BufferId, Executes, Launch
from ..errors import Unfit
from .bursts import BURST_S, Burst, known_of
from .peak import formats, launches
from .peak.widths import chosen_bits
from .protocol import Lent
from .stream import arrays
from .stream.beyond import Beyond, beyond_caches
from .stream.counts import BLOCK, DOT, NUMBER_BYTES, OPERATIONS

# Memory is measured in so many parts of an array.
FEWEST_PARTS, MOST_PARTS = 7, 64
# An array of which a pass takes longer than a burst on any host, where nothing was measured.
LARGE_BYTES = 1 << 30
# Of the kernels that move memory, so many of the fastest go on being measured.
FASTEST = 2
UPDATE = "update"
# Of a step in place (see `sweep_launch`): x · 1 + 0.
UNCHANGED = (1.0, 0.0, 0.0)
# Where a buffer is worked on: from so many bytes on.
Place = tuple[BufferId, int]


class MemoryProbe:
    """How many bytes a second are read and written, by what moves the most."""

    unit = "byte"
    way = ""

    def __init__(self, device: Executes, lent: Sequence[Lent] = ()) -> None:
        """Arrays beyond the caches that really serve, or those that work has lent. Raises DeviceError.

        A burst shall be short: where a pass over such arrays is not (a server's last cache has 300 MiB and more), there
        are parts of one array, and each burst goes over the next ones. A part comes again after all others, that is
        after as many bytes as an array has, and so from no cache. So it is where there is no room for three arrays.

        To touch so much memory takes seconds, so it is that of arrays which are lent, where that is enough: numbers are
        read, or multiplied by 1, and stay what they are.
        """
        info = device.info
        reason = arrays.too_large(info, None, 1)
        if reason is not None:
            raise Unfit(reason)
        self._device = device
        found = self._found = beyond_caches(device)
        three_fit = arrays.too_large(info, None) is None and found.items == found.alone_items
        self._items = _burst_items(found, three_fit)
        self._in_parts = self._items < found.alone_items
        self._all_items = found.alone_items if self._in_parts else found.items
        self.near_cache = arrays.near_cache_of(info, self._all_items, cache_bytes=found.cache_bytes)
        self._limits = f", {self.near_cache.text}" if self.near_cache else found.limits
        # The parts are places in arrays, instead of arrays of their own.
        self._cuts = self._in_parts and arrays.can_cut(info)
        if self._cuts:
            self._items = self._all_items // _parts(self._all_items, self._items) // BLOCK * BLOCK
        self._looked_at: set[BufferId] = set()
        # The part that the next launch begins with.
        self._next = 0
        self._sums: tuple[BufferId, ...] = ()
        self._lent = self._cuts and sum(one.items // self._items for one in lent) >= self._all_items // self._items
        self._places = self._parts_of(lent) if self._lent else self._own_places()
        self._begin()

    def anew(self) -> None:
        """See Probe: in memory of its own, where all kernels can be tried that move memory."""
        if self._lent:
            # First: where there is no room, what is lent must not be taken for the probe's own, which is written.
            self._places = self._own_places()
            self._lent, self._next = False, 0
        self._begin()

    def _begin(self) -> None:
        known, every = known_of(self._device), (*OPERATIONS, UPDATE)
        names = [name for name in every if name in known] or every
        if self._lent:
            names = [DOT, UPDATE]
        bursts = {name: self._burst(name) for name in names}
        if len(bursts) > FASTEST:
            rates = {name: burst.rate() for name, burst in bursts.items()}
            for name in sorted(rates, key=lambda name: -rates[name])[FASTEST:]:
                del bursts[name], known[name]
        self._kept = bursts
        size_mib, each_mib = (items * NUMBER_BYTES >> 20 for items in (self._all_items, self._items))
        parts_text = f"parts of {each_mib} MiB, one after another, of " if self._in_parts else ""
        own_text = "its own " if self._lent else ""
        kept, arrays_text = ", ".join(self._kept), f"{parts_text}{own_text}arrays of {size_mib} MiB{self._limits}"
        fastest = "the update and the dot product" if self._lent else "stream's fastest operations"
        self.explanation = f"what {fastest} move ({kept}; {arrays_text})"

    def rate(self) -> float:
        """See Probe."""
        return max(burst.rate() for burst in self._kept.values())

    def _own_places(self) -> list[Place]:
        """Memory of the probe's own: parts of an array, or whole ones. Raises DeviceError."""
        device, found = self._device, self._found
        if self._cuts:
            whole = found.alone_items
            return self._parts_of([Lent(device.allocate(whole * NUMBER_BYTES), whole)])
        count = _parts(found.alone_items, self._items) if self._in_parts else arrays.ARRAYS
        spare = () if self._in_parts else found.spare
        more = count - len(spare)
        own = (*spare, *(device.allocate(self._items * NUMBER_BYTES) for _ in range(more)))
        return [(buffer, 0) for buffer in own]

    def _parts_of(self, whole: Sequence[Lent]) -> list[Place]:
        """Places of so many numbers as a burst goes over, in all of these arrays."""
        each_bytes = self._items * NUMBER_BYTES
        places = [(one.buffer, at * each_bytes) for one in whole for at in range(one.items // self._items)]
        # See _parts: what an operation reads or writes are other parts each time.
        count = next(less for less in range(len(places), 0, -1) if gcd(less, 2 * arrays.ARRAYS) == 1)
        return places[:count]

    def _burst(self, name: str) -> Burst:
        """Passes of one of stream's operations over the arrays, or of the update in place."""
        device, items, info = self._device, self._items, self._device.info
        # How long a burst is depends on the parts, which need not be as large.
        known_as = f"lent {name}" if self._lent else name
        if name == UPDATE:
            bits = chosen_bits(device, formats.USUAL)
            kernel, _ = device.compile(launches.sweep_source_of(1, info, bits))
            across = launches.sweep_numbers(info, bits)

            def updates(taken: tuple[Place, ...], repeats: int) -> Launch:
                launch = launches.sweep_launch(kernel, taken[0][0], items, across, repeats, 0)
                return _at(replace(launch, scalars=UNCHANGED) if self._lent else launch, taken[:1])

            moved_bytes = items * formats.SWEEP_NUMBER_BYTES
            return Burst(device, known_as, self._passes(1, 1, updates), moved_bytes, shared=True)
        kernel, _ = device.compile(arrays.source_of(name, info))
        if name == DOT:
            # Once: what is found out anew must not take memory anew.
            self._sums = self._sums or (device.allocate(items // BLOCK * NUMBER_BYTES),)
        sums = tuple((buffer, 0) for buffer in self._sums) if name == DOT else ()

        def passes(taken: tuple[Place, ...], repeats: int) -> Launch:
            places = (*sums, *taken)
            buffers = tuple(buffer for buffer, _ in places)
            return _at(arrays.launch_of(name, kernel, buffers, items, repeats, 1.0, info), places)

        moved = OPERATIONS[name].item_bytes // NUMBER_BYTES
        following = self._passes(arrays.ARRAYS - len(sums), moved, passes)
        return Burst(device, known_as, following, items * OPERATIONS[name].item_bytes, shared=True)

    def _passes(
        self, count: int, moved: int, launch: Callable[[tuple[Place, ...], int], Launch]
    ) -> Callable[[int], Sequence[Launch]]:
        """Passes over `count` arrays; in parts a launch each, over those that were left alone for longest.

        `moved`: so many of them, the first ones, are read or written.
        """

        def following() -> tuple[Place, ...]:
            first, self._next = self._next, (self._next + moved) % len(self._places)
            return self._ready(self._places[(first + number) % len(self._places)] for number in range(count))

        if self._in_parts:
            return lambda repeats: [launch(following(), 1) for _ in range(repeats)]
        return lambda repeats: [launch(self._ready(self._places[:count]), repeats)]

    def _ready(self, places: Iterable[Place]) -> tuple[Place, ...]:
        """These, looked at: memory that earlier work had is made zeros at the first look, which is not to be timed."""
        taken = tuple(places)
        for buffer in {buffer for buffer, _ in taken} - self._looked_at:
            self._device.read(buffer, 0, 1)
            self._looked_at.add(buffer)
        return taken


def _at(launch: Launch, places: Sequence[Place]) -> Launch:
    """The launch at places of its buffers."""
    offsets = tuple(offset for _, offset in places)
    return replace(launch, offsets=offsets) if any(offsets) else launch


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
