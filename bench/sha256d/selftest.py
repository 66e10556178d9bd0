"""The self-test before anything is timed: real and random headers, at both ends of the nonce space."""

from __future__ import annotations

import secrets

from ...kernels.device import Device, KernelInfo
from ...kernels.genesis import GENESIS_BITS, GENESIS_NONCE, GENESIS_PREFIX
from ...kernels.job import NONCES, PREFIX_BYTES, Job, roll_versions
from ...kernels.target import target_from_bits, target_from_zero_bits
from .confirm import check_known_answer

# Odd counts, no multiple of any vector or work-group, and across 2³¹, where a signed nonce would break.
RANGES = (range(0, 333), range((1 << 31) - 157, (1 << 31) + 158), range(NONCES - 331, NONCES))
# Some five shares in each range: several hits at once must all come back.
EASY_TARGET = target_from_zero_bits(6)


def genesis_job(prefixes: int) -> Job:
    """The genesis block's header with its real target, version-rolled to `prefixes` prefixes."""
    return Job(roll_versions(GENESIS_PREFIX, prefixes), target_from_bits(GENESIS_BITS))


def self_test(device: Device, prefixes: int) -> KernelInfo:
    """Check `device` against hashlib. Raises WrongResult, DeviceError. Returns the kernel it tested."""
    job = genesis_job(prefixes)
    kernel = device.prepare(job)
    check_known_answer(device, job, range(GENESIS_NONCE - 201, GENESIS_NONCE + 100))
    for nonces in RANGES:
        job = Job(roll_versions(secrets.token_bytes(PREFIX_BYTES), prefixes), EASY_TARGET)
        device.prepare(job)
        check_known_answer(device, job, nonces)
    # An empty range and a single nonce are ranges too.
    check_known_answer(device, job, range(7, 7))
    check_known_answer(device, job, range(NONCES - 1, NONCES))
    return kernel
