"""A beacon's value taken into the challenge, so that nothing can have been worked out before it was published."""

from __future__ import annotations

import base64
import secrets
from hashlib import sha256

from ...kernels.bounded import MAX_TEXT
from ...kernels.errors import CheckFailed, InputError
from ...kernels.system.own_files import NotAFile, read_regular
from ..result.anchors import MOST_TOKEN_BYTES, Beacon
from ..result.dates import timestamp_of
from ..result.model import Result
from ..result.printable import checked_text, printable
from .beacon import MOST_BYTES, parse_beacon
from .fetch import fetch, is_address
from .stamp import ask_authority
from .token import BadToken, Token, read_token

# Before the address of an authority, which is asked for a token.
AUTHORITY = "tsa:"


def get_beacon(text: str) -> Beacon:
    """The beacon at an address, in a file, or from an authority (`tsa:URL`). Raises InputError, NoAnswer."""
    if text.startswith(AUTHORITY):
        address = text.removeprefix(AUTHORITY)
        # What it is over says nothing: that nobody can foresee the token is what counts.
        return _of_token(ask_authority(address, secrets.token_bytes(32)), address)
    if is_address(text):
        data = fetch(text, accept="application/json, text/plain", most_bytes=MOST_BYTES)
        return _of_data(data, text, "the beacon's answer")
    name = printable(text, 60)
    try:
        data = read_regular(text, MOST_BYTES)
    except NotAFile:
        raise InputError(f"{name} is not a file; give a beacon's file or address") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(
            f"{name} cannot be read ({printable(str(reason), 40)}); give a beacon's file or address"
        ) from None
    if len(data) > MOST_BYTES:
        raise InputError(f"{name} is over {MOST_BYTES >> 10} kB, more than any beacon's value has")
    return _of_data(data, None, name)


def _of_data(data: bytes, source: str | None, name: str) -> Beacon:
    # A sequence in DER: nothing that is text or JSON begins so.
    if not data.startswith(b"\x30") or data.isascii():
        return parse_beacon(data, source, name)
    try:
        return _of_token(read_token(data), source)
    except BadToken as error:
        raise InputError(f"{name} cannot be taken as a beacon: {error}") from None


def _of_token(token: Token, source: str | None) -> Beacon:
    if len(token.response) > MOST_TOKEN_BYTES:
        raise InputError(f"the token has more than {MOST_TOKEN_BYTES >> 10} kB; take another authority's")
    return Beacon(
        kind="token",
        source=None if source is None else printable(source),
        chain=None,
        round=None,
        value=sha256(token.response).hexdigest(),
        published=timestamp_of(token.time),
        response_base64=base64.b64encode(token.response).decode(),
    )


def checked_challenge(text: str) -> str:
    """The challenge that somebody gave, itself. Raises InputError."""
    if not text.strip():
        # As of a variable of a shell that was never set: anybody can have begun with it long ago.
        raise InputError("the challenge is empty; give a text, or leave it out for a random one")
    return checked_text(text, "challenge")


def with_beacon(challenge: str, beacon: Beacon | None) -> str:
    """The challenge that the inputs derive from. Raises InputError where the two together are too long."""
    if beacon is None:
        return challenge
    whole = challenge + ending(beacon)
    if len(whole) > MAX_TEXT:
        raise InputError(f"the challenge and the beacon's value are over {MAX_TEXT} characters; shorten the challenge")
    return whole


def ending(beacon: Beacon) -> str:
    """How a challenge ends that holds the beacon's value."""
    return f" [{beacon.kind} {beacon.value}]"


def given_challenge(result: Result) -> str:
    """The challenge as whoever set it gave it: without the beacon that was added."""
    return result.challenge if result.beacon is None else result.challenge.removesuffix(ending(result.beacon))


def refuse_untied(beacon: Beacon, challenge: str) -> None:
    """Raise CheckFailed where the challenge does not hold the beacon's value."""
    if not challenge.endswith(ending(beacon)):
        raise CheckFailed("the challenge does not end with the beacon's value, so the beacon says nothing of this run")
