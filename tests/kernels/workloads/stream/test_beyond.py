"""Arrays are so large that no cache serves them, whatever a system tells of its caches."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hashwatt.kernels.buffers import KEPT_FROM_BYTES
from hashwatt.kernels.device import DeviceInfo, Launch, Launched, Source
from hashwatt.kernels.errors import DeviceError, Unfit
from hashwatt.kernels.workloads.bursts import BURST_S, forget
from hashwatt.kernels.workloads.memory_ceiling import FEWEST_PARTS, MOST_PARTS, UPDATE, MemoryProbe, _parts
from hashwatt.kernels.workloads.protocol import Lent
from hashwatt.kernels.workloads.stream import arrays
from hashwatt.kernels.workloads.stream.beyond import LEAST_REFERENCE_BYTES, beyond_caches
from hashwatt.kernels.workloads.stream.counts import BLOCK, DOT, OPERATIONS

MIB = 1 << 20
MEMORY_BYTES_S, CACHE_BYTES_S = 20e9, 150e9
INFO = DeviceInfo(
    "x", "cpu", "", "", "", "", cache_bytes=4 * MIB, memory_bytes=16 << 30, languages=("llvm",), runs_on_host_cpu=True,
    numbers=("float64",),
)  # fmt: skip


@pytest.fixture(autouse=True, params=[False, True], ids=["parts", "cut"])
def one_node(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether all memory is as near to all cores, so that parts may be places in one array."""
    monkeypatch.setattr(arrays, "is_one_node", lambda: request.param)
    return bool(request.param)


class Cached:
    """A device whose last cache holds so many bytes, whatever it tells; buffers and kernels are numbers."""

    def __init__(self, serves_bytes: int, info: DeviceInfo = INFO) -> None:
        self.info = info
        self.allocated: list[int] = []
        self.launches = 0
        self.asked: list[int] = []
        self.read_from: set[int] = set()
        self._serves_bytes = serves_bytes
        self._kernels: list[str] = []

    def close(self) -> None: ...

    def allocate(self, size_bytes: int) -> int:
        self.allocated.append(size_bytes)
        return len(self.allocated) - 1

    def write(self, buffer: int, offset_bytes: int, data: bytes) -> None: ...

    def repeat(self, buffer: int, period_bytes: int, size_bytes: int) -> None: ...

    def read(self, buffer: int, offset_bytes: int, size_bytes: int) -> bytes:
        self.read_from.add(buffer)
        return bytes(size_bytes)

    def compile(self, source: Source) -> tuple[int, float]:
        self._kernels.append(source.entry)
        return len(self._kernels) - 1, 0.0

    def launch(self, launch: Launch) -> Launched:
        """Of what is read in place so much comes from the cache as it holds; what goes past it comes from memory."""
        self.launches += 1
        self.asked.append(launch.items)
        name = self._kernels[launch.kernel]
        items = launch.items * BLOCK if name == DOT else launch.items
        in_place = {DOT: 2, "sweep1": 1}.get(name)
        part = 0.0 if in_place is None else min(1.0, self._serves_bytes / (8 * items * in_place))
        moved = (OPERATIONS[name].item_bytes if name in OPERATIONS else 16) * items * launch.repeats
        return Launched(device_s=moved * (part / CACHE_BYTES_S + (1 - part) / MEMORY_BYTES_S))

    def release(self) -> None: ...


@pytest.mark.parametrize(("told_mib", "serves_mib"), [(4, 4), (4, 1), (32, 32), (32, 16)])
def test_what_is_told_of_caches_counts_where_it_is_true(told_mib: int, serves_mib: int) -> None:
    device = Cached(serves_mib * MIB, replace(INFO, cache_bytes=told_mib * MIB))
    assert beyond_caches(device).items * 8 == 4 * told_mib * MIB


@pytest.mark.parametrize("serves_mib", [16, 32, 96, 128])
def test_a_cache_that_is_larger_than_was_told_is_seen(serves_mib: int) -> None:
    device = Cached(serves_mib * MIB)
    assert beyond_caches(device).items * 8 >= 4 * serves_mib * MIB
    # The memory that looking takes is bounded: the arrays that the work takes may be half of it.
    assert sum(device.allocated) <= 0.76 * (INFO.memory_bytes or 0)


@pytest.mark.parametrize("told_bytes", [1, 64, 4095, 4096])
def test_a_cache_of_a_few_bytes_that_a_driver_tells_of_is_no_reason_to_measure_nothing(told_bytes: int) -> None:
    device = Cached(4 * MIB, replace(INFO, cache_bytes=told_bytes))
    assert beyond_caches(device).items * 8 >= 16 * MIB
    assert min(device.asked) >= 1


