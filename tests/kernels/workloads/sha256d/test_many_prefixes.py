"""Thousands of prefixes are prepared and tried at once, not one by one, and each of them is tried."""

from __future__ import annotations

import pytest

from hashwatt.kernels.cpu.codegen import sha_rounds
from hashwatt.kernels.cpu.codegen.sha_instructions import ArmSha, X86Sha
from hashwatt.kernels.cpu.variants import program
from hashwatt.kernels.device import KernelInfo, Scan
from hashwatt.kernels.errors import InputError, WrongResult
from hashwatt.kernels.fakes.device import FakeDevice
from hashwatt.kernels.headers import early, midstate
from hashwatt.kernels.headers.job import Job, roll_versions
from hashwatt.kernels.workloads.proof import selftest
from hashwatt.kernels.workloads.sha256d.oracle import ORACLE
from hashwatt.kernels.workloads.sha256d.workload import WORKLOAD

MANY = 1 << 12
PREFIX = bytes(range(76))


def test_what_is_computed_at_once_is_what_is_computed_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    prefixes = roll_versions(PREFIX, 80)
    at_once, one_by_one = Job(prefixes, 1), Job(prefixes, 1)
    rows = [early.early_rows(program(ternary, True), at_once) for ternary in (True, False)]
    words = [sha_rounds.job_words(at_once, isa) for isa in (X86Sha(), ArmSha())]
    for module in (midstate, early, sha_rounds):
        monkeypatch.setattr(module, "WORTH_AN_ARRAY", 1 << 20)
    assert at_once.midstates == one_by_one.midstates
    assert [[tuple(row) for row in each] for each in rows] == [
        [tuple(row) for row in early.early_rows(program(ternary, True), one_by_one)] for ternary in (True, False)
    ]
    assert words == [sha_rounds.job_words(one_by_one, isa) for isa in (X86Sha(), ArmSha())]


class Counted(FakeDevice):
    """Counts what hashlib has to do for it."""

    hashes = 0

    def scan(self, nonces: range) -> Scan:
        scan = super().scan(nonces)
        self.hashes += scan.hashes
        return scan


class OneBadPrefix(FakeDevice):
    """Computes the checksum of one of all prefixes wrongly."""

    bad = 0
    job: Job

    def prepare(self, job: Job) -> KernelInfo:
        self.job = job
        return super().prepare(job)

    def scan(self, nonces: range) -> Scan:
        scan = super().scan(nonces)
        wrong = len(self.job.prefixes) > self.bad and len(nonces) > 0
        return Scan(scan.hits, scan.hashes, scan.xor_h7 ^ wrong)


def nothing(seconds: float) -> None:
    """Spend no time."""


@pytest.mark.parametrize("prefixes", [1, 16, 17, 1000, MANY, 1 << 16])
def test_the_self_test_s_work_does_not_grow_with_the_prefixes(prefixes: int) -> None:
    device = Counted("steady", 1e12, nothing)
    selftest.self_test(ORACLE, device, prefixes)
    assert device.hashes < 300_000


@pytest.mark.parametrize("bad", [0, 1, 1234, MANY - 1])
def test_an_error_in_any_single_prefix_is_found(bad: int) -> None:
    device = OneBadPrefix("steady", 1e12, nothing)
    device.bad = bad
    with pytest.raises(WrongResult, match="other hashes than hashlib"):
        selftest.self_test(ORACLE, device, MANY)


def test_few_prefixes_are_all_drawn_and_many_with_the_first_and_the_last() -> None:
    assert len(selftest.some_prefixes(5)) == 5
    drawn = {index for _ in range(20) for index in _numbers(selftest.some_prefixes(MANY))}
    assert {0, MANY - 1} <= drawn
    assert len(drawn) > 100


def _numbers(prefixes: tuple[bytes, ...]) -> list[int]:
    first = int.from_bytes(prefixes[0][:4], "little")
    return [(int.from_bytes(prefix[:4], "little") ^ first) >> 13 for prefix in prefixes]


@pytest.mark.parametrize("prefixes", [True, False, 0, -1, 1.0, 65_537, "16"])
def test_a_number_of_prefixes_that_no_result_could_hold_is_refused_before_anything_is_measured(
    prefixes: int | float | str,
) -> None:
    with pytest.raises(InputError, match="version rolling covers 1 to 65536 prefixes"):
        WORKLOAD.parameters_of({"prefixes": prefixes})
