"""Headers to test with: real ones from the Bitcoin block chain, and reproducible random ones."""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from pathlib import Path

GOLDEN = Path(__file__).parents[1] / "golden" / "block_headers.csv"


@dataclass(frozen=True)
class KnownBlock:
    height: int
    header: bytes
    digest: bytes

    @property
    def prefix(self) -> bytes:
        return self.header[:76]

    @property
    def nonce(self) -> int:
        return int.from_bytes(self.header[76:], "little")

    @property
    def bits(self) -> int:
        return int.from_bytes(self.header[72:76], "little")


def known_blocks() -> list[KnownBlock]:
    with GOLDEN.open(encoding="utf-8") as lines:
        rows = csv.DictReader(line for line in lines if not line.startswith("#"))
        return [
            KnownBlock(int(row["height"]), bytes.fromhex(row["header_hex"]), bytes.fromhex(row["hash_hex"])[::-1])
            for row in rows
        ]


def random_prefixes(count: int, seed: int) -> list[bytes]:
    source = random.Random(seed)
    return [source.randbytes(76) for _ in range(count)]