def test_it_is_found_out_once_while_the_device_is_open() -> None:
    device = Cached(4 * MIB)
    first, launches = beyond_caches(device), device.launches
    assert beyond_caches(device).items == first.items
    assert device.launches == launches
    assert first.spare
    assert not beyond_caches(device).spare


def test_where_no_size_is_seen_to_be_beyond_the_caches_the_reason_is_said() -> None:
    device = Cached(96 * MIB, replace(INFO, memory_bytes=600 * MIB))
    with pytest.raises(Unfit, match="still read as from a cache, and larger ones do not fit") as refused:
        beyond_caches(device)
    assert len(str(refused.value)) <= 120
    assert sum(device.allocated) < LEAST_REFERENCE_BYTES


def test_where_there_is_little_memory_it_is_said_how_large_a_cache_was_looked_for() -> None:
    probe = MemoryProbe(Cached(4 * MIB, replace(INFO, memory_bytes=256 * MIB)))
    assert probe.explanation.endswith("arrays of 16 MiB, for lack of memory held against 64 MiB only)")
    assert "lack" not in MemoryProbe(Cached(4 * MIB)).explanation


@pytest.mark.parametrize(
    ("cache_mib", "memory_gib", "each_mib", "parts_mib"),
    [(480, 24, 1920, 1920), (480, 16, 1638, 1920), (480, 8, 819, 983), (300, 10, 1024, 1200), (300, 4, 491, 491)],
)
def test_where_there_is_little_memory_arrays_are_smaller_and_a_single_one_less_so(
    cache_mib: int, memory_gib: int, each_mib: int, parts_mib: int
) -> None:
    device = Recent(cache_mib * MIB, replace(INFO, cache_bytes=cache_mib * MIB, memory_bytes=memory_gib << 30))
    found = beyond_caches(device)
    assert (found.items * 8 >> 20, found.alone_items * 8 >> 20) == (each_mib, parts_mib)
    before = sum(device.allocated)
    probe = MemoryProbe(device)
    assert parts_mib * MIB <= sum(device.allocated) - before + BLOCK * 8 <= 1.2 * parts_mib * MIB
    rates = [probe.rate() for _ in range(20)]
    assert max(rates) <= 1.01 * MEMORY_BYTES_S, probe.explanation
    assert (probe.near_cache is not None) == (parts_mib < 4 * cache_mib)
    assert ("times the largest cache" in probe.explanation) == (parts_mib < 4 * cache_mib)


def test_no_cache_larger_than_the_largest_there_is_is_looked_for() -> None:
    device = Cached(480 * MIB, replace(INFO, cache_bytes=480 * MIB, memory_bytes=24 << 30))
    assert beyond_caches(device).items * 8 == 1920 * MIB
    assert not device.launches
    assert not device.allocated


def test_a_reason_for_no_size_is_found_once_while_the_device_is_open() -> None:
    device = Cached(96 * MIB, replace(INFO, memory_bytes=600 * MIB))
    for _ in range(2):
        with pytest.raises(Unfit, match="still read as from a cache"):
            beyond_caches(device)
        launches = device.launches
    assert device.launches == launches
    count = device.launches
    with pytest.raises(Unfit):
        beyond_caches(device)
    assert device.launches == count


def test_nothing_is_measured_where_it_would_say_nothing() -> None:
    for info in (replace(INFO, simulator=True), replace(INFO, memory_bytes=None), replace(INFO, languages=("python",))):
        device = Cached(1 << 40, info)
        beyond_caches(device)
        assert not device.launches


LARGE = replace(INFO, cache_bytes=300 * MIB)


def places_of(launch: Launch) -> list[tuple[int, int]]:
    """Each buffer of a launch, and from which byte on it is worked on."""
    return list(zip(launch.buffers, launch.offsets or (0,) * len(launch.buffers), strict=True))


class Recent(Cached):
    """The same, with a cache that holds what was touched last, in whole buffers or parts of one."""

    def __init__(self, serves_bytes: int, info: DeviceInfo) -> None:
        super().__init__(serves_bytes, info)
        self.seconds: list[float] = []
        self._touched: dict[tuple[int, int], int] = {}
        self._moved = 0

    def launch(self, launch: Launch) -> Launched:
        """A pass over buffers that were used a moment ago comes from the cache, and so does each further repeat."""
        fits = sum(self.allocated[buffer] for buffer in launch.buffers) <= self._serves_bytes
        seconds = 0.0
        for repeat in range(launch.repeats):
            for buffer in places_of(launch):
                since = self._moved - self._touched.get(buffer, -(1 << 60))
                is_cached = since <= self._serves_bytes or (fits and repeat > 0)
                name = self._kernels[launch.kernel]
                taken = 8 * launch.items * (BLOCK if name == DOT else 2 if name == "sweep1" else 1)
                self._moved += taken
                self._touched[buffer] = self._moved
                seconds += taken / (CACHE_BYTES_S if is_cached else MEMORY_BYTES_S)
        self.seconds.append(seconds)
        return Launched(device_s=seconds)


