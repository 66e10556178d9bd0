"""Joules of rounds: each device's own rounds, and those that count, have a window each."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import pytest
from msgspec.structs import replace as changed

from hashwatt.bench.api import measure, verify
from hashwatt.bench.energy import account, measurement
from hashwatt.bench.energy.joules.readings import Window
from hashwatt.bench.energy.joules.record import energy_record
from hashwatt.bench.energy.meter import Counter, Coverage, MeterFound, Reading
from hashwatt.bench.energy.sampler import MeterSampler
from hashwatt.bench.result.measurement import Measurement, Round
from hashwatt.kernels.device import Found, Scan
from hashwatt.kernels.fakes.device import FakeDevice, VirtualClock, fake_info

from ..fakes import FAST_HS
from .joules.test_record import JOULES, WATTS
from .readings import ABOUT_IT, PLAIN, counted, watts
from .test_sampler import Played

INFO = replace(
    PLAIN, counters=(Counter("it", 1e-4, 20_000.0),), interval_s=0.001, coverage=Coverage("machine"), scope="system"
)


class Machine:
    """Draws the watts of the device that worked last, and counts the joules.

    Its clock moves by the devices' work alone, and waits for the meter's thread: else that would be late on a busy
    machine, and would give the next device's watts to this one's round.
    """

    def __init__(self) -> None:
        self.power_w = 5.0
        self._clock = VirtualClock()
        self._joules = 0.0
        self._readings = 0
        self._read = threading.Condition()

    def now(self) -> float:
        return self._clock.now()

    def spend(self, seconds: float) -> None:
        with self._read:
            self._joules += seconds * self.power_w
            self._clock.spend(seconds)
            # The second from now on: the first may have begun before.
            enough = self._readings + 2
            assert self._read.wait_for(lambda: self._readings >= enough, 60)

    def read(self) -> Reading:
        with self._read:
            self._readings += 1
            self._read.notify_all()
            return Reading((self._joules,))

    def meter(self) -> MeterFound:
        return MeterFound(INFO, lambda: Played(INFO, self.read))

    def device(self, behaviour: str, power_w: Callable[[], float]) -> Found:
        machine = self

        class Drawing(FakeDevice):
            def scan(self, nonces: range) -> Scan:
                machine.power_w = power_w()
                return super().scan(nonces)

        return Found(fake_info(behaviour), lambda _: Drawing(behaviour, FAST_HS, machine.spend))


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine whose clock is that of the meters, too."""
    made = Machine()
    monkeypatch.setattr(measurement, "MeterSampler", partial(MeterSampler, clock=made.now))
    monkeypatch.setattr(account, "time", SimpleNamespace(perf_counter=made.now))
    return made


def is_about(entry: Measurement, power_w: float) -> bool:
    """Whether the joules a unit are those of so many watts."""
    (energy,) = entry.energy
    assert energy.efficiency is not None, energy.reason
    assert entry.rate is not None
    stated, truth = energy.efficiency.j_per_unit, power_w / entry.rate.value
    return stated.low <= truth <= (stated.high or 0) and stated.value == pytest.approx(truth, rel=0.01)


def test_devices_in_turn_have_the_joules_of_their_own_rounds(machine: Machine) -> None:
    devices = [machine.device("steady", lambda: 20.0), machine.device("chatty", lambda: 200.0)]
    result = measure(devices, seconds=1.5, meters=[machine.meter()], idle_s=0, clock=machine.now)
    assert [len(entry.rounds) for entry in result.results] == [5, 5]
    assert [is_about(entry, power_w) for entry, power_w in zip(result.results, (20.0, 200.0), strict=True)] == [
        True
    ] * 2
    assert verify(result).ok


def test_joules_of_a_round_that_does_not_count_do_not_count(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def all_but_the_second(rounds: Sequence[Round]) -> tuple[Round, ...]:
        return tuple(changed(one, counted=number != 1) for number, one in enumerate(rounds))

    for place in ("sampling.sampler", "verification.checks"):
        monkeypatch.setattr(f"hashwatt.bench.{place}.with_counted", all_but_the_second)

    seen: list[str] = []

    class Rounds:
        def stage(self, device: str, text: str, total: float | None, unit: str = "") -> None:
            if "round" in text:
                seen[:] = [text] * int(text.partition("round ")[2][0])

        def advance(self, amount: float, rate: float | None) -> None:
            pass

        def done(self) -> None:
            pass

    costly = machine.device("steady", lambda: 500.0 if len(seen) == 2 else 20.0)
    result = measure([costly], seconds=1.5, meters=[machine.meter()], idle_s=0, clock=machine.now, progress=Rounds())
    (entry,) = result.results
    assert [one.counted for one in entry.rounds] == [True, False, True, True, True]
    assert is_about(entry, 20.0)
    assert verify(result).ok


WINDOWS = [Window(1.0, 3.0), Window(5.0, 7.0), Window(9.0, 11.0)]


def test_windows_add_up_and_so_do_their_bounds() -> None:
    readings = [counted(at_s / 10, at_s / 10 * 50.0) for at_s in range(130)]
    one, three = (
        energy_record(JOULES, readings, WINDOWS[0], ABOUT_IT),
        energy_record(JOULES, readings, WINDOWS, ABOUT_IT),
    )
    assert one.gross_j == pytest.approx(100.0)
    assert three.gross_j == pytest.approx(300.0)
    assert three.window_s == pytest.approx(6.0)
    assert [one.low_j, one.high_j, three.low_j, three.high_j].count(None) == 0
    assert (three.high_j or 0) - 300 == pytest.approx(3 * ((one.high_j or 0) - 100), rel=0.01)
    ends = [point.until_s for point in three.course]
    assert ends == sorted(ends)
    assert ends[-1] == pytest.approx(6.0)


def test_what_is_drawn_between_windows_does_not_count() -> None:
    def busy(at_s: float) -> bool:
        return any(window.start_s - 0.3 <= at_s <= window.end_s + 0.3 for window in WINDOWS)

    readings = [watts(at_s / 10, 50.0 if busy(at_s / 10) else 900.0) for at_s in range(130)]
    record = energy_record(replace(WATTS, interval_s=0.1), readings, WINDOWS, ABOUT_IT)
    assert record.gross_j == pytest.approx(300.0, rel=0.01)


def test_a_window_in_which_the_meter_was_silent_leaves_no_figure_where_it_is_much_of_the_time() -> None:
    readings = [watts(at_s / 10, 50.0) for at_s in range(130) if not 45 < at_s < 75]
    record = energy_record(replace(WATTS, interval_s=0.1), readings, WINDOWS, ABOUT_IT)
    assert record.gross_j is None
    assert "too much to fill in" in (record.reason or "")
