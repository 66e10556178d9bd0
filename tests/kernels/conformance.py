"""What every device must do, whatever its backend: one list of checks, run on each device of this machine.

A check is a function of a `Subject` that raises AssertionError (or lets a HashwattError out) where
the device is wrong. `test_conformance.py` runs them on the devices there are;
`test_conformance_catches.py` shows that each kind of mistake is caught.
"""

from __future__ import annotations

import random
import re
import threading
import time
from _thread import interrupt_main
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hashwatt.kernels.device import DeviceOptions, Found, Hit, Kind, Scans, scanning
from hashwatt.kernels.errors import DeviceError, HashwattError
from hashwatt.kernels.headers.job import NONCES, PREFIX_BYTES, Job, header_with_nonce, roll_versions
from hashwatt.kernels.headers.oracle import hash_value, reference_scan, sha256d
from hashwatt.kernels.headers.target import MAX_TARGET, target_from_bits, target_from_zero_bits

from .headers import known_blocks, random_prefixes

INTERRUPT_AFTER_S = 0.2
# A worker finishes the scan it began before it answers the next one: as callers do, give it no more than seconds.
WORKER_S = 2.0
# How long a device may take to notice Ctrl-C: the launch under way, on the slowest device, and some.
INTERRUPT_LIMIT_S = 5.0
# A scan of so long tells how fast a device is.
ENOUGH_TO_TELL_S = 0.05


@dataclass(frozen=True)
class Subject:
    """The device under test: opened once for all checks, and the means to open it again."""

    found: Found
    device: Scans
    many: int = 5_000_011  # nonces of the largest scan: several batches of a fast device; less on a slow one
    # How long the scan that is interrupted would take; None where every nonce there is may be asked for.
    interrupted_s: float | None = None

    @classmethod
    def of(cls, found: Found, device: Scans) -> Subject:
        """A device as a run drives it, in a process of its own where it wishes that."""
        return cls(found, device, interrupted_s=WORKER_S if found.isolate else None)


def assert_as_hashlib(device: Scans, job: Job, nonces: range) -> None:
    """Prepare the job, scan the range, and hold every word of the answer against hashlib."""
    kernel = device.prepare(job)
    assert kernel.prefixes == len(job.prefixes)
    assert_scan_as_hashlib(device, job, nonces)


def assert_scan_as_hashlib(device: Scans, job: Job, nonces: range) -> None:
    """The same for a job that is prepared already."""
    scan = device.scan(nonces)
    hits, xor_h7 = reference_scan(job, nonces)
    assert scan.hashes == len(job.prefixes) * len(nonces)
    assert scan.hits == tuple(Hit(*hit) for hit in hits)
    assert scan.xor_h7 == xor_h7
    assert scan.device_s is None or scan.device_s >= 0


def says_what_it_is(subject: Subject) -> None:
    info = subject.found.info
    assert re.fullmatch(r"[a-z]+(:[a-z0-9]+)?", info.id)
    assert info.kind in get_args(Kind)
    assert all((info.name, info.vendor, info.backend, info.driver))
    assert subject.device.info == info


def names_its_kernel(subject: Subject) -> None:
    kernel = subject.device.prepare(Job((bytes(PREFIX_BYTES),), target_from_zero_bits(32)))
    assert kernel.name
    assert kernel.prefixes == 1
    assert kernel.compile_s >= 0
    assert re.fullmatch(r"[0-9a-f]{64}", kernel.source_sha256)


def finds_the_nonces_of_known_blocks(subject: Subject) -> None:
    for block in known_blocks():
        job = Job((block.prefix,), target_from_bits(block.bits))
        first = max(block.nonce - 40, 0)
        nonces = range(first, min(block.nonce + 41, NONCES))
        subject.device.prepare(job)
        assert Hit(0, block.nonce) in subject.device.scan(nonces).hits, f"block {block.height}"
        assert_scan_as_hashlib(subject.device, job, nonces)


def hashes_random_headers(subject: Subject) -> None:
    source = random.Random(1)
    for prefix in random_prefixes(30, seed=2):
        start = source.randrange(NONCES - 2_000)
        job = Job((prefix,), target_from_zero_bits(source.randrange(4, 12)))
        assert_as_hashlib(subject.device, job, range(start, start + source.randrange(1, 2_000)))


def answers_an_empty_range_with_nothing(subject: Subject) -> None:
    subject.device.prepare(Job((bytes(PREFIX_BYTES),), MAX_TARGET))
    for nonces in (range(0), range(7, 7), range(NONCES, NONCES)):
        scan = subject.device.scan(nonces)
        assert (scan.hits, scan.hashes, scan.xor_h7) == ((), 0, 0)


