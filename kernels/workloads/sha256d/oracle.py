"""SHA-256d by hashlib, bound to what proofs by shares ask of a hash."""

from __future__ import annotations

from collections.abc import Iterator

from ...device import Scans
from ...headers.genesis import GENESIS_BITS, GENESIS_NONCE, GENESIS_PREFIX
from ...headers.job import Job, roll_versions
from ...headers.many import digests_of
from ...headers.target import target_from_bits
from ..proof import confirm, steps
from ..proof.oracle import Oracle
from ..proof.steps import ScanStep


def genesis_job(prefixes: int) -> Job:
    """The genesis block's header with its real target, version-rolled to `prefixes` prefixes."""
    return Job(roll_versions(GENESIS_PREFIX, prefixes), target_from_bits(GENESIS_BITS))


def _known(prefixes: int) -> tuple[Job, range]:
    return genesis_job(prefixes), range(GENESIS_NONCE - 201, GENESIS_NONCE + 100)


ORACLE = Oracle("sha256d", digests_of, known=_known)


def check_known_answer(device: Scans, job: Job, nonces: range) -> None:
    """See `proof.confirm`."""
    confirm.check_known_answer(ORACLE, device, job, nonces)


def scan_in_steps(device: Scans, job: Job, nonces: range) -> Iterator[ScanStep]:
    """See `proof.steps`."""
    return steps.scan_in_steps(ORACLE, device, job, nonces)
