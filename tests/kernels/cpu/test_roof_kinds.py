"""Cores of several kinds have a roof each: none is reckoned with another's clock or throughput."""

from __future__ import annotations

import pytest

from hashwatt.kernels.cpu import roof
from hashwatt.kernels.cpu.cores.topology import CoreKind
from hashwatt.kernels.cpu.jit import Compiled
from hashwatt.kernels.cpu.roof import _Seen, by_kind, measure_roof
from hashwatt.kernels.cpu.variants import variant
from hashwatt.kernels.cpu.workers import Workers

pytestmark = pytest.mark.elsewhere

FAST, SLOW = CoreKind("performance", frozenset({0, 1})), CoreKind("efficient", frozenset({2, 3}))
# What the cores of a simulated processor do a cycle, and their clock.
DOES = {0: (4.0, 5e9), 1: (4.0, 5e9), 2: (2.0, 3e9), 3: (2.0, 3e9)}


def seen(cpu: int | None, clock_hz: float, rate: float = 1.0) -> _Seen:
    return _Seen(cpu, rate, clock_hz)


def test_threads_are_told_apart_by_the_cpu_that_they_are_kept_on() -> None:
    parts = by_kind([seen(2, 3e9), seen(0, 5e9), seen(1, 5e9)], (FAST, SLOW))
    assert [(part.name, [each.cpu for each in part.seen]) for part in parts] == [
        ("performance", [0, 1]),
        ("efficient", [2]),
    ]


def test_threads_that_nobody_keeps_are_told_apart_by_their_clocks() -> None:
    parts = by_kind([seen(None, clock_hz) for clock_hz in (2.1e9, 3.2e9, 2.0e9, 3.1e9)], (FAST, SLOW))
    assert [[each.clock_hz for each in part.seen] for part in parts] == [[3.2e9, 3.1e9], [2.1e9, 2.0e9]]


def test_no_thread_is_lost_where_some_are_kept_and_others_not_or_there_are_more_than_cores() -> None:
    mixed = [seen(0, 5e9), seen(1, 5e9), seen(None, 3e9), seen(None, 3.1e9), seen(None, 2.9e9)]
    assert [len(part.seen) for part in by_kind(mixed, (FAST, SLOW))] == [2, 3]


def test_alike_cores_are_one_part_and_kinds_without_a_thread_none() -> None:
    assert [part.name for part in by_kind([seen(0, 5e9)], ())] == [""]
    assert [part.name for part in by_kind([seen(2, 3e9)], (FAST, SLOW))] == ["efficient"]


def test_the_roof_of_a_hybrid_processor_is_the_sum_of_its_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    workers = Workers((0, 1, 2, 3), pin=False)

    def on_each(work: object, stop: object = None) -> list[_Seen]:
        return [_Seen(cpu, *DOES[cpu]) for cpu in DOES]

    monkeypatch.setattr(workers, "on_all", on_each)
    monkeypatch.setattr(roof, "compile_variant", lambda kernel, part="scan": Compiled(kernel, lambda *_: 1, 0.0, True))
    kernel = variant("scalar-x1")
    own, shared = kernel.operations()
    operations = sum(own.values()) + sum(shared.values())
    try:
        found = measure_roof(kernel, 1, workers, (FAST, SLOW))
    finally:
        workers.close()
    assert found.rate_per_s == pytest.approx((2 * 5e9 * 4 + 2 * 3e9 * 2) / operations * kernel.lanes)
    assert found.clock_hz == pytest.approx(4e9)
    # As if all were alike, the median of what they do a cycle would count for all: 48 instead of 52 billion.
    assert found.rate_per_s != pytest.approx(16e9 * 3 / operations * kernel.lanes)
    assert set(found.throughput.values()) == {4.0}
    assert "2 threads on performance cores at 5.00 GHz" in found.explanation
    assert "77% from" in found.explanation
