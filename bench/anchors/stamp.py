"""A time-stamp over a record: asked for from an authority, and kept beside it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from msgspec.structs import replace

from ...kernels.errors import CheckFailed, InputError
from ..result.anchors import MOST_STAMPS, MOST_TOKEN_BYTES, Stamp
from ..result.dates import timestamp_of
from ..result.model import Result
from ..result.printable import printable
from .digest import record_bytes, record_digest
from .fetch import NoAnswer, checked_address, fetch
from .token import BadToken, Token, Trust, certificates_in, read_token, request_over, system_certificates, trust_in

QUERY_TYPE = "application/timestamp-query"
REPLY_TYPE = "application/timestamp-reply"


def ask_authority(address: str, message: bytes) -> Token:
    """A token over the SHA-256 of `message` from the authority at that address.

    Raises InputError, NoAnswer, and BadToken where the answer is no token, or one to another question.
    """
    checked_address(address)
    question, nonce = request_over(message)
    answer = fetch(address, accept=REPLY_TYPE, question=question, content_type=QUERY_TYPE, answer_type=REPLY_TYPE)
    token = read_token(answer)
    if token.nonce != nonce:
        raise BadToken("the authority's token answers another question (its nonce differs); try again")
    if token.digest != sha256(message).digest():
        raise BadToken("the authority's token is over another digest than was asked; take another authority")
    return token


def stamp_record(result: Result, address: str, certificates: Sequence[str | Path] = ()) -> tuple[Result, Token, Trust]:
    """The result with one more time-stamp over its record, the token, and whether its signer is trusted here.

    `certificates`: files of the authorities' certificates that are trusted (empty: those of the system). Raises
    InputError, NoAnswer, BadToken, and CheckFailed where the signer is not one of the certificates that were given, or
    where the token is worth nothing to anybody.
    """
    if len(result.stamps) >= MOST_STAMPS:
        raise InputError(f"the record has {MOST_STAMPS} time-stamps already, and can hold no more")
    checked_address(address)
    roots = [each for path in certificates for each in certificates_in(path)] or system_certificates()
    token = ask_authority(address, record_bytes(result))
    trust = trust_in(token, roots)
    if trust.broken or (not trust.trusted and (certificates or "expired" in trust.reason)):
        raise CheckFailed(f"the authority's token does not convince ({trust.reason}); nothing was written")
    if len(token.response) > MOST_TOKEN_BYTES:
        raise NoAnswer(f"the authority's token has more than {MOST_TOKEN_BYTES >> 10} kB; take another authority")
    stamp = Stamp(
        authority=printable(address),
        record_sha256=record_digest(result),
        time=timestamp_of(token.time),
        response_base64=base64.b64encode(token.response).decode(),
    )
    return replace(result, stamps=(*result.stamps, stamp)), token, trust
