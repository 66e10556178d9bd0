"""Blocks built from templates: Bitcoin Core's validation takes them, and a real node, where one is here, too."""

from __future__ import annotations

import os
import shutil
import socket
import struct
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from hashwatt.bench.mining.address import Login, NodeAddress
from hashwatt.bench.mining.block import Template, merkle_root
from hashwatt.bench.mining.node import Node, NodeMining
from hashwatt.kernels.errors import InputError
from hashwatt.kernels.headers.genesis import GENESIS_HEADER
from hashwatt.kernels.headers.oracle import hash_value, sha256d
from hashwatt.kernels.headers.target import target_from_bits

from ...kernels import regtest_chain
from ...kernels.hashlib_device import HashlibDevice
from ...kernels.regtest_chain import Chain
from .test_stratum import Silent

# Bitcoin Core, src/kernel/chainparams.cpp, CRegTestParams.
REGTEST_GENESIS = "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206"
REGTEST_BITS = 0x207FFFFF
GENESIS_TIME = 1_296_688_602
# OP_0 and a hash of 20 bytes: a witness program (BIP 141).
SCRIPT = b"\x00\x14" + bytes(range(20))
# A block without transactions has the coinbase's witness hash, 0 by definition, as its witness root (BIP 141).
COMMITMENT = "6a24aa21a9ed" + sha256d(bytes(64)).hex()


def template(height: int, previous: str, **changes: object) -> dict[str, Any]:
    """What a node answers to getblocktemplate (BIP 22, BIP 145)."""
    return {
        "version": 0x20000000,
        "rules": ["csv", "!segwit", "taproot"],
        "previousblockhash": previous,
        "transactions": [],
        "coinbasevalue": 50 * 100_000_000,
        "target": f"{target_from_bits(REGTEST_BITS):064x}",
        "curtime": GENESIS_TIME + 600 * height,
        "bits": f"{REGTEST_BITS:08x}",
        "height": height,
        "default_witness_commitment": COMMITMENT,
        **changes,
    }


def solved(reply: dict[str, Any], extranonce: int = 0) -> tuple[bytes, str]:
    """A block with a nonce that meets the target, and its hash as nodes write it."""
    wanted = Template.of_reply(reply)
    block = wanted.block(SCRIPT, extranonce)
    for nonce in range(1 << 20):
        digest = sha256d(block.prefix + struct.pack("<I", nonce))
        if hash_value(digest) <= wanted.target:
            return block.with_nonce(block.prefix, nonce), digest[::-1].hex()
    raise AssertionError("no nonce meets the target")


@pytest.mark.skipif(not regtest_chain.IS_HERE, reason=regtest_chain.WHY_NOT)
def test_bitcoin_core_takes_a_chain_of_our_blocks_and_none_that_is_changed(tmp_path: Path) -> None:
    with Chain(tmp_path) as chain:
        previous = REGTEST_GENESIS
        # 17 is the first height that is pushed as a number, 128 the first that needs a second byte for its sign.
        for height in range(1, 131):
            block, identity = solved(template(height, previous), extranonce=height)
            if height == 20:
                assert not chain.accepts(block[:-5] + bytes([block[-5] ^ 1]) + block[-4:])
                other, _ = solved(template(height + 1, previous))
                assert not chain.accepts(other)
            assert chain.accepts(block), height
            previous = identity


def test_the_merkle_root_is_that_of_the_definition() -> None:
    leaves = [sha256d(bytes([number])) for number in range(5)]
    fours = [sha256d(leaves[0] + leaves[1]), sha256d(leaves[2] + leaves[3]), sha256d(leaves[4] * 2)]
    twos = [sha256d(fours[0] + fours[1]), sha256d(fours[2] * 2)]
    assert merkle_root(leaves) == sha256d(twos[0] + twos[1])
    # The genesis block has one transaction, whose hash is the root.
    assert merkle_root([GENESIS_HEADER[36:68]]) == GENESIS_HEADER[36:68]


