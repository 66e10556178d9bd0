"""What a record's anchors show of the time: not before a beacon was published, not after a time-stamp was made.

Both bounds are taken the cautious way, with the authority's accuracy: the true time is no longer than what is stated,
so work ÷ time is a rate that was reached at least, whatever the measuring machine's clock said.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import replace

from ...kernels.errors import CheckFailed
from ..result.anchors import Beacon, Stamp
from ..result.dates import timestamp_of
from ..result.model import Result
from .beacon import known_from, look_up
from .challenge import refuse_untied
from .digest import record_digest
from .token import BadToken, NoLibrary, Trust, certificates_in, read_token, system_certificates, trust_in

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

# What a clock may be off over a run, and the time that passes around samples: more is a contradiction.
CLOCK_TOLERANCE = 0.01
CLOCK_TOLERANCE_S = 2.0


class Anchor(Struct, frozen=True, kw_only=True):
    """One beacon or time-stamp: what it shows, and whether it is believed without further ado.

    `time`: not before (a beacon) or not after (a stamp) this; None where it tells none. `ok`: false where it
    contradicts the record, which is then refused. `covers`: JSON pointers of what cannot be otherwise without that.
    """

    kind: Literal["beacon", "stamp"]
    ok: bool
    trusted: bool
    time: str | None
    sentence: str
    covers: tuple[str, ...] = ()


class Between(Struct, frozen=True, kw_only=True):
    """All the work was done within it. `trusted`: both ends are; else what the anchors' sentences say is to be done."""

    after: str
    before: str
    seconds: float
    trusted: bool


class _Bound(Struct, frozen=True):
    moment: datetime
    trusted: bool


class Anchors(Struct, frozen=True, kw_only=True):
    """All anchors of a record, and the time between them; None where there are not both."""

    anchors: tuple[Anchor, ...] = ()
    between: Between | None = None


def anchors_of(result: Result, certificates: Sequence[str | Path] = ()) -> Anchors:
    """What the record's anchors show. `certificates`: files of those that are trusted (empty: those of the system).

    Raises InputError where such a file holds none.
    """
    given = [each for path in certificates for each in certificates_in(path)]
    if result.beacon is None and not result.stamps:
        return Anchors()
    roots = given or _system()
    found: list[Anchor] = []
    after: _Bound | None = None
    before: _Bound | None = None
    if result.beacon is not None:
        anchor, after = _beacon(result.beacon, result.challenge, roots)
        found.append(replace(anchor, covers=("/beacon/kind", "/beacon/value") if anchor.ok else ()))
    digest = record_digest(result) if result.stamps else ""
    for index, stamp in enumerate(result.stamps):
        anchor, bound = _stamp(stamp, digest, roots)
        names = ("record_sha256", "time", "response_base64") if anchor.trusted else ("record_sha256",)
        found.append(replace(anchor, covers=tuple(f"/stamps/{index}/{name}" for name in names) if anchor.ok else ()))
        if bound and (before is None or (not bound.trusted, bound.moment) < (not before.trusted, before.moment)):
            before = bound
    if after is None or before is None:
        return Anchors(anchors=tuple(found))
    seconds = (before.moment - after.moment).total_seconds()
    fault = contradiction(result, seconds)
    if fault:
        found.append(Anchor(kind="stamp", ok=False, trusted=False, time=None, sentence=fault))
        return Anchors(anchors=tuple(found))
    between = Between(
        after=timestamp_of(after.moment),
        before=timestamp_of(before.moment + timedelta(microseconds=999_999)),
        seconds=seconds,
        trusted=after.trusted and before.trusted,
    )
    return Anchors(anchors=tuple(found), between=between)


def contradiction(result: Result, seconds: float) -> str:
    """Why the record cannot have come about within so many seconds; empty where it can."""
    if seconds <= 0:
        return "a time-stamp is older than the beacon's value that the record holds"
    stated: dict[str, float] = {}
    # Devices of one machine take turns, so their samples follow one another; what was at once is left out.
    for entry in result.results:
        stated[entry.machine] = stated.get(entry.machine, 0.0) + math.fsum(
            sample.seconds for one in entry.rounds for sample in one.samples
        )
    longest = max(stated.values(), default=0.0)
    if longest > seconds * (1 + CLOCK_TOLERANCE) + CLOCK_TOLERANCE_S:
        return f"{longest:.6g} s of samples are stated, and between beacon and time-stamp lie {seconds:.6g} s"
    return ""


