"""Evidence of schema version 1, as it is kept of a file that was upgraded. Nothing writes it any more."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from ..bounded import MOST_CHUNKS, MOST_HEADERS, Count, PrefixHex, Record, TargetHex, Word


class Header(Record, frozen=True, kw_only=True):
    """The first prefix (76 bytes) that was hashed under one running number; the others are rolled from it.

    Fields:
        running_number: counts the headers of a device from 0
        prefix_hex: its 76 bytes
    """

    running_number: Count
    prefix_hex: PrefixHex


class Chunk(Record, frozen=True, kw_only=True):
    """A range of nonces under one running number, all counted in one sample, and the XOR of all its H7 words.

    Fields:
        running_number: the header
        start: the first nonce
        nonces: how many, one after another
        xor_h7: the XOR of the last word of each digest
        sample: the sample that they were counted in, from 0
    """

    running_number: Count
    start: Word
    nonces: Annotated[int, Meta(ge=1, le=2**32)]
    xor_h7: Word
    sample: Annotated[int, Meta(ge=0, le=10_000)]


class Share(Record, frozen=True, kw_only=True):
    """A nonce whose header (the given prefix under the given running number) meets the share target.

    Fields:
        running_number: the header
        prefix: which of its rolled prefixes
        nonce: the nonce
    """

    running_number: Count
    prefix: Annotated[int, Meta(ge=0, le=(1 << 16) - 1)]
    nonce: Word


class ChunkedShares(Record, frozen=True, kw_only=True, tag_field="kind", tag="chunked shares"):
    """What showed in version 1 that hashes were computed: shares for a target that the file chose.

    Fields:
        target_hex: what a share's hash value does not exceed
        prefixes: how many were hashed for each nonce
        headers: those that were hashed
        chunks: what was hashed
        shares: what was found
    """

    target_hex: TargetHex
    prefixes: Annotated[int, Meta(ge=1, le=1 << 16)]
    headers: Annotated[tuple[Header, ...], Meta(max_length=MOST_HEADERS)]
    chunks: Annotated[tuple[Chunk, ...], Meta(max_length=MOST_CHUNKS)]
    shares: Annotated[tuple[Share, ...], Meta(max_length=50_000)]

    @property
    def parts(self) -> int:
        """How many chunks there are: what can be drawn to be done again."""
        return len(self.chunks)
