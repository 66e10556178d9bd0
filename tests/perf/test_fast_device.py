"""A device of 10 GH/s scans for all but a hundredth of the time: what the host needs between nonce ranges."""

from __future__ import annotations

from statistics import median
from typing import Any

import pytest

from ..gpu.fast_device import time_outside_scan
from ..kernels.opencl.devices import open_here

ROUNDS = 5
# Building the kernel for every header took a tenth, evaluating it node by node and a whole self-test another hundredth.
MOST = 0.01


@pytest.mark.own_process
def test_a_device_of_ten_billion_hashes_a_second_hardly_waits_for_the_host(benchmark: Any) -> None:
    device = open_here("x4-shift-shared-standard")
    shares = [time_outside_scan(device).share for _ in range(ROUNDS)]
    device.close()
    benchmark.extra_info.update({"share of the time outside scan": median(shares), "rounds": ROUNDS})
    benchmark.pedantic(lambda: None)
    assert 0 < median(shares) <= MOST
