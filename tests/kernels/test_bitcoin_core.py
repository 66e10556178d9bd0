"""Blocks that each device mined on a fresh regtest chain, judged by Bitcoin Core's own validation code."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from hashwatt.kernels.device import Device, DeviceOptions, Found
from hashwatt.kernels.job import Job, header_with_nonce
from hashwatt.kernels.oracle import sha256d
from hashwatt.kernels.target import target_from_bits

from .devices_here import device_params

pbk = pytest.importorskip("pbk", reason="py-bitcoinkernel (Bitcoin Core's validation code) has no wheel here")

# Bitcoin Core, src/kernel/chainparams.cpp, CRegTestParams.
GENESIS_HASH = bytes.fromhex("0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206")[::-1]
GENESIS_TIME = 1_296_688_602
REGTEST_BITS = 0x207FFFFF
SUBSIDY = 50 * 100_000_000

BLOCKS = 6


class Chain:
    """A fresh regtest chain in a folder, kept by Bitcoin Core's code."""

    def __init__(self, folder: Path) -> None:
        options = pbk.ContextOptions()
        options.set_chainparams(pbk.ChainParameters(pbk.ChainType.REGTEST))
        context = pbk.Context(options)
        manager_options = pbk.ChainstateManagerOptions(context, str(folder), str(folder / "blocks"))
        self.manager = pbk.ChainstateManager(manager_options)

    @property
    def height(self) -> int:
        return int(self.manager.get_active_chain().height)

    def accepts(self, block: bytes) -> bool:
        """Whether Bitcoin Core takes the block as the chain's new tip."""
        before = self.height
        try:
            self.manager.process_block(pbk.Block(block))
        except pbk.ProcessBlockException:
            return False
        return self.height == before + 1


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


def mine(device: Device, parent: bytes, height: int) -> tuple[bytes, bytes]:
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
    chain = Chain(tmp_path)
    device = found.open(DeviceOptions())
    parent = GENESIS_HASH
    try:
        for height in range(1, BLOCKS + 1):
            block, wrong = mine(device, parent, height)
            assert not chain.accepts(wrong)
            assert chain.height == height - 1
            assert chain.accepts(block)
            parent = sha256d(block[:80])
    finally:
        device.close()
    assert chain.height == BLOCKS
