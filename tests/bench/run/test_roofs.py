"""Ceilings are measured after each round, and the roof is that of the rounds that count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace as with_changes
from itertools import chain
from typing import Any, cast

import pytest
from msgspec.structs import replace

from hashwatt.bench.api import verify
from hashwatt.bench.result.measurement import Round, Sample
from hashwatt.bench.result.model import Result
from hashwatt.bench.run import roofs
from hashwatt.bench.run.asked import AskedWork
from hashwatt.bench.run.open_devices import OpenDevices
from hashwatt.bench.run.roofs import EARLIER, ONCE, USUALLY, RoofMeter, Told, best_roof
from hashwatt.kernels.device import Executes, Kind, Launch, Launched, Roof
from hashwatt.kernels.errors import DeviceError
from hashwatt.kernels.fakes import device as fake_device
from hashwatt.kernels.fakes.device import DEFAULT_RATE_HS, FakeDevice, VirtualClock
from hashwatt.kernels.workloads import bursts, ceilings, memory_ceiling
from hashwatt.kernels.workloads.bursts import Burst, forget
from hashwatt.kernels.workloads.ceilings import PROBES, PeakProbe
from hashwatt.kernels.workloads.memory_ceiling import MemoryProbe
from hashwatt.kernels.workloads.near_cache import NearCache

from ..fakes import RATE_HS, measured

SAMPLE = Sample(
    amount=1, seconds=1.0, device_s=None, cpu_s=None, clock_hz=None, temperature_c=None, other_load=None,
    stolen_load=None,
)  # fmt: skip


def sampled(seconds: float, counted: bool = True) -> Round:
    sample = replace(SAMPLE, seconds=seconds)
    return Round(start_s=0.0, warmup_s=0.0, counted=counted, left_out=None if counted else "busy", samples=(sample,))


def device() -> FakeDevice:
    return FakeDevice("steady", spend=VirtualClock().spend)


class Given:
    """A probe whose rates are given."""

    explanation = "given"
    way = ""
    near_cache: NearCache | None = None

    def __init__(self, unit: str, rates: Iterator[float], later: Iterator[float] | None) -> None:
        self.unit = unit
        self._rates = rates
        self._later = later

    def rate(self) -> float:
        return next(self._rates)

    def anew(self) -> None:
        assert self._later is not None
        self._rates = self._later


def meter(
    monkeypatch: pytest.MonkeyPatch, later: Iterator[float] | None = None, again: Iterable[float] = (),
    **rates: list[float],
) -> RoofMeter:  # fmt: skip
    """One that has measured these; the same probes tell `again` what they are asked after that, and `later` anew."""
    probes = {name: lambda _device, name=name: Given("byte", chain(rates[name], again), later) for name in rates}
    monkeypatch.setattr(roofs, "PROBES", probes)
    made = RoofMeter(device(), dict.fromkeys(rates, 2.0))
    for _ in next(iter(rates.values())):
        made.measure()
    return made


def test_the_roof_is_the_smallest_ceiling_over_its_count(monkeypatch: pytest.MonkeyPatch) -> None:
    roof = meter(monkeypatch, memory=[10.0, 10.0], float64=[8.0, 8.0]).roof([sampled(1.0), sampled(1.0)])
    assert roof is not None
    assert (roof.binds, roof.rate_per_s) == ("float64", 4.0)
    assert [(one.name, one.rate_per_s, one.count) for one in roof.ceilings] == [
        ("memory", 10.0, 2.0), ("float64", 8.0, 2.0),
    ]  # fmt: skip


def test_a_ceiling_that_wanders_counts_as_long_as_the_work_met_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made = meter(monkeypatch, memory=[10.0, 20.0, 90.0])
    roof = made.roof([sampled(3.0), sampled(1.0), sampled(5.0, counted=False)])
    assert roof is not None
    assert roof.ceilings[0].rate_per_s == pytest.approx(12.5)


def test_a_ceiling_far_above_the_smallest_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked a second time, memory would have no rate to give."""
    rounds = [sampled(1.0, counted=False), sampled(1.0)]
    roof = meter(monkeypatch, float64=[8.0, 10.0], float32=[31.0, 33.0], memory=[32.0]).roof(rounds)
    assert roof is not None
    told = {one.name: (one.rate_per_s, one.explanation.partition(", ")[2]) for one in roof.ceilings}
    assert told == {"float64": (10.0, USUALLY), "float32": (33.0, USUALLY), "memory": (32.0, ONCE)}


def told_of(**rates: float) -> dict[str, Told]:
    return {name: Told(rate, "byte", name, "given before") for name, rate in rates.items()}


