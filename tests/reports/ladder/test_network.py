"""The network's history is whole, and a hashrate's place in it is what its difficulty says."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise

import pytest

from hashwatt.kernels.errors import InputError
from hashwatt.reports.ladder.network import block_a_month_until, epoch_at, epochs, parse_date, place_of, place_on


def test_every_2016th_block_is_there_with_its_day_and_source() -> None:
    assert epochs()[0].block_height == 0
    assert all(after.block_height - before.block_height == 2016 for before, after in pairwise(epochs()))
    assert all(epoch.source and epoch.url for epoch in epochs())
    assert epochs()[-1].date.year == 2026
    for epoch in epochs():
        assert datetime.fromtimestamp(epoch.block_time_unix, UTC).date() == epoch.date


def test_derived_times_are_marked_and_lie_between_those_of_headers() -> None:
    derived = [epoch for epoch in epochs() if epoch.time_origin == "derived"]
    assert len(derived) == 28
    assert all(epoch.date.year >= 2025 for epoch in derived)
    times = [epoch.block_time_unix for epoch in epochs()]
    # Early blocks' own clocks were off by hours, never by an epoch.
    assert times == sorted(times)


def test_a_derived_hashrate_is_what_the_times_around_it_say() -> None:
    checked = 0
    for epoch, following in pairwise(epochs()):
        if epoch.hashrate_origin == "derived":
            elapsed = following.block_time_unix - epoch.block_time_unix
            assert epoch.hashrate_hs == pytest.approx(epoch.difficulty * 2**32 * 2016 / elapsed, rel=0.005)
            checked += 1
    assert checked >= 30
    assert epochs()[-1].hashrate_origin is None


def test_difficulty_never_changes_more_than_fourfold() -> None:
    assert all(0.25 <= after.difficulty / before.difficulty <= 4 for before, after in pairwise(epochs()))


def test_the_observed_hashrate_fits_the_difficulty() -> None:
    for epoch in epochs():
        ideal = epoch.difficulty * 2**32 / 600
        assert 0.05 < epoch.hashrate_hs / ideal < 5


def test_at_difficulty_1_a_block_takes_two_to_the_32_hashes() -> None:
    place = place_of(2**32 / 600, epochs()[0])
    assert place.seconds_per_block == 600
    assert place.bitcoins_per_day == pytest.approx(144 * 50)


@pytest.mark.parametrize(
    ("day", "subsidy"), [("2012-11-01", 50), ("2013-01-01", 25), ("2017-01-01", 12.5), ("2021-01-01", 6.25)]
)
def test_the_subsidy_halves(day: str, subsidy: float) -> None:
    assert epoch_at(parse_date(day)).subsidy == subsidy


def test_a_share_is_of_the_observed_hashrate_on_that_day() -> None:
    place = place_on(1e18, date(2017, 12, 31))
    assert place.date == date(2017, 12, 31)
    assert place.share == pytest.approx(1 / 13.8193, rel=1e-4)


def test_a_device_earned_its_place_until_a_block_took_longer_than_a_month() -> None:
    until = block_a_month_until(30e6)
    assert until == date(2011, 1, 15)
    assert place_on(30e6, date(2011, 1, 14)).seconds_per_block <= 30 * 86_400
    assert place_on(30e6, until).seconds_per_block > 30 * 86_400


def test_a_pocket_calculator_never_earned_its_place() -> None:
    assert block_a_month_until(100) is None


def test_the_whole_network_still_earns_it() -> None:
    assert block_a_month_until(1e21) == epochs()[-1].date


@pytest.mark.parametrize("day", ["2008-12-31", "2050-01-01"])
def test_a_day_outside_the_data_is_refused_with_the_days_that_are_there(day: str) -> None:
    with pytest.raises(InputError, match="give a date from 2009-01-03 to 2026-06-14"):
        epoch_at(parse_date(day))


@pytest.mark.parametrize("text", ["", "yesterday", "2013-02-30", "30.6.2013"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="write it as 2013-06-30"):
        parse_date(text)
