"""The description of SHA-256 against hashlib and against the constants printed in FIPS 180-4."""

from __future__ import annotations

import struct
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from hashwatt.kernels.graph.words import IntegerWords
from hashwatt.kernels.headers.job import Job
from hashwatt.kernels.headers.oracle import sha256d
from hashwatt.kernels.sha256.fips180 import INITIAL_STATE, K, compress, padding
from hashwatt.kernels.sha256.mining import sha256d_of_header

WORDS = IntegerWords()


def test_the_constants_are_those_of_the_standard() -> None:
    printed = "6a09e667 bb67ae85 3c6ef372 a54ff53a 510e527f 9b05688c 1f83d9ab 5be0cd19"
    assert " ".join(f"{word:08x}" for word in INITIAL_STATE) == printed
    assert (K[0], K[31], K[63]) == (0x428A2F98, 0x14292967, 0xC67178F2)


@given(st.binary(max_size=200).filter(lambda message: len(message) % 4 == 0))
def test_compressing_padded_blocks_is_sha256(message: bytes) -> None:
    words = [*struct.unpack(f">{len(message) // 4}I", message), *padding(WORDS, len(message))]
    state = list(INITIAL_STATE)
    for at in range(0, len(words), 16):
        state = compress(WORDS, state, words[at : at + 16])
    assert struct.pack(">8I", *state) == sha256(message).digest()


@given(st.binary(min_size=80, max_size=80))
def test_midstate_tail_and_nonce_give_the_double_hash_of_the_header(header: bytes) -> None:
    job = Job.of_header(header, 1)
    (nonce,) = struct.unpack(">I", header[76:])
    digest = sha256d_of_header(WORDS, job.midstates[0], job.tail, nonce)
    assert struct.pack(">8I", *digest) == sha256d(header)