def test_the_ceiling_of_memory_is_no_cache_s() -> None:
    device = Recent(32 * MIB, INFO)
    probe = MemoryProbe(device)
    assert probe.rate() <= 1.3 * MEMORY_BYTES_S, probe.explanation
    assert sum(device.allocated) < (INFO.memory_bytes or 0) / 2


def test_where_a_pass_over_the_arrays_is_long_bursts_go_over_parts_that_no_cache_holds() -> None:
    device = Recent(300 * MIB, LARGE)
    probe = MemoryProbe(device)
    assert "of arrays of 1200 MiB" in probe.explanation
    del device.seconds[:]
    rates = [probe.rate() for _ in range(20)]
    # A pass over whole arrays would take 0.06 to 0.19 s.
    assert max(device.seconds) <= 2 * BURST_S
    # What STREAM counts of a copy is two thirds of what is touched here.
    assert max(rates) <= 1.01 * MEMORY_BYTES_S, probe.explanation
    assert min(rates) >= 0.6 * MEMORY_BYTES_S


@pytest.mark.parametrize("moved", [1, 2, 3])
@pytest.mark.parametrize("parts", range(1, 70))
def test_every_part_comes_to_be_read_in_its_turn(parts: int, moved: int) -> None:
    """Of a multiple of two a copy would always read the same parts, and write the others; of three so would an add."""
    count = _parts(parts * BLOCK, BLOCK)
    first = {turn * moved % count for turn in range(count)}
    assert len(first) == count >= max(parts, FEWEST_PARTS)


@pytest.mark.parametrize(("name", "moved"), {"copy": 2, "mul": 2, "add": 3, "triad": 3, DOT: 2, UPDATE: 1}.items())
def test_a_part_comes_again_after_all_others_were_moved(name: str, moved: int) -> None:
    """What an operation leaves alone does not count: a cache that nobody told of may hold what a few parts have."""
    device = Recent(300 * MIB, LARGE)
    probe, parts, plain = MemoryProbe(device), list[tuple[int, int]](), device.launch
    burst = probe._burst(name)

    def noted(launch: Launch) -> Launched:
        sums = 1 if name == DOT else 0
        parts.extend(places_of(launch)[sums : sums + moved])
        return plain(launch)

    device.launch = noted  # type: ignore[method-assign]
    while len(parts) < 3 * MOST_PARTS:
        burst.rate()
    count = len(set(parts))
    assert count >= FEWEST_PARTS
    assert all(len(set(parts[at : at + count])) == count for at in range(len(parts) - count))


def test_arrays_that_a_cache_nobody_told_of_may_hold_in_part_say_so() -> None:
    told = replace(INFO, cache_bytes=96 * MIB, memory_bytes=10 << 30)
    assert MemoryProbe(Cached(96 * MIB, told)).near_cache is None
    device = Cached(160 * MIB, told)
    near, found = MemoryProbe(device).near_cache, beyond_caches(device)
    assert (found.items * 8, found.cache_bytes) == (768 * MIB, 768 * MIB)
    assert near is not None
    assert (near.times, near.remedy) == (1.0, "free more memory")
    # More memory is what helps.
    assert MemoryProbe(Cached(160 * MIB, replace(told, memory_bytes=24 << 30))).near_cache is None
    assert MemoryProbe(Cached(32 * MIB)).near_cache is None


@pytest.mark.parametrize("info", [INFO, LARGE])
def test_memory_of_earlier_work_is_made_zeros_before_a_burst_and_not_in_it(info: DeviceInfo) -> None:
    device = Recent(32 * MIB, info)
    beyond_caches(device)
    plain = device.launch

    def looked_at(launch: Launch) -> Launched:
        large = {buffer for buffer in launch.buffers if device.allocated[buffer] >= KEPT_FROM_BYTES}
        assert large
        assert large <= device.read_from
        return plain(launch)

    device.launch = looked_at  # type: ignore[method-assign]
    probe = MemoryProbe(device)
    for _ in range(20):
        probe.rate()


