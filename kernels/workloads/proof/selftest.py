"""The self-test before anything is timed: known and random headers, at both ends of the nonce space.

Its cost does not grow with the number of prefixes, which may be 65,536: hashlib does a million hashes of SHA-256d in
some 2 s. So the long ranges, which try the walk over the nonces, are scanned with some of the prefixes, drawn anew
each time; and each single prefix, at its own place among all of them, is tried on a few nonces: its hits must be the
oracle's and the checksum, to which each of its hashes belongs, must be right. An error in any prefix is found there,
whatever is drawn.
"""

from __future__ import annotations

import secrets

from ...device import KernelInfo, Scans
from ...headers.job import NONCES, PREFIX_BYTES, Job, roll_versions
from ...headers.target import target_from_zero_bits
from .confirm import check_known_answer
from .oracle import Oracle

# Odd counts, no multiple of any vector or work-group, and across 2³¹, where a signed nonce would break.
RANGES = (range(0, 333), range((1 << 31) - 157, (1 << 31) + 158), range(NONCES - 331, NONCES))
# Some five shares in each range: several hits at once must all come back.
EASY_ZERO_BITS = 6
# So many prefixes take part in the long ranges.
MOST_PREFIXES = 16
# With all prefixes: no more hashes than this, but always some nonces.
MOST_HASHES = 1 << 17
FEWEST_NONCES = 3
# With all prefixes: some thousand hits at most.
RARER_FROM = 1 << 10


def self_test(oracle: Oracle, device: Scans, prefixes: int) -> KernelInfo:
    """Check `device` against the oracle. Raises WrongResult, DeviceError. Returns the kernel it tested."""
    if oracle.known is not None:
        job, nonces = oracle.known(min(prefixes, MOST_PREFIXES))
        device.prepare(job)
        check_known_answer(oracle, device, job, nonces)
    for each in RANGES:
        job = Job(some_prefixes(prefixes), easy_target(oracle))
        device.prepare(job)
        check_known_answer(oracle, device, job, part_of(oracle, each))
    # An empty range and a single nonce are ranges too.
    check_known_answer(oracle, device, job, range(7, 7))
    check_known_answer(oracle, device, job, range(NONCES - 1, NONCES))
    job = Job(roll_versions(secrets.token_bytes(PREFIX_BYTES), prefixes), all_prefixes_target(prefixes))
    kernel = device.prepare(job)
    first = secrets.randbelow(NONCES - MOST_HASHES)
    check_known_answer(oracle, device, job, range(first, first + nonces_with_all(oracle, prefixes)))
    return kernel


def easy_target(oracle: Oracle) -> int:
    """The target that some of a range's hashes meet, the easier the fewer they are."""
    return target_from_zero_bits(max(1, EASY_ZERO_BITS - oracle.thrift.bit_length() + 1))


def part_of(oracle: Oracle, nonces: range) -> range:
    """As much of a range, from its middle on, as the oracle has the time for; its end where that is all nonces' end."""
    count = oracle.fewer(len(nonces)) | 1
    first = nonces.stop - count if nonces.stop == NONCES else nonces.start + (len(nonces) - count) // 2
    return range(first, first + count)


def some_prefixes(prefixes: int) -> tuple[bytes, ...]:
    """Prefixes of a random header, as many as MOST_PREFIXES of the `prefixes` it can be rolled to: first, last, others.

    All of them where there are no more than that.
    """
    rolled = roll_versions(secrets.token_bytes(PREFIX_BYTES), prefixes)
    if prefixes <= MOST_PREFIXES:
        return rolled
    between = secrets.SystemRandom().sample(range(1, prefixes - 1), MOST_PREFIXES - 2)
    return tuple(rolled[index] for index in (0, *sorted(between), prefixes - 1))


def nonces_with_all(oracle: Oracle, prefixes: int) -> int:
    """How many nonces the oracle has the time for when all prefixes take part."""
    return min(max(oracle.fewer(MOST_HASHES) // prefixes, FEWEST_NONCES), oracle.fewer(len(RANGES[0])))


def all_prefixes_target(prefixes: int) -> int:
    """The target when all prefixes take part: about as many hits however many they are."""
    return target_from_zero_bits(6 + max(prefixes // RARER_FROM, 1).bit_length() - 1)
