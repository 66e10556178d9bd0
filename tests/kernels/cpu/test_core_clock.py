"""The cores' clock: that of every thread's best bursts of the chain, whatever disturbs the others."""

from __future__ import annotations

import threading
from itertools import chain, cycle

import pytest

from hashwatt.kernels.cpu import core_clock
from hashwatt.kernels.cpu.core_clock import BURSTS, core_clock_hz
from hashwatt.kernels.cpu.jit import Compiled, compile_variant
from hashwatt.kernels.cpu.variants import CLOCK, variant
from hashwatt.kernels.errors import DeviceError, InputError

# What a core that others take half of shows in its bursts, and what it runs at.
SEEN_HZ, RUNS_AT_HZ = (1.5e9, 3.0e9, 2.0e9), 3.0e9
# And one whose thread's time was counted too short.
TOO_FAST_HZ = 3.2e9


@pytest.fixture
def _no_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = Compiled(variant("scalar-x1"), lambda *_: 1, 0.0, True)
    monkeypatch.setattr(core_clock, "_chain", lambda: (compiled, 1))


@pytest.mark.usefixtures("_no_chain")
def test_what_a_core_s_fastest_bursts_agree_on_is_its_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[str] = []
    seen = chain([TOO_FAST_HZ], cycle(SEEN_HZ))

    def burst(_chain: object, _iterations: int) -> float:
        threads.append(threading.current_thread().name)
        return next(seen)

    monkeypatch.setattr(core_clock, "burst_rate", burst)
    assert core_clock_hz(1) == RUNS_AT_HZ
    assert len(threads) == BURSTS
    assert len(set(threads)) == 1


@pytest.mark.usefixtures("_no_chain")
def test_cores_of_two_clocks_are_told_by_their_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    clocks = {"hashwatt-0": 2e9, "hashwatt-1": 3e9}
    # Neither core is to do the other's bursts.
    monkeypatch.setattr(core_clock, "cpus_for", lambda *_: (0, 1))
    both = threading.Barrier(2)

    def burst(_chain: object, _iterations: int) -> float:
        both.wait(10)
        return clocks[threading.current_thread().name]

    monkeypatch.setattr(core_clock, "burst_rate", burst)
    assert core_clock_hz() == 2.5e9


def test_the_chain_does_one_operation_a_cycle_and_no_more() -> None:
    compiled = compile_variant(variant("scalar-x1"), CLOCK)
    assert compiled.run(0, 0, 2000, 0, 0, 0) == 2 * compiled.run(0, 0, 1000, 0, 0, 0) > 0
    # No core that exists runs slower than a tenth of a gigahertz, nor any faster than ten.
    assert 1e8 < core_clock_hz(1) < 1e10


def test_a_number_of_threads_that_cannot_be_had_is_refused() -> None:
    with pytest.raises(InputError, match="--threads"):
        core_clock_hz(10_000)


def test_where_nothing_can_be_compiled_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> Compiled:
        raise DeviceError("Numba cannot be loaded")

    core_clock._chain.cache_clear()
    monkeypatch.setattr(core_clock, "compile_variant", fails)
    with pytest.raises(DeviceError, match="Numba"):
        core_clock_hz(1)
