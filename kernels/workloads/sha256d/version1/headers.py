"""How headers derived in version 1, and what its shares had to show.

A header prefix (76 bytes) is derived from the challenge, the device, the run and a running number k. The nonces
0…2³²−1 are walked under k = 0, then under k = 1, and so on. The result keeps the *chunks* (which nonces under which
running number were counted, and the XOR of all their H7) and the *shares* (every nonce among them that meets a
target so chosen that about 256 are expected).
"""

from __future__ import annotations

import struct
from hashlib import sha256

from ....headers.job import PREFIX_BYTES

DOMAIN = "hashwatt proof 1"
# Files of version 1 chose their own target, and held 256 expected shares, or fewer where a run was very short. With
# few, one lucky share bears out any claim (one found and 12 expected: p = 10⁻⁴), and anybody can still write such a
# file; with 100, a claim that passes once in two is 1.6 times the work at most.
FEWEST_EXPECTED_SHARES = 100.0
SHARE_COUNT_P = 1e-4


def derive_prefix(challenge: str, device_id: str, run_id: str, running_number: int) -> bytes:
    """The 76 header bytes (version, previous hash, merkle root, time, bits) under `running_number` (≥ 0).

    Every part is encoded with its length, so that no two different inputs give the same message;
    SHA-256 stretches the seed to 96 bytes, of which the first 76 are taken.
    """
    message = b"".join(
        struct.pack("<Q", len(part)) + part
        for part in (
            DOMAIN.encode(),
            challenge.encode(),
            device_id.encode(),
            run_id.encode(),
            struct.pack("<Q", running_number),
        )
    )
    seed = sha256(message).digest()
    return b"".join(sha256(seed + bytes([block])).digest() for block in range(3))[:PREFIX_BYTES]
