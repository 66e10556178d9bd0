"""Miners that a pool measured, and live ones that were only asked: on the ladder, each with whose word its rate is."""

from __future__ import annotations

from functools import cache

import pytest

from hashwatt.reports.collect.gather import Collection, gather_results
from hashwatt.reports.document.report import report_on
from hashwatt.reports.ladder.own import own_points
from hashwatt.reports.ladder.progression import progression
from hashwatt.reports.layout.headline import headline
from hashwatt.reports.layout.ladder_figures import ladder_summary
from hashwatt.reports.layout.ladder_tables import own_table

from ..factory import with_energy
from ..served import reported, served, served_result


@cache
def collected() -> Collection:
    """A miner that was measured with a plug beside it, and what it says of itself; the claim is the higher one."""
    measured = with_energy(served(), 4.2e6, scope="wall", meter="shelly")
    return gather_results([served_result(measured, reported(20e6))])


def test_a_served_miner_stands_on_its_rung_with_its_proven_rate_and_its_joules() -> None:
    points = {point.label: point for point in own_points(collected())}
    proven = points["Served 1"]
    assert (proven.rung, proven.origin, proven.energy_origin) == ("asic", "measured", "measured")
    assert proven.hashrate_hs == pytest.approx(served().amount / 6.0)
    assert proven.efficiency_j_per_th == pytest.approx(4.2e6)
    assert proven.power_scope == "wall"
    assert proven.word == "by 194 shares, timed by a server"
    claimed = points["Rig 1"]
    assert (claimed.rung, claimed.origin, claimed.efficiency_j_per_th) == ("asic", "reported", None)
    assert claimed.word == "the device's own word"


def test_it_moves_no_rung() -> None:
    ladder, without = progression(own_points(collected())), progression()
    assert len(ladder.own) == 2
    assert (ladder.rungs, ladder.frontier, ladder.devices) == (without.rungs, without.frontier, without.devices)


def test_tables_and_scripts_are_told_whose_word_it_is() -> None:
    report = report_on(collected())
    cells = {row[0]: row[2] for row in own_table(report).rows}
    assert "● measured\nby 194 shares, timed by a server" in cells["Served 1"]
    assert "■ reported\nthe device's own word" in cells["Rig 1"]
    words = {record["device"]: record["word"] for record in ladder_summary(report)["own"]}
    assert words == {"Served 1": "by 194 shares, timed by a server", "Rig 1": "the device's own word"}


def test_a_claim_is_not_ranked_before_a_proof() -> None:
    (ranking,) = collected().rankings
    assert [group.is_own_word for group in ranking.groups] == [False, True]
    first, *rest = headline(collected())
    assert first.startswith("Served 1 reaches")
    assert "Rig 1 says 20.00 MH/s of itself (reported): not ranked." in rest
    assert "1 measurement not proven: all of it is the device's own word." in rest
    (alone, *_) = headline(gather_results([served_result(reported(20e6))]))
    assert alone.startswith("Rig 1 reaches 20.00 MH/s (reported")