def test_parts_take_the_memory_of_one_array_beside_what_looking_for_the_caches_took() -> None:
    device = Recent(300 * MIB, LARGE)
    beyond_caches(device)
    before = sum(device.allocated)
    MemoryProbe(device)
    assert 1200 * MIB <= sum(device.allocated) - before < 1328 * MIB


def test_parts_are_large_where_nobody_measured_how_fast_memory_is() -> None:
    info = replace(LARGE, cache_bytes=480 * MIB, memory_bytes=64 << 30)
    device = Recent(480 * MIB, info)
    before = len(device.allocated)
    probe = MemoryProbe(device)
    parts = [size for size in device.allocated[before:] if size >= MIB]
    assert len(parts) - FEWEST_PARTS <= 1
    assert sum(parts[:FEWEST_PARTS]) >= 4 * 480 * MIB
    assert max(probe.rate() for _ in range(20)) <= 1.01 * MEMORY_BYTES_S


def test_a_part_is_no_smaller_for_having_been_measured_in_a_bad_moment() -> None:
    device = Recent(300 * MIB, LARGE)
    slow = device.launch
    device.launch = lambda launch: replace(slow(launch), device_s=1e3)  # type: ignore[method-assign]
    beyond_caches(device)
    device.launch = slow  # type: ignore[method-assign]
    before = len(device.allocated)
    probe = MemoryProbe(device)
    assert len(device.allocated) - before <= _parts(MOST_PARTS * BLOCK, BLOCK) + 1 <= MOST_PARTS + 2
    assert max(probe.rate() for _ in range(20)) <= 1.01 * MEMORY_BYTES_S


def test_ceilings_take_the_memory_that_work_lends_where_parts_of_it_are_as_good(one_node: bool) -> None:
    info = replace(LARGE, cache_bytes=480 * MIB, memory_bytes=64 << 30)
    device = Recent(480 * MIB, info)
    found = beyond_caches(device)
    lent = [Lent(device.allocate(found.items * 8), found.items) for _ in range(3)]
    before = len(device.allocated)
    probe, scalars, plain = MemoryProbe(device, lent), set[tuple[float, ...]](), device.launch

    def noted(launch: Launch) -> Launched:
        scalars.add(launch.scalars)
        return plain(launch)

    device.launch = noted  # type: ignore[method-assign]
    assert max(probe.rate() for _ in range(20)) <= 1.01 * MEMORY_BYTES_S
    taken = sum(device.allocated[before:])
    if one_node:
        # Sums of the dot product, which has no factor; and numbers times 1.
        assert taken < MIB
        assert scalars == {(), (1.0, 0.0, 0.0)}
        assert ("dot, update" in probe.explanation, "its own arrays" in probe.explanation) == (True, True)
    else:
        assert taken >= 1920 * MIB
    # Where that was too slow for the work, whatever moves memory is tried, in memory of its own.
    probe.anew()
    assert sum(device.allocated[before:]) >= 1920 * MIB - MIB
    assert "its own arrays" not in probe.explanation


def test_what_is_lent_is_never_written_where_there_is_no_room_for_arrays_of_its_own(one_node: bool) -> None:
    if not one_node:
        pytest.skip("nothing is borrowed")
    device = Recent(480 * MIB, replace(LARGE, cache_bytes=480 * MIB, memory_bytes=64 << 30))
    items = beyond_caches(device).alone_items
    lent = device.allocate(items * 8)
    probe, scalars, plain = MemoryProbe(device, [Lent(lent, items)]), set[tuple[float, ...]](), device.launch

    def noted(launch: Launch) -> Launched:
        if lent in launch.buffers:
            scalars.add(launch.scalars)
        return plain(launch)

    def without_room(size_bytes: int) -> int:
        raise DeviceError(f"no room for {size_bytes} bytes")

    device.launch, device.allocate = noted, without_room  # type: ignore[method-assign]
    for _ in range(3):
        forget(device)
        with pytest.raises(DeviceError, match="no room"):
            probe.anew()
        assert probe.rate() > 0
    assert scalars == {(), (1.0, 0.0, 0.0)}


def test_too_little_memory_is_not_borrowed(one_node: bool) -> None:
    device = Recent(480 * MIB, replace(LARGE, cache_bytes=480 * MIB, memory_bytes=64 << 30))
    items = beyond_caches(device).alone_items
    for each, enough in ((items // 2, False), (items, one_node)):
        probe = MemoryProbe(device, [Lent(device.allocate(each * 8), each)])
        assert ("its own arrays" in probe.explanation) == enough
