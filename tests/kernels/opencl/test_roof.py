"""The measured limit of a device, and the streams of operations that it is measured with."""

from __future__ import annotations

from collections import Counter
from itertools import chain, count, repeat

import pytest

from hashwatt.kernels.device import HasRoof
from hashwatt.kernels.job import PREFIX_BYTES, Job
from hashwatt.kernels.opencl.roof import MOST_TRIALS, fewest_seconds
from hashwatt.kernels.opencl.stream import ROTATE, STEPS, interleaved, operation_mix

from .devices import open_first


@pytest.mark.parametrize("three_operand_logic", [True, False])
def test_a_stream_has_the_proportions_of_the_hash(three_operand_logic: bool) -> None:
    mix = operation_mix(three_operand_logic)
    total = sum(mix.values())
    counted = Counter(interleaved(mix))
    for kind, wanted in mix.items():
        assert abs(counted[kind] - STEPS * wanted / total) < 1


@pytest.mark.parametrize("three_operand_logic", [True, False])
def test_rotations_never_follow_each_other_where_a_compiler_could_fold_them(three_operand_logic: bool) -> None:
    steps = interleaved(operation_mix(three_operand_logic))
    following = zip(steps, [*steps[1:], steps[0]], strict=True)
    assert (ROTATE, ROTATE) not in set(following)


def test_a_quiet_moment_counts_even_when_it_comes_late() -> None:
    times = chain([0.010] * 40, [0.005] * 1, [0.011] * 40, [0.004], repeat(0.012))
    assert fewest_seconds(lambda: next(times)) == 0.004


def test_trials_end_whatever_the_clock_says() -> None:
    falling = (1.0 / number for number in count(1))
    taken = [0]

    def trial() -> float:
        taken[0] += 1
        return next(falling)

    fewest_seconds(trial)
    assert taken[0] == MOST_TRIALS + 1


def test_a_device_measures_its_limit_for_the_kernel_it_runs() -> None:
    device = open_first()
    try:
        assert isinstance(device, HasRoof)
        assert device.roof() is None, "nothing is prepared"
        device.prepare(Job((bytes(PREFIX_BYTES),), target=1))
        roof = device.roof()
    finally:
        device.close()
    assert roof is not None
    assert roof.rate_per_s > 1e5
    assert "operations" in roof.explanation
    assert all(rate > 0 for rate in roof.throughput.values())
