"""Which rounds count: never chosen by their rate, and never none."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from hashwatt.bench.result.measurement import Round, Sample
from hashwatt.bench.rounds.counted import with_counted


def round_of(
    rate: int = 100, others: float | None = 0.0, stolen: float | None = 0.0, throttled_s: float | None = None
) -> Round:
    sample = Sample(
        amount=rate, seconds=1.0, device_s=None, cpu_s=2.0, clock_hz=None, temperature_c=None, other_load=others,
        stolen_load=stolen,
    )  # fmt: skip
    return Round(
        start_s=0.0, warmup_s=0.1, counted=True, left_out=None, throttled_s=throttled_s, samples=(sample, sample)
    )


def counted(*rounds: Round) -> list[bool]:
    return [one.counted for one in with_counted(rounds)]


QUIET = round_of()


def test_a_round_is_left_out_for_load_and_says_what_and_how_much() -> None:
    *_, last = with_counted([QUIET, QUIET, QUIET, round_of(others=0.8)])
    assert not last.counted
    assert last.left_out == "other programs kept 0.8 CPUs busy in this round"


def test_a_round_is_left_out_for_steal_and_for_quota_and_says_so() -> None:
    stolen, held = with_counted([QUIET, QUIET, QUIET, round_of(stolen=0.3), round_of(throttled_s=1.0)])[3:]
    assert (stolen.left_out, held.left_out) == (
        "the hypervisor gave other machines 0.3 CPUs in this round",
        "a quota held back 0.5 CPUs in this round",
    )


def test_a_round_is_never_left_out_for_its_rate() -> None:
    assert counted(QUIET, QUIET, QUIET, QUIET, round_of(rate=1), round_of(rate=10_000)) == [True] * 6


@pytest.mark.parametrize("busy", [1, 2, 3, 4, 5, 6])
def test_rounds_are_left_out_only_beside_as_many_quiet_ones(busy: int) -> None:
    rounds = [round_of(others=0.8)] * busy + [QUIET] * (6 - busy)
    assert counted(*rounds) == [busy > 3] * busy + [True] * (6 - busy)


def test_half_of_many_rounds_must_be_quiet() -> None:
    busy = round_of(others=0.8)
    assert counted(*[busy] * 5, *[QUIET] * 3) == [True] * 8
    assert counted(*[busy] * 4, *[QUIET] * 4) == [False] * 4 + [True] * 4
    assert counted(*[busy] * 5, *[QUIET] * 4) == [True] * 9


def test_of_a_few_rounds_three_at_least_count() -> None:
    assert counted(QUIET, QUIET, round_of(others=0.8)) == [True, True, True]
    assert counted(round_of(others=2.0)) == [True]
    assert with_counted([]) == ()


def test_background_services_are_no_reason() -> None:
    assert counted(*[QUIET] * 5, round_of(others=0.08)) == [True] * 6


def test_a_tenth_of_a_cpu_is_the_least_that_disturbs() -> None:
    assert counted(*[QUIET] * 5, round_of(others=0.1)) == [True] * 5 + [False]
    assert counted(*[QUIET] * 5, round_of(others=0.0999)) == [True] * 6


def test_on_many_cpus_it_takes_more_to_disturb() -> None:
    def busy(load: float) -> Round:
        one = round_of(others=load)
        return replace(one, samples=tuple(replace(sample, cpu_s=64.0) for sample in one.samples))

    assert counted(*[busy(0.0)] * 5, busy(1.0)) == [True] * 6
    assert counted(*[busy(0.0)] * 5, busy(2.0)) == [True] * 5 + [False]


def test_what_goes_on_on_the_host_does_not_disturb_a_card() -> None:
    beside = [
        replace(one, samples=tuple(replace(sample, cpu_s=None) for sample in one.samples))
        for one in (QUIET, QUIET, QUIET, round_of(others=1.5))
    ]
    assert counted(*beside) == [True] * 4


def test_unknown_loads_are_no_reason() -> None:
    assert counted(QUIET, QUIET, QUIET, round_of(others=None, stolen=None)) == [True] * 4


def test_what_a_record_says_already_does_not_matter() -> None:
    left_out = replace(QUIET, counted=False, left_out="because we say so")
    assert with_counted([left_out] * 4) == (QUIET,) * 4