def measured_after(
    monkeypatch: pytest.MonkeyPatch, told: dict[str, Told], **rates: list[float]
) -> dict[str, tuple[float, str]]:
    """What is told of each ceiling of work that met these before, and measures what it does once."""
    probes = {name: lambda _device, name=name: Given("byte", iter(rates[name]), None) for name in rates}
    monkeypatch.setattr(roofs, "PROBES", probes)
    made = RoofMeter(device(), dict.fromkeys(rates, 2.0), told)
    made.measure()
    roof = made.roof([sampled(1.0)])
    assert roof is not None
    return {one.name: (one.rate_per_s, one.explanation) for one in roof.ceilings}


@pytest.mark.parametrize("smallest_is_known", [False, True])
def test_a_ceiling_that_was_far_above_the_smallest_beside_earlier_work_is_not_measured(
    monkeypatch: pytest.MonkeyPatch, smallest_is_known: bool
) -> None:
    """Asked at all, memory would have no rate to give."""
    told = told_of(memory=80.0, **({"float64": 9.0} if smallest_is_known else {}))
    found = measured_after(monkeypatch, told, memory=[], float64=[10.0])
    assert found == {"float64": (10.0, f"given, {USUALLY}"), "memory": (80.0, f"given before, {EARLIER}")}
    # The next work knows of both.
    assert (told["float64"].rate_per_s, told["memory"].rate_per_s) == (10.0, 80.0)


