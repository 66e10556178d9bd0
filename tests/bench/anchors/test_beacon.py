"""Beacons: read from whatever they publish, taken into the challenge, and told with what is to be looked up."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from pytest_httpserver import HTTPServer

from hashwatt.bench import api
from hashwatt.bench.anchors.beacon import DEFAULT, QUICKNET, known_from, look_up, parse_beacon
from hashwatt.bench.anchors.challenge import ending, get_beacon, given_challenge, with_beacon
from hashwatt.bench.anchors.clock import anchors_of
from hashwatt.bench.anchors.stamp import stamp_record
from hashwatt.bench.result.anchors import Beacon
from hashwatt.bench.result.file import encode, load, save
from hashwatt.bench.result.measurement import Measurement
from hashwatt.bench.result.model import Result
from hashwatt.bench.verification.checks import check_result
from hashwatt.bench.verification.verdict import Check
from hashwatt.kernels.errors import HashwattError, InputError
from tests.attack.forger import refigured

from ..fakes import measured
from .authority import Authority

# The first round of drand's default chain, as its server gives it.
FIRST_SIGNATURE = (
    "8d61d9100567de44682506aea1a7a6fa6e5491cd27a0a0ed349ef6910ac5ac20ff7bc3e09d7c046566c9f7f3c6f3b10104990e7cb424998203"
    "d8f7de586fb7fa5f60045417a432684f85093b06ca91c769f0e7ca19268375e659c2a2352b4655"
)
FIRST = {
    "round": 1,
    "randomness": "101297f1ca7dc44ef6088d94ad5fb7ba03455dc33d53ddb412bbc4564ed986ec",
    "signature": FIRST_SIGNATURE,
    "previous_signature": "176f93498eac9ca337150b46d21dd58673ea4e3581185f869672e59fa4cb390a",
}
PULSE = {
    "pulse": {
        "uri": "https://beacon.nist.gov/beacon/2.0/chain/2/pulse/220394",
        "chainIndex": 2,
        "pulseIndex": 220394,
        "timeStamp": "2018-12-26T16:07:00.000Z",
        "outputValue": "0A8863E0" * 16,
    }
}
BLOCK = {
    "id": "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",
    "height": 0,
    "timestamp": 1231006505,
}


def parsed(document: object, source: str | None = None) -> Beacon:
    data = document if isinstance(document, str) else json.dumps(document)
    return parse_beacon(data.encode(), source, "beacon.json")


def test_a_round_of_drand_has_its_time_from_the_timetable() -> None:
    beacon = parsed(FIRST)
    assert (beacon.kind, beacon.chain, beacon.round) == ("drand", DEFAULT, "1")
    assert beacon.value == FIRST["randomness"]
    assert known_from(beacon) == datetime(2020, 7, 22, 15, 17, 30, tzinfo=UTC)
    assert known_from(parsed(FIRST | {"round": 11})) == datetime(2020, 7, 22, 15, 22, 30, tzinfo=UTC)
    assert f"{DEFAULT}/public/1 " in look_up(beacon)
    assert beacon.value in look_up(beacon)


def test_a_round_without_a_signature_before_it_is_quicknet_s() -> None:
    signature = "b4" * 48
    beacon = parsed({"round": "1000", "signature": signature})
    assert (beacon.chain, beacon.value) == (QUICKNET, sha256(bytes.fromhex(signature)).hexdigest())
    assert known_from(beacon) == datetime(2023, 8, 23, 15, 9, 27, tzinfo=UTC) + timedelta(seconds=999 * 3)
    assert known_from(beacon).__str__() == "2023-08-23 15:59:24+00:00"


def test_the_chain_that_the_address_names_is_the_chain() -> None:
    assert parsed(FIRST, f"https://api.drand.sh/{QUICKNET}/public/1").chain == QUICKNET
    foreign = parsed(FIRST, f"https://drand.example/{'ab' * 32}/public/1")
    assert foreign.chain == "ab" * 32
    assert known_from(foreign) is None


def test_a_pulse_of_nist_s_beacon_has_the_time_that_it_states() -> None:
    beacon = parsed(PULSE)
    assert (beacon.kind, beacon.chain, beacon.round) == ("nist", "2", "220394")
    assert known_from(beacon) == datetime(2018, 12, 26, 16, 7, tzinfo=UTC)
    assert "chain/2/pulse/220394" in look_up(beacon)


def test_a_block_may_be_two_hours_older_than_it_says() -> None:
    beacon = parsed(BLOCK)
    assert (beacon.kind, beacon.round) == ("bitcoin", "0")
    assert known_from(beacon) == datetime(2009, 1, 3, 16, 15, 5, tzinfo=UTC)
    core = parsed({"hash": BLOCK["id"], "height": 0, "time": 1231006505, "confirmations": 9})
    assert core == beacon
    plain = parsed(str(BLOCK["id"]).upper() + "\n")
    assert (plain.kind, plain.value, known_from(plain)) == ("bitcoin", BLOCK["id"], None)
    assert "and its time" in look_up(plain)


@pytest.mark.parametrize("published", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-99-99T99:99:99Z"])
def test_a_time_that_cannot_be_is_told_as_none(published: str, honest_result: Result) -> None:
    for beacon in (parsed(BLOCK), parsed(PULSE)):
        edited = replace(beacon, published=published)
        assert known_from(edited) is None
        held = replace(honest_result, beacon=edited, challenge=with_beacon("x", edited))
        assert anchors_of(held).anchors[0].time is None
    last = replace(parsed(FIRST), round=str(10**9))
    assert known_from(last) is not None


def test_a_line_of_text_is_a_value_without_a_time() -> None:
    beacon = parsed("Lotto 6 aus 49, 25.11.2026: 3 11 19 27 40 44\n")
    assert beacon.kind == "text"
    assert known_from(beacon) is None
    assert "who published" in look_up(beacon)


@pytest.mark.parametrize(
    "document",
    [
        "", "short", "two\nlines of text, both long", "x" * 401, "ünïcode that is long enough",
        "tab\tin the middle of it",
        "{", "[1, 2]", "{}", "[" * 9999, '{"round": 1}',
        FIRST | {"round": 0}, FIRST | {"round": True}, FIRST | {"round": 1.5}, FIRST | {"round": 10**12},
        FIRST | {"randomness": "00" * 32}, FIRST | {"signature": "zz"}, FIRST | {"signature": None},
        {"pulse": {}}, {"pulse": PULSE["pulse"] | {"timeStamp": "yesterday"}},
        {"pulse": PULSE["pulse"] | {"timeStamp": "2018-12-26T16:07:00"}},
        {"pulse": PULSE["pulse"] | {"outputValue": "1"}},
        {"pulse": PULSE["pulse"] | {"pulseIndex": -1}}, BLOCK | {"id": "ff" * 32}, BLOCK | {"height": "x"},
        {"height": 1, "hash": None}, FIRST | {"round": 10**9 + 1},
        {"pulse": PULSE["pulse"] | {"timeStamp": "0001-01-01T00:00:00+23:59"}},
    ],
)  # fmt: skip
def test_what_is_no_beacon_is_one_sentence(document: object) -> None:
    with pytest.raises(InputError) as refusal:
        parsed(document)
    assert len(str(refusal.value)) <= 120


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_whatever_a_beacon_sends_is_read_or_refused(data: bytes) -> None:
    try:
        beacon = parse_beacon(data, None, "it")
    except InputError:
        return
    known_from(beacon)
    look_up(beacon)


def test_files_are_bounded_and_need_to_be_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "large").write_bytes(b"x" * (300 << 10))
    (tmp_path / "binary").write_bytes(b"\x30\x82\x01" + bytes(200) + b"\xff")
    monkeypatch.chdir(tmp_path)
    for name in ("large", "binary", "none", "."):
        with pytest.raises(InputError) as refusal:
            get_beacon(name)
        assert len(str(refusal.value)) <= 120


def test_the_challenge_ends_with_the_value_and_gives_the_given_one_back(honest_result: Result) -> None:
    beacon = parsed(FIRST)
    challenge = with_beacon("Ana, 12 May", beacon)
    assert challenge == f"Ana, 12 May [drand {beacon.value}]"
    assert given_challenge(replace(honest_result, challenge=challenge, beacon=beacon)) == "Ana, 12 May"
    assert given_challenge(honest_result) == "prove it"
    with pytest.raises(InputError, match="shorten"):
        with_beacon("x" * 1000, beacon)


@pytest.fixture(scope="module")
def with_drand() -> Result:
    return measured("steady", seconds=2.0, challenge="prove it", beacon=parsed(FIRST))


def test_a_run_with_a_beacon_verifies_and_tells_what_to_look_up(with_drand: Result, tmp_path: Path) -> None:
    assert with_drand.challenge.endswith(ending(parsed(FIRST)))
    save(with_drand, tmp_path / "run.json")
    verdict, result = check_result(tmp_path / "run.json")
    assert verdict.ok
    assert result == load(tmp_path / "run.json") == with_drand
    (anchor,) = verdict.anchors
    assert (anchor.kind, anchor.time, anchor.trusted) == ("beacon", "2020-07-22T15:17:30Z", False)
    assert "look up" in anchor.sentence


def another_value(beacon: Beacon) -> Beacon:
    return replace(beacon, value="00" * 32)


def another_kind(beacon: Beacon) -> Beacon:
    return replace(beacon, kind="nist", published="2026-11-26T00:00:00Z")


def a_token_without_one(beacon: Beacon) -> Beacon:
    return replace(beacon, kind="token")


@pytest.mark.parametrize("change", [another_value, another_kind, a_token_without_one])
def test_a_beacon_that_the_challenge_does_not_hold_is_refused(
    change: Callable[[Beacon], Beacon], with_drand: Result
) -> None:
    assert with_drand.beacon is not None
    verdict, _ = check_result(replace(with_drand, beacon=change(with_drand.beacon)))
    assert not verdict.ok
    assert [check.code for check in verdict.checks if not check.ok] == ["anchor"]


def test_a_beacon_added_afterwards_is_refused(honest_result: Result) -> None:
    verdict, _ = check_result(replace(honest_result, beacon=parsed(FIRST)))
    assert not verdict.ok


def test_a_challenge_changed_to_hold_a_beacon_is_refused(honest_result: Result) -> None:
    beacon = parsed(FIRST)
    forged = replace(honest_result, beacon=beacon, challenge=with_beacon(honest_result.challenge, beacon))
    verdict, _ = check_result(forged)
    assert not verdict.ok
    # The anchor fits the challenge; the work does not.
    assert "anchor" not in [check.code for check in verdict.checks if not check.ok]


def twice_as_fast(entry: Measurement) -> Measurement:
    rounds = tuple(
        replace(each, samples=tuple(replace(one, seconds=one.seconds / 2) for one in each.samples))
        for each in entry.rounds
    )
    return refigured(replace(entry, rounds=rounds))


class TestBetweenTwoAnchors:
    @pytest.fixture
    def between(self, tsa: str, authority: Authority) -> Result:
        beacon = get_beacon(f"tsa:{tsa}")
        run = measured("steady", seconds=2.0, challenge="prove it", beacon=beacon)
        # The clock of the fake devices is virtual: two seconds of samples take a moment.
        return run

    def stamped(self, result: Result, tsa: str, authority: Authority) -> Result:
        return stamp_record(result, tsa, [authority.root])[0]

    def test_the_span_is_that_of_the_authority_s_clock(self, between: Result, tsa: str, authority: Authority) -> None:
        result = self.stamped(between, tsa, authority)
        verdict, _ = check_result(result, certificates=[authority.root])
        assert verdict.ok, [check for check in verdict.checks if not check.ok]
        assert [anchor.trusted for anchor in verdict.anchors] == [True, True]
        span = verdict.between
        assert span is not None
        assert span.trusted
        first, last = (
            datetime.fromisoformat(verdict.anchors[0].time or ""),
            datetime.fromisoformat(result.stamps[0].time),
        )
        # A second of accuracy at either end, always to the span's cost.
        assert span.seconds == (last - first).total_seconds() + 1
        assert datetime.fromisoformat(span.before) - datetime.fromisoformat(span.after) >= timedelta(
            seconds=span.seconds
        )

    def test_proven_work_over_that_time_is_the_rate_at_least(
        self, between: Result, tsa: str, authority: Authority
    ) -> None:
        verdict, _ = check_result(self.stamped(between, tsa, authority), certificates=[authority.root])
        assert verdict.between is not None
        (proven,), (floor,) = verdict.proven, verdict.rate_at_least
        assert (floor.device, floor.workload) == (proven.device, proven.workload)
        assert floor.rate == (proven.at_least or 0) / verdict.between.seconds
        # Whatever fails later (a part that is done again) takes that back, too.
        refused = verdict.with_checks([Check(code="audit", ok=False, sentence="not hashed")])
        assert (refused.ok, refused.between, refused.rate_at_least) == (False, None, ())
        # What the seconds say makes no difference to it.
        faster = replace(between, results=tuple(map(twice_as_fast, between.results)))
        again, _ = check_result(self.stamped(faster, tsa, authority), certificates=[authority.root])
        assert again.ok
        assert again.rate_at_least[0].rate <= floor.rate * 1.5

    def test_without_the_root_the_span_is_not_trusted(self, between: Result, tsa: str, authority: Authority) -> None:
        verdict, _ = check_result(self.stamped(between, tsa, authority))
        assert verdict.ok
        assert verdict.between is not None
        assert not verdict.between.trusted

    def test_samples_that_last_longer_than_the_span_are_refused(self, tsa: str, authority: Authority) -> None:
        # Minutes by the device's own clock, which take a second to make: less, however busy the machine is.
        beacon = get_beacon(f"tsa:{tsa}")
        run = measured("steady", rate_hs=1000.0, seconds=120.0, challenge="prove it", beacon=beacon)
        verdict, _ = check_result(self.stamped(run, tsa, authority), certificates=[authority.root])
        assert not verdict.ok
        assert verdict.between is None
        assert any("between beacon and time-stamp" in check.sentence for check in verdict.checks if not check.ok)

    def test_a_stamp_older_than_the_beacon_is_refused(self, tsa: str, authority: Authority) -> None:
        future = parsed(FIRST | {"round": 10_000_000})
        run = measured("steady", seconds=2.0, challenge="prove it", beacon=future)
        verdict, _ = check_result(self.stamped(run, tsa, authority), certificates=[authority.root])
        assert not verdict.ok
        assert any("older than the beacon" in check.sentence for check in verdict.checks)

    def test_a_beacon_that_is_to_be_looked_up_gives_a_span_on_that_condition(
        self, with_drand: Result, tsa: str, authority: Authority
    ) -> None:
        verdict, _ = check_result(self.stamped(with_drand, tsa, authority), certificates=[authority.root])
        assert verdict.ok
        assert verdict.between is not None
        assert not verdict.between.trusted
        assert verdict.between.after == "2020-07-22T15:17:30Z"

    def test_anchors_of_another_run_are_refused(
        self, between: Result, with_drand: Result, tsa: str, authority: Authority
    ) -> None:
        one, other = self.stamped(between, tsa, authority), self.stamped(with_drand, tsa, authority)
        for forged in (
            replace(one, stamps=other.stamps),
            replace(one, beacon=other.beacon),
            replace(other, beacon=one.beacon),
            replace(one, beacon=other.beacon, stamps=other.stamps),
        ):
            verdict, _ = check_result(forged, certificates=[authority.root])
            assert not verdict.ok
            assert verdict.between is None

    def test_a_token_in_a_file_is_a_beacon_too(self, authority: Authority, tmp_path: Path, between: Result) -> None:
        import base64

        assert between.beacon is not None
        whole = base64.b64decode(between.beacon.response_base64 or "")
        (tmp_path / "answer.tsr").write_bytes(whole)
        read = get_beacon(str(tmp_path / "answer.tsr"))
        assert read == replace(between.beacon, source=None)
        # The token alone, as some tools save it: the status before it is put there again.
        import rfc3161_client

        (tmp_path / "token.tst").write_bytes(rfc3161_client.decode_timestamp_response(whole).time_stamp_token())
        assert get_beacon(str(tmp_path / "token.tst")).published == between.beacon.published


def test_a_beacon_is_fetched_from_its_address(httpserver: HTTPServer) -> None:
    httpserver.expect_request(f"/{QUICKNET}/public/latest").respond_with_json({"round": 7, "signature": "ab" * 48})
    beacon = get_beacon(httpserver.url_for(f"/{QUICKNET}/public/latest"))
    assert (beacon.kind, beacon.round) == ("drand", "7")
    assert beacon.source == httpserver.url_for(f"/{QUICKNET}/public/latest")


def test_a_beacon_that_does_not_answer_ends_the_run_before_it_begins(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data(b"no", status=503)
    with pytest.raises(HashwattError, match="status 503"):
        api.run(beacon=httpserver.url_for("/"))


def test_an_unstamped_record_has_no_anchors(honest_result: Result) -> None:
    found = anchors_of(honest_result)
    assert (found.anchors, found.between) == ((), None)
    assert encode(honest_result)
