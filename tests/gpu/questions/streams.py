"""Which operations share a pipe of the card's units."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from ..figures import NO_TIME
from ..pipes import BITS, ENTRY, FACTOR, LARGE, MIXES, operations, right_answers, source
from .asked import Json, device_of, tell, why

CHECKED_ITEMS, CHECKED_TURNS = 64, 2
TIMED_S = 0.03
TRIALS = 5


def pipes(device_id: str, seconds: str) -> None:
    """Streams of operations: how many a second, and a unit and cycle of the clock that the driver names."""
    from hashwatt.kernels.device import DeviceOptions, Executes

    end = time.monotonic() + float(seconds)
    found = device_of(device_id)
    device = found.open(DeviceOptions())
    if not isinstance(device, Executes):
        raise SystemExit(f"{device_id} runs no kernels of others")
    units = found.info.compute_units or 1
    clock_hz = 1e6 * float(found.info.limits.get("max_clock_mhz") or 0)
    rows: list[Json] = []
    for mix in MIXES:
        row: Json = {"mix": list(mix), "why": NO_TIME}
        if time.monotonic() < end:
            try:
                rate = _pipe_rate(device, mix, units * (2048 if found.info.kind == "gpu" else 64))
                each = rate / (units * clock_hz) if clock_hz else None
                row = {"mix": list(mix), "operations_per_s": rate, "per_unit_and_rated_cycle": each}
            except Exception as error:
                row["why"] = why(error)
        rows.append(row)
        tell({"units": units, "rated_clock_hz": clock_hz or None, "pipes": rows})
    device.close()


def _pipe_rate(device: Any, mix: Sequence[str], items: int) -> float:
    import numpy as np

    from hashwatt.kernels.device import Launch, Source

    kernel, _ = device.compile(Source("opencl", source(mix), ENTRY, ("uint32",)))
    buffer = device.allocate(4 * items)

    def seconds(turns: int) -> float:
        started = time.perf_counter()
        told = device.launch(Launch(kernel, (buffer,), (turns, BITS, FACTOR, LARGE), items)).device_s
        return told or time.perf_counter() - started

    seconds(CHECKED_TURNS)
    answers = np.frombuffer(device.read(buffer, 0, 4 * CHECKED_ITEMS), np.uint32)
    if not np.array_equal(answers, right_answers(mix, CHECKED_ITEMS, CHECKED_TURNS)):
        raise ValueError("does not agree with numpy")
    turns = 16
    while (elapsed_s := seconds(turns)) < TIMED_S / 4 and turns < 1 << 20:
        turns *= 4
    turns = max(int(turns * TIMED_S / elapsed_s), 1)
    rate = operations(items, turns) / min(seconds(turns) for _ in range(TRIALS))
    device.release()
    return rate
