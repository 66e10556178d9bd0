"""The rules by which a rate follows from samples."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from hashwatt.bench.rates import (
    FEWEST_CPU_S,
    all_samples,
    counted_samples,
    measured_clock_hz,
    rate_of,
    rate_of_rounds,
    rate_per_cpu_s,
    stated_rate,
)
from hashwatt.bench.result.measurement import Measurement, Round, Sample
from hashwatt.bench.result.model import Result


def sample(amount: int, seconds: float, cpu_s: float | None = None) -> Sample:
    return Sample(
        amount=amount, seconds=seconds, device_s=None, cpu_s=cpu_s, clock_hz=None, temperature_c=None, other_load=None,
        stolen_load=None,
    )  # fmt: skip


SAMPLES = (sample(100, 1.0), sample(100, 1.0), sample(100, 2.0))


def test_the_headline_is_all_work_over_all_time_and_was_the_median_in_version_1() -> None:
    now, then = rate_of(SAMPLES, "byte"), rate_of(SAMPLES, "byte", written_as=1)
    assert (now.value, now.median, now.best) == (75.0, 100.0, 100.0)
    assert (then.value, then.median, then.best) == (100.0, 100.0, 100.0)
    assert (now.unit, now.origin) == ("byte/s", "measured")


def test_only_rounds_that_count_are_counted(honest_result: Result) -> None:
    (entry,) = honest_result.results
    taken = entry.rounds[0]
    left_out = Round(start_s=9.0, warmup_s=0.0, counted=False, left_out="others were busy", samples=SAMPLES)
    more = replace(taken, samples=SAMPLES)
    rounds = replace(entry, rounds=(taken, left_out, more))
    assert counted_samples(rounds) == (*taken.samples, *SAMPLES)
    assert all_samples(rounds) == (*taken.samples, *SAMPLES, *SAMPLES)


# On the CPUs that others had a part of, so that the interval shows what is known of them.
BUSY = tuple(replace(one, cpu_s=one.seconds, other_load=0.5) for one in SAMPLES)


def stated(entry: Measurement, cpus: float | None, virtual: bool | None) -> Measurement:
    """A record of one round, on so many CPUs of such a machine."""
    assert entry.settings is not None
    settings = replace(entry.settings, usable_cpus=cpus, virtual_machine=virtual)
    return replace(entry, rounds=(replace(entry.rounds[0], samples=BUSY),), settings=settings)


@pytest.mark.parametrize(("cpus", "virtual"), [(1.0, True), (1.0, False), (None, True)])
def test_a_stated_rate_is_held_against_the_cpus_that_its_record_names(
    cpus: float | None, virtual: bool, honest_result: Result
) -> None:
    entry = stated(honest_result.results[0], cpus, virtual)
    assert stated_rate(entry) == rate_of_rounds([BUSY], entry.unit, cpus, virtual)


def test_whether_the_cpus_are_shared_makes_an_interval_wider(honest_result: Result) -> None:
    (entry,) = honest_result.results

    def width(cpus: float | None, virtual: bool | None) -> float:
        rate = stated_rate(stated(entry, cpus, virtual))
        assert rate.high is not None
        return rate.high / rate.value

    assert width(1.0, True) > width(1.0, False) > width(None, False)
    assert width(1.0, True) > width(None, True)
    assert width(1.0, None) == width(1.0, False)


def test_a_record_that_does_not_tell_its_settings_has_a_rate_all_the_same(honest_result: Result) -> None:
    entry = replace(stated(honest_result.results[0], 1.0, True), settings=None)
    assert stated_rate(entry) == rate_of_rounds([BUSY], entry.unit)
    # Of a machine of its own, as long as nothing tells otherwise.
    assert rate_of_rounds([BUSY], entry.unit) == rate_of_rounds([BUSY], entry.unit, None, False)


def test_a_stated_rate_of_version_1_is_the_median_of_all_samples(honest_result: Result) -> None:
    entry = stated(honest_result.results[0], 1.0, True)
    assert stated_rate(entry, 1) == rate_of(BUSY, entry.unit, 1)
    assert stated_rate(entry, 1).value == 100.0
    assert stated_rate(entry).value == 75.0


def test_a_round_without_samples_adds_nothing_to_a_rate(honest_result: Result) -> None:
    entry = stated(honest_result.results[0], 1.0, False)
    empty = replace(entry.rounds[0], samples=())
    assert stated_rate(replace(entry, rounds=(empty, *entry.rounds))) == stated_rate(entry)


def test_work_a_cpu_second_stays_where_others_take_the_cpu() -> None:
    # Half as fast, for the same CPU time.
    quiet, busy = sample(100, 1.0, 2.0), sample(100, 2.0, 2.0)
    assert rate_per_cpu_s([quiet]) == rate_per_cpu_s([busy]) == 50.0


def test_work_a_cpu_second_is_unknown_where_any_sample_does_not_tell_or_all_tell_too_little() -> None:
    assert rate_per_cpu_s([sample(100, 1.0, 2.0), sample(100, 1.0)]) is None
    assert rate_per_cpu_s([sample(100, 1.0, FEWEST_CPU_S / 2)]) is None
    # Ticks of 10 ms: a fifth of a second is just enough.
    assert rate_per_cpu_s([sample(100, 1.0, 0.2)]) == 500.0
    assert rate_per_cpu_s([sample(100, 1.0, 0.199)]) is None
    assert rate_per_cpu_s([]) is None


def test_a_clock_is_that_of_the_rounds_that_count_each_as_long_as_it_took(honest_result: Result) -> None:
    (entry,) = honest_result.results

    def clock(*rounds: tuple[float | None, float]) -> float | None:
        """Of rounds with that clock and so many seconds; of none no sample."""
        made = [
            replace(entry.rounds[0], clock_hz=hz, samples=(sample(1, seconds / 2),) * 2 if seconds else ())
            for hz, seconds in rounds
        ]
        return measured_clock_hz(replace(entry, rounds=tuple(made)))

    assert clock((1e9, 2.0), (4e9, 4.0)) == 3e9
    # What has no sample says nothing, and one that does not tell its clock leaves it unknown.
    assert clock((1e9, 2.0), (None, 0.0), (4e9, 0.0)) == 1e9
    assert clock() is clock((1e9, 0.0)) is clock((1e9, 2.0), (None, 2.0)) is clock((0.0, 2.0)) is None
    assert (clock((1e6, 1.0)), clock((1e11, 1.0))) == (1e6, 1e11)
    assert clock((0.99e6, 1.0)) is clock((1.01e11, 1.0)) is None
