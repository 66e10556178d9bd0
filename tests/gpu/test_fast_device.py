"""A device of 10 GH/s has little to wait for between nonce ranges: what the host does there, counted in calls.

`tests/perf/test_fast_device.py` holds what that takes in time.
"""

from __future__ import annotations

import sys
from types import FrameType

import pytest

from ..kernels.opencl.devices import open_here
from .fast_device import BATCH, BATCHES, RATE_HS, time_outside_scan

# For a header and its 262 shares, of which each is 26: 6,940 with Python 3.11. A header's thousands of nodes evaluated
# one by one, or a kernel built for it, are thousands more.
MOST_CALLS = 7_700


@pytest.mark.own_process
def test_a_device_of_ten_billion_hashes_a_second_waits_for_few_calls_of_the_host() -> None:
    device = open_here("x4-shift-shared-standard")
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    # What is done once (modules, caches) is not counted.
    time_outside_scan(device)
    sys.setprofile(count)
    try:
        told = time_outside_scan(device)
    finally:
        sys.setprofile(None)
    device.close()
    assert told.scanning_s == pytest.approx(BATCHES * BATCH / RATE_HS)
    assert told.headers >= BATCHES / 2 - 1
    assert told.shares > 1000
    assert 0 < calls / told.headers <= MOST_CALLS
