"""Blocks that each device mined on a fresh regtest chain, judged by Bitcoin Core's own validation code."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from hashwatt.kernels.device import Found, Scans
from hashwatt.kernels.headers.job import Job, header_with_nonce
from hashwatt.kernels.headers.oracle import sha256d
from hashwatt.kernels.headers.target import target_from_bits

from . import regtest_chain
from .devices_here import device_params, open_or_skip
from .regtest_chain import Chain, ChainDied

pytestmark = pytest.mark.skipif(not regtest_chain.IS_HERE, reason=regtest_chain.WHY_NOT)

# Bitcoin Core, src/kernel/chainparams.cpp, CRegTestParams.
GENESIS_HASH = bytes.fromhex("0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206")[::-1]
GENESIS_TIME = 1_296_688_602
REGTEST_BITS = 0x207FFFFF
SUBSIDY = 50 * 100_000_000

BLOCKS = 6


def coinbase(height: int) -> bytes:
    """A coinbase transaction that pays the subsidy to anyone; it begins with the height, as BIP 34 asks."""
    script = bytes([0x50 + height, 0x00])  # OP_1…OP_16, then OP_0: Core wants at least two bytes
    anyone_can_spend = bytes([0x51])  # OP_TRUE
    return b"".join(
        (
            struct.pack("<I", 1),  # version
            bytes([1]) + bytes(32) + struct.pack("<I", 0xFFFFFFFF),  # one input, spending nothing
            bytes([len(script)]) + script + struct.pack("<I", 0xFFFFFFFF),
            bytes([1]) + struct.pack("<Q", SUBSIDY),  # one output
            bytes([len(anyone_can_spend)]) + anyone_can_spend,
            struct.pack("<I", 0),  # lock time
        )
    )


def mine(device: Scans, parent: bytes, height: int) -> tuple[bytes, bytes]:
    """The next block with a nonce that the device found, and the same block with a nonce that it passed over."""
    transaction = coinbase(height)
    prefix = struct.pack(
        "<I32s32sII", 0x20000000, parent, sha256d(transaction), GENESIS_TIME + 600 * height, REGTEST_BITS
    )
    device.prepare(Job((prefix,), target_from_bits(REGTEST_BITS)))
    nonces = range(height * 0x1F3A_5C77 % (1 << 32), (1 << 32) - 1)[:64]
    found = [hit.nonce for hit in device.scan(nonces).hits]
    passed_over = [nonce for nonce in nonces if nonce not in found]
    body = bytes([1]) + transaction
    return header_with_nonce(prefix, found[-1]) + body, header_with_nonce(prefix, passed_over[0]) + body


@pytest.mark.parametrize("found", device_params())
def test_bitcoin_core_accepts_the_blocks_a_device_mines_and_no_others(found: Found, tmp_path: Path) -> None:
    device = open_or_skip(found)
    parent = GENESIS_HASH
    try:
        with Chain(tmp_path) as chain:
            for height in range(1, BLOCKS + 1):
                block, wrong = mine(device, parent, height)
                assert not chain.accepts(wrong)
                assert chain.height == height - 1
                assert chain.accepts(block)
                parent = sha256d(block[:80])
            assert chain.height == BLOCKS
    finally:
        device.close()


def test_a_crash_of_bitcoin_core_is_told_and_ends_nothing_else(tmp_path: Path) -> None:
    with Chain(tmp_path) as chain:
        chain.process.kill()
        with pytest.raises(ChainDied, match="Bitcoin Core's process ended with"):
            chain.accepts(bytes(80))
