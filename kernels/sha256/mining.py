"""What a miner asks of SHA-256d: the digest of an 80-byte header, as a function of its nonce.

The header is two blocks long. The state after the first (the midstate) comes from outside; here
the second block is built from the header's tail and the nonce, hashed, and its digest hashed again.
"""

from __future__ import annotations

from collections.abc import Sequence

from .fips180 import INITIAL_STATE, W, Words, compress, padding

HEADER_BYTES = 80
DIGEST_BYTES = 32


def sha256d_of_header(w: Words[W], midstate: Sequence[W], tail: Sequence[W], nonce: W) -> list[W]:
    """The eight words of the SHA-256d digest.

    `midstate`: 8 words; `tail`: header words 16–18; `nonce`: header word 19, which is the nonce with
    its bytes reversed, because headers hold it little-endian and SHA-256 reads big-endian.
    """
    first = compress(w, midstate, [*tail, nonce, *padding(w, HEADER_BYTES)])
    initial = [w.constant(value) for value in INITIAL_STATE]
    return compress(w, initial, [*first, *padding(w, DIGEST_BYTES)])
