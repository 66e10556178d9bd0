"""What rounds show and samples do not: late drops, short stalls, turbo that ends; the bounds hold the truth."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hashwatt.bench.api import measure
from hashwatt.bench.machine.load import LoadMeter, Readings
from hashwatt.bench.result.measurement import Measurement
from hashwatt.bench.warnings.odd_rounds import odd_rounds
from hashwatt.kernels.device import Found
from hashwatt.kernels.fakes.device import FakeDevice, VirtualClock, fake_info

RATE_HS = 10_000.0


@pytest.fixture(autouse=True)
def _quiet_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LoadMeter, "stop", lambda _self: Readings())


def run(level: Callable[[float], float], seconds: float = 6.0) -> tuple[Measurement, float]:
    """A device whose rate is `level` of its usual one, by the seconds since its first sample; and the mean of that."""
    clock = VirtualClock()
    begun: list[float] = []

    class Device(FakeDevice):
        def _current_rate_hs(self) -> float:
            return RATE_HS * (level(clock.now() - begun[0]) if begun else 1.0)

    class Started:
        def stage(self, device: str, text: str, total: float | None, unit: str = "") -> None:
            if text.startswith("sampling") and not begun:
                begun.append(clock.now())

        def advance(self, amount: float, rate: float | None) -> None:
            pass

        def done(self) -> None:
            pass

    found = Found(fake_info("steady"), lambda _: Device("steady", RATE_HS, clock.spend))
    (entry,) = measure([found], seconds=seconds, clock=clock.now, progress=Started()).results
    last = entry.rounds[-1]
    ended_s = (last.start_s or 0.0) + sum(sample.seconds for sample in last.samples) - (entry.rounds[0].start_s or 0.0)
    moments = [ended_s * (step + 0.5) / 4000 for step in range(4000)]
    return entry, RATE_HS * sum(map(level, moments)) / len(moments)


def codes(entry: Measurement) -> set[str]:
    return {warning.code for warning in entry.warnings}


def holds(entry: Measurement, truth: float) -> bool:
    assert entry.rate is not None
    return (entry.rate.low or 0.0) <= truth <= (entry.rate.high or 0.0)


def test_a_late_drop_is_named_and_the_bounds_hold_the_mean() -> None:
    entry, truth = run(lambda at_s: 0.7 if at_s > 6.6 else 1.0)
    # Of four samples or more it is a step that lasted, of fewer a round that is odd.
    assert codes(entry) & {"odd_rounds", "throttling"}
    assert holds(entry, truth)


def test_a_short_stall_is_named_and_the_bounds_hold_the_mean() -> None:
    entry, truth = run(lambda at_s: 0.3 if 2.0 < at_s < 2.4 else 1.0)
    assert "odd_rounds" in codes(entry)
    assert holds(entry, truth)


def test_turbo_that_ends_is_named_and_the_bounds_hold_the_mean() -> None:
    entry, truth = run(lambda at_s: 1.25 if at_s < 3 else 1.0)
    assert "throttling" in codes(entry)
    assert "odd_rounds" not in codes(entry)
    assert holds(entry, truth)


def test_a_steady_device_has_none_of_these() -> None:
    entry, truth = run(lambda _: 1.0)
    assert not codes(entry) & {"odd_rounds", "throttling", "drift", "few_rounds", "rounds_left_out", "wide_interval"}
    assert holds(entry, truth)


@pytest.mark.parametrize(
    ("rates", "odd"),
    [
        ([100, 100, 101, 90], [3]),
        ([100, 100, 101, 130, 99, 100, 70], [3, 6]),
        ([100, 104, 96, 90], []),
        ([100, 90, 100, 90], []),
        ([100, 50, 100], []),
        ([], []),
    ],
)
def test_rounds_are_odd_where_few_differ_and_the_others_agree(rates: list[float], odd: list[int]) -> None:
    assert odd_rounds(rates) == odd