def covers_both_ends_and_the_sign_bit(subject: Subject) -> None:
    job = Job(tuple(random_prefixes(1, seed=3)), target_from_zero_bits(6))
    subject.device.prepare(job)
    middle = 1 << 31
    for nonces in (
        range(0, 1),
        range(0, 300),
        range(NONCES - 1, NONCES),
        range(NONCES - 301, NONCES),
        range(middle - 1, middle),
        range(middle - 150, middle + 151),
        range((1 << 24) - 70, (1 << 24) + 71),
        range((1 << 16) - 70, (1 << 16) + 71),
    ):
        assert_scan_as_hashlib(subject.device, job, nonces)


def counts_every_size_exactly(subject: Subject) -> None:
    job = Job(tuple(random_prefixes(1, seed=4)), target_from_zero_bits(5))
    subject.device.prepare(job)
    for count in (1, 2, 3, 5, 15, 16, 17, 31, 63, 64, 65, 127, 255, 256, 257, 1_023, 4_095, 4_096, 4_097, 9_999):
        assert_scan_as_hashlib(subject.device, job, range(12_345, 12_345 + count))


def reports_every_share_of_a_batch(subject: Subject) -> None:
    prefixes = tuple(random_prefixes(1, seed=5))
    for zero_bits in range(9):
        job = Job(prefixes, target_from_zero_bits(zero_bits))
        assert_as_hashlib(subject.device, job, range(1_000_003, 1_000_003 + 3_001))


def survives_more_shares_than_any_buffer_holds(subject: Subject) -> None:
    job = Job(tuple(random_prefixes(1, seed=6)), MAX_TARGET)
    assert_as_hashlib(subject.device, job, range(5, 5 + 70_001))


def reports_nothing_for_an_impossible_target(subject: Subject) -> None:
    job = Job(tuple(random_prefixes(1, seed=7)), target=1)
    assert_as_hashlib(subject.device, job, range(0, 20_000))


def counts_a_hash_equal_to_the_target_as_a_share(subject: Subject) -> None:
    (prefix,) = random_prefixes(1, seed=8)
    nonces = range(500, 700)
    values = sorted(hash_value(sha256d(header_with_nonce(prefix, nonce))) for nonce in nonces)
    for value in (values[0], values[3]):
        for target in (value - 1, value, value + 1):
            assert_as_hashlib(subject.device, Job((prefix,), target), nonces)


def hashes_rolled_versions(subject: Subject) -> None:
    (prefix,) = random_prefixes(1, seed=9)
    for count in (2, 3, 4, 16):
        job = Job(roll_versions(prefix, count), target_from_zero_bits(7))
        assert_as_hashlib(subject.device, job, range(777, 777 + 2_011))
        assert_scan_as_hashlib(subject.device, job, range(NONCES - 33, NONCES))


def hashes_prefixes_that_share_only_their_tail(subject: Subject) -> None:
    tail = random_prefixes(1, seed=10)[0][64:]
    job = Job(tuple(prefix[:64] + tail for prefix in random_prefixes(4, seed=11)), target_from_zero_bits(6))
    assert_as_hashlib(subject.device, job, range(31, 31 + 1_501))


def works_on_the_job_prepared_last(subject: Subject) -> None:
    rolled = Job(roll_versions(random_prefixes(1, seed=12)[0], 4), target_from_zero_bits(5))
    plain = [
        Job((prefix,), target_from_zero_bits(3 + index)) for index, prefix in enumerate(random_prefixes(3, seed=13))
    ]
    for job in (plain[0], rolled, plain[1], plain[0], plain[2], rolled):
        assert_as_hashlib(subject.device, job, range(99, 99 + 400))


