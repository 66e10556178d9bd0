"""What anchors show of the time: with made-up tokens, without an authority."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from hashwatt.bench.anchors import challenge as challenges
from hashwatt.bench.anchors import clock
from hashwatt.bench.anchors.challenge import with_beacon
from hashwatt.bench.anchors.clock import Anchor, Between, anchors_of
from hashwatt.bench.anchors.digest import record_digest
from hashwatt.bench.anchors.token import BadToken, NoLibrary, Token, Trust
from hashwatt.bench.result.anchors import Stamp
from hashwatt.bench.result.dates import timestamp_of
from hashwatt.bench.result.model import Result
from tests.reports.factory import result, verified

from .made_up import NOON, token_of
from .test_beacon import FIRST, parsed


class TestClock:
    """Anchors whose tokens are made up: what they are over, when, and whether their signer is trusted."""

    @pytest.fixture
    def tokens(self, monkeypatch: pytest.MonkeyPatch) -> dict[bytes, tuple[Token | Exception, Trust]]:
        there: dict[bytes, tuple[Token | Exception, Trust]] = {}

        def read(data: bytes) -> Token:
            token = there[data][0]
            if isinstance(token, Exception):
                raise token
            return token

        def trusted(token: Token, roots: Any) -> Trust:
            assert roots == ["the system's"]
            return there[token.response][1]

        monkeypatch.setattr(clock, "read_token", read)
        monkeypatch.setattr(clock, "trust_in", trusted)
        monkeypatch.setattr(clock, "system_certificates", lambda: ["the system's"])
        return there

    RUN = replace(result(verified()), challenge="x")

    def stamped(self, run: Result, tokens: Any, *given: tuple[float, Trust]) -> Result:
        """The record with tokens so many seconds after noon."""
        digest = record_digest(run)
        stamps = []
        for at_s, trust in given:
            moment = NOON + timedelta(seconds=at_s)
            data = f"{at_s} {trust}".encode()
            tokens[data] = (token_of(data, digest=bytes.fromhex(digest), time=moment), trust)
            encoded = base64.b64encode(data).decode()
            stamps.append(
                Stamp(authority="it", record_sha256=digest, time=timestamp_of(moment), response_base64=encoded)
            )
        return replace(run, stamps=tuple(stamps))

    def begun(self, tokens: Any, trust: Trust) -> Result:
        """A record whose challenge holds a token of noon."""
        tokens[b"begun"] = (token_of(b"begun"), trust)
        beacon = challenges._of_token(token_of(b"begun"), None)
        return replace(self.RUN, beacon=beacon, challenge=with_beacon("x", beacon))

    def test_the_time_between_is_from_the_earliest_to_the_latest_moment(self, tokens: Any) -> None:
        run = self.stamped(self.begun(tokens, Trust(True)), tokens, (1000.0, Trust(True)))
        found = anchors_of(run)
        assert found.between == Between(
            after="2026-05-12T11:59:59Z", before="2026-05-12T12:16:42Z", seconds=1002.0, trusted=True
        )
        whole = self.stamped(self.begun(tokens, Trust(True)), tokens, (999.75, Trust(True)))
        right = anchors_of(whole).between
        assert right is not None
        # A whole second is no later than it says.
        assert (right.before, right.seconds) == ("2026-05-12T12:16:41Z", 1001.75)
        first, second = found.anchors
        assert first == Anchor(
            kind="beacon", ok=True, trusted=True, time="2026-05-12T11:59:59Z", covers=("/beacon/kind", "/beacon/value"),
            sentence="the challenge was unknown before 2026-05-12T11:59:59Z: "
            "it holds a token of CN=it, whose signer is trusted here",
        )  # fmt: skip
        assert second == Anchor(
            kind="stamp", ok=True, trusted=True, time="2026-05-12T12:16:41Z",
            covers=tuple(f"/stamps/0/{name}" for name in ("record_sha256", "time", "response_base64")),
            sentence="the record was there at 2026-05-12T12:16:40Z: "
            "a time-stamp of CN=it, whose signer is trusted here",
        )  # fmt: skip

    @pytest.mark.parametrize(("begun", "ended"), [(True, False), (False, True), (False, False)])
    def test_it_is_trusted_where_both_ends_are(self, begun: bool, ended: bool, tokens: Any) -> None:
        run = self.begun(tokens, Trust(begun, "unknown"))
        found = anchors_of(self.stamped(run, tokens, (1000.0, Trust(ended, "unknown"))))
        assert found.between is not None
        assert not found.between.trusted
        assert [one.trusted for one in found.anchors] == [begun, ended]
        told = "whose signer is not trusted here (unknown); --tsa-cert names its root"
        assert [one.sentence.endswith(told) for one in found.anchors] == [not begun, not ended]
        if not ended:
            assert found.anchors[1].covers == ("/stamps/0/record_sha256",)

    def test_of_several_stamps_the_first_that_is_trusted_counts(self, tokens: Any) -> None:
        run = self.begun(tokens, Trust(True))
        yes, no = Trust(True), Trust(False, "unknown")
        for given, right in (
            (((900.0, no), (1000.0, yes)), 1002.0), (((1000.0, yes), (900.0, no)), 1002.0),
            (((1000.0, yes), (1100.0, yes)), 1002.0), (((1100.0, yes), (1000.0, yes)), 1002.0),
            (((1100.0, no), (1000.0, no)), 1002.0),
        ):  # fmt: skip
            between = anchors_of(self.stamped(run, tokens, *given)).between
            assert between is not None
            assert between.seconds == right

    def test_without_both_ends_nothing_is_between(self, tokens: Any) -> None:
        assert anchors_of(self.begun(tokens, Trust(True))).between is None
        only = anchors_of(self.stamped(self.RUN, tokens, (1000.0, Trust(True))))
        assert (len(only.anchors), only.between) == (1, None)

    def test_what_cannot_have_been_so_soon_is_a_fault_of_its_own(self, tokens: Any) -> None:
        run = self.stamped(self.begun(tokens, Trust(True)), tokens, (-9.0, Trust(True)))
        found = anchors_of(run)
        assert found.between is None
        assert found.anchors[2] == Anchor(
            kind="stamp", ok=False, trusted=False, time=None,
            sentence="a time-stamp is older than the beacon's value that the record holds",
        )  # fmt: skip

    def broken(self, run: Result) -> tuple[str, str]:
        """Which anchor is refused, and why."""
        (found,) = (one for one in anchors_of(run).anchors if not one.ok)
        assert (found.trusted, found.time, found.covers) == (False, None, ())
        return found.kind, found.sentence

    def test_each_fault_of_a_stamp_is_told(self, tokens: Any) -> None:
        run = self.stamped(self.RUN, tokens, (1000.0, Trust(True)))
        (stamp,) = run.stamps
        ((data, (token, _)),) = tokens.items()
        other = "the record is another than the one that was time-stamped: something in it was changed since"
        assert self.broken(replace(run, note="another")) == ("stamp", other)
        later = replace(run, stamps=(replace(stamp, time="2026-05-12T12:16:41Z"),))
        told = "the time-stamp says 2026-05-12T12:16:40Z, not 2026-05-12T12:16:41Z"
        assert self.broken(later) == ("stamp", told)
        for answer, told in (
            ((token_of(data), Trust(True)), "the time-stamp is over another record than this"),
            ((token, Trust(False, "odd", broken=True)), "the time-stamp is none of CN=it: odd"),
            ((BadToken("it is odd"), Trust(True)), "the time-stamp cannot be read: it is odd"),
            ((BadToken("the token is odd"), Trust(True)), "the token is odd"),
        ):
            tokens[data] = answer
            assert self.broken(run) == ("stamp", told)
        unreadable = replace(run, stamps=(replace(stamp, response_base64="A*=="),))
        assert self.broken(unreadable)[1].startswith("the time-stamp cannot be read: ")
        # What is no digit of it is not passed over.
        odd = replace(run, stamps=(replace(stamp, response_base64=stamp.response_base64 + "\n"),))
        assert self.broken(odd)[1].startswith("the time-stamp cannot be read: ")

    def test_each_fault_of_a_beacon_s_token_is_told(self, tokens: Any) -> None:
        run = self.begun(tokens, Trust(True))
        assert run.beacon is not None
        for answer, told in (
            ((token_of(b"begun"), Trust(False, "odd", broken=True)), "the beacon's token is none of CN=it: odd"),
            ((BadToken("it is odd"), Trust(True)), "the beacon's token cannot be read: it is odd"),
        ):
            tokens[b"begun"] = answer
            assert self.broken(run) == ("beacon", told)
        tokens[b"begun"] = (token_of(b"begun"), Trust(True))
        odd = replace(run, beacon=replace(run.beacon, response_base64=f"{run.beacon.response_base64}\n"))
        assert self.broken(odd)[1].startswith("the beacon's token cannot be read: ")
        exchanged = replace(run, beacon=replace(run.beacon, response_base64="AAAA"))
        told = "the beacon's token is not the one whose digest the challenge holds"
        assert self.broken(exchanged) == ("beacon", told)
        untied = replace(run, challenge="x")
        told = "the challenge does not end with the beacon's value, so the beacon says nothing of this run"
        assert self.broken(untied) == ("beacon", told)
        assert anchors_of(untied).between is None

    def test_without_the_library_neither_is_believed_nor_refused(
        self, tokens: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = self.stamped(self.begun(tokens, Trust(True)), tokens, (1000.0, Trust(True)))
        for data in tokens:
            tokens[data] = (NoLibrary("it is missing"), Trust(True))

        def missing() -> None:
            raise NoLibrary("it is missing")

        monkeypatch.setattr(clock, "system_certificates", missing)
        found = anchors_of(run)
        assert found.between is None
        assert [(one.ok, one.trusted, one.time, one.sentence) for one in found.anchors] == [
            (True, False, None, "the beacon's token is not read: it is missing"),
            (True, False, None, "the time-stamp of it is not read: it is missing"),
        ]

    def test_a_beacon_to_look_up_says_its_time_if_it_has_one(self, tokens: Any) -> None:
        for document, told in (
            (FIRST, "the challenge was unknown before 2020-07-22T15:17:30Z, if this holds: look up "),
            ("a value of sixteen", "the challenge holds a public value whose time is unknown; look up who published"),
        ):
            beacon = parsed(document)
            run = replace(self.RUN, beacon=beacon, challenge=with_beacon("x", beacon))
            (found,) = anchors_of(run).anchors
            assert found.sentence.startswith(told)
            assert (found.ok, found.trusted, found.covers) == (True, False, ("/beacon/kind", "/beacon/value"))
            late = anchors_of(self.stamped(run, tokens, (1000.0, Trust(True))))
            assert (late.between is None) is (found.time is None)
            assert late.between is None or not late.between.trusted
