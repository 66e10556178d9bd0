"""J/TH over random power and rate curves: joules ÷ work of the same time, within bounds that hold.

`pytest tests/bench/energy/joules/test_efficiency_curves.py` repeats what docs/energy.md states.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import replace

import msgspec
import numpy
import pytest

from hashwatt.bench.energy.joules.efficiency import efficiency
from hashwatt.bench.energy.joules.readings import Window
from hashwatt.bench.energy.joules.record import energy_record
from hashwatt.bench.energy.meter import Counter
from hashwatt.bench.rates import rate_of, rate_of_rounds
from hashwatt.bench.result.energy import Interval
from hashwatt.bench.result.measurement import Rate, Sample

from ..meters.trees import PowerCurve
from ..readings import ABOUT_IT, PLAIN, counted, watts

ROUNDS = 6
CURVES = [60, pytest.param(200, marks=pytest.mark.slow)]  # Two seconds, for the same fractions of more curves.
TOTAL_S = 14.0
STEP_S = 1e-3
BATCH_S = 0.1
METER = replace(PLAIN, counters=(Counter("it", 6e-5, 2000.0),), update_s=0.001)
WATTMETER = replace(PLAIN, power_step_w=0.1, update_s=0.001)


class RateCurve:
    """Work a second over time: a level, steps that last, stalls, a drift, drawn from `random`; what is done is known.

    In half of the curves the power follows the rate, as it does where a device throttles.
    """

    def __init__(self, random: numpy.random.Generator) -> None:
        times = numpy.arange(0, TOTAL_S, STEP_S)
        rates = numpy.full(times.shape, 10 ** random.uniform(4, 8))
        for _ in range(random.integers(0, 4)):
            rates[times >= random.uniform(0, TOTAL_S)] *= random.uniform(0.3, 1.5)
        rates *= 1 + random.uniform(-0.3, 0.3) * times / TOTAL_S
        self.stalled = numpy.zeros(times.shape, dtype=bool)
        for _ in range(random.integers(0, 4)):
            start_s = random.uniform(0, TOTAL_S)
            self.stalled |= (times >= start_s) & (times < start_s + random.uniform(0.01, 0.8))
        rates[self.stalled] *= 0.01
        self.relative = rates / rates.max()
        self._done = numpy.concatenate([[0.0], numpy.cumsum(rates * STEP_S)])
        self._ticks = numpy.arange(len(self._done))

    def done(self, at_s: float) -> float:
        """Work done from the start until then."""
        return float(numpy.interp(at_s / STEP_S, self._ticks, self._done))

    def when_done(self, work: float) -> float:
        """When so much is done."""
        return float(numpy.interp(work, self._done, self._ticks)) * STEP_S


def following(power: PowerCurve, rate: RateCurve) -> PowerCurve:
    """The power, where it falls with the rate."""
    power.watts = power.watts * (0.3 + 0.7 * rate.relative[: len(power.watts)])
    power._joules = numpy.concatenate([[0.0], numpy.cumsum(power.watts * power.step_s)])
    return power


def sampled(curve: RateCurve, power: PowerCurve, window: Window) -> tuple[list[Sample], float, float]:
    """The samples that a harness takes of a fixed piece of work each, the joules spent within them, and the end."""
    piece = round((curve.done(window.start_s + BATCH_S) - curve.done(window.start_s)) + 1)
    samples, joules, now = [], 0.0, window.start_s
    while now < window.end_s - BATCH_S:
        end_s = curve.when_done(curve.done(now) + piece)
        if end_s > window.end_s:
            break
        samples.append(
            Sample(
                amount=piece, seconds=end_s - now, device_s=None, cpu_s=None, clock_hz=None, temperature_c=None,
                other_load=None, stolen_load=None,
            )
        )  # fmt: skip
        joules += power.joules(end_s) - power.joules(now)
        # Shares are collected each time, and answers checked now and then.
        now = end_s + power.random.exponential(5e-4) + (0.02 if power.random.random() < 0.05 else 0.0)
    return samples, joules, now


def figure(seed: int) -> tuple[float, Interval]:
    """The true joules a unit of one pair of curves, and the stated ones."""
    power = PowerCurve(seed, TOTAL_S)
    curve = RateCurve(power.random)
    if seed % 2:
        power = following(power, curve)
    start_s = 1.0 + power.random.uniform(0, 1)
    samples, joules, end_s = sampled(curve, power, Window(start_s, start_s + power.random.uniform(6, 10)))
    amount = sum(sample.amount for sample in samples)
    window = Window(start_s, end_s)
    moments = [start_s - 1e-3, *numpy.arange(0.0, TOTAL_S - 0.1, 0.1), end_s + 1e-3]
    by_counter = seed % 4 < 2
    readings = [
        counted(at_s, power.joules(at_s)) if by_counter else watts(at_s, mean_w(power, at_s))
        for at_s in sorted(map(float, moments))
    ]
    record = energy_record(METER if by_counter else WATTMETER, readings, window, ABOUT_IT)
    length = math.ceil(len(samples) / ROUNDS)
    rounds = [samples[first : first + length] for first in range(0, len(samples), length)]
    rate: Rate = rate_of_rounds(rounds, "hash")
    stated = efficiency(record, rate, amount, math.fsum(sample.seconds for sample in samples))
    assert stated is not None, record.reason
    return joules / amount, stated.j_per_unit


def mean_w(power: PowerCurve, at_s: float) -> float:
    """What a meter of watts tells: the mean of the last tenth of a second, in tenths of a watt."""
    begin_s = max(0.0, at_s - 0.1)
    return round((power.joules(at_s) - power.joules(begin_s)) / max(at_s - begin_s, STEP_S), 1)


@pytest.fixture(scope="module", params=CURVES, ids="{} curves".format)
def figures(request: pytest.FixtureRequest) -> list[tuple[float, Interval]]:
    return [figure(seed) for seed in range(request.param)]


def test_the_true_joules_a_unit_lie_within_the_bounds(figures: list[tuple[float, Interval]]) -> None:
    inside = [stated.low <= truth <= (stated.high or math.inf) for truth, stated in figures]
    assert sum(inside) >= 0.95 * len(figures)


def test_half_of_the_figures_are_within_half_a_percent(figures: list[tuple[float, Interval]]) -> None:
    assert statistics.median(abs(stated.value / truth - 1) for truth, stated in figures) <= 0.005


def test_the_bounds_are_of_use(figures: list[tuple[float, Interval]]) -> None:
    """The meter's own doubt, and the moments in which no work is counted; however much the rate itself goes about."""
    widths = sorted(((stated.high or math.inf) - stated.low) / stated.value for _, stated in figures)
    assert widths[len(widths) // 2] < 0.1


@pytest.mark.parametrize("doubt", [0.001, 0.5])
def test_how_sure_the_rate_is_has_no_part_in_joules_for_exactly_counted_work(doubt: float) -> None:
    readings = [counted(float(second), 100.0 * second) for second in range(11)]
    record = energy_record(replace(METER, update_s=0.0), readings, Window(0.0, 10.0), ABOUT_IT)
    sample = Sample(
        amount=1000, seconds=10.0, device_s=None, cpu_s=None, clock_hz=None, temperature_c=None,
        other_load=None, stolen_load=None,
    )  # fmt: skip
    rate = msgspec.structs.replace(rate_of([sample], "hash"), low=100.0 * (1 - doubt), high=100.0 * (1 + doubt))
    stated = efficiency(record, rate, 1000, 10.0)
    assert stated is not None
    assert (stated.j_per_unit.low, stated.j_per_unit.value) == pytest.approx((1.0, 1.0), rel=1e-3)
    assert stated.j_per_unit.high == pytest.approx(1.0, rel=1e-3)


def test_a_rate_of_two_levels_has_the_joules_of_both() -> None:
    """150 kH/s at 100 W, and for one second in four 30 kH/s at 40 W: neither level's, and no mean ÷ median."""
    joules = (3 * 100.0 + 40.0) * 6
    samples = [
        Sample(
            amount=15_000 if slow else 75_000, seconds=0.5, device_s=None, cpu_s=None, clock_hz=None,
            temperature_c=None, other_load=None, stolen_load=None,
        )
        for _ in range(6)
        for slow in (False,) * 6 + (True,) * 2
    ]  # fmt: skip
    amount = sum(sample.amount for sample in samples)
    readings = [counted(float(second), second // 4 * 340.0 + (second % 4) * 100.0) for second in range(25)]
    record = energy_record(replace(METER, update_s=0.0), readings, Window(0.0, 24.0), ABOUT_IT)
    stated = efficiency(record, rate_of(samples, "hash"), amount, 24.0)
    assert stated is not None
    truth = joules / amount
    assert stated.j_per_unit.value == pytest.approx(truth, rel=1e-6)
    assert stated.j_per_unit.low <= truth <= (stated.j_per_unit.high or 0.0)
