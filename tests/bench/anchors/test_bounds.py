"""How far beacons' numbers, dates and files may go: at the edges."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import pytest
from msgspec.structs import replace

from hashwatt.bench.anchors import challenge as challenges
from hashwatt.bench.anchors.beacon import DEFAULT, QUICKNET, _instant, _number, known_from, look_up, parse_beacon
from hashwatt.bench.anchors.challenge import ending, get_beacon, with_beacon
from hashwatt.bench.anchors.token import BadToken, Token
from hashwatt.bench.result.anchors import MOST_TOKEN_BYTES, Beacon
from hashwatt.bench.result.dates import timestamp_of
from hashwatt.kernels.bounded import MAX_TEXT
from hashwatt.kernels.errors import InputError

from .made_up import token_of
from .test_beacon import BLOCK, FIRST, PULSE, parsed


class TestNumbers:
    def test_a_number_is_whole_within_bounds_and_of_19_digits_at_most(self) -> None:
        for value, right in (
            (1, 1), (0, None), (9, 9), (10, None), ("9", 9), ("0" * 18 + "1", 1), ("0" * 19 + "1", None), ("", None),
            (True, None), (1.0, None), ("٣", None), ("+1", None), (None, None),
        ):  # fmt: skip
            assert _number(value, 1, 9) == right, value

    def test_a_date_has_its_zone_40_characters_at_most_and_is_of_this_era(self) -> None:
        start = "2026-11-26T12:00:00."
        assert _instant(start + "0" * 14 + "+00:00") == datetime(2026, 11, 26, 12, tzinfo=UTC)
        assert _instant(start + "0" * 15 + "+00:00") is None
        assert _instant("2026-11-26T12:00:00+02:00") == datetime(2026, 11, 26, 10, tzinfo=UTC)
        for year, is_one in ((1999, False), (2000, True), (8999, True), (9000, False)):
            assert (_instant(f"{year}-06-01T00:00:00Z") is not None) is is_one
        assert [_instant(value) for value in ("2026-11-26T12:00:00", "soon", 5, None)] == [None] * 4

    def test_rounds_pulses_and_blocks_are_counted_from_where_their_beacon_counts(self) -> None:
        last = 10**9
        pulse = PULSE["pulse"]
        for name in ("chainIndex", "pulseIndex"):
            for number, is_one in ((0, True), (-1, False), (last, True), (last + 1, False)):
                document = {"pulse": pulse | {name: number}}
                if is_one:
                    assert str(number) in (parsed(document).chain, parsed(document).round)
                    continue
                with pytest.raises(InputError, match=r"beacon\.json is no pulse of NIST's beacon"):
                    parsed(document)
        assert parsed(FIRST | {"round": last}).round == parsed(BLOCK | {"height": last}).round == str(last)
        with pytest.raises(InputError, match="no block"):
            parsed(BLOCK | {"height": last + 1})

    def test_a_block_s_time_is_one_since_the_first_block_in_32_bits(self) -> None:
        for seconds, is_one in ((1231006504, False), (1231006505, True), (1 << 32, True), ((1 << 32) + 1, False)):
            beacon = parsed(BLOCK | {"timestamp": seconds})
            right = timestamp_of(datetime.fromtimestamp(seconds, UTC)) if is_one else None
            assert beacon.published == right
        # `time` goes before `timestamp`, `hash` before `id`.
        both = parsed(BLOCK | {"time": 1231006506, "hash": "0" * 64})
        assert (both.published, both.value) == ("2009-01-03T18:15:06Z", "0" * 64)

    def test_of_drand_s_round_the_chain_decides_the_time(self) -> None:
        quick = replace(parsed(FIRST), chain=QUICKNET)
        assert known_from(quick) == datetime(2023, 8, 23, 15, 9, 27, tzinfo=UTC)
        for name, value in (("round", None), ("round", "0"), ("round", "x"), ("chain", None), ("chain", "ab")):
            assert known_from(replace(parsed(FIRST), **cast(Any, {name: value}))) is None
        published = parsed(FIRST)
        assert (published.chain, published.published) == (DEFAULT, "2020-07-22T15:17:30Z")
        assert parsed(FIRST | {"randomness": str(FIRST["randomness"]).upper()}) == published

    def test_a_line_of_16_to_400_characters_is_a_value(self) -> None:
        for count, is_one in ((15, False), (16, True), (400, True), (401, False)):
            if is_one:
                assert parsed("x" * count).kind == "text"
                continue
            with pytest.raises(InputError, match=r"beacon\.json is no beacon's value"):
                parsed("x" * count)

    @pytest.mark.parametrize(
        ("data", "told"),
        [
            (b"\xff\xfe", "it is neither text nor a time-stamp token"),
            (b"{", "it is broken JSON"),
            (b"[1]", "it is of no beacon that is known"),
            (b'{"round": 1}', "it is of no beacon that is known"),
            (b'{"signature": 1}', "it is of no beacon that is known"),
            (b'{"height": 1}', "it is of no beacon that is known"),
            (b'{"hash": 1}', "it is of no beacon that is known"),
            (b'{"pulse": 1}', "it is of no beacon that is known"),
            (b'{"round": 0, "signature": 1}', "it is no round of drand: its round"),
        ],
    )
    def test_each_fault_has_its_words(self, data: bytes, told: str) -> None:
        with pytest.raises(InputError) as refusal:
            parse_beacon(data, None, "it")
        assert str(refusal.value).startswith(told)

    def test_what_is_to_be_looked_up_is_named_in_full(self) -> None:
        block, pulse, value = parsed(BLOCK), parsed(PULSE), BLOCK["id"]
        assert look_up(block) == (
            f"that Bitcoin's chain holds block 0 with the digest {value} and the time 2009-01-03T18:15:05Z"
        )
        assert look_up(parsed(str(value))) == (
            f"that Bitcoin's chain holds a block with the digest {value}, and its time"
        )
        assert look_up(pulse) == (
            "that https://beacon.nist.gov/beacon/2.0/chain/2/pulse/220394 has the outputValue "
            f"{pulse.value} and the time 2018-12-26T16:07:00Z"
        )
        assert look_up(parsed(FIRST)) == (
            f"that https://api.drand.sh/{DEFAULT}/public/1 has the randomness {FIRST['randomness']}"
        )
        assert look_up(parsed("a value of sixteen")) == "who published “a value of sixteen”, and when"


class TestFiles:
    def test_one_that_cannot_be_read_says_why(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        long = "x" * 60
        for name, told in (
            ("away", "away cannot be read (No such file or directory); give a beacon's file or address"),
            (long, f"{long} cannot be read (No such file or directory); give a beacon's file or address"),
            (long + "x", f"{long[:-1]}… cannot be read (No such file or directory); give a beacon's file or address"),
            (".", ". is not a file; give a beacon's file or address"),
        ):
            with pytest.raises(InputError) as refusal:
                get_beacon(name)
            assert str(refusal.value) == told
        with pytest.raises(InputError, match="null byte"):
            get_beacon("a\0b")

    def test_256_kb_are_the_most(self, tmp_path: Path) -> None:
        file = tmp_path / "beacon"
        file.write_bytes(b"a value of sixteen".ljust(256 << 10))
        assert get_beacon(str(file)).value == "a value of sixteen"
        file.write_bytes(b"a value of sixteen".ljust((256 << 10) + 1))
        with pytest.raises(InputError, match="is over 256 kB, more than any beacon's value has"):
            get_beacon(str(file))

    def test_a_sequence_in_der_is_read_as_a_token_and_text_is_not(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen: list[bytes] = []

        def read(data: bytes) -> Token:
            seen.append(data)
            if len(seen) > 1:
                raise BadToken("it is odd")
            return token_of(data)

        monkeypatch.setattr(challenges, "read_token", read)
        file = tmp_path / "beacon"
        file.write_bytes(b"0123456789 and so on")
        assert get_beacon(str(file)).kind == "text"
        file.write_bytes(b"\x30\xff")
        assert get_beacon(str(file)).kind == "token"
        with pytest.raises(InputError, match=r"cannot be taken as a beacon: it is odd$"):
            get_beacon(str(file))
        assert seen == [b"\x30\xff"] * 2

    def test_a_token_of_64_kb_is_the_largest(self) -> None:
        data = bytes(MOST_TOKEN_BYTES)
        assert challenges._of_token(token_of(data), "https://it/") == Beacon(
            kind="token", source="https://it/", chain=None, round=None, value=sha256(data).hexdigest(),
            published="2026-05-12T12:00:00Z", response_base64=base64.b64encode(data).decode(),
        )  # fmt: skip
        assert challenges._of_token(token_of(), None).source is None
        with pytest.raises(InputError, match="the token has more than 64 kB"):
            challenges._of_token(token_of(data + b"x"), None)

    def test_an_authority_is_asked_over_32_bytes_that_nobody_can_foresee(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[tuple[str, bytes]] = []

        def ask(address: str, message: bytes) -> Token:
            asked.append((address, message))
            return token_of()

        monkeypatch.setattr(challenges, "ask_authority", ask)
        assert get_beacon("tsa:http://it/").source == get_beacon("tsa:http://it/").source == "http://it/"
        assert [(address, len(message)) for address, message in asked] == [("http://it/", 32)] * 2
        assert asked[0] != asked[1]

    def test_a_challenge_may_fill_what_a_text_can_hold(self) -> None:
        beacon = parsed(FIRST)
        room = MAX_TEXT - len(ending(beacon))
        assert len(with_beacon("x" * room, beacon)) == MAX_TEXT
        with pytest.raises(InputError, match=f"are over {MAX_TEXT} characters"):
            with_beacon("x" * (room + 1), beacon)
        assert with_beacon("x" * MAX_TEXT, None) == "x" * MAX_TEXT
