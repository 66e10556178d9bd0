"""Public beacons: their documents read into one record, and when their values were published."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec

from ...kernels.errors import InputError
from ..result.anchors import Beacon
from ..result.dates import timestamp_of
from ..result.printable import printable

MOST_BYTES = 256 << 10
HEX_128 = re.compile(r"[0-9a-f]{128}")
# A block of Bitcoin's chain: its digest has begun with eight zeros since the first one.
BLOCK = re.compile(r"0{8}[0-9a-f]{56}")
SIGNATURE = re.compile(r"(?:[0-9a-f]{96}|[0-9a-f]{192})")
TEXT = re.compile(r"[!-~][ -~]{14,398}[!-~]")
CHAIN_IN_ADDRESS = re.compile(r"/([0-9a-f]{64})/")
# Who publishes a block may set its time at most two hours ahead (of the other nodes' clocks), so it may be that much
# older than it says.
BLOCK_TIME_AHEAD = timedelta(hours=2)


@dataclass(frozen=True)
class DrandChain:
    """A chain of drand: its first round, in seconds since 1970, and the seconds between rounds (from its /info)."""

    name: str
    genesis_s: int
    period_s: int

    def time_of(self, number: int) -> datetime:
        """When the round of that number (from 1 on) was published."""
        return datetime.fromtimestamp(self.genesis_s + (number - 1) * self.period_s, UTC)


DRAND_CHAINS = {
    "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971": DrandChain("quicknet", 1_692_803_367, 3),
    "8990e7a9aaed2ffed73dbd7092123d6f289930540d7651336225dc172e51b2ce": DrandChain("default", 1_595_431_050, 30),
}
QUICKNET, DEFAULT = DRAND_CHAINS
# Far enough for any round, pulse and block of this century, and no date of them is beyond what a date can be.
LAST_ROUND = 10**9


def parse_beacon(data: bytes, source: str | None, name: str) -> Beacon:
    """The beacon's record from its document, JSON or one line of text. Raises InputError with `name` for the thing.

    `source` is the address that it came from (None: a file).
    """
    try:
        text = data.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise InputError(f"{name} is neither text nor a time-stamp token; give a beacon's JSON or its value") from None
    if text.startswith(("{", "[")):
        try:
            document = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError):
            raise InputError(f"{name} is broken JSON; give the beacon's answer as it was sent") from None
        return _of_document(document, source, name)
    if BLOCK.fullmatch(text.lower()):
        return _beacon("bitcoin", source, text.lower())
    if TEXT.fullmatch(text):
        return _beacon("text", source, text)
    raise InputError(f"{name} is no beacon's value; give its JSON, or one line of 16 to 400 plain characters")


def _of_document(document: Any, source: str | None, name: str) -> Beacon:
    if isinstance(document, dict):
        pulse = document.get("pulse")
        if isinstance(pulse, dict):
            return _nist(pulse, source, name)
        if "round" in document and "signature" in document:
            return _drand(document, source, name)
        if "height" in document and ("hash" in document or "id" in document):
            return _block(document, source, name)
    raise InputError(f"{name} is of no beacon that is known (drand, NIST, Bitcoin); give its value as plain text")


def _drand(document: dict[str, Any], source: str | None, name: str) -> Beacon:
    signature, stated = str(document["signature"]).lower(), document.get("randomness")
    number = _number(document["round"], 1, LAST_ROUND)
    if number is None or not SIGNATURE.fullmatch(signature):
        raise InputError(f"{name} is no round of drand: its round or its signature is not well-formed")
    value = sha256(bytes.fromhex(signature)).hexdigest()
    if stated is not None and str(stated).lower() != value:
        raise InputError(f"{name} is no round of drand: its randomness is not the digest of its signature")
    in_address = CHAIN_IN_ADDRESS.search(source or "")
    chain = in_address[1] if in_address else DEFAULT if document.get("previous_signature") else QUICKNET
    timetable = DRAND_CHAINS.get(chain)
    published = None if timetable is None else timetable.time_of(number)
    return _beacon("drand", source, value, chain=chain, number=number, published=published)


def _nist(pulse: dict[str, Any], source: str | None, name: str) -> Beacon:
    value = str(pulse.get("outputValue")).lower()
    chain, number = _number(pulse.get("chainIndex"), 0, LAST_ROUND), _number(pulse.get("pulseIndex"), 0, LAST_ROUND)
    published = _instant(pulse.get("timeStamp"))
    if chain is None or number is None or published is None or not HEX_128.fullmatch(value):
        raise InputError(f"{name} is no pulse of NIST's beacon: it lacks its value, its indices or its time")
    return _beacon("nist", source, value, chain=str(chain), number=number, published=published)


def _block(document: dict[str, Any], source: str | None, name: str) -> Beacon:
    value = str(document.get("hash") or document.get("id")).lower()
    number = _number(document["height"], 0, LAST_ROUND)
    seconds = _number(document.get("time", document.get("timestamp")), 1_231_006_505, 2**32)
    if number is None or not BLOCK.fullmatch(value):
        raise InputError(f"{name} is no block of Bitcoin's chain: its height or its digest is not well-formed")
    published = None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    return _beacon("bitcoin", source, value, number=number, published=published)


def _beacon(
    kind: Any,
    source: str | None,
    value: str,
    chain: str | None = None,
    number: int | None = None,
    published: datetime | None = None,
) -> Beacon:
    return Beacon(
        kind=kind,
        source=None if source is None else printable(source),
        chain=chain,
        round=None if number is None else str(number),
        value=value,
        published=None if published is None else timestamp_of(published),
        response_base64=None,
    )


def known_from(beacon: Beacon) -> datetime | None:
    """The earliest moment at which the value can have been known, where what is to be looked up is so; None: untold.

    Of a round of drand by its chain's timetable, of a block two hours before the time that it states.
    """
    if beacon.kind == "drand":
        timetable = DRAND_CHAINS.get(beacon.chain or "")
        number = _number(beacon.round, 1, LAST_ROUND)
        return None if timetable is None or number is None else timetable.time_of(number)
    published = _instant(beacon.published)
    if beacon.kind == "bitcoin" and published is not None:
        return published - BLOCK_TIME_AHEAD
    return published if beacon.kind == "nist" else None


def look_up(beacon: Beacon) -> str:
    """What a reader has to look up, so that the beacon's value convinces."""
    if beacon.kind == "drand":
        return f"that https://api.drand.sh/{beacon.chain}/public/{beacon.round} has the randomness {beacon.value}"
    if beacon.kind == "nist":
        place = f"https://beacon.nist.gov/beacon/2.0/chain/{beacon.chain}/pulse/{beacon.round}"
        return f"that {place} has the outputValue {beacon.value} and the time {beacon.published}"
    if beacon.kind == "bitcoin":
        which = f"block {beacon.round}" if beacon.round else "a block"
        when = f" and the time {beacon.published}" if beacon.published else ", and its time"
        return f"that Bitcoin's chain holds {which} with the digest {beacon.value}{when}"
    return f"who published “{beacon.value}”, and when"


def _number(value: Any, least: int, most: int) -> int | None:
    """A whole number within bounds, given as one or in digits; None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most else None


def _instant(value: Any) -> datetime | None:
    """A time in ISO 8601 with its zone, in UTC; None for anything else."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        moment = datetime.fromisoformat(value)
        moment = moment if moment.tzinfo is None else moment.astimezone(UTC)
        # No beacon is older, and no file of ours will be read much later; dates near the ends cannot be reckoned with.
        return moment if moment.tzinfo is not None and 2000 <= moment.year < 9000 else None
    except (ValueError, OverflowError):
        return None
