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

from ..bounded import (
    MOST_LEAVES,
    MOST_SHARES,
    MOST_SPANS,
    Base64,
    Count,
    Positive,
    Record,
    Sha256Hex,
    TargetHex,
    Text,
    Word,
)
from .evidence_version1 import ChunkedShares

EvidenceKind = Literal["shares", "recompute", "checked", "reported"]

# The classes in the order of their weight, with the word that stands beside a figure.
CLASS_WORDS: dict[EvidenceKind, str] = {
    "shares": "proven",
    "recompute": "can be recomputed",
    "checked": "checked by the machine itself",
    "reported": "the device's own word",
}


class Span(Record, frozen=True, kw_only=True):
    """Nonces that were counted, one after another; `start` is 2³² × the running number of their header + the nonce.

    Fields:
        start: 2³² × the running number of its first header + the first nonce
        nonces: how many, one after another
    """

    start: Count
    nonces: Positive


class Shares(Record, frozen=True, kw_only=True, tag_field="kind", tag="shares"):
    """What shows that hashes were computed (never how long it took).

    The headers derive from the challenge, from whose work it is, and from `target_hex`, `wanted`, `prefixes` and
    `leaf_nonces`, so that none of these can be chosen afterwards. Stored are the shares that meet the target, or, of
    more than `wanted`, those that meet the harder one at which the claimed hashes give `wanted`. A *leaf* is
    `leaf_nonces` of the counted nonces in their order (the last one may be shorter).

    Fields:
        target_hex: what a share's hash value does not exceed
        wanted: so many shares are expected at most
        prefixes: how many were hashed for each nonce
        leaf_nonces: how many counted nonces make a leaf
        spans: the nonces that were counted, ascending
        checksums: for each leaf the XOR of the last word of each digest; 4 bytes each, base64
        count: how many shares there are
        shares: the gaps between the shares, base64
    """

    target_hex: TargetHex
    wanted: Annotated[int, Meta(ge=1, le=MOST_SHARES)]
    prefixes: Annotated[int, Meta(ge=1, le=1 << 16)]
    leaf_nonces: Annotated[int, Meta(ge=1, le=1 << 48)]
    spans: Annotated[tuple[Span, ...], Meta(max_length=MOST_SPANS)]
    checksums: Annotated[Base64, Meta(max_length=MOST_LEAVES * 6)]
    count: Annotated[int, Meta(ge=0, le=2 * MOST_SHARES)]
    shares: Annotated[Base64, Meta(max_length=2 * MOST_SHARES * 12)]

    @property
    def parts(self) -> int:
        """How many leaves there are: what can be drawn to be done again."""
        return -(-sum(span.nonces for span in self.spans) // self.leaf_nonces)


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
        packed: the shares, base64 (the packing: kernels/stratum/packing.py)
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
    packed: Annotated[Base64, Meta(max_length=4_000_000)]


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

    @property
    def parts(self) -> int:
        """How many answers there are: what can be drawn to be done again."""
        return len(self.answers)


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


Evidence = Shares | ChunkedShares | ServedShares | Recompute | Checked | Reported


def class_of(evidence: Evidence) -> EvidenceKind:
    """The class of evidence: what it is worth to a reader."""
    match evidence:
        case Shares() | ChunkedShares() | ServedShares():
            return "shares"
        case Recompute():
            return "recompute"
        case Checked():
            return "checked"
        case Reported():
            return "reported"


class Claim(Struct, frozen=True, kw_only=True):
    """What evidence is held against: who claims, for which challenge, how much work in each counted sample.

    `written_as`: the schema version of the file.
    """

    challenge: str
    machine: str
    device_id: str
    run_id: str
    workload: str
    parameters: dict[str, int | float | str]
    amounts: tuple[int, ...]
    written_as: int = 2


class Finding(Struct, frozen=True, kw_only=True):
    """One check of evidence: `code` names it for scripts, `sentence` says what holds or what does not.

    `at_least`: so much work was done, with `confidence`, where the check tells that. `covers`: which figures of the
    measurement cannot be others without its failing, as JSON pointers from the measurement on; `*` stands for any one
    step, a last `**` for all below.
    """

    code: str
    ok: bool
    sentence: str
    at_least: int | None = None
    confidence: float | None = None
    covers: tuple[str, ...] = ()
