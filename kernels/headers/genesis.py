"""The genesis block: block 0 of Bitcoin, whose header every kernel must find the nonce of."""

from __future__ import annotations

from .job import PREFIX_BYTES, parse_header

GENESIS_HEADER = parse_header(
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e"
    "67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c"
)
GENESIS_PREFIX = GENESIS_HEADER[:PREFIX_BYTES]
GENESIS_BITS = 0x1D00FFFF
GENESIS_NONCE = 2083236893
