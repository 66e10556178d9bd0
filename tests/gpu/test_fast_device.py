"""A device of 10 GH/s scans for all but a hundredth of the time: between nonce ranges the host has little to do."""

from __future__ import annotations

import pytest

from ..kernels.opencl.devices import open_here
from .fast_device import BATCH, BATCHES, RATE_HS, time_outside_scan

# Building the kernel for every header took a tenth, evaluating it node by node and a whole self-test another hundredth.
MOST = 0.01


@pytest.mark.own_process
def test_a_device_of_ten_billion_hashes_a_second_scans_for_all_but_a_hundredth_of_the_time() -> None:
    device = open_here("x4-shift-shared-standard")
    told = time_outside_scan(device)
    device.close()
    assert told.scanning_s == pytest.approx(BATCHES * BATCH / RATE_HS)
    assert told.headers >= BATCHES / 2 - 1
    assert told.shares > 1000
    assert told.share <= MOST
