"""Whatever devices, meters and systems tell: a run that ends has a result that is stored, read and verified."""

from __future__ import annotations

import math
import sys
from collections import namedtuple
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from itertools import cycle
from typing import Any

import msgspec
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace as changed

from hashwatt.bench import api, fitting
from hashwatt.bench.energy.meter import Counter, Coverage, MeterFound, MeterInfo, Reading
from hashwatt.bench.rates import counted_samples
from hashwatt.bench.result.file import decode, encode
from hashwatt.bench.result.model import Result
from hashwatt.bench.result.printable import printable
from hashwatt.bench.result.warning import WarningRecord
from hashwatt.bench.verification.checks import check_result
from hashwatt.kernels.bounded import MOST_METERS
from hashwatt.kernels.device import Candidate, DeviceInfo, DeviceOptions, Found, KernelInfo, Roof, Scan
from hashwatt.kernels.fakes.device import FakeDevice, VirtualClock, fake_info
from hashwatt.kernels.headers.job import Job

from .fakes import RATE_HS, Repeatable, shares_of, this_machine

NASTY = "\x1b[2J\u202e\ud800\x00" + "x" * 5000


def stored(result: Result) -> Result:
    """The result as it comes back from its file, once it has verified."""
    failed = [check.sentence for check in check_result(result)[0].checks if not check.ok]
    assert failed == []
    read = decode(encode(result), "x")
    assert read == result
    return read


def left_out(result: Result) -> str:
    (warning,) = [warning for warning in result.warnings if warning.code == "left_out"]
    return warning.text


def test_a_result_that_fits_is_left_as_it_is(honest_result: Result) -> None:
    assert fitting.fitted(honest_result) is honest_result


@pytest.mark.parametrize(
    ("field", "value", "left"),
    [
        ("cpu_model", NASTY, printable(NASTY)),
        ("memory_bytes", -1, None),
        ("memory_bytes", 2**80, None),
        ("load_before", math.nan, None),
        ("load_before", math.inf, None),
        ("usable_cpus", "many", None),
        ("on_battery", 7, None),
        ("caches", "none", ()),
        ("python", None, "unknown"),
        ("cpu_features", ("a", "", "b\x07", 5, None), ("a", "b", "5")),
    ],
)
def test_what_does_not_fit_is_unknown_and_told(honest_result: Result, field: str, value: Any, left: str | None) -> None:
    foreign = changed(honest_result, machines=(changed(honest_result.machines[0], **{field: value}),))
    fit = stored(fitting.fitted(foreign))
    assert f"machines[0].{field}" in left_out(fit)
    assert getattr(fit.machines[0], field) == left
    assert fit.results == honest_result.results, "and nothing else changes"


def test_what_is_too_much_is_cut(honest_result: Result) -> None:
    (entry,) = honest_result.results
    warning = WarningRecord(code="battery", text="plug it in")
    foreign = changed(honest_result, warnings=(warning,) * 500, results=(changed(entry, energy=entry.energy * 130),))
    fit = stored(fitting.fitted(foreign))
    assert len(fit.results[0].energy) == MOST_METERS
    assert len(fit.warnings) == 100
    assert "results[0].energy[100…129]" in left_out(fit)


def test_a_record_goes_where_it_cannot_do_without_what_is_wrong(honest_result: Result) -> None:
    (entry,) = honest_result.results
    assert entry.kernel is not None
    settings_of_it = {"lanes": 2**70, "ok": 1, "": 2, "\x00": 3, "none": None, "n" * 300: "v" * 3000, "flag": True}
    assert entry.settings is not None
    foreign = changed(honest_result, results=(changed(entry, settings=changed(entry.settings, batch=0)),))
    fit = stored(fitting.fitted(foreign)).results[0]
    assert fit.settings is None
    assert fit.rate == entry.rate
    corrected = changed(foreign.results[0], kernel=changed(entry.kernel, tuning=settings_of_it))
    kernel = stored(fitting.fitted(changed(honest_result, results=(corrected,)))).results[0].kernel
    assert kernel is not None
    assert kernel.tuning["ok"] == 1
    assert kernel.tuning["flag"] == "True"
    assert "none" not in kernel.tuning


