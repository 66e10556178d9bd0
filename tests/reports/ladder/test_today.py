"""Today is the last rung's newest two calendar years, and every device counts with what all its sources say."""

from __future__ import annotations

from hashwatt.reports.ladder.devices import LadderDevice, device_of
from hashwatt.reports.ladder.frontier import frontier_of
from hashwatt.reports.ladder.rungs import rungs_of, summary, today_of

from .test_progression import point


def miner(name: str, released: str, j_per_th: float, **changes: object) -> LadderDevice:
    return device_of([point(name, j_per_th, released, rung="asic", form="miner", **changes)])


def test_today_holds_the_newest_year_and_the_one_before() -> None:
    today = today_of([miner("a", "2023-12", 9.0), miner("b", "2024-01", 8.0), miner("c", "2025-06", 6.0)])
    assert today.rung == "asic"
    assert (today.first_year, today.last_year, today.devices) == (2024, 2025, 2)
    assert today.efficiency_j_per_th is not None
    assert today.efficiency_j_per_th.median == 7.0


def test_other_rungs_and_what_does_not_count_are_not_today() -> None:
    card = device_of([point("card", 1.0, "2026", form="card")])
    outlier = miner("odd", "2027", 0.1, outlier="overclocked")
    today = today_of([miner("a", "2025", 6.0), card, outlier])
    assert (today.last_year, today.devices) == (2025, 1)


def test_a_ladder_without_the_last_rung_has_no_today() -> None:
    today = today_of([device_of([point("card", 1.0, "2026", form="card")])])
    assert (today.first_year, today.last_year, today.devices) == (None, None, 0)
    assert today.efficiency_j_per_th is None


def test_the_last_rung_s_own_time_is_its_first_two_calendar_years() -> None:
    devices = [miner("a", "2013-01", 9.0), miner("b", "2014-12", 7.0), miner("c", "2015-01", 1.0)]
    last = rungs_of(devices)[-1]
    assert (last.first_year, last.last_year, last.devices) == (2013, 2014, 2)


def test_a_rung_ends_on_the_eve_of_the_last_rung_s_first_device() -> None:
    cards = [device_of([point(year, 100.0, year, form="card")]) for year in ("2011", "2012-12", "2013-01")]
    gpu = rungs_of([*cards, miner("a", "2013-05", 9.0)])[1]
    assert (gpu.first_year, gpu.last_year, gpu.devices) == (2011, 2012, 2)


def test_the_rate_is_the_median_of_those_that_sources_tell() -> None:
    found = device_of([point(hashrate_hs=1e8), point(hashrate_hs=None, source="b"), point(hashrate_hs=3e8, source="c")])
    assert found.rates == (1e8, 3e8)
    assert found.hashrate_hs == 2e8
    assert device_of([point(hashrate_hs=None)]).hashrate_hs is None


def test_power_scopes_are_counted_the_commonest_first_then_by_name() -> None:
    scopes = ["wall", "chip", "board", "wall", None]
    devices = [miner(str(index), "2025", 6.0, power_scope=scope) for index, scope in enumerate(scopes)]
    assert list(summary("asic", devices).scopes.items()) == [("wall", 2), ("board", 1), ("chip", 1), ("not said", 1)]


def test_of_one_date_only_the_best_is_the_best_so_far() -> None:
    line = frontier_of([miner("worse", "2025", 7.0), miner("best", "2025", 6.0), miner("later", "2026", 6.0)])
    assert [(best.device, best.j_per_th) for best in line] == [("best", 6.0)]
