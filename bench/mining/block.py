"""A block built here: from a node's template (BIP 22, BIP 23) to header and body, whose coinbase pays the given script.

The coinbase begins with the height (BIP 34) and, where a transaction has a witness, commits to all witnesses
(BIP 141) with the commitment that the node has computed.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...kernels.errors import InputError
from ...kernels.headers.oracle import sha256d
from ...kernels.headers.target import check_target

TAG = b"/hashwatt/"
EXTRANONCE_BYTES = 8
MOST_TRANSACTIONS = 100_000
MOST_BLOCK_BYTES = 4_000_000
# More than all money there will ever be: 21 million times 10⁸.
MOST_VALUE = 21_000_000 * 100_000_000
MOST_HEIGHT = 2**31 - 1
# An OP_RETURN of four marking and 32 committing bytes has 38; longer ones may carry more.
MOST_COMMITMENT_BYTES = 200
OP_0, OP_1 = 0x00, 0x51


@dataclass(frozen=True)
class Template:
    """What a node wants in the next block. `transactions`: id (32 bytes, as hashed) and the bytes of each."""

    height: int
    previous: bytes
    version: int
    bits: int
    time: int
    target: int
    value: int
    transactions: tuple[tuple[bytes, bytes], ...]
    commitment: bytes | None

    @classmethod
    def of_reply(cls, reply: Any) -> Template:
        """The template that `getblocktemplate` brings. Raises InputError where it is none."""
        try:
            _must(isinstance(reply, Mapping))
            listed = reply["transactions"]
            _must(isinstance(listed, list) and len(listed) <= MOST_TRANSACTIONS)
            # Before segwit is active a block must have no witness, though the commitment is told.
            active = {str(rule).lstrip("!") for rule in reply.get("rules", [])}
            commitment = reply.get("default_witness_commitment") if "segwit" in active else None
            template = cls(
                height=_whole(reply["height"], MOST_HEIGHT),
                previous=_reversed_hash(reply["previousblockhash"]),
                version=_whole(reply["version"] & 0xFFFFFFFF, 0xFFFFFFFF),
                bits=int(reply["bits"], 16) & 0xFFFFFFFF,
                time=_whole(reply["curtime"], 0xFFFFFFFF),
                target=check_target(int(reply["target"], 16)),
                value=_whole(reply["coinbasevalue"], MOST_VALUE),
                # Before segwit a transaction's hash was its id.
                transactions=tuple(
                    (_reversed_hash(one.get("txid", one.get("hash"))), bytes.fromhex(one["data"])) for one in listed
                ),
                commitment=None if commitment is None else bytes.fromhex(commitment),
            )
            _must(sum(len(data) for _, data in template.transactions) <= MOST_BLOCK_BYTES)
            _must(len(template.commitment or b"") <= MOST_COMMITMENT_BYTES)
        except (KeyError, TypeError, ValueError, AttributeError, InputError):
            raise InputError("the node's block template cannot be used; is it a Bitcoin node of today?") from None
        return template

    @property
    def key(self) -> tuple[bytes, int]:
        """What makes another template another block: the tip, and how many transactions wait."""
        return self.previous, len(self.transactions)

    def block(self, script: bytes, extranonce: int) -> Block:
        """The block that pays to `script`; each extranonce gives another header."""
        plain, whole = self._coinbase(script, extranonce.to_bytes(EXTRANONCE_BYTES, "big"))
        root = merkle_root([sha256d(plain), *(identity for identity, _ in self.transactions)])
        prefix = struct.pack("<I", self.version) + self.previous + root + struct.pack("<II", self.time, self.bits)
        count = _length(1 + len(self.transactions))
        return Block(prefix, count + whole + b"".join(data for _, data in self.transactions))

    def _coinbase(self, script: bytes, extranonce: bytes) -> tuple[bytes, bytes]:
        """The coinbase without its witness (whose hash is the id), and with it."""
        signature = _height(self.height) + _push(extranonce) + _push(TAG)
        outputs = [struct.pack("<q", self.value) + _length(len(script)) + script]
        if self.commitment is not None:
            outputs.append(struct.pack("<q", 0) + _length(len(self.commitment)) + self.commitment)
        spends_nothing = b"\x01" + bytes(32) + b"\xff" * 4
        body = spends_nothing + _length(len(signature)) + signature + b"\xff" * 4
        body += _length(len(outputs)) + b"".join(outputs)
        version, lock_time = struct.pack("<i", 2), bytes(4)
        plain = version + body + lock_time
        if self.commitment is None:
            return plain, plain
        # The witness of a coinbase is one item: 32 reserved bytes of 0.
        return plain, version + b"\x00\x01" + body + b"\x01\x20" + bytes(32) + lock_time


@dataclass(frozen=True)
class Block:
    """The header's first 76 bytes, and all that follows the header."""

    prefix: bytes
    body: bytes

    def with_nonce(self, prefix: bytes, nonce: int) -> bytes:
        """The whole block; `prefix` may have other version bits than ours."""
        return prefix + struct.pack("<I", nonce) + self.body


def merkle_root(hashes: list[bytes]) -> bytes:
    """The root over the hashes (at least one); an odd one at the end is paired with itself."""
    level = hashes
    while len(level) > 1:
        if len(level) % 2:
            level = [*level, level[-1]]
        level = [sha256d(left + right) for left, right in zip(level[::2], level[1::2], strict=True)]
    return level[0]


def _must(holds: bool) -> None:
    """Raise ValueError unless it holds: `python -O` leaves asserts out."""
    if not holds:
        raise ValueError


def _whole(value: object, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise ValueError
    return value


def _reversed_hash(text: object) -> bytes:
    data = bytes.fromhex(text) if isinstance(text, str) else b""
    if len(data) != 32:
        raise ValueError
    return data[::-1]


def _length(count: int) -> bytes:
    """Bitcoin's variable-length integer."""
    if count < 0xFD:
        return bytes([count])
    return b"\xfd" + struct.pack("<H", count) if count <= 0xFFFF else b"\xfe" + struct.pack("<I", count)


def _push(data: bytes) -> bytes:
    return bytes([len(data)]) + data


def _height(height: int) -> bytes:
    """The height as a script pushes it (BIP 34): small ones have operations of their own."""
    if height == 0:
        return bytes([OP_0])
    if height <= 16:
        return bytes([OP_1 + height - 1])
    # A sign bit must not be read into it.
    return _push(height.to_bytes(height.bit_length() // 8 + 1, "little"))