@pytest.mark.parametrize("part", ["rounds", "rate", "evidence"])
def test_a_claim_that_lost_a_part_is_no_claim_and_still_verifies(honest_result: Result, part: str) -> None:
    (entry,) = honest_result.results
    assert entry.rate is not None
    taken, *more = entry.rounds
    first, *others = taken.samples
    foreign = {
        "rounds": (changed(taken, samples=(changed(first, seconds=math.nan), *others)), *more),
        "rate": changed(entry.rate, high=math.inf),
        "evidence": changed(shares_of(entry), spans=shares_of(entry).spans * 10_001),
    }
    fit = stored(fitting.fitted(changed(honest_result, results=(changed(entry, **{part: foreign[part]}),))))
    assert fit.results[0].status == "failed"
    assert "does not fit" in (fit.results[0].reason or "")
    assert counted_samples(fit.results[0]) == ()


def test_readings_of_a_sample_are_no_part_of_the_claim(honest_result: Result) -> None:
    (entry,) = honest_result.results
    hot = changed(
        entry,
        rounds=tuple(
            changed(one, samples=tuple(changed(sample, temperature_c=4_294_948.0) for sample in one.samples))
            for one in entry.rounds
        ),
    )
    fit = stored(fitting.fitted(changed(honest_result, results=(hot,)))).results[0]
    assert fit.rate == entry.rate
    assert {sample.temperature_c for sample in counted_samples(fit)} == {None}


foreign_text = st.one_of(st.text(st.characters(codec=None), max_size=30), st.sampled_from([NASTY, "", "x" * 100_000]))
foreign_float = st.one_of(
    st.floats(), st.sampled_from([math.nan, math.inf, -math.inf, -1.0, 0.0, 1e300, 4_294_948.0, sys.float_info.min])
)
foreign_integer = st.one_of(st.integers(), st.sampled_from([-1, 0, 2**63, 2**64 - 1, 10**5000]))
foreign_settings = st.dictionaries(foreign_text, st.one_of(foreign_text, foreign_float, foreign_integer), max_size=4)

Times = namedtuple("Times", "user nice system idle iowait irq softirq steal guest guest_nice")
Frequency = namedtuple("Frequency", "current min max")
Sensor = namedtuple("Sensor", "label current high critical")