def test_a_ceiling_is_measured_where_this_work_allows_more_than_earlier_work_did(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = told_of(memory=80.0, float32=90.0, float64=10.0)
    found = measured_after(monkeypatch, told, memory=[30.0], float32=[], float64=[11.0])
    assert found["memory"] == (30.0, f"given, {USUALLY}")
    assert found["float32"] == (90.0, f"given before, {EARLIER}")


def test_a_ceiling_that_came_into_sight_after_the_last_round_counts_as_it_was_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The last round has no samples, and so no record."""
    rates = {"memory": [30.0], "float64": [10.0, 11.0]}
    probes = {name: Given("byte", iter(of_name), None) for name, of_name in rates.items()}
    monkeypatch.setattr(roofs, "PROBES", {name: lambda _device, name=name: probes[name] for name in probes})
    made = RoofMeter(device(), dict.fromkeys(probes, 2.0), told_of(memory=80.0, float64=10.0))
    for _ in range(2):
        made.measure()
    roof = made.roof([sampled(1.0)])
    assert roof is not None
    assert {one.name: one.rate_per_s for one in roof.ceilings} == {"memory": 30.0, "float64": 10.0}


def test_work_on_a_device_that_stays_open_knows_its_ceilings_of_the_work_before() -> None:
    devices = OpenDevices()
    devices.ceilings_of("cpu")["memory"] = Told(1.0, "byte", "memory", "given")
    assert set(devices.ceilings_of("cpu")) == {"memory"}
    assert devices.ceilings_of("opencl:0") == {}


def test_what_fails_costs_the_roof_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_device: Executes) -> Given:
        raise DeviceError("no memory is free")

    monkeypatch.setattr(roofs, "PROBES", {"memory": broken})
    made = RoofMeter(device(), {"memory": 1.0})
    for _ in range(2):
        made.measure()
    assert (made.failure, made.is_needed, made.roof([sampled(1.0)])) == ("no memory is free", False, None)


@pytest.mark.parametrize(
    ("byte_per_flop", "kind", "units", "there"),
    [(0.003, "cpu", 1, True), (0.3, "cpu", 1, False), (0.3, "cpu", 64, True), (0.3, "gpu", 96, False)],
)
def test_a_ceiling_that_cannot_be_measured_costs_the_roof_only_where_it_may_bind(
    monkeypatch: pytest.MonkeyPatch, byte_per_flop: float, kind: Kind, units: int, there: bool
) -> None:
    def without_room(_device: Executes) -> MemoryProbe:
        raise DeviceError("no room for its arrays")

    def arithmetic(_device: Executes) -> Given:
        return Given("flop", iter([100e9, 100e9]), None)

    monkeypatch.setattr(roofs, "PROBES", {"memory": without_room, "float32": arithmetic})
    opened = device()
    opened.info = with_changes(opened.info, kind=kind, compute_units=units)
    made = RoofMeter(opened, {"memory": byte_per_flop, "float32": 1.0})
    for _ in range(2):
        made.measure()
    roof = made.roof([sampled(1.0), sampled(1.0)])
    if not there:
        assert (roof, made.failure, made.lost) == (None, "no room for its arrays", False)
        return
    assert roof is not None
    assert (roof.binds, roof.rate_per_s) == ("float32", 100e9)
    assert [one.name for one in roof.ceilings] == ["float32"]
    assert (
        f"memory was not measured (no room for its arrays); it would bind below {byte_per_flop * 100:.2g} GB/s"
        in roof.explanation
    )


@pytest.mark.parametrize(("memory", "said"), [(11.0, True), (100.0, False)])
def test_a_ceiling_that_a_cache_serves_in_part_is_said_to_where_it_may_bind(
    monkeypatch: pytest.MonkeyPatch, memory: float, said: bool
) -> None:
    of_memory = Given("byte", iter([memory]), None)
    of_memory.near_cache = NearCache("arrays", 2.1, "free more memory")
    probes = {"memory": lambda _device: of_memory, "float64": lambda _device: Given("flop", iter([10.0]), None)}
    monkeypatch.setattr(roofs, "PROBES", probes)
    made = RoofMeter(device(), dict.fromkeys(probes, 2.0))
    made.measure()
    assert (made.near_cache is not None) == said


def test_work_that_a_cache_serves_in_part_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fake_device, "FAKE_CACHE_BYTES", 1 << 16)
    for size, said in (("64KiB", True), ("256KiB", False)):
        works = AskedWork(["stream"], {"operation": "copy"}, sizes={"stream": size}).works()
        entry = measured("steady", seconds=0.5, works=works).results[0]
        told = [warning.text for warning in entry.warnings if warning.code == "near_cache"]
        assert bool(told) == said, told
        assert not told or "of 1 times the largest cache" in told[0]


def test_work_that_counts_no_ceiling_asks_for_none() -> None:
    made = RoofMeter(device(), {})
    made.measure()
    assert not made.is_needed
    assert made.roof([sampled(1.0)]) is None


def test_a_ceiling_s_name_says_by_what_it_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Given, "way", "AMX")
    roof = meter(monkeypatch, int8=[10.0]).roof([sampled(1.0)])
    assert roof is not None
    assert (roof.binds, roof.ceilings[0].name, roof.rate_per_s) == ("int8 (AMX)", "int8 (AMX)", 5.0)


def test_a_ceiling_that_nobody_measures_is_named() -> None:
    made = RoofMeter(device(), {"phlogiston": 1.0})
    made.measure()
    assert "'phlogiston'" in (made.failure or "")


def test_every_ceiling_of_the_fake_device_has_the_rate_that_it_was_given() -> None:
    # What a faster one does in the same time is really computed.
    opened = FakeDevice("steady", RATE_HS, VirtualClock().spend)
    slower = RATE_HS / DEFAULT_RATE_HS
    # A fake device takes as long for each item, and a sweep's has 16 bytes.
    assert MemoryProbe(opened).rate() > 16 * 1e6 * slower
    for name in ("float64", "float32", "float16", "int32", "int8"):
        assert PeakProbe(opened, name).rate() > 1e6 * slower
    assert set(PROBES) == {"memory", "float64", "float32", "float16", "bfloat16", "int32", "int8", "int16"}


class Busy:
    """Two threads, each of which does a repeat in a millisecond, and has a tenth of a core that others want, too."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def launch(self, launch: Launch) -> Launched:
        own_s = 1e-3 * launch.repeats
        self.now_s += 10 * own_s
        return Launched(threads=2, cpu_s=2 * own_s)


@pytest.mark.parametrize(("shared", "rate"), [(False, 7000.0), (True, 700.0)])
def test_beside_other_programs_cores_can_do_what_they_could_and_memory_what_is_left(
    shared: bool, rate: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = Busy()
    monkeypatch.setattr(bursts, "perf_counter", lambda: busy.now_s)
    burst = Burst(cast(Executes, busy), "a burst", lambda repeats: [Launch(1, (), (), 2, repeats)], 7.0, shared)
    assert burst.rate() == pytest.approx(rate)


def test_memory_is_shared_and_arithmetic_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, bool] = {}

    class Told(Burst):
        def __init__(self, device: Executes, name: str, launches: Any, amount: float, shared: bool = False) -> None:
            told[name] = shared
            super().__init__(device, name, launches, amount, shared)

    for module in (ceilings, memory_ceiling):
        monkeypatch.setattr(module, "Burst", Told)
    opened = device()
    assert MemoryProbe(opened).rate() > 0
    of_memory, told = told, {}
    assert PeakProbe(opened, "float64").rate() > 0
    assert set(of_memory.values()) == {True}
    assert told == {"float64": False}


@pytest.fixture(scope="module")
def result() -> Result:
    return measured("steady", seconds=0.5, workloads=["stream"], parameters={"operation": "triad"})


def test_a_result_keeps_every_ceiling_and_verify_holds_the_roof_against_them(result: Result) -> None:
    (entry,) = result.results
    assert entry.roof is not None
    assert {one.name: one.count for one in entry.roof.ceilings} == {"memory": 1.0, "float64": pytest.approx(2 / 24)}
    assert entry.roof.rate == pytest.approx(min(one.rate / one.count for one in entry.roof.ceilings))
    assert verify(result).ok
    assert entry.rate is not None
    higher = entry.roof.rate * 2
    forged = replace(entry, roof=replace(entry.roof, rate=higher, percent=100 * entry.rate.value / higher))
    (failed,) = [check for check in verify(replace(result, results=(forged,))).checks if not check.ok]
    assert "not that of its smallest ceiling" in failed.sentence


def fast(rate: float) -> Round:
    return replace(sampled(1.0), samples=(replace(SAMPLE, amount=rate),))


def test_ceilings_that_the_work_beat_are_measured_again_and_the_best_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    again = iter([18.0, 24.0, 22.0, 19.0, 21.0])
    made = meter(monkeypatch, None, again, memory=[10.0, 10.0])
    roof = made.roof([fast(10), fast(10)])
    assert roof is not None
    assert (roof.rate_per_s, next(again, None)) == (12.0, None)
    assert roofs.AGAIN in roof.explanation


def test_ceilings_that_are_beaten_once_more_are_found_out_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    later = iter([18.0, 24.0, 22.0, 19.0, 21.0])
    made = meter(monkeypatch, later, [11.0] * roofs.TIMES_AGAIN, memory=[10.0, 10.0])
    roof = made.roof([fast(10), fast(10)])
    assert roof is not None
    assert (roof.rate_per_s, next(later, None)) == (12.0, None)


def test_a_ceiling_that_is_never_reached_is_measured_again_some_times_and_stays_beaten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    later = iter([9.0] * 99)
    made = meter(monkeypatch, later, [9.0] * roofs.TIMES_AGAIN, memory=[10.0])
    roof = made.roof([fast(10)])
    assert roof is not None
    # What was measured after the rounds is higher, so it stands, and says when it was measured.
    assert roof.rate_per_s == 5.0
    assert roofs.USUALLY in roof.explanation
    assert len(list(later)) == 99 - (roofs.MOST_AGAIN - 1) * roofs.TIMES_AGAIN


def test_ceilings_that_are_measured_again_take_no_more_memory() -> None:
    class Counting(FakeDevice):
        launches = allocated = 0

        def launch(self, launch: Launch) -> Launched:
            self.launches += 1
            return super().launch(launch)

        def allocate(self, size_bytes: int) -> int:
            self.allocated += size_bytes
            return super().allocate(size_bytes)

    opened = Counting("steady", spend=VirtualClock().spend)
    made = RoofMeter(opened, {"memory": 1.0})
    made.measure()
    allocated, launches = opened.allocated, opened.launches
    assert made.roof([fast(1e30)]) is not None
    # Tried out as at first, each time but the first.
    assert opened.launches > (roofs.MOST_AGAIN - 1) * launches
    assert opened.allocated == allocated


def test_ceilings_that_hold_are_not_measured_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made = meter(monkeypatch, memory=[10.0])
    roof = made.roof([fast(5.2)])
    assert roof is not None
    assert roof.rate_per_s == 5.0


def test_a_roof_that_a_task_measures_itself_is_measured_again_too() -> None:
    told = iter([4.0, 3.0, 9.6, 99.0])
    roof = best_roof(lambda: Roof(next(told), None, None, {}, "given"), [fast(10)])
    assert roof is not None
    assert roof.rate_per_s == 9.6
    assert best_roof(lambda: None, [fast(10)]) is None


def test_a_device_s_ceilings_are_found_out_once_for_all_its_work() -> None:
    class Counting(FakeDevice):
        launches = 0

        def launch(self, launch: Launch) -> Launched:
            self.launches += 1
            return super().launch(launch)

    opened = Counting("steady", spend=VirtualClock().spend)
    first = MemoryProbe(opened)
    rate, tried = first.rate(), opened.launches
    opened.release()
    again = MemoryProbe(opened)
    assert opened.launches == tried
    assert again.explanation == first.explanation
    assert again.rate() == pytest.approx(rate, rel=0.01)
    forget(opened)
    MemoryProbe(opened)
    assert opened.launches > 1.5 * tried


def test_work_of_which_nothing_measures_a_limit_says_why() -> None:
    entry, *_ = measured("steady", seconds=0.5, workloads=["conv"], parameters={"number": "int16", "size": 3}).results
    assert entry.roof is None
    told = [warning.text for warning in entry.warnings if warning.code == "limit_unknown"]
    assert told == ["the roof could not be measured: nothing measures what fake:steady does with int16 at most"]
