"""What a miner asks of SHA-256d: the digest of an 80-byte header, as a function of its nonce.

The header is two blocks long. The state after the first (the midstate) comes from outside; here
the second block is built from the header's tail and the nonce, hashed, and its digest hashed again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from ..graph.nodes import Depends, GraphWords, Node
from ..graph.words import W, Words
from .fips180 import INITIAL_STATE, compress, padding

HEADER_BYTES = 80
DIGEST_BYTES = 32


def sha256d_of_header(w: Words[W], midstate: Sequence[W], tail: Sequence[W], nonce: W) -> list[W]:
    """The eight words of the SHA-256d digest.

    `midstate`: 8 words; `tail`: header words 16–18; `nonce`: header word 19, which is the nonce with
    its bytes reversed, because headers hold it little-endian and SHA-256 reads big-endian.
    """
    first = compress(w, midstate, [*tail, nonce, *padding(w, HEADER_BYTES)])
    initial = [w.constant(value) for value in INITIAL_STATE]
    return compress(w, initial, [*first, *padding(w, DIGEST_BYTES)])


@dataclass(frozen=True)
class HeaderHash:
    """The graph of SHA-256d of a header. Inputs: `midstate0`…`midstate7`, `tail0`…`tail2`, `nonce`."""

    digest: tuple[Node, ...]
    nonce: Node

    def inputs(self, midstate: Sequence[int], tail: Sequence[int]) -> dict[str, int]:
        """The values of the inputs that a job fixes, by name."""
        return {
            **{f"midstate{index}": word for index, word in enumerate(midstate)},
            **{f"tail{index}": word for index, word in enumerate(tail)},
        }


@cache
def header_hash() -> HeaderHash:
    """The graph of the digest of a header; `digest[7]` alone is what a nonce scan computes."""
    words = GraphWords()
    midstate = [words.input(f"midstate{index}", Depends.MIDSTATE) for index in range(8)]
    tail = [words.input(f"tail{index}", Depends.TAIL) for index in range(3)]
    nonce = words.input("nonce", Depends.NONCE)
    return HeaderHash(tuple(sha256d_of_header(words, midstate, tail, nonce)), nonce)
