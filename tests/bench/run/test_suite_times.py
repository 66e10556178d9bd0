"""A suite ends within its time on slow machines, too: its parts are sampled for shorter, and all of them are."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from hashwatt.bench.api import measure
from hashwatt.bench.progress import NoProgress
from hashwatt.bench.run.asked import AskedWork, parts_of
from hashwatt.bench.run.assignment import Work
from hashwatt.bench.run.suite_times import AFTER_S, BOUND_S, SHORT, START_S, Part, SuiteTimes
from hashwatt.bench.sampling.plan import DEFAULT_SECONDS, SHORTEST_S
from hashwatt.kernels.fakes.device import VirtualClock, fake_info
from hashwatt.kernels.workloads.registry import load_workload

from ..fakes import fake

TWO = 2
# A CPU that has dot products of bytes and of bfloat16, and a runtime on it that tells of none.
DEVICES = [
    replace(fake_info("steady"), numbers=("float64", "float32", "int32", "int8", "bfloat16")),
    replace(fake_info("steady"), numbers=("float64", "float32", "int32")),
]


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def gone_through(parts: list[Part], slowness: float) -> tuple[list[float], float, list[str]]:
    """The seconds of samples that each part was given, how long all took, and what was told at each beginning."""
    clock = Clock()
    times = SuiteTimes(parts, clock)
    given, told = [], []
    for part in parts:
        given.append(times.begin())
        told.append(times.told())
        clock.now_s += part.devices * (given[-1] + slowness * part.other_s)
    return given, clock.now_s - 1000.0, told


def suite() -> list[Part]:
    return parts_of(AskedWork(suite=True).works(), DEVICES, DEFAULT_SECONDS)


def test_a_machine_that_is_quick_enough_samples_each_part_as_long_as_its_workload_wants() -> None:
    parts = suite()
    given, taken_s, told = gone_through(parts, 0.7)
    assert given == [part.seconds for part in parts]
    assert taken_s < TWO * BOUND_S
    minutes, seconds = map(int, told[0].removeprefix("0:00 of about ").split(":"))
    # What it told beforehand it does not exceed.
    assert taken_s <= 60 * minutes + seconds + 1


@pytest.mark.parametrize("slowness", [1.0, 1.2, 1.4])
def test_a_slow_machine_samples_all_parts_for_shorter_and_ends_in_time(slowness: float) -> None:
    parts = suite()
    given, taken_s, _ = gone_through(parts, slowness)
    assert START_S + taken_s + AFTER_S <= TWO * BOUND_S
    assert all(SHORTEST_S <= seconds <= part.seconds for seconds, part in zip(given, parts, strict=True))


def test_a_machine_that_is_too_slow_for_all_of_it_loses_no_part() -> None:
    parts = suite()
    given, taken_s, told = gone_through(parts, 20.0)
    assert len(given) == len(parts)
    assert given[-1] == SHORTEST_S
    # And it says so as soon as it is seen, and what is done about it.
    minutes = re.fullmatch(rf"\d+:\d\d of about (\d+):\d\d, not 3:00: slow here, {SHORT}", told[2])
    assert minutes is not None
    assert int(minutes[1]) > TWO * BOUND_S / 60
    assert taken_s > TWO * BOUND_S


def test_a_time_that_was_asked_for_is_taken_and_lengthens_the_run() -> None:
    asked = AskedWork(suite=True, seconds={"stream": 20.0}).works()
    given, _, _ = gone_through(parts_of(asked, DEVICES[:1], DEFAULT_SECONDS), 2.0)
    times = {work.seconds: seconds for work, seconds in zip(asked, given, strict=True) if not work.flexible}
    assert times == {20.0: 20.0}
    assert not any(work.flexible for work in AskedWork(suite=True, seconds=1.0).works())
    assert not any(work.flexible for work in AskedWork(["stream"]).works())


@pytest.mark.parametrize("asked_s", [60.0, 3600.0, 86_400.0])
def test_a_long_time_that_was_asked_for_is_not_taken_from_the_others(asked_s: float) -> None:
    parts = [Part(1, asked_s, 0.0, flexible=False), *[Part(1, 4.0, 0.5, flexible=True)] * 15]
    given, _, _ = gone_through(parts, 1.0)
    assert given == [asked_s, *[4.0] * 15]


def test_what_is_told_counts_on() -> None:
    clock = Clock()
    times = SuiteTimes([Part(1, 2.0, 1.0, True), Part(1, 2.0, 1.0, True)], clock)
    assert times.told() == "0:00 of about 0:06"
    assert times.begin() == 2.0
    clock.now_s += 1.5
    assert times.told() == "0:01 of about 0:06"
    clock.now_s += 99.0
    # Longer than was thought: what is to come follows now, and is sampled for as short as can be.
    assert times.told() == "1:40 of about 1:42, not 1:30: slow here, samples are as short as can be"


def test_what_parts_of_a_workload_take_is_learned_from_the_one_before() -> None:
    """Ten parts that take ten times what was thought, of 90 s: the first is sampled for long, the others share."""
    clock = Clock()
    times = SuiteTimes([Part(1, 4.0, 0.5, True, workload="stream")] * 10, clock)
    given = []
    for _ in range(10):
        given.append(times.begin())
        clock.now_s += given[-1] + 5.0
    assert given[0] == 4.0
    assert given[1:] == [pytest.approx(given[1], abs=0.01)] * 9
    assert 80.0 < START_S + clock.now_s - 1000.0 + AFTER_S <= BOUND_S


def test_what_other_workloads_take_is_not_learned_from() -> None:
    clock = Clock()
    times = SuiteTimes([Part(1, 4.0, 30.0, True, workload="one"), Part(1, 4.0, 30.0, True, workload="other")], clock)
    times.begin()
    clock.now_s += 4.0 + 30.0
    assert times.begin() == 4.0


class Watching(NoProgress):
    """Progress that keeps what it is told of the whole."""

    def __init__(self) -> None:
        self.outlooks: list[str] = []

    def outlook(self, text: str) -> None:
        self.outlooks.append(text)


def test_a_run_samples_what_nobody_gave_a_time_for_as_long_as_there_is_time(monkeypatch: pytest.MonkeyPatch) -> None:
    # So little that all of it is sampled for as short as can be.
    monkeypatch.setattr("hashwatt.bench.run.suite_times.BOUND_S", 10.0)
    sha256d = load_workload("sha256d")
    row, time = sha256d.parameters_of({}), VirtualClock()
    works = [Work(sha256d, row, 3.0, flexible=True), Work(sha256d, {**row, "prefixes": 4}, 1.5)]
    watching = Watching()
    result = measure([fake("steady", time)], works=works, clock=time.now, progress=watching)
    planned = [entry.settings.planned_s for entry in result.results if entry.settings is not None]
    assert planned == [1.0, 1.5]
    assert [[one.code for one in entry.warnings].count("ended_early") for entry in result.results] == [1, 0]
    assert all(re.match(r"0:\d\d of about 0:\d\d", text) for text in watching.outlooks)
    assert len(watching.outlooks) > 10


def test_where_all_times_were_asked_for_nothing_is_said_of_the_whole() -> None:
    time, watching = VirtualClock(), Watching()
    measure([fake("steady", time)], seconds=0.5, clock=time.now, progress=watching)
    assert watching.outlooks == []