def _beacon(beacon: Beacon, challenge: str, roots: list[Certificate] | None) -> tuple[Anchor, _Bound | None]:
    try:
        refuse_untied(beacon, challenge)
        if beacon.kind != "token":
            return _published(beacon)
        data = base64.b64decode(beacon.response_base64 or "", validate=True)
        if sha256(data).hexdigest() != beacon.value:
            raise CheckFailed("the beacon's token is not the one whose digest the challenge holds")
        token = read_token(data)
    except NoLibrary as error:
        return _anchor("beacon", f"the beacon's token is not read: {error}"), None
    except (CheckFailed, ValueError) as error:
        return _anchor("beacon", _told("the beacon's token", error), ok=False), None
    trust = trust_in(token, roots or [])
    if trust.broken:
        return _anchor("beacon", f"the beacon's token is none of {token.signer}: {trust.reason}", ok=False), None
    moment = token.earliest
    told = f"it holds a token of {token.signer}, {_words(trust)}"
    sentence = f"the challenge was unknown before {timestamp_of(moment)}: {told}"
    return _anchor("beacon", sentence, True, trust.trusted, moment), _Bound(moment, trust.trusted)


def _published(beacon: Beacon) -> tuple[Anchor, _Bound | None]:
    moment = known_from(beacon)
    condition = f"look up {look_up(beacon)}"
    if moment is None:
        return _anchor("beacon", f"the challenge holds a public value whose time is unknown; {condition}"), None
    sentence = f"the challenge was unknown before {timestamp_of(moment)}, if this holds: {condition}"
    return _anchor("beacon", sentence, moment=moment), _Bound(moment, False)


def _stamp(stamp: Stamp, digest: str, roots: list[Certificate] | None) -> tuple[Anchor, _Bound | None]:
    if stamp.record_sha256 != digest:
        fault = "the record is another than the one that was time-stamped: something in it was changed since"
        return _anchor("stamp", fault, ok=False), None
    try:
        token = read_token(base64.b64decode(stamp.response_base64, validate=True))
    except NoLibrary as error:
        return _anchor("stamp", f"the time-stamp of {stamp.authority} is not read: {error}"), None
    except (BadToken, ValueError) as error:
        return _anchor("stamp", _told("the time-stamp", error), ok=False), None
    if token.digest.hex() != digest:
        return _anchor("stamp", "the time-stamp is over another record than this", ok=False), None
    if timestamp_of(token.time) != stamp.time:
        return _anchor("stamp", f"the time-stamp says {timestamp_of(token.time)}, not {stamp.time}", ok=False), None
    trust = trust_in(token, roots or [])
    if trust.broken:
        return _anchor("stamp", f"the time-stamp is none of {token.signer}: {trust.reason}", ok=False), None
    sentence = f"the record was there at {stamp.time}: a time-stamp of {token.signer}, {_words(trust)}"
    return _anchor("stamp", sentence, True, trust.trusted, token.latest), _Bound(token.latest, trust.trusted)


def _words(trust: Trust) -> str:
    if trust.trusted:
        return "whose signer is trusted here"
    return f"whose signer is not trusted here ({trust.reason}); --tsa-cert names its root"


def _system() -> list[Certificate] | None:
    try:
        return system_certificates()
    except NoLibrary:
        return None


def _told(what: str, error: Exception) -> str:
    text = str(error)
    return text if text.startswith("the ") else f"{what} cannot be read: {text}"


def _anchor(
    kind: Literal["beacon", "stamp"],
    sentence: str,
    ok: bool = True,
    trusted: bool = False,
    moment: datetime | None = None,
) -> Anchor:
    time = None if moment is None else timestamp_of(moment)
    return Anchor(kind=kind, ok=ok, trusted=trusted and ok, time=time, sentence=sentence)