def agrees_with_hashlib_on_many_nonces(subject: Subject) -> None:
    job = Job(tuple(random_prefixes(1, seed=14)), target_from_zero_bits(12))
    start = (1 << 31) - subject.many // 10
    assert_as_hashlib(subject.device, job, range(start, start + subject.many // 5))


def adds_up_however_a_range_is_cut(subject: Subject) -> None:
    """Batches have edges inside a large range: cut it elsewhere and nothing may change."""
    subject.device.prepare(Job(tuple(random_prefixes(1, seed=15)), target_from_zero_bits(12)))
    start, stop = 1_234_567, 1_234_567 + subject.many
    whole = subject.device.scan(range(start, stop))
    cuts = [start, start + 1, start + 4_099, start + subject.many // 3, stop - 1_003, stop - 1, stop]
    pieces = [subject.device.scan(range(first, last)) for first, last in pairwise(cuts)]
    xor_h7 = 0
    for piece in pieces:
        xor_h7 ^= piece.xor_h7
    assert xor_h7 == whole.xor_h7
    assert sum(piece.hashes for piece in pieces) == whole.hashes == stop - start
    assert tuple(hit for piece in pieces for hit in piece.hits) == whole.hits
    assert whole.hits, "one nonce in 4,096 is a share"


def refuses_a_range_that_is_none(subject: Subject) -> None:
    job = Job((bytes(PREFIX_BYTES),), target_from_zero_bits(32))
    subject.device.prepare(job)
    for nonces in (range(-1, 10), range(0, NONCES + 1), range(0, 100, 2), range(10, 0, -1)):
        with pytest.raises(HashwattError):
            subject.device.scan(nonces)
    assert_scan_as_hashlib(subject.device, job, range(0, 100))


def refuses_to_scan_before_a_job_is_prepared(subject: Subject) -> None:
    device = scanning(subject.found.open(DeviceOptions()))
    try:
        with pytest.raises(DeviceError):
            device.scan(range(10))
    finally:
        device.close()


def refuses_to_work_after_it_was_closed(subject: Subject) -> None:
    job = Job((bytes(PREFIX_BYTES),), target_from_zero_bits(32))
    device = scanning(subject.found.open(DeviceOptions()))
    device.prepare(job)
    device.close()
    device.close()
    with pytest.raises(DeviceError):
        device.scan(range(10))
    with pytest.raises(DeviceError):
        device.prepare(job)


def works_twice_at_once(subject: Subject) -> None:
    """Two open handles, each with its own job, do not mix them up."""
    one, other = (Job((prefix,), target_from_zero_bits(6)) for prefix in random_prefixes(2, seed=16))
    second = scanning(subject.found.open(DeviceOptions()))
    try:
        subject.device.prepare(one)
        second.prepare(other)
        for start in (0, 5_000):
            assert_scan_as_hashlib(subject.device, one, range(start, start + 700))
            assert_scan_as_hashlib(second, other, range(start, start + 700))
    finally:
        second.close()
    assert_scan_as_hashlib(subject.device, one, range(0, 100))


def long_range(subject: Subject) -> range:
    """The nonces of the scan that is interrupted."""
    if subject.interrupted_s is None:
        return range(NONCES)
    count = 1_000
    while True:
        started_s = time.monotonic()
        subject.device.scan(range(count))
        elapsed_s = time.monotonic() - started_s
        if elapsed_s > ENOUGH_TO_TELL_S or count >= subject.many:
            return range(min(NONCES, int(subject.interrupted_s / elapsed_s * count)))
        count *= 4


def is_usable_after_an_interruption(subject: Subject) -> None:
    job = Job(tuple(random_prefixes(1, seed=17)), target_from_zero_bits(20))
    subject.device.prepare(job)
    subject.device.scan(range(1_000))
    nonces = long_range(subject)

    def scan_everything() -> None:
        subject.device.scan(nonces)
        time.sleep(INTERRUPT_LIMIT_S)  # where a device is through all nonces before the interruption comes

    started_s = time.monotonic()
    threading.Timer(INTERRUPT_AFTER_S, interrupt_main).start()
    with pytest.raises(KeyboardInterrupt):
        scan_everything()
    assert time.monotonic() - started_s < INTERRUPT_LIMIT_S
    assert_scan_as_hashlib(subject.device, job, range(42, 42 + 3_000))


def equals_hashlib_on_whatever_hypothesis_thinks_of(subject: Subject) -> None:
    starts = st.integers(0, NONCES) | st.sampled_from([0, (1 << 31) - 20, (1 << 32) - 64, (1 << 24) - 5])
    prefixes = st.binary(min_size=PREFIX_BYTES, max_size=PREFIX_BYTES)
    targets = st.integers(0, 20).map(target_from_zero_bits) | st.integers(1, MAX_TARGET)

    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(
        prefix=prefixes,
        rolled=st.sampled_from([1, 1, 1, 2, 5]),
        target=targets,
        start=starts,
        count=st.integers(0, 300),
    )
    def equals(prefix: bytes, rolled: int, target: int, start: int, count: int) -> None:
        job = Job(roll_versions(prefix, rolled), target)
        assert_as_hashlib(subject.device, job, range(start, min(start + count, NONCES)))

    equals()


CHECKS: tuple[Callable[[Subject], None], ...] = (
    says_what_it_is,
    names_its_kernel,
    answers_an_empty_range_with_nothing,
    covers_both_ends_and_the_sign_bit,
    counts_every_size_exactly,
    finds_the_nonces_of_known_blocks,
    hashes_random_headers,
    counts_a_hash_equal_to_the_target_as_a_share,
    reports_nothing_for_an_impossible_target,
    reports_every_share_of_a_batch,
    survives_more_shares_than_any_buffer_holds,
    hashes_rolled_versions,
    hashes_prefixes_that_share_only_their_tail,
    works_on_the_job_prepared_last,
    refuses_a_range_that_is_none,
    refuses_to_scan_before_a_job_is_prepared,
    refuses_to_work_after_it_was_closed,
    works_twice_at_once,
    is_usable_after_an_interruption,
    equals_hashlib_on_whatever_hypothesis_thinks_of,
    agrees_with_hashlib_on_many_nonces,
    adds_up_however_a_range_is_cut,
)
