"""The conformance checks can fail: each one catches a device that is broken in its own way, and a right one passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from hashwatt.kernels.device import DeviceOptions, Found, Hit, KernelInfo, Scan
from hashwatt.kernels.errors import HashwattError
from hashwatt.kernels.headers.job import Job
from hashwatt.kernels.headers.oracle import hash_value, sha256d

from . import conformance as suite
from .hashlib_device import HashlibDevice

# hashlib from Python does under a million hashes a second.
MANY = 200_003


class ChangesItsName(HashlibDevice):
    def __init__(self) -> None:
        super().__init__()
        self.info = replace(type(self).info, name="another")


class HidesItsSource(HashlibDevice):
    def prepare(self, job: Job) -> KernelInfo:
        return replace(super().prepare(job), source_sha256="unknown")


class HashesANonceTooMany(HashlibDevice):
    def scan(self, nonces: range) -> Scan:
        return super().scan(nonces or range(1))


class SkipsTheLastNonce(HashlibDevice):
    def walk(self, nonces: range) -> range:
        return nonces[:-1]


class RoundsUpToWholeVectors(HashlibDevice):
    def walk(self, nonces: range) -> range:
        return range(nonces.start, nonces.start + -(-len(nonces) // 16) * 16)


class TreatsNoncesAsSigned(HashlibDevice):
    def walk(self, nonces: range) -> range:
        return nonces[: max((1 << 31) - nonces.start, 0)] if nonces.start < 1 << 31 else nonces


class ReadsTheNonceBigEndian(HashlibDevice):
    def digest(self, prefix: bytes, nonce: int) -> bytes:
        return sha256d(prefix + nonce.to_bytes(4, "big"))


class FlipsOneBitOfOneHashInAThousand(HashlibDevice):
    def digest(self, prefix: bytes, nonce: int) -> bytes:
        digest = super().digest(prefix, nonce)
        return digest[:-1] + bytes([digest[-1] ^ 1]) if nonce % 1_000 == 999 else digest


class MissesAHashEqualToTheTarget(HashlibDevice):
    def meets(self, digest: bytes, target: int) -> bool:
        return hash_value(digest) < target


class ComparesOnlyTheLastWord(HashlibDevice):
    def meets(self, digest: bytes, target: int) -> bool:
        return hash_value(digest) >> 224 <= target >> 224


class OverflowsItsHitBuffer(HashlibDevice):
    def keep(self, hits: list[Hit]) -> tuple[Hit, ...]:
        return tuple(hits[:65_536])


class ReportsSharesUnsorted(HashlibDevice):
    def keep(self, hits: list[Hit]) -> tuple[Hit, ...]:
        return tuple(reversed(hits))


class ReportsAShareTwice(HashlibDevice):
    def keep(self, hits: list[Hit]) -> tuple[Hit, ...]:
        return tuple(sorted([*hits, *hits[:1]]))


class HashesOnlyTheFirstPrefix(HashlibDevice):
    def prefixes(self, job: Job) -> tuple[bytes, ...]:
        return job.prefixes[:1]


class RollsVersionsByItself(HashlibDevice):
    def prefixes(self, job: Job) -> tuple[bytes, ...]:
        return tuple(prefix[:4] + job.prefixes[0][4:] for prefix in job.prefixes)


class KeepsTheFirstJob(HashlibDevice):
    def take(self, job: Job) -> None:
        self.job = self.job or job


class SharesItsJobBetweenHandles(HashlibDevice):
    latest: Job

    def take(self, job: Job) -> None:
        SharesItsJobBetweenHandles.latest = job

    def prefixes(self, job: Job) -> tuple[bytes, ...]:
        return self.latest.prefixes


class ScansWithoutAJob(HashlibDevice):
    def __init__(self) -> None:
        super().__init__()
        self.job = Job((bytes(76),), target=1)


class WorksAfterItWasClosed(HashlibDevice):
    def check_open(self) -> None:
        pass


class TakesAnyRange(HashlibDevice):
    def check_range(self, nonces: range) -> None:
        pass

    def digest(self, prefix: bytes, nonce: int) -> bytes:
        return super().digest(prefix, nonce % (1 << 32))


class ReportsAShareThatIsNone(HashlibDevice):
    def scan(self, nonces: range) -> Scan:
        scan = super().scan(nonces)
        return replace(scan, hits=scan.hits or tuple(Hit(0, nonce) for nonce in nonces[:1]))


class ReportsOneShareABatch(HashlibDevice):
    def keep(self, hits: list[Hit]) -> tuple[Hit, ...]:
        return tuple(hits[:1])


class LosesANonceBetweenBatches(HashlibDevice):
    def scan(self, nonces: range) -> Scan:
        scan = super().scan(nonces)
        return replace(scan, hashes=scan.hashes - len(nonces) // 65_536)


class DiesOfAnInterruption(HashlibDevice):
    def walk(self, nonces: range) -> range:
        if len(nonces) == 1 << 32:
            self.closed = True
        return nonces


CAUGHT: tuple[tuple[type[HashlibDevice], Callable[[suite.Subject], None]], ...] = (
    (ChangesItsName, suite.says_what_it_is),
    (HidesItsSource, suite.names_its_kernel),
    (HashesANonceTooMany, suite.answers_an_empty_range_with_nothing),
    (TreatsNoncesAsSigned, suite.covers_both_ends_and_the_sign_bit),
    (SkipsTheLastNonce, suite.counts_every_size_exactly),
    (RoundsUpToWholeVectors, suite.counts_every_size_exactly),
    (ReadsTheNonceBigEndian, suite.finds_the_nonces_of_known_blocks),
    (FlipsOneBitOfOneHashInAThousand, suite.hashes_random_headers),
    (MissesAHashEqualToTheTarget, suite.counts_a_hash_equal_to_the_target_as_a_share),
    (ComparesOnlyTheLastWord, suite.counts_a_hash_equal_to_the_target_as_a_share),
    (ReportsAShareThatIsNone, suite.reports_nothing_for_an_impossible_target),
    (ReportsOneShareABatch, suite.reports_every_share_of_a_batch),
    (ReportsSharesUnsorted, suite.reports_every_share_of_a_batch),
    (ReportsAShareTwice, suite.reports_every_share_of_a_batch),
    (OverflowsItsHitBuffer, suite.survives_more_shares_than_any_buffer_holds),
    (HashesOnlyTheFirstPrefix, suite.hashes_rolled_versions),
    (RollsVersionsByItself, suite.hashes_prefixes_that_share_only_their_tail),
    (KeepsTheFirstJob, suite.works_on_the_job_prepared_last),
    (TakesAnyRange, suite.refuses_a_range_that_is_none),
    (ScansWithoutAJob, suite.refuses_to_scan_before_a_job_is_prepared),
    (WorksAfterItWasClosed, suite.refuses_to_work_after_it_was_closed),
    (SharesItsJobBetweenHandles, suite.works_twice_at_once),
    (DiesOfAnInterruption, suite.is_usable_after_an_interruption),
    (SkipsTheLastNonce, suite.equals_hashlib_on_whatever_hypothesis_thinks_of),
    (SkipsTheLastNonce, suite.agrees_with_hashlib_on_many_nonces),
    (LosesANonceBetweenBatches, suite.adds_up_however_a_range_is_cut),
)


def subject_of(kind: type[HashlibDevice]) -> suite.Subject:
    def open_device(options: DeviceOptions) -> HashlibDevice:
        return kind()

    return suite.Subject(Found(HashlibDevice.info, open_device), kind(), MANY)


@pytest.mark.parametrize("check", suite.CHECKS, ids=lambda check: check.__name__)
def test_a_right_device_passes(check: Callable[[suite.Subject], None]) -> None:
    check(subject_of(HashlibDevice))


@pytest.mark.parametrize(("kind", "check"), CAUGHT, ids=lambda part: part.__name__)
def test_a_broken_device_is_caught(kind: type[HashlibDevice], check: Callable[[suite.Subject], None]) -> None:
    with pytest.raises((AssertionError, HashwattError, pytest.fail.Exception)):
        check(subject_of(kind))


def test_every_check_catches_something() -> None:
    assert {check for _, check in CAUGHT} == set(suite.CHECKS)