class ForeignDevice(FakeDevice):
    """Hashes rightly, and says of itself whatever comes to its mind."""

    def __init__(self, info: DeviceInfo, clock: VirtualClock, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        super().__init__("steady", RATE_HS, clock.spend)
        self.info = info
        self._kernel = KernelInfo(
            draw(foreign_text),
            1,
            draw(foreign_settings),
            draw(foreign_float),
            draw(foreign_text),
            tuple(
                Candidate(draw(foreign_text), draw(foreign_float), draw(foreign_float), draw(foreign_text))
                for _ in "ab"
            ),
        )
        self._roof = Roof(
            draw(foreign_float),
            draw(foreign_float),
            draw(foreign_float),
            {"add": draw(foreign_float)},
            draw(foreign_text),
        )
        self._device_s = draw(foreign_float)

    def prepare(self, job: Job) -> KernelInfo:
        return replace(super().prepare(job), **vars(self._kernel))

    def scan(self, nonces: range) -> Scan:
        return replace(super().scan(nonces), device_s=self._device_s)

    def roof(self) -> Roof:
        return self._roof


class ForeignMeter:
    """Tells whatever comes to its mind."""

    def __init__(self, info: MeterInfo, readings: list[Reading]) -> None:
        self.info = info
        self._readings = readings
        self._read = 0

    def read(self) -> Reading:
        self._read += 1
        return self._readings[self._read % len(self._readings)]

    def close(self) -> None:
        raise OSError("it does not like that")


def foreign_meter(number: int, draw: Callable[[st.SearchStrategy[Any]], Any]) -> MeterFound:
    info = MeterInfo(
        id=f"foreign:{number}" + draw(foreign_text),
        name=draw(foreign_text),
        scope="wall",
        coverage=Coverage("machine"),
        update_s=0.1,
        bound_source=draw(foreign_text),
        counters=(Counter(draw(foreign_text), 1e-3, 1e4),),
        power_step_w=0.1,
        interval_s=0.02,
        deadline_s=0.5,
    )
    readings = [Reading((draw(foreign_float),), draw(foreign_float), draw(foreign_float)) for _ in range(4)]
    return MeterFound(info, lambda: ForeignMeter(info, readings))


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_whatever_is_told_the_result_is_stored_read_and_verified(data: st.DataObject) -> None:
    draw = data.draw
    info = replace(
        fake_info("steady"),
        name=draw(foreign_text),
        vendor=draw(foreign_text),
        driver=draw(foreign_text),
        backend=draw(foreign_text),
        kind="cpu",
        compute_units=draw(st.one_of(st.none(), foreign_integer)),
        limits=draw(foreign_settings),
    )
    clock = VirtualClock()
    device = ForeignDevice(info, clock, draw)
    sensors = {"k10temp": [Sensor(draw(foreign_text), draw(foreign_float), None, None)]}
    times = cycle([Times(*(draw(foreign_float) for _ in range(10))) for _ in range(5)])
    frequencies = cycle([Frequency(draw(foreign_float), 0.0, 0.0) for _ in range(3)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(api, "secrets", Repeatable())
        patch.setattr(api, "describe_machine", lambda: changed(this_machine(), hypervisor=None))
        patch.setattr(psutil, "cpu_times", lambda: next(times))
        patch.setattr(psutil, "cpu_freq", lambda: next(frequencies))
        patch.setattr(psutil, "sensors_temperatures", lambda: sensors, raising=False)
        result = api.measure(
            [Found(info, lambda _options: device)],
            seconds=0.5,
            clock=clock.now,
            idle_s=0,
            meters=[foreign_meter(number, draw) for number in range(2)],
            challenge="foreign",
        )
    (entry,) = stored(result).results
    assert entry.status == "measured", entry.reason
    assert entry.rate is not None


def test_an_id_that_no_result_can_hold_fails_its_device_only() -> None:
    clock = VirtualClock()
    odd = Found(
        replace(fake_info("steady"), id="opencl:0\n\x1b[2J"), lambda _: FakeDevice("steady", RATE_HS, clock.spend)
    )
    good = Found(fake_info("steady"), lambda _: FakeDevice("steady", RATE_HS, clock.spend))
    result = stored(api.measure([odd, good], seconds=0.5, clock=clock.now))
    assert [entry.status for entry in result.results] == ["failed", "measured"]
    assert "no result can hold" in (result.results[0].reason or "")


@pytest.mark.parametrize("place", ["open", "scan", "roof", "close", "settle", "probes"])
def test_an_error_that_nobody_foresaw_costs_what_it_concerns_and_not_the_run(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = VirtualClock()

    def mistaken(*_: object) -> Any:
        raise ZeroDivisionError("oops")

    def opened(_: DeviceOptions) -> FakeDevice:
        device = FakeDevice("chatty", RATE_HS, clock.spend)
        if place == "open":
            mistaken()
        if place in ("scan", "roof", "close"):
            monkeypatch.setattr(device, place, mistaken)
        return device

    if place == "probes":
        monkeypatch.setattr("hashwatt.bench.energy.account.probes_for", mistaken)
    if place == "settle":
        monkeypatch.setattr("hashwatt.bench.energy.account.DeviceEnergy.settle", mistaken)
    good = Found(fake_info("steady"), lambda _: FakeDevice("steady", RATE_HS, clock.spend))
    bad = Found(fake_info("chatty"), opened)
    result = stored(api.measure([good, bad], seconds=0.5, clock=clock.now))
    first, second = result.results
    assert first.status == "measured"
    assert second.status == ("failed" if place in ("open", "scan") else "measured")
    if place not in ("close", "probes"):
        assert "ZeroDivisionError" in msgspec.json.encode(result).decode()


def test_more_meters_than_a_result_holds_cost_nothing_but_the_least_of_them() -> None:
    def meter(number: int) -> MeterFound:
        info = MeterInfo(
            id=f"hwmon:core{number}" if number < 129 else "hwmon:socket",
            name="a core",
            scope="part" if number < 129 else "system",
            coverage=Coverage("machine"),
            update_s=0.1,
            bound_source="us",
            power_step_w=0.1,
        )
        return MeterFound(info, lambda: ForeignMeter(info, [Reading(power_w=5.0)]))

    clock = VirtualClock()
    result = stored(
        api.measure(
            [Found(fake_info("steady"), lambda _: FakeDevice("steady", RATE_HS, clock.spend))],
            seconds=0.5,
            clock=clock.now,
            idle_s=0,
            meters=[meter(number) for number in range(130)],
        )
    )
    (entry,) = result.results
    assert entry.status == "measured"
    assert len(entry.energy) == MOST_METERS
    assert "hwmon:socket" in [energy.meter for energy in entry.energy]
    assert "30 meters (hwmon" in left_out(result)


def test_a_run_of_1970_says_that_its_clock_was_never_set(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unset(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return cls(1970, 1, 1, 0, 3, tzinfo=tz)

    monkeypatch.setattr(api, "datetime", Unset)
    clock = VirtualClock()
    good = Found(fake_info("steady"), lambda _: FakeDevice("steady", RATE_HS, clock.spend))
    result = stored(api.measure([good], seconds=0.5, clock=clock.now))
    (warning,) = [warning for warning in result.warnings if warning.code == "date_unsure"]
    assert "1970-01-01" in warning.text
    assert "set the clock" in warning.text
