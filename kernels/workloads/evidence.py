"""What a result keeps so that its work can be believed: four classes, told apart by `kind`.

- `shares`: answers that only the work itself brings, rare enough to be kept and cheap to check (proof-of-work).
- `recompute`: digests of answers to inputs that derive from the challenge; whoever doubts computes some of them again.
- `checked`: the measuring machine compared answers itself; a reader has its word.
- `reported`: the device's own figure; nothing was checked.

Only the first two convince a stranger.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from ..bounded import MOST_CHUNKS, MOST_HEADERS, Count, Positive, PrefixHex, Record, Sha256Hex, TargetHex, Text, Word

EvidenceKind = Literal["shares", "recompute", "checked", "reported"]

# The classes in the order of their weight, with the word that stands beside a figure.
CLASS_WORDS: dict[EvidenceKind, str] = {
    "shares": "proven",
    "recompute": "can be recomputed",
    "checked": "checked by the machine itself",
    "reported": "the device's own word",
}


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


class Shares(Record, frozen=True, kw_only=True, tag_field="kind", tag="shares"):
    """What shows that hashes were computed (never how long it took).

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


class ServedShares(Record, frozen=True, kw_only=True, tag_field="kind", tag="served_shares"):
    """Shares that a miner handed in to a measuring pool, in a window of a length that was fixed before it began.

    Jobs derive from the challenge and `fresh_hex`, bytes drawn when the window began; so each header can be made and
    hashed again. `packed` holds for each share when it came, its job, extranonce 2, time, nonce and version bits.

    Fields:
        fresh_hex: 16 random bytes, drawn when the window began
        extranonce1_hex: what the server chose for the miner's connection
        extranonce2_bytes: how many bytes the miner counts up
        difficulty: of every share's job
        seconds: how long the window was, by the server's clock
        first_job: the number of the window's first job
        job_times: the header time of each job, seconds since 1970, from the first one on
        version_rolling: whether shares keep rolled version bits
        count: how many shares
        packed: the shares, base64 (the packing is told in docs/proof.md)
    """

    fresh_hex: Annotated[str, Meta(min_length=32, max_length=32, pattern=r"^[0-9a-f]{32}")]
    extranonce1_hex: Annotated[str, Meta(min_length=8, max_length=8, pattern=r"^[0-9a-f]{8}")]
    extranonce2_bytes: Annotated[int, Meta(ge=1, le=8)]
    difficulty: Annotated[float, Meta(ge=2.0**-32, le=2.0**64)]
    seconds: Annotated[float, Meta(gt=0, le=1e7)]
    first_job: Annotated[int, Meta(ge=0, le=1 << 24)]
    job_times: Annotated[tuple[Word, ...], Meta(min_length=1, max_length=20_000)]
    version_rolling: bool
    count: Annotated[int, Meta(ge=0, le=100_000)]
    packed: Annotated[str, Meta(max_length=4_000_000, pattern=r"^[A-Za-z0-9+/]*={0,2}(?![\s\S])")]


class Answer(Record, frozen=True, kw_only=True):
    """The digest of the answer to input number `index`, which derives from the challenge; `amount` units of work.

    Fields:
        index: the number of the input
        amount: units of work
        sample: the sample that it was counted in, from 0
        digest_hex: SHA-256 of the answer
    """

    index: Count
    amount: Positive
    sample: Annotated[int, Meta(ge=0, le=10_000)]
    digest_hex: Sha256Hex


class Recompute(Record, frozen=True, kw_only=True, tag_field="kind", tag="recompute"):
    """Digests of answers, any of which a reader can compute again.

    Fields:
        answers: in the order in which they were given
    """

    answers: Annotated[tuple[Answer, ...], Meta(max_length=20_000)]


class Checked(Record, frozen=True, kw_only=True, tag_field="kind", tag="checked"):
    """How many answers the measuring machine compared with the right ones, and how: all of them agreed.

    Fields:
        answers: how many
        how: in words
    """

    answers: Positive
    how: Text


class Reported(Record, frozen=True, kw_only=True, tag_field="kind", tag="reported"):
    """Whose word the work is.

    Fields:
        source: in words
    """

    source: Text


Evidence = Shares | ServedShares | Recompute | Checked | Reported


def class_of(evidence: Evidence) -> EvidenceKind:
    """The class of evidence: what it is worth to a reader."""
    match evidence:
        case Shares() | ServedShares():
            return "shares"
        case Recompute():
            return "recompute"
        case Checked():
            return "checked"
        case Reported():
            return "reported"


class Claim(Struct, frozen=True, kw_only=True):
    """What evidence is held against: who claims, for which challenge, how much work in each counted sample."""

    challenge: str
    device_id: str
    run_id: str
    parameters: dict[str, int | float | str]
    amounts: tuple[int, ...]


class Finding(Struct, frozen=True, kw_only=True):
    """One check of evidence: `code` names it for scripts, `sentence` says what holds or what does not."""

    code: str
    ok: bool
    sentence: str
