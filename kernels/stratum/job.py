"""A job as a pool sends it, and the block header that a miner makes of it.

The pool leaves two holes in the coinbase transaction: extranonce 1, which it chose for the connection, and
extranonce 2, which the miner counts up. From the coinbase's hash and the branch follows the merkle root, from that the
header; so a few hundred bytes are enough for as many headers as a miner can hash.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ..errors import InputError
from ..headers.oracle import sha256d

# The bits of the version field that BIP 310 and BIP 320 leave to miners.
ROLLED_BITS = 0x1FFFE000
# A block of 4 MB has a branch of at most 17; no coinbase is larger than a transaction may be (100 kB).
MOST_BRANCHES = 32
MOST_COINBASE_BYTES = 100_000
MOST_ID_CHARACTERS = 128
HASH_BYTES = 32
WORD = re.compile("[0-9a-fA-F]{1,8}")


@dataclass(frozen=True)
class StratumJob:
    """What `mining.notify` says. `previous` and `branch`: 32 bytes each, in the order in which they are hashed."""

    id: str
    previous: bytes
    coinbase1: bytes
    coinbase2: bytes
    branch: tuple[bytes, ...]
    version: int
    bits: int
    time: int
    clean: bool

    def merkle_root(self, extranonce: bytes) -> bytes:
        """The root of the transactions, with both extranonces (the one after the other) in the coinbase."""
        root = sha256d(self.coinbase1 + extranonce + self.coinbase2)
        for other in self.branch:
            root = sha256d(root + other)
        return root

    def prefix(self, extranonce: bytes, time: int, version_bits: int | None = None) -> bytes:
        """The header's first 76 bytes. `version_bits` replaces the version's bits that may be rolled (None: none)."""
        version = self.version
        if version_bits is not None:
            version = (version & ~ROLLED_BITS) | (version_bits & ROLLED_BITS)
        root = self.merkle_root(extranonce)
        return struct.pack("<I", version) + self.previous + root + struct.pack("<II", time, self.bits)

    @cached_property
    def parameters(self) -> list[object]:
        """The parameters of `mining.notify`."""
        return [
            self.id,
            _words_swapped(self.previous).hex(),
            self.coinbase1.hex(),
            self.coinbase2.hex(),
            [other.hex() for other in self.branch],
            f"{self.version:08x}",
            f"{self.bits:08x}",
            f"{self.time:08x}",
            self.clean,
        ]

    @classmethod
    def of_parameters(cls, parameters: Sequence[object]) -> StratumJob:
        """The job that `mining.notify` brings. Raises InputError where it is none."""
        if len(parameters) < 8:
            raise InputError(f"the pool sent a job of {len(parameters)} parts instead of 9; try another pool")
        name, previous, coinbase1, coinbase2, branch, version, bits, time, *rest = parameters
        if not isinstance(name, str | int) or len(str(name)) > MOST_ID_CHARACTERS:
            raise InputError("the pool sent a job without a usable id; try another pool")
        if not isinstance(branch, list) or len(branch) > MOST_BRANCHES:
            raise InputError("the pool sent a job whose merkle branch is no list of hashes; try another pool")
        return cls(
            id=str(name),
            previous=_words_swapped(_bytes_of(previous, "previous hash", HASH_BYTES)),
            coinbase1=_bytes_of(coinbase1, "coinbase"),
            coinbase2=_bytes_of(coinbase2, "coinbase"),
            branch=tuple(_bytes_of(other, "merkle branch", HASH_BYTES) for other in branch),
            version=_word_of(version, "version"),
            bits=_word_of(bits, "bits"),
            time=_word_of(time, "time"),
            clean=bool(rest[0]) if rest else False,
        )


def _words_swapped(digest: bytes) -> bytes:
    """Each of the eight words with its bytes turned around: how Stratum writes the previous hash."""
    return b"".join(digest[at : at + 4][::-1] for at in range(0, HASH_BYTES, 4))


def _bytes_of(text: object, what: str, length: int | None = None) -> bytes:
    try:
        if not isinstance(text, str) or len(text) > 2 * MOST_COINBASE_BYTES:
            raise ValueError
        data = bytes.fromhex(text)
        if length is not None and len(data) != length:
            raise ValueError
    except ValueError:
        raise InputError(
            f"the pool sent a job whose {what} is not hexadecimal as it must be; try another pool"
        ) from None
    return data


def _word_of(text: object, what: str) -> int:
    word = hex_word(text)
    if word is None:
        raise InputError(f"the pool sent a job whose {what} is not 8 hexadecimal digits; try another pool")
    return word


def hex_word(text: object) -> int | None:
    """The 32-bit number that up to 8 hex digits stand for; None where they are none."""
    # int() alone would also take signs, spaces and underscores.
    if not isinstance(text, str) or not WORD.fullmatch(text):
        return None
    return int(text, 16)