def test_without_segwit_no_witness_is_built_though_a_commitment_is_told() -> None:
    before = Template.of_reply(template(3, REGTEST_GENESIS, rules=["csv"])).block(SCRIPT, 0).body
    after = Template.of_reply(template(3, REGTEST_GENESIS)).block(SCRIPT, 0).body
    assert before[1:7] == struct.pack("<i", 2) + b"\x01\x00"
    assert after[1:7] == struct.pack("<i", 2) + b"\x00\x01"
    assert bytes.fromhex(COMMITMENT) in after
    assert bytes.fromhex(COMMITMENT) not in before


def test_extranonces_and_transactions_make_other_headers() -> None:
    data = struct.pack("<i", 1) + b"\x00" * 60
    listed = [{"txid": sha256d(data)[::-1].hex(), "data": data.hex()}]
    wanted = Template.of_reply(template(3, REGTEST_GENESIS))
    filled = Template.of_reply(template(3, REGTEST_GENESIS, transactions=listed))
    prefixes = {wanted.block(SCRIPT, 0).prefix, wanted.block(SCRIPT, 1).prefix, filled.block(SCRIPT, 0).prefix}
    assert len(prefixes) == 3
    assert filled.block(SCRIPT, 0).body.endswith(data)
    assert filled.block(SCRIPT, 0).body[0] == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"height": -1}, {"height": "1"}, {"height": True}, {"bits": "zz"}, {"target": "0"}, {"target": "1" * 80},
        {"previousblockhash": "00"}, {"transactions": "none"}, {"transactions": [{"data": "00"}]},
        {"transactions": [{"txid": "00" * 32, "data": "0"}]}, {"coinbasevalue": -1}, {"coinbasevalue": 10**20},
        {"default_witness_commitment": "00" * 1000}, {"curtime": 2**40}, {"version": "1"},
    ],
)  # fmt: skip
def test_a_template_that_is_none_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(InputError, match="block template cannot be used"):
        Template.of_reply(template(1, REGTEST_GENESIS) | changes)


@pytest.mark.parametrize("reply", [None, [], "x", {}, {"transactions": []}])
def test_what_is_no_template_at_all_is_refused(reply: object) -> None:
    with pytest.raises(InputError, match="block template cannot be used"):
        Template.of_reply(reply)


# A folder in which `npm install --ignore-scripts bcoin@1.0.2` was run.
BCOIN = os.environ.get("HASHWATT_BCOIN", "")
NODE_PROGRAM = """
const M = require('module'); const load = M._load;
M._load = function(name, ...rest) { return name === 'leveldown' ? {} : load.call(this, name, ...rest); };
process.env.NODE_BACKEND = 'js';
const FullNode = require('bcoin/lib/node/fullnode'); const Address = require('bcoin/lib/primitives/address');
(async () => {
  const node = new FullNode({network: 'regtest', memory: true, workers: false, listen: false, env: false, argv: false,
    'http-host': '127.0.0.1', 'http-port': Number(process.argv[1]), 'api-key': 'key', logLevel: 'none',
    only: ['127.0.0.1:1']});
  await node.open();
  console.log(Address.fromProgram(0, Buffer.alloc(20, 1)).toString('regtest'));
  process.stdin.on('end', () => { console.log(node.chain.tip.height); process.exit(0); }); process.stdin.resume();
})();
"""


@pytest.mark.skipif(not (BCOIN and shutil.which("node")), reason="HASHWATT_BCOIN names no folder with npm's bcoin")
def test_a_real_node_takes_our_blocks() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["node", "-e", NODE_PROGRAM, str(port)]
    with subprocess.Popen(command, cwd=BCOIN, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        node = Node(NodeAddress("127.0.0.1", port, False), Login("x", "key"))
        mining = NodeMining(HashlibDevice(), node, address, 1, Silent(), seconds=5.0)
        mining.run()
        time.sleep(0.1)
        told, _ = process.communicate(timeout=30)
    assert mining.accepted > 5
    assert not mining.rejected
    assert int(told.split()[-1]) == mining.accepted
