"""What numpy's BLAS is told: its threads, without looking through all libraries at each launch."""

from __future__ import annotations

from typing import Any

import pytest
import threadpoolctl

from hashwatt.kernels.cpu import blas


def test_the_process_s_libraries_are_looked_through_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[object] = []

    class Counting(threadpoolctl.ThreadpoolController):  # type: ignore[misc]
        def __init__(self) -> None:
            looked.append(self)
            super().__init__()

    monkeypatch.setattr(threadpoolctl, "ThreadpoolController", Counting)
    blas._controller.cache_clear()
    try:
        for threads in (1, 2, 1):
            with blas.threads_of_blas(threads):
                told: list[Any] = [each["num_threads"] for each in blas._libraries()]
                # Accelerate does not say; whatever says it has so many.
                assert all(number == threads for number in told)
    finally:
        blas._controller.cache_clear()
    # What tells the numbers above looks by itself.
    assert len(looked) == 1 + 3
