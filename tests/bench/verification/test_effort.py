"""How an effort is shared out: among records that can be done again, and within one by what its first part took."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from hashwatt.bench.progress import NoProgress
from hashwatt.bench.result.measurement import Measurement
from hashwatt.bench.verification import recompute
from hashwatt.bench.verification.recompute import audit
from hashwatt.kernels.errors import InputError
from hashwatt.kernels.fakes.device import FakeDevice
from hashwatt.kernels.workloads.evidence import Answer, Checked, Evidence, Finding, Recompute
from tests.reports.factory import result, verified

DEVICE = FakeDevice("steady", 1e9, lambda _: None)
RIGHT = verified()


def answers(number: int, device: str = "cpu") -> Measurement:
    """A record whose work may be computed again, in so many parts."""
    each = tuple(Answer(index=index, amount=1, sample=0, digest_hex="0" * 64) for index in range(number))
    return replace(verified(device), evidence=Recompute(answers=each))


class Work:
    """A workload of which each part takes two seconds (`part_s`), whatever its evidence."""

    def __init__(self, clock: list[float]) -> None:
        self.clock = clock
        self.asked: list[tuple[str, int]] = []
        self.efforts: list[tuple[str, float]] = []
        self.reason: str | None = None
        self.part_s = 2.0

    def why_not(self, _device: object, _parameters: object) -> str | None:
        return self.reason

    def recompute(self, _evidence: Evidence, claim: Any, count: int, *_: object) -> Sequence[Finding]:
        self.asked.append((claim.device_id, count))
        self.clock[0] += self.part_s * count
        return [Finding(code="answer", ok=True, sentence="it is")] * count

    def audit(self, _evidence: Evidence, claim: Any, effort_s: float, *_: object) -> Sequence[Finding]:
        self.efforts.append((claim.device_id, effort_s))
        return [Finding(code="audit", ok=True, sentence="it is")]


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    clock = [0.0]
    found = Work(clock)
    monkeypatch.setattr(recompute, "load_workload", lambda _name: found)
    monkeypatch.setattr(time, "process_time", lambda: clock[0])
    return found


def audited(effort_s: float, *entries: Measurement) -> list[str]:
    return [check.sentence for check in audit(result(*entries), effort_s, DEVICE, NoProgress())]


@pytest.mark.parametrize(
    ("effort_s", "parts", "asked"),
    [
        (0.1, 9, [1]),
        (3.9, 9, [1]),
        (4.0, 9, [1, 1]),
        (10.0, 9, [1, 4]),
        (100.0, 9, [1, 8]),
        (100.0, 2, [1, 1]),
        (100.0, 1, [1]),
        (100.0, 0, []),
    ],
)
def test_as_many_parts_are_done_again_as_the_effort_is_enough_for(
    effort_s: float, parts: int, asked: list[int], work: Work
) -> None:
    found = audited(effort_s, answers(parts))
    assert [count for _, count in work.asked] == asked
    assert found == ["cpu: it is"] * sum(asked)


def test_a_part_that_takes_no_time_that_a_clock_can_tell_counts_as_a_thousandth(work: Work) -> None:
    work.part_s = 0.0
    audited(0.0105, answers(99))
    assert work.asked == [("cpu", 1), ("cpu", 9)]


def test_records_share_the_effort(work: Work) -> None:
    audited(12.0, answers(9), answers(9, "opencl:0"))
    assert work.asked == [("cpu", 1), ("cpu", 2), ("opencl:0", 1), ("opencl:0", 2)]


def test_shares_get_as_much_of_the_effort_as_answers(work: Work) -> None:
    found = audited(12.0, RIGHT, verified("cuda:0"), answers(9, "opencl:0"))
    assert work.efforts == [("cpu", 4.0), ("cuda:0", 4.0)]
    assert work.asked == [("opencl:0", 1), ("opencl:0", 1)]
    assert found == ["cpu: it is", "cuda:0: it is", "opencl:0: it is", "opencl:0: it is"]


def test_what_the_device_cannot_do_again_is_not_drawn(work: Work) -> None:
    work.reason = "it has no such unit"
    assert recompute.recompute(result(answers(4)), 9, DEVICE, NoProgress()) == []
    assert work.asked == []


def test_what_takes_no_time_that_a_clock_can_tell_has_a_rate_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    class Told(NoProgress):
        def advance(self, amount: float, rate: float | None) -> None:
            told.append((amount, rate))

    told: list[tuple[float, float | None]] = []
    monkeypatch.setattr(time, "perf_counter", lambda: 7.0)
    recompute._advancing(Told())(5)
    ((amount, rate),) = told
    assert (amount, round(rate or 0)) == (5, 5_000_000_000)


def test_what_nobody_can_do_again_takes_no_part(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    unmeasured = replace(RIGHT, evidence=None)
    audited(12.0, unmeasured, answers(0, "opencl:1"), answers(9, "opencl:0"))
    assert work.asked == [("opencl:0", 1), ("opencl:0", 5)]
    work.reason = "it has no such unit"
    assert audited(12.0, answers(9)) == []

    def unknown(name: str) -> Work:
        raise InputError(f"{name} is no workload")

    monkeypatch.setattr(recompute, "load_workload", unknown)
    assert audited(12.0, answers(9)) == []


def test_only_what_has_parts_is_drawn_and_what_is_begun_is_told(work: Work) -> None:
    class Shown(NoProgress):
        def stage(self, device: str, text: str, total: float | None, unit: str = "") -> None:
            told.append((device, text, total))

    told: list[tuple[str, str, float | None]] = []
    own_word = replace(RIGHT, evidence=Checked(answers=9, how="compared"))
    run = result(own_word, answers(4, "opencl:0"))
    assert len(recompute.recompute(run, 9, DEVICE, Shown())) == 4
    assert work.asked == [("opencl:0", 4)]
    audit(run, 1.0, DEVICE, Shown())
    name = DEVICE.info.id
    assert told == [(name, "recomputing", float(RIGHT.amount)), (name, "recomputing", None)]
