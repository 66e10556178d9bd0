"""When a time-stamp is put to a record and when not: with made-up tokens, without an authority."""

from __future__ import annotations

import base64
from hashlib import sha256
from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec.structs import replace

from hashwatt.bench.anchors import stamp as stamping
from hashwatt.bench.anchors.digest import record_digest
from hashwatt.bench.anchors.fetch import NoAnswer
from hashwatt.bench.anchors.token import BadToken, Token, Trust
from hashwatt.bench.result.anchors import MOST_STAMPS, MOST_TOKEN_BYTES, Stamp
from hashwatt.bench.result.model import Result
from hashwatt.kernels.errors import CheckFailed, InputError
from tests.reports.factory import result, verified

from .made_up import token_of


class TestStamping:
    RUN = result(verified())

    @pytest.fixture
    def given(self, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
        """What the authority answers, and what is thought of its signer."""
        given = SimpleNamespace(token=token_of(), trust=Trust(True), roots=None)

        def trusted(token: Token, roots: Any) -> Trust:
            assert token is given.token
            given.roots = roots
            return cast(Trust, given.trust)

        monkeypatch.setattr(stamping, "ask_authority", lambda *_: given.token)
        monkeypatch.setattr(stamping, "trust_in", trusted)
        monkeypatch.setattr(stamping, "system_certificates", lambda: ["the system's"])
        monkeypatch.setattr(stamping, "certificates_in", lambda path: [path])
        return given

    def stamp(self, run: Result = RUN, *certificates: str) -> Result:
        return stamping.stamp_record(run, "http://it/", certificates)[0]

    def test_the_stamp_goes_behind_those_that_are_there(self, given: SimpleNamespace) -> None:
        right = Stamp(
            authority="http://it/", record_sha256=record_digest(self.RUN), time="2026-05-12T12:00:00Z",
            response_base64=base64.b64encode(b"answer").decode(),
        )  # fmt: skip
        first = replace(right, authority="another")
        assert self.stamp(replace(self.RUN, stamps=(first,))).stamps == (first, right)
        assert given.roots == ["the system's"]
        self.stamp(self.RUN, "a", "b")
        assert given.roots == ["a", "b"]

    def test_a_record_holds_20_stamps(self, given: SimpleNamespace) -> None:
        (one,) = self.stamp().stamps
        assert len(self.stamp(replace(self.RUN, stamps=(one,) * (MOST_STAMPS - 1))).stamps) == MOST_STAMPS == 20
        with pytest.raises(InputError, match="has 20 time-stamps already"):
            self.stamp(replace(self.RUN, stamps=(one,) * MOST_STAMPS))

    @pytest.mark.parametrize(
        ("trust", "certificates", "fine"),
        [
            (Trust(False, "unknown"), (), True),
            (Trust(False, "unknown"), ("a",), False),
            (Trust(False, "it has expired"), (), False),
            (Trust(False, "odd", broken=True), (), False),
            (Trust(True), ("a",), True),
        ],
    )
    def test_what_convinces_nobody_is_not_written(
        self, trust: Trust, certificates: tuple[str, ...], fine: bool, given: SimpleNamespace
    ) -> None:
        given.trust = trust
        if fine:
            assert len(self.stamp(self.RUN, *certificates).stamps) == 1
            return
        with pytest.raises(CheckFailed) as refusal:
            self.stamp(self.RUN, *certificates)
        assert str(refusal.value) == f"the authority's token does not convince ({trust.reason}); nothing was written"

    def test_a_token_of_64_kb_is_the_largest(self, given: SimpleNamespace) -> None:
        given.token = token_of(bytes(MOST_TOKEN_BYTES))
        assert len(self.stamp().stamps) == 1
        given.token = token_of(bytes(MOST_TOKEN_BYTES + 1))
        with pytest.raises(NoAnswer, match="more than 64 kB"):
            self.stamp()

    def test_the_answer_is_to_the_question(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[object] = []

        def fetched(address: str, **more: object) -> bytes:
            asked.append((address, more))
            return b"answer"

        monkeypatch.setattr(stamping, "request_over", lambda message: (b"question " + message, 7))
        monkeypatch.setattr(stamping, "fetch", fetched)
        right = token_of(digest=sha256(b"it").digest())
        monkeypatch.setattr(stamping, "read_token", {b"answer": right}.__getitem__)
        assert stamping.ask_authority("http://it/", b"it") is right
        kinds = {"content_type": "application/timestamp-query", "answer_type": "application/timestamp-reply"}
        assert asked == [
            ("http://it/", {"accept": "application/timestamp-reply", "question": b"question it"} | kinds),
        ]
        with pytest.raises(BadToken, match="over another digest than was asked"):
            stamping.ask_authority("http://it/", b"other")
        for nonce in (8, None):
            other = token_of(digest=sha256(b"it").digest(), nonce=nonce)
            monkeypatch.setattr(stamping, "read_token", lambda _, other=other: other)
            with pytest.raises(BadToken, match="nonce differs"):
                stamping.ask_authority("http://it/", b"it")

    def test_an_address_that_is_none_is_told_before_anything_else(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def missing(*_: object) -> None:
            raise AssertionError("nothing else is looked at")

        monkeypatch.setattr(stamping, "request_over", missing)
        monkeypatch.setattr(stamping, "certificates_in", missing)
        for ask in (
            lambda: stamping.ask_authority("ftp://it/", b""),
            lambda: stamping.stamp_record(self.RUN, "ftp://it/", ["a"]),
        ):
            with pytest.raises(InputError):
                ask()
