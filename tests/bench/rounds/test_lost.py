"""What the work did not get of the CPUs, from what samples and the quota's counter tell: worked out by hand."""

from __future__ import annotations

import pytest

from hashwatt.bench.result.measurement import Round, Sample
from hashwatt.bench.rounds.lost import IDLE_PART, NOISE_CPUS, Lost, lost_in, lost_share, working_cpus


def sample(seconds: float, others: float | None, stolen: float | None, cpu_s: float | None = None) -> Sample:
    return Sample(
        amount=1, seconds=seconds, device_s=None, cpu_s=cpu_s, clock_hz=None, temperature_c=None, other_load=others,
        stolen_load=stolen,
    )  # fmt: skip


def in_round(*samples: Sample, throttled_s: float | None = None) -> Lost:
    return lost_in(
        Round(start_s=0.0, warmup_s=0.0, counted=True, left_out=None, throttled_s=throttled_s, samples=samples)
    )


def test_what_was_lost_in_a_round_is_the_mean_over_its_seconds() -> None:
    lost = in_round(sample(1.0, 0.4, 0.2), sample(3.0, 0.8, 0.6), throttled_s=2.0)
    assert (lost.others, lost.stolen, lost.quota) == pytest.approx((0.7, 0.5, 0.5))
    assert lost.cpus == pytest.approx(1.7)


def test_where_nobody_tells_nothing_was_lost() -> None:
    lost = in_round(sample(1.0, None, None), sample(1.0, 0.5, 0.25))
    assert (lost.others, lost.stolen, lost.quota) == (0.25, 0.125, 0.0)
    assert in_round(sample(1.0, None, None)) == Lost(0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("lost", "told"),
    [
        (Lost(0.3, 0.2, 0.1), "other programs kept 0.3 CPUs busy"),
        (Lost(0.2, 0.3, 0.1), "the hypervisor gave other machines 0.3 CPUs"),
        (Lost(0.2, 0.1, 0.3), "a quota held back 0.3 CPUs"),
    ],
)
def test_the_most_of_it_is_told(lost: Lost, told: str) -> None:
    assert lost.told() == told


def test_the_cpus_that_worked_are_cpu_seconds_over_seconds() -> None:
    assert working_cpus([sample(1.0, 0.0, 0.0, 1.5), sample(3.0, 0.0, 0.0, 4.5)]) == 1.5
    # Of one sample nothing is told, and of none neither.
    assert working_cpus([sample(1.0, 0.0, 0.0, 1.5), sample(1.0, 0.0, 0.0)]) is None
    assert working_cpus([]) is None


def test_the_share_of_others_is_what_they_had_above_noise_of_what_was_wanted() -> None:
    samples = [sample(1.0, 0.25, 0.25, 1.5), sample(3.0, 0.25, 0.25, 4.5)]
    surely = 0.5 - NOISE_CPUS
    assert lost_share(samples, 2.0) == pytest.approx(surely / (surely + 1.5))
    # Seconds weigh, and what nobody tells is none.
    unequal = [sample(1.0, 1.0, None, 1.5), sample(3.0, None, 0.2, 4.5)]
    surely = 0.25 + 0.15 - NOISE_CPUS
    assert lost_share(unequal, 1.9) == pytest.approx(surely / (surely + 1.5))


def test_where_cpus_were_idle_nothing_was_taken_away() -> None:
    # A tenth of the CPUs and a little less or more of them idle: 2 of 2.2 or of 2.25 in use.
    samples = [sample(1.0, 0.5, 0.0, 1.5)]
    assert lost_share(samples, 2.2) > 0
    assert lost_share(samples, 2.0 / (1 - IDLE_PART)) > 0
    assert lost_share(samples, 2.25) == 0.0


def test_noise_is_no_load() -> None:
    assert lost_share([sample(1.0, NOISE_CPUS, 0.0, 2.0)], 2.0) == 0.0
    assert lost_share([sample(1.0, 0.0, 0.0, 2.0)], 2.0) == 0.0
    assert lost_share([sample(1.0, 0.06, 0.0, 2.0)], 2.0) == pytest.approx(0.01 / 2.01)


def test_where_the_cpus_are_unknown_or_the_work_is_not_theirs_nothing_is_told() -> None:
    assert lost_share([sample(1.0, 0.5, 0.5, 1.0)], None) == 0.0
    assert lost_share([sample(1.0, 0.5, 0.5)], 2.0) == 0.0
    assert lost_share([], 2.0) == 0.0
