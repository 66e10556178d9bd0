"""How long is warmed up and sampled, by how long is asked for."""

from __future__ import annotations

import pytest

from hashwatt.bench.sampling.plan import plan


@pytest.mark.parametrize("seconds", [0.5, 0.7, 2.0, 60.0])
def test_a_device_that_worked_a_moment_ago_is_warmed_up_for_less_long_than_it_is_sampled(seconds: float) -> None:
    cold = plan(seconds)
    warm, here = cold.of_a_warm_device(on_host_cores=False), cold.of_a_warm_device(on_host_cores=True)
    assert warm.warmup_s <= min(0.5, seconds / 2) < cold.warmup_s
    assert here.warmup_s == min(0.05, warm.warmup_s)
    assert warm.seconds == cold.seconds == here.seconds
