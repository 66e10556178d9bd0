"""Jobs: the header of a real block from its coinbase and branch, and what is refused."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashwatt.kernels.errors import InputError
from hashwatt.kernels.headers.genesis import GENESIS_HEADER
from hashwatt.kernels.stratum.challenge_job import challenge_job
from hashwatt.kernels.stratum.job import ROLLED_BITS, StratumJob, hex_word

# The genesis block's coinbase transaction (Bitcoin Core, chainparams.cpp), of which any four bytes may be extranonces.
COINBASE = bytes.fromhex(
    "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d0104455468652054696d"
    "65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64206261696c6f757420666f7220"
    "62616e6b73ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f"
    "4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac00000000"
)


def genesis_job() -> tuple[StratumJob, bytes]:
    job = StratumJob("1", bytes(32), COINBASE[:50], COINBASE[54:], (), 1, 0x1D00FFFF, 1231006505, True)
    return job, COINBASE[50:54]


def test_the_genesis_header_follows_from_its_coinbase() -> None:
    job, extranonce = genesis_job()
    assert job.prefix(extranonce, job.time) == GENESIS_HEADER[:76]


def test_a_branch_is_hashed_from_the_left() -> None:
    job, extranonce = genesis_job()
    other = sha256(b"other").digest()
    longer = StratumJob("1", bytes(32), job.coinbase1, job.coinbase2, (other,), 1, 0x1D00FFFF, 1231006505, True)
    root = sha256(sha256(job.merkle_root(extranonce) + other).digest()).digest()
    assert longer.merkle_root(extranonce) == root


def test_only_the_bits_that_may_be_rolled_are_replaced() -> None:
    job, extranonce = genesis_job()
    rolled = int.from_bytes(job.prefix(extranonce, job.time, 0xFFFFFFFF)[:4], "little")
    assert rolled == 1 | ROLLED_BITS


@given(st.text(max_size=20), st.binary(max_size=16), st.integers(0, 2**24 - 1), st.integers(0, 2**32 - 1))
def test_a_job_survives_the_way_over_the_wire(challenge: str, fresh: bytes, number: int, time: int) -> None:
    job = challenge_job(challenge, fresh, number, time, 8, clean=True)
    assert StratumJob.of_parameters(job.parameters) == job


def test_other_challenges_bytes_and_numbers_make_other_headers() -> None:
    seen = {
        challenge_job(challenge, fresh, number, 0, 8, clean=False).prefix(bytes(8), 0)
        for challenge in ("a", "b", "")
        for fresh in (b"", b"a", b"b")
        for number in (0, 1, 256)
    }
    assert len(seen) == 27


def test_the_coinbase_of_our_jobs_parses_as_a_transaction() -> None:
    job = challenge_job("c", bytes(16), 77, 0, 8, clean=False)
    whole = job.coinbase1 + bytes(8) + job.coinbase2
    assert whole[:5] == bytes.fromhex("0100000001")
    script = whole[42 : 42 + whole[41]]
    assert whole[5:41] == bytes(32) + b"\xff" * 4
    assert script[:4] == b"\x03" + (77).to_bytes(3, "little")
    after = whole[42 + len(script) :]
    assert after[:4] == b"\xff" * 4
    assert after[4] == 1
    assert after[5:13] == bytes(8)
    assert len(after[14:]) == after[13] + 4


GOOD: list[object] = challenge_job("c", bytes(16), 1, 5, 8, clean=True).parameters


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (0, None),
        (0, "x" * 200),
        (1, "00"),
        (1, 5),
        (2, "zz"),
        (2, "0" * 400_000),
        (3, None),
        (4, "no list"),
        (4, ["00" * 32] * 33),
        (4, ["00"]),
        (5, "123456789"),
        (6, "-1"),
        (7, 5),
    ],
)
def test_a_job_that_is_none_is_refused(at: int, value: object) -> None:
    with pytest.raises(InputError, match="the pool sent a job"):
        StratumJob.of_parameters([*GOOD[:at], value, *GOOD[at + 1 :]])


def test_a_job_with_parts_missing_is_refused() -> None:
    with pytest.raises(InputError, match="7 parts"):
        StratumJob.of_parameters(GOOD[:7])


@pytest.mark.parametrize("text", ["", "+1", "0x1", "1_0", " 1", "123456789", "g", None, 5, "１"])
def test_what_is_no_hex_word_is_none(text: object) -> None:
    assert hex_word(text) is None
