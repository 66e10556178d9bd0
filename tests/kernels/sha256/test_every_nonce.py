"""The C program that whole ranges are held against says what hashlib says."""

from __future__ import annotations

import shutil
from hashlib import sha256
from pathlib import Path

import pytest

from ...perf.every_nonce import built, by_the_program

PREFIX = bytes(range(7, 83))


@pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler is here")
def test_the_program_for_whole_ranges_is_right(tmp_path: Path) -> None:
    nonces = range((1 << 32) - 1_234, 1 << 32)
    digests = [sha256(sha256(PREFIX + nonce.to_bytes(4, "little")).digest()).digest() for nonce in nonces]
    hits = [
        nonce
        for nonce, digest in zip(nonces, digests, strict=True)
        if int.from_bytes(digest, "little") < 1 << (256 - 6)
    ]
    xor = 0
    for digest in digests:
        xor ^= int.from_bytes(digest[28:], "big")
    assert len(hits) > 5
    assert by_the_program(built(tmp_path), PREFIX, nonces, 6) == (len(hits), sum(hits), xor)
