"""Memory that stands still where it is used again."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from hashwatt.bench.machine import memory_stalls
from hashwatt.bench.machine.memory_stalls import PAGE_BYTES, PAGES, PARTS_A_PAGE, MemoryStalls, MemoryWatch, stalls_of
from hashwatt.kernels.cpu.cores.clock import finest_clock

USUAL_S, STALL_S = 25e-6, 190e-6


def taken_s(stalled_pages: list[int], stall_s: float = STALL_S) -> memory_stalls.Seconds:
    """What parts take of which the first one of these pages stands still."""
    taken = np.full(PAGES * PARTS_A_PAGE, USUAL_S)
    taken[[page * PARTS_A_PAGE for page in stalled_pages]] += stall_s
    return taken


def watch_that_reads(
    monkeypatch: pytest.MonkeyPatch, taken: memory_stalls.Seconds, faults: tuple[int | None, ...]
) -> MemoryWatch:
    """Memory whose parts take so long by the thread's clock, while so many faults are counted."""
    moments: Iterator[float] = iter(np.concatenate([[0.0], np.cumsum(taken)]).tolist())
    counts = iter(faults)
    # As on any system that has both.
    monkeypatch.setattr(memory_stalls, "_faults", lambda: 0)
    monkeypatch.setattr(memory_stalls, "counts_cpu_time", lambda _clock: True)
    watch = MemoryWatch()
    monkeypatch.setattr(memory_stalls, "thread_seconds", lambda: next(moments))
    monkeypatch.setattr(memory_stalls, "_faults", lambda: next(counts))
    return watch


def test_pages_that_stand_still_are_counted_with_how_long() -> None:
    found = stalls_of(taken_s([0, 5, 31]))
    assert (found.stood_still, found.pages) == (3, PAGES)
    assert found.median_s == pytest.approx(STALL_S)


def test_two_stalls_of_one_page_are_one_page() -> None:
    taken = taken_s([3])
    taken[3 * PARTS_A_PAGE + 4] += STALL_S
    assert stalls_of(taken).stood_still == 1


def test_memory_that_goes_on_has_none() -> None:
    assert stalls_of(taken_s([])) == MemoryStalls(0, PAGES, 0.0)


@pytest.mark.parametrize("stall_s", [USUAL_S, 45e-6])
def test_what_an_interrupt_takes_is_no_stall(stall_s: float) -> None:
    assert stalls_of(taken_s(list(range(PAGES)), stall_s)).stood_still == 0


def test_slow_memory_is_no_stalled_one() -> None:
    assert stalls_of(np.linspace(1e-3, 2e-3, PAGES * PARTS_A_PAGE)).stood_still == 0


def test_a_watch_reads_its_memory_by_the_thread_s_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    found = watch_that_reads(monkeypatch, taken_s([1, 2]), (10, 10)).read()
    assert found is not None
    assert (found.stood_still, found.pages) == (2, PAGES)


@pytest.mark.parametrize("faults", [(10, 10 + PAGES), (None, None), (10, None)])
def test_the_system_s_own_faults_are_not_the_host_s(
    monkeypatch: pytest.MonkeyPatch, faults: tuple[int | None, ...]
) -> None:
    assert watch_that_reads(monkeypatch, taken_s(list(range(PAGES))), faults).read() is None


def test_nothing_is_used_where_memory_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_stalls, "free_bytes", lambda: 2 * PAGES * PAGE_BYTES)
    assert MemoryWatch().read() is None


def test_a_process_that_gets_no_more_memory_is_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_count: int) -> memory_stalls.Seconds:
        raise MemoryError

    monkeypatch.setattr("numpy.ones", refused)
    assert MemoryWatch().read() is None


def test_no_memory_is_used_where_the_system_s_own_faults_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[int] = []
    monkeypatch.setattr("numpy.ones", used.append)
    monkeypatch.setattr(memory_stalls, "_faults", lambda: None)
    assert MemoryWatch().read() is None
    assert not used


def test_a_system_whose_clock_of_a_thread_is_coarse_or_missing_is_told_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused() -> float:
        raise OSError("the system does not support the clock of a thread")

    monkeypatch.setattr("time.thread_time", refused)
    monkeypatch.setattr("time.thread_time_ns", refused)
    # What a short measurement takes the time with there.
    monkeypatch.setattr(memory_stalls, "thread_seconds", finest_clock())
    assert MemoryWatch().read() is None


def test_here_it_tells_something_or_nothing_but_never_fails() -> None:
    found = MemoryWatch().read()
    assert found is None or (0 <= found.stood_still <= found.pages == PAGES)
