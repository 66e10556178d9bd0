"""The check before a job is scanned: the kernel as compiled, the job as uploaded, against hashlib."""

from __future__ import annotations

import random

from ..device import DeviceInfo, Hit
from ..errors import WrongResult
from ..headers.job import NONCES, Job
from ..headers.oracle import reference_scan
from ..headers.target import target_from_zero_bits
from .scanner import Scanner

# Hashes to check: odd, and no multiple of any vector; hashlib takes a millisecond for them.
HASHES = 1_021
# Of a kernel that has passed with those: what is new is the job, and one wrong word of it makes every hash wrong. A
# fast device would wait for hashlib longer than for anything else between two headers.
HASHES_AGAIN = 31
# Some sixty of them are shares: several in one vector must all come back.
ZERO_BITS = 4


def check_answers(scanner: Scanner, info: DeviceInfo, brief: bool = False) -> None:
    """Hash a few nonces of the job with an easy target on both sides. Raises WrongResult.

    `brief`: the kernel has passed with another job.
    """
    job = Job(scanner.job.prefixes, target_from_zero_bits(ZERO_BITS))
    count = max((HASHES_AGAIN if brief else HASHES) // len(job.prefixes), 1)
    # Elsewhere for every job, and the same for the same job: a failure can be repeated.
    start = random.Random(job.prefixes[0]).randrange(NONCES - count)
    nonces = range(start, start + count)
    tally = scanner.scan(nonces, job.target, info)
    hits, xor_h7 = reference_scan(job, nonces)
    if tally.hits != [Hit(*hit) for hit in hits] or tally.xor_h7 != xor_h7:
        raise WrongResult(
            f"{info.id}: {scanner.built.variant.name} does not agree with hashlib from nonce {start} on; {info.remedy}"
        )
