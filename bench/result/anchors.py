"""What ties a record to the time of others: a beacon in the challenge, and time-stamps over the record."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from ...kernels.bounded import Name, Record, Sha256Hex, Text, Timestamp

BeaconKind = Literal["drand", "nist", "bitcoin", "token", "text"]

MOST_STAMPS = 20
# A token holds a chain of certificates: some 8 kB as a rule.
MOST_TOKEN_BYTES = 64 << 10

BeaconValue = Annotated[str, Meta(min_length=16, max_length=400, pattern=r"^[!-~](?:[ -~]*[!-~])?(?![\s\S])")]
Base64 = Annotated[
    str, Meta(min_length=4, max_length=(MOST_TOKEN_BYTES + 2) // 3 * 4, pattern=r"^[A-Za-z0-9+/]+={0,2}(?![\s\S])")
]


class Beacon(Record, frozen=True, kw_only=True):
    """A public value that nobody knew before it was published; the challenge ends with it.

    Fields:
        kind: drand, nist (its beacon), bitcoin (a block of its chain), token (an RFC 3161 time-stamp), or text
        source: the address that it was asked from; null: a file
        chain: which of the beacon's chains, as it names them; null: it names none
        round: which value of that chain: a round, a pulse or a height; null: unknown
        value: the value; of a token the SHA-256
        published: when, by the beacon's own word or its timetable, UTC; null: it does not say
        response_base64: the time-stamping authority's answer, in DER; null: it is no token
    """

    kind: BeaconKind
    source: Text | None
    chain: Name | None
    round: Name | None
    value: BeaconValue
    published: Timestamp | None
    response_base64: Base64 | None


class Stamp(Record, frozen=True, kw_only=True):
    """A time-stamp (RFC 3161) over the whole record but its stamps: it existed then, just as it is.

    Fields:
        authority: the address that it was asked from
        record_sha256: SHA-256 of the record without its stamps (docs/proof.md has the form)
        time: when, by the authority's clock, UTC, without fractions
        response_base64: the authority's answer, in DER; `openssl ts -verify` reads it, too
    """

    authority: Text
    record_sha256: Sha256Hex
    time: Timestamp
    response_base64: Base64
