"""Joules of rounds: each device's own rounds, and those that count, have a window each."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest
from msgspec.structs import replace as changed

from hashwatt.bench.api import measure, verify
from hashwatt.bench.energy.joules.readings import Window
from hashwatt.bench.energy.joules.record import energy_record
from hashwatt.bench.energy.meter import Counter, Coverage, MeterFound, Reading
from hashwatt.bench.result.measurement import Measurement, Round
from hashwatt.kernels.device import Found, Scan
from hashwatt.kernels.fakes.device import FakeDevice, fake_info

from .joules.test_record import JOULES, WATTS
from .readings import ABOUT_IT, PLAIN, counted, watts
from .test_sampler import Played

INFO = replace(
    PLAIN, counters=(Counter("it", 1e-4, 20_000.0),), interval_s=0.02, coverage=Coverage("machine"), scope="system"
)


# A meter's thread that is late by a tenth of a second gives the next device's watts to this one's round; each time is
# unlikely, and joules that are mixed up are so each time.
ATTEMPTS = 3


class Machine:
    """Draws the watts of the device that worked last, and counts the joules."""

    def __init__(self) -> None:
        self.power_w = 5.0
        self._joules = 0.0
        self._at_s = time.perf_counter()
        self._lock = threading.Lock()

    def draw(self, power_w: float) -> None:
        self.read()
        self.power_w = power_w

    def read(self) -> Reading:
        # The meter's thread reads, and so does the device's.
        with self._lock:
            now = time.perf_counter()
            self._joules += (now - self._at_s) * self.power_w
            self._at_s = now
            return Reading((self._joules,))

    def meter(self) -> MeterFound:
        return MeterFound(INFO, lambda: Played(INFO, self.read))

    def device(self, behaviour: str, power_w: float) -> Found:
        machine = self

        class Drawing(FakeDevice):
            def scan(self, nonces: range) -> Scan:
                machine.draw(power_w)
                return super().scan(nonces)

        return Found(fake_info(behaviour), lambda _: Drawing(behaviour, 50_000.0))


def is_about(entry: Measurement, power_w: float) -> bool:
    """Whether the joules a unit are those of so many watts; on a busy machine the meter's thread is late."""
    (energy,) = entry.energy
    assert energy.efficiency is not None, energy.reason
    assert entry.rate is not None
    stated, truth = energy.efficiency.j_per_unit, power_w / entry.rate.value
    return stated.low <= truth <= (stated.high or 0) and truth / 2 < stated.value < 2 * truth


def test_devices_in_turn_have_the_joules_of_their_own_rounds() -> None:
    watts_of = {"steady": 20.0, "chatty": 200.0}
    told: list[list[bool]] = []
    for _ in range(ATTEMPTS):
        machine = Machine()
        devices = [machine.device(name, power_w) for name, power_w in watts_of.items()]
        result = measure(devices, seconds=1.5, meters=[machine.meter()], idle_s=0)
        assert [len(entry.rounds) for entry in result.results] == [5, 5]
        assert verify(result).ok
        told.append(
            [is_about(entry, power_w) for entry, power_w in zip(result.results, watts_of.values(), strict=True)]
        )
        if all(told[-1]):
            return
    raise AssertionError(told)


def test_joules_of_a_round_that_does_not_count_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine()

    def all_but_the_second(rounds: Sequence[Round]) -> tuple[Round, ...]:
        return tuple(changed(one, counted=number != 1) for number, one in enumerate(rounds))

    for place in ("sampling.sampler", "verification.checks"):
        monkeypatch.setattr(f"hashwatt.bench.{place}.with_counted", all_but_the_second)

    class Costly(FakeDevice):
        """Draws much in what is its second round."""

        def scan(self, nonces: range) -> Scan:
            machine.draw(500.0 if len(seen) == 2 else 20.0)
            return super().scan(nonces)

    seen: list[str] = []

    class Rounds:
        def stage(self, device: str, text: str, total: float | None, unit: str = "") -> None:
            if "round" in text:
                seen[:] = [text] * int(text.partition("round ")[2][0])

        def advance(self, amount: float, rate: float | None) -> None:
            pass

        def done(self) -> None:
            pass

    found = Found(fake_info("steady"), lambda _: Costly("steady", 50_000.0))
    result = measure([found], seconds=1.5, meters=[machine.meter()], idle_s=0, progress=Rounds())
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
