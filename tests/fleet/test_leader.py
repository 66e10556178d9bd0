"""What a leader makes of workers that die, hang, restart, refuse, or are late: on workers that a test drives."""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, TypeVar, cast

import pytest

from hashwatt.bench.fleet import leader as leading
from hashwatt.bench.fleet import lease
from hashwatt.bench.fleet.leader import Leader, Measured
from hashwatt.bench.fleet.link import Link, NoAnswer
from hashwatt.bench.fleet.loss import LostMachine
from hashwatt.bench.fleet.survey import survey
from hashwatt.bench.fleet.words import Ending, State
from hashwatt.bench.result.fleet import Lost

from .fake_link import FakeLink, Puppet, host

Came = TypeVar("Came")

WORKS = State(known=True, stage="cpu: sampling")
READY = State(known=True, stage="cpu: calibrating", ready=True)
OVER = State(known=True, over=True)


class Unhurried(selectors.SelectSelector):
    """Nothing but time is ever waited for, and it is over at once: who is late is not late because of the machine."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now_s += timeout or 0.0
        return super().select(0)


class Loop(asyncio.SelectorEventLoop):
    """An event loop with that clock."""

    def __init__(self, clock: Unhurried) -> None:
        self._unhurried = clock
        super().__init__(clock)

    def time(self) -> float:
        return self._unhurried.now_s


def run(work: Coroutine[Any, Any, Came]) -> Came:
    """What comes of it, on a clock of its own, which is the leader's, too."""
    clock = Unhurried()
    with pytest.MonkeyPatch.context() as patch, asyncio.Runner(loop_factory=lambda: Loop(clock)) as runner:
        for module in (leading, lease):
            patch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock.now_s))
        return runner.run(work)


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds become hundredths."""
    monkeypatch.setattr(leading, "ASK_S", 0.01)
    monkeypatch.setattr(leading, "MOST_QUESTIONS_PER_S", 10_000)
    monkeypatch.setattr(lease, "LEAD_S", 0.05)
    monkeypatch.setattr(lease, "READY_S", 0.3)


@dataclass(frozen=True)
class How:
    """How a run is led."""

    together: bool = False
    silent_s: float = 0.1
    stop_after_s: float | None = None


AT_WILL = How()
TOGETHER = How(together=True)


def led(how: How = AT_WILL, /, **puppets: Puppet) -> dict[str, Any]:
    """What came of each machine, by name."""
    link = FakeLink(puppets)

    async def work() -> list[Measured | Lost]:
        leader = Leader(cast(Link, link), "0" * 32, lambda _name, _stage: None, how.silent_s)
        if how.stop_after_s is not None:
            asyncio.get_running_loop().call_later(how.stop_after_s, leader.stop)
        return await leader.measure([host(name) for name in puppets], {"seconds": 1}, how.together)

    return dict(zip(puppets, run(work()), strict=True))


def reason(came: object) -> str:
    assert isinstance(came, Lost)
    return came.reason


def test_machines_that_end_well_give_what_they_measured() -> None:
    came = led(a=Puppet(answers=[WORKS, WORKS, OVER]), b=Puppet())
    assert [one.data for one in came.values()] == [b'{"a":1}'] * 2


@pytest.mark.parametrize(
    ("puppet", "says"),
    [
        (Puppet(answers=[WORKS], gone_from=2), "worker has gone (killed, preempted, or out of memory)"),
        (Puppet(answers=[WORKS], silent_from=2), "has not answered for 0 s (it hangs, or the network is cut)"),
        (Puppet(answers=[WORKS, State(known=False)]), "restarted while it measured"),
        (Puppet(refused=b"another fleet's run is measuring on it"), "another fleet's run is measuring on it"),
        (Puppet(ending=Ending(failed="this machine has no device")), "this machine has no device"),
        (Puppet(ending=Ending()), "result cannot be read"),
    ],
    ids=["gone", "silent", "restarted", "busy", "failed", "nothing"],
)
def test_a_lost_machine_has_its_reason_and_the_other_stands(puppet: Puppet, says: str) -> None:
    came = led(good=Puppet(answers=[WORKS, WORKS, WORKS, OVER]), bad=puppet)
    assert isinstance(came["good"], Measured)
    assert says in reason(came["bad"])
    assert "task" not in reason(came["bad"])


def test_a_short_silence_is_no_loss() -> None:
    puppet = Puppet(answers=[WORKS, WORKS, OVER])
    answer, silences = puppet.answer, [True, False, True, False]

    def with_silences(what: str, arguments: tuple[object, ...]) -> bytes:
        if what == "poll" and silences and silences.pop(0):
            raise NoAnswer
        return answer(what, arguments)

    puppet.answer = with_silences  # type: ignore[method-assign]
    assert isinstance(led(a=puppet)["a"], Measured)


def test_a_scheduler_that_goes_takes_what_was_not_finished() -> None:
    puppet = Puppet(answers=[WORKS], silent_from=1)
    link = FakeLink({"a": puppet}, has_scheduler=False)
    leader = Leader(cast(Link, link), "0" * 32, lambda _name, _stage: None)
    (came,) = run(leader.measure([host("a")], {}, False))
    assert "scheduler has gone" in reason(came)


def test_machines_that_begin_together_are_let_go_for_one_moment() -> None:
    puppets = {
        name: Puppet(answers=[WORKS] * slowness + [READY, READY, OVER])
        for name, slowness in zip("abc", (0, 3, 6), strict=True)
    }
    came = led(TOGETHER, **puppets)
    assert len({one.started_s for one in came.values()}) == 1
    assert all(one.started_within_s < 0.05 for one in came.values())
    assert all(puppet.was_told("go") for puppet in puppets.values())


def test_who_is_not_ready_in_time_is_lost_and_who_dies_is_not_waited_for() -> None:
    puppets = {
        "a": Puppet(answers=[READY] * 80 + [OVER]),
        "dies": Puppet(answers=[WORKS], gone_from=3),
        "late": Puppet(answers=[WORKS] * 60 + [READY]),
    }
    came = led(TOGETHER, **puppets)
    assert isinstance(came["a"], Measured)
    assert "worker has gone" in reason(came["dies"])
    assert "was not ready" in reason(came["late"])
    assert puppets["late"].was_told("take"), "what nobody waits for is ended"


def test_without_the_one_that_died_the_others_begin_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "READY_S", 1000.0)
    came = led(TOGETHER, a=Puppet(answers=[READY, READY, OVER]), dies=Puppet(answers=[WORKS], gone_from=2))
    assert isinstance(came["a"], Measured)


def test_an_answer_that_comes_after_the_moment_is_no_common_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "LEAD_S", -0.01)
    assert "could not be let go" in reason(led(TOGETHER, a=Puppet(answers=[READY]))["a"])


def test_an_interrupt_ends_all_runs_and_keeps_what_they_have() -> None:
    puppets = {name: Puppet(answers=[WORKS] * 20 + [OVER]) for name in "ab"}
    came = led(How(stop_after_s=0.02), **puppets)
    assert all(isinstance(one, Measured) for one in came.values())
    assert all(puppet.was_told("stop") for puppet in puppets.values())


def test_who_does_not_end_after_the_interrupt_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leading, "STOP_S", 0.05)
    assert "did not end after the interrupt" in reason(led(How(stop_after_s=0.01), a=Puppet(answers=[WORKS]))["a"])


def surveyed(trial: bool = False, **puppets: Puppet) -> Any:
    return asyncio.run(survey(cast(Link, FakeLink(puppets)), trial))


def test_a_machine_is_host_and_start_however_many_workers_it_has() -> None:
    found = surveyed(a=Puppet(machine="a" * 16), b=Puppet(machine="a" * 16), c=Puppet(machine="c" * 16))
    assert [(one.machine, one.address, one.workers) for one in found.hosts] == [("a" * 16, "a", 2), ("c" * 16, "c", 1)]
    assert found.lost == ()


def test_in_a_trial_each_worker_stands_for_a_machine() -> None:
    found = surveyed(trial=True, a=Puppet(), b=Puppet())
    assert len({one.machine for one in found.hosts}) == 2
    assert [one.name for one in found.hosts] == ["node, worker 0", "node, worker 1"]


def test_other_versions_and_other_words_are_lost_before_anything_is_measured() -> None:
    def other() -> None:
        raise LostMachine("it has hashwatt 9, and here is 0; install the same version on all machines")

    found = surveyed(good=Puppet(machine="a" * 16), old=Puppet(versions=other), odd=Puppet(protocol=99))
    assert [one.name for one in found.hosts] == ["node"]
    assert {lost.name: lost.reason.split(",")[0] for lost in found.lost} == {
        "old": "it has hashwatt 9",
        "odd": "its way of speaking cannot be read; install the same version of hashwatt on all machines",
    }


def test_a_clock_is_told_by_how_far_it_is_off() -> None:
    found = surveyed(a=Puppet(clock_s=lambda: time.time() - 3600))
    assert found.hosts[0].clock_ahead_s == pytest.approx(-3600, abs=1)
