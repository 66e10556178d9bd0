"""The rules by which a rate follows from samples."""

from __future__ import annotations

from msgspec.structs import replace

from hashwatt.bench.rates import FEWEST_CPU_S, counted_samples, rate_of, rate_per_cpu_s
from hashwatt.bench.result.measurement import Round, Sample
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
    assert counted_samples(replace(entry, rounds=(taken, left_out, more))) == (*taken.samples, *SAMPLES)


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
