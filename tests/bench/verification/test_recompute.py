from __future__ import annotations

from itertools import count
from pathlib import Path

import msgspec
import pytest

from hashwatt.bench.api import verify
from hashwatt.bench.progress import NoProgress
from hashwatt.bench.result.model import Result
from hashwatt.bench.verification.verdict import Verdict
from hashwatt.kernels.device import Found, Missing
from hashwatt.kernels.errors import DeviceError
from hashwatt.kernels.fakes.device import VirtualClock
from hashwatt.kernels.workloads.evidence import Shares
from hashwatt.kernels.workloads.proof.packing import pack_ascending, pack_words

from ..fakes import fake, measured, shares_of
from .packed import checksums_of, keys_of

ALL = 1_000_000


@pytest.fixture(autouse=True)
def _fake_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Recompute with a device that is always there."""

    def found(backends: list[str] | None = None) -> list[Found | Missing]:
        assert backends == ["cpu"]
        return [fake("steady", VirtualClock(), 1e9)]

    monkeypatch.setattr("hashwatt.bench.verification.verify.find_all", found)


def with_proof(result: Result, proof: Shares) -> Result:
    (entry,) = result.results
    return msgspec.structs.replace(result, results=(msgspec.structs.replace(entry, evidence=proof),))


def proof_of(result: Result) -> Shares:
    return shares_of(result.results[0])


def refused(verdict: Verdict) -> set[str]:
    return {check.code for check in verdict.checks if not check.ok}


def test_an_honest_result_recomputes(honest_file: Path, honest_result: Result) -> None:
    verdict = verify(honest_file, recompute=ALL)
    assert verdict.ok
    codes = [check.code for check in verdict.checks]
    assert codes.count("checksum") == codes.count("recomputed_shares") == len(checksums_of(proof_of(honest_result)))


class Recorded(NoProgress):
    """What is shown while work is done again."""

    def __init__(self) -> None:
        self.total: float | None = None
        self.told: list[tuple[float, float | None]] = []

    def stage(self, device: str, text: str, total: float | None, unit: str = "") -> None:
        self.total = total

    def advance(self, amount: float, rate: float | None) -> None:
        self.told.append((amount, rate))


def test_what_is_done_again_is_told_as_it_is_done_at_the_rate_of_each_step(
    honest_file: Path, honest_result: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = count()
    monkeypatch.setattr("hashwatt.bench.verification.recompute.time.perf_counter", lambda: float(next(clock)))
    shown = Recorded()
    assert verify(honest_file, recompute=ALL, progress=shown).ok
    amount = honest_result.results[0].amount
    assert shown.total == pytest.approx(amount)
    assert sum(done for done, _ in shown.told) == amount
    # Whatever asks the clock in a step, it asks as often in each.
    assert len({round(done / (rate or 1)) for done, rate in shown.told[1:]}) == 1
    assert all(1 <= done / (rate or 1) < 10 for done, rate in shown.told)


def test_only_as_many_chunks_as_asked_for_are_recomputed(honest_file: Path) -> None:
    codes = [check.code for check in verify(honest_file, recompute=3).checks]
    assert codes.count("checksum") == 3


def test_the_choice_of_chunks_is_not_the_same_every_time(honest_file: Path) -> None:
    choices = {verify(honest_file, recompute=2).checks[-1].sentence for _ in range(12)}
    assert len(choices) > 1


def test_a_changed_checksum_is_found(honest_result: Result) -> None:
    proof = proof_of(honest_result)
    first, *others = checksums_of(proof)
    forged = with_proof(honest_result, msgspec.structs.replace(proof, checksums=pack_words([first ^ 1, *others])))
    assert verify(forged).ok
    verdict = verify(forged, recompute=ALL)
    assert refused(verdict) == {"checksum"}
    assert any("not the stored" in check.sentence for check in verdict.checks)


def test_a_single_share_left_out_is_found(honest_result: Result) -> None:
    proof = proof_of(honest_result)
    fewer = pack_ascending(keys_of(proof)[1:])
    forged = with_proof(honest_result, msgspec.structs.replace(proof, count=proof.count - 1, shares=fewer))
    assert verify(forged).ok
    assert refused(verify(forged, recompute=ALL)) == {"recomputed_shares"}


def test_what_was_done_together_is_recomputed_too() -> None:
    result = measured("steady", "chatty", seconds=0.5, together=True)
    assert result.together is not None
    assert verify(result, recompute=ALL).ok
    first, *others = result.together.results
    proof = shares_of(first)
    changed = [checksums_of(proof)[0] ^ 1, *checksums_of(proof)[1:]]
    forged_part = msgspec.structs.replace(first, evidence=msgspec.structs.replace(proof, checksums=pack_words(changed)))
    part = msgspec.structs.replace(result.together, results=(forged_part, *others))
    forged = msgspec.structs.replace(result, together=part)
    assert verify(forged).ok
    assert refused(verify(forged, recompute=ALL)) == {"checksum"}


def test_version_rolled_chunks_recompute() -> None:
    assert verify(measured("steady", seconds=0.5, rolled=3), recompute=ALL).ok


def test_a_proof_that_does_not_hold_is_not_worth_recomputing(honest_result: Result) -> None:
    forged = msgspec.structs.replace(honest_result, challenge="another")
    verdict = verify(forged, recompute=ALL)
    assert refused(verdict) == {"shares"}
    assert "checksum" not in {check.code for check in verdict.checks}


def test_without_a_cpu_kernel_there_is_nothing_to_recompute_with(
    honest_result: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "hashwatt.bench.verification.verify.find_all",
        lambda _backends: [Missing("cpu", "Numba is broken; reinstall it")],
    )
    with pytest.raises(DeviceError, match="Numba is broken"):
        verify(honest_result, recompute=1)
