"""What each firmware says, and that nothing else than reading is ever asked."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashwatt.bench.asic import reading
from hashwatt.bench.asic.dialects import number_of, rows
from hashwatt.bench.asic.fetch import NoAnswer
from hashwatt.bench.asic.measure import Watched, reported_measurement, watch
from hashwatt.bench.asic.reading import Place, Reading, read
from hashwatt.bench.progress import NoProgress
from hashwatt.bench.verification.checks import check_measurement
from hashwatt.kernels.errors import InputError

from . import replies
from .replies import Replies

# What the firmwares' documents call reading; none of these changes anything.
READ_COMMANDS = {"version", "summary", "devs", "power", "tunerstatus", "estats", "stats"}


def answering(known: Replies, asked: list[str] | None = None) -> reading.Ask:
    def ask(host: str, port: int, what: str, deadline_s: float) -> object:
        if asked is not None:
            asked.append(what)
        if what not in known:
            raise NoAnswer(f"{host}:{port} knows no {what}")
        return known[what]

    return ask


def reading_of(known: Replies, scheme: str = "asic") -> Reading:
    ask = answering(known)
    return read(Place(scheme, "rig", None), ask, ask)


@pytest.mark.parametrize(
    ("name", "firmware", "rate_hs", "average_s", "power"),
    [
        ("CGMINER", "cgminer", 9.1e12, 5, None),
        ("ANTMINER", "antminer", 110.56689e12, 5, None),
        ("BRAIINS", "braiins", 90e12, 5, (3100.0, "estimated")),
        ("LUXOS", "luxos", 59.75606e12, 5, (1051.0, "estimated")),
        ("WHATSMINER", "whatsminer", 100e12, 60, (3386.0, "reported")),
        ("AVALON", "avalon", 44_539_601.86e6, 37_714, (1674.0, "reported")),
        ("BFGMINER", "bfgminer", 422e3, 20, None),
        ("AURADINE", "auradine", 205e12, 5, None),
        ("AXEOS", "axeos", 1190.25e9, 60, (17.9, "estimated")),
        ("EPIC", "epic", 67e12, None, (2166.6, "reported")),
        ("VNISH", "vnish", 80e12, 5, (2500.0, "estimated")),
    ],
)
def test_a_firmwares_own_figures(
    name: str, firmware: str, rate_hs: float, average_s: float | None, power: tuple[float, str] | None
) -> None:
    seen = reading_of(getattr(replies, name))
    assert seen.firmware == firmware
    assert seen.rate is not None
    assert seen.rate.rate_hs == pytest.approx(rate_hs)
    assert seen.rate.average_s == average_s
    told = None if seen.power is None else (seen.power.watts, seen.power.origin)
    assert told == power
    # Power that a firmware works out is never shown as measured.
    assert seen.power is None or seen.power.origin in ("reported", "estimated")


def test_a_rate_since_the_start_is_averaged_over_the_uptime() -> None:
    seen = reading_of(replies.CGMINER)
    assert {rate.name: rate.average_s for rate in seen.rates} == {"MHS 5s": 5, "MHS av": 1000}
    assert seen.uptime_s == 1000
    # The second board's 0 is a sensor that is not there.
    assert seen.temperatures_c == (61.5,)


def test_a_zero_beside_a_rate_of_this_moment_tells_nothing() -> None:
    seen = reading_of(replies.AVALON)
    assert {rate.name for rate in seen.rates} == {"MHS av", "GHSspd", "GHSavg"}


def test_a_zero_of_a_miner_that_stands_still_stays() -> None:
    stopped = {"STATS": [{"MM ID0": "Ver[Q] WALLPOWER[35] GHSspd[0.0] GHSavg[44539.6] GHSmm[90000.0]"}]}
    seen = reading_of({**replies.AVALON, "estats": stopped})
    assert seen.rate is not None
    assert (seen.rate.name, seen.rate.rate_hs) == ("MHS 5s", 0.0)


def test_the_rate_that_a_controller_expects_is_no_rate() -> None:
    expected = {"STATS": [{"MM ID0": "Ver[Q] GHSmm[90000.0]"}]}
    seen = reading_of({**replies.AVALON, "estats": expected})
    assert {rate.name for rate in seen.rates} == {"MHS 5s", "MHS av"}


def test_a_supply_that_measures_is_told_from_one_that_is_reckoned() -> None:
    measured = {**replies.LUXOS, "power": {"POWER": [{"PSU": True, "Watts": 1051}]}}
    told = reading_of(measured).power
    assert told is not None
    assert told.origin == "reported"


def test_only_reading_is_ever_asked() -> None:
    asked: list[str] = []
    for name in ("CGMINER", "ANTMINER", "BRAIINS", "LUXOS", "WHATSMINER", "AVALON", "VNISH"):
        ask = answering(getattr(replies, name), asked)
        read(Place("asic", "rig", None), ask, ask)
    assert {what for what in asked if not what.startswith("/")} <= READ_COMMANDS
    assert {row.ask for row in rows() if row.transport == "api"} <= READ_COMMANDS
    assert all(row.ask.startswith("/") for row in rows() if row.transport.startswith("http"))


def test_every_row_says_where_its_name_is_from() -> None:
    assert len({row.dialect for row in rows()}) >= 7
    for row in rows():
        assert len(row.source) > 10, row
        assert row.origin in ("reported", "estimated", "power-supply"), row


@pytest.mark.parametrize(
    "broken",
    [
        {"version": [], "summary": []},
        {"version": {"VERSION": "x"}, "summary": {"SUMMARY": []}},
        {"version": {"VERSION": [5]}, "summary": {"SUMMARY": [{"MHS av": "many"}]}},
        {"version": None, "summary": {"SUMMARY": {"MHS av": 5}}},
        {"version": {}, "summary": {"SUMMARY": [{"MHS av": -5, "MHS 5s": True}]}},
        {"version": {}, "summary": {"SUMMARY": [{"MHS av": 1e300}]}},
        {"/api/system/info": {"hashRate": "NaN"}},
        {"/api/system/info": []},
        {"/summary": {"HBs": "none"}},
        {},
    ],
)
def test_replies_that_tell_nothing_are_told_in_a_sentence(broken: Replies) -> None:
    with pytest.raises(NoAnswer) as caught:
        reading_of(broken)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5.0), ("58.94W", 58.94), (" 12 ", 12.0), ("-3 °C", -3.0), (True, None), (math.nan, None), (math.inf, None),
        ("1e5", None), ("", None), ("W", None), (None, None), ([1], None), ("1 2", None), ("9" * 400, None),
        (10**400, None),
    ],
)  # fmt: skip
def test_numbers(value: object, number: float | None) -> None:
    assert number_of(value) == number


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers(-(10**30), 10**30) | st.just(10**400) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["SUMMARY", "VERSION", "MHS av", "MHS 5s", "Elapsed", "POWER", "Watts", "x"]), inner
        )
    ),
    max_leaves=20,
)


@given(JSON, JSON, JSON)
def test_whatever_a_host_answers_is_a_reading_or_a_sentence(version: object, summary: object, power: object) -> None:
    ask = answering({"version": version, "summary": summary, "power": power, "devs": power, "/summary": summary})
    try:
        seen = read(Place("asic", "rig", None), ask, ask)
    except NoAnswer:
        return
    assert all(0 <= rate.rate_hs <= 1e18 for rate in seen.rates)
    assert all(-50 <= temperature <= 150 for temperature in seen.temperatures_c)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("asic:192.168.1.40", Place("asic", "192.168.1.40", None)),
        ("192.168.1.40", Place("asic", "192.168.1.40", None)),
        ("rig.lan:4029", Place("asic", "rig.lan", 4029)),
        ("cgminer://rig:4028", Place("cgminer", "rig", 4028)),
        ("axeos://[fe80::1]:80", Place("axeos", "fe80::1", 80)),
    ],
)
def test_places(text: str, place: Place) -> None:
    assert Place.of_text(text) == place


@pytest.mark.parametrize("text", ["", "asic:", "cgminer://", "axeos://x/y", "asic:x:99999", "user@x"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is no miner"):
        Place.of_text(text)


def test_a_watched_miner_is_reported_and_never_measured() -> None:
    seen = watch(Place("asic", "rig", None), 0.2, NoProgress(), lambda place: reading_of(replies.AXEOS))
    entry = reported_measurement(seen, "0" * 16)
    assert entry.rate is not None
    assert entry.rate.origin == "reported"
    assert entry.rate.low is None
    assert entry.energy[0].gross_j is None
    assert entry.energy[0].reason is not None
    assert "17.9 W (estimated" in entry.energy[0].reason
    assert [check.ok for check in check_measurement(entry, "c", "0" * 32).checks] == [True]


def test_a_reported_rate_that_is_called_measured_is_refused() -> None:
    from msgspec.structs import replace

    entry = reported_measurement(Watched(Place("asic", "r", None), (reading_of(replies.AXEOS),), 1.0), "0" * 16)
    assert entry.rate is not None
    for other in (
        replace(entry, rate=replace(entry.rate, origin="measured")),
        replace(entry, rate=replace(entry.rate, low=1.0, high=2.0)),
        replace(entry, amount=10**15, seconds=1.0),
    ):
        assert not all(check.ok for check in check_measurement(other, "c", "0" * 32).checks)


def test_a_miner_that_starts_anew_or_stands_still_is_named() -> None:
    first, later = reading_of(replies.AXEOS), reading_of(replies.CGMINER)
    moved = Watched(Place("asic", "r", None), (first, later), 10.0)
    assert [warning.code for warning in reported_measurement(moved, "0" * 16).warnings] == ["restarted"]
    still = Watched(Place("asic", "r", None), (first, first, first), 10.0)
    assert [warning.code for warning in reported_measurement(still, "0" * 16).warnings] == ["stood_still"]


def test_a_miner_that_does_no_work_has_no_rate() -> None:
    idle = {**replies.CGMINER, "summary": replies.summary(**{"Elapsed": 9, "MHS av": 0.0, "MHS 5s": 0.0})}
    entry = reported_measurement(Watched(Place("asic", "r", None), (reading_of(idle),), 1.0), "0" * 16)
    assert (entry.status, entry.rate, entry.evidence) == ("failed", None, None)
