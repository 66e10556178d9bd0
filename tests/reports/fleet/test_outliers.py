"""Slow machines among equal ones are found, with what else is unlike them, and equal ones are left in peace."""

from __future__ import annotations

from functools import cache

import pytest
from msgspec.structs import replace

from hashwatt.bench.api import verify
from hashwatt.reports.collect.gather import Entry, gather_results
from hashwatt.reports.compare.rates import between_runs
from hashwatt.reports.document.report import report_on
from hashwatt.reports.fleet import causes
from hashwatt.reports.fleet import outliers as outlying
from hashwatt.reports.fleet.causes import NOTHING_SEEN, likely_causes
from hashwatt.reports.fleet.outliers import LIMITS, Outlier, deviations, limit_for, outliers, twins_of, unsure
from hashwatt.reports.layout.fleet_tables import fleet_parts, fleet_sentences, machine_table
from tests.simulations import fleet as simulated
from tests.simulations.outliers import false_alarms

MACHINES = 60


@cache
def a_fleet() -> simulated.Simulated:
    """Sixty machines, of which a few are slow."""
    return simulated.simulated_fleet(MACHINES, shares=300, seed=11)


@cache
def found() -> list[Outlier]:
    return outliers(gather_results([a_fleet().result]).groups)


def test_the_simulated_fleet_verifies_as_a_real_one_does() -> None:
    assert verify(a_fleet().result).ok
    assert len(a_fleet().planted) >= 3


def test_planted_slow_machines_are_found_and_no_others() -> None:
    named = {outlier.group.key.machine_id for outlier in found() if outlier.is_slow}
    assert named == a_fleet().planted.keys()


WORDS = {
    "clock": "its clock",
    "throttled": "throttled",
    "driver": "its driver",
    "load": "other programs kept",
    "cores": "it may use",
    "memory": "GiB of memory",
}


def test_what_is_unlike_the_twins_is_named_as_the_likely_cause() -> None:
    for outlier in found():
        kind = a_fleet().planted[outlier.group.key.machine_id].kind
        causes = likely_causes(outlier)
        assert causes[0].startswith(WORDS[kind]) or WORDS[kind] in causes[0], (kind, causes)


def test_where_nothing_is_unlike_that_is_said() -> None:
    twin = found()[0]
    ordinary = next(other for other in twin.twins if other.key.machine_id not in a_fleet().planted)
    assert likely_causes(Outlier(group=ordinary, ratio=0.5, twins=twin.twins)) == (NOTHING_SEEN,)


def test_a_report_has_machines_as_rows_the_slowest_first() -> None:
    report = report_on(gather_results([a_fleet().result]))
    table = machine_table(report)
    assert len(table.rows) == 2 * MACHINES
    slow = [row for row in table.rows if "(slow)" in row[3]]
    assert len(slow) == len(a_fleet().planted)
    assert table.rows[: len(slow)] == tuple(slow)
    assert [heading for heading, _ in fleet_parts(report)] == [
        "All machines together", "Unlike their twins", "Machine by machine",
    ]  # fmt: skip
    told = fleet_sentences(report.collection)
    assert told[0].startswith("All 60 machines, sha256d: ")
    assert any(sentence.startswith("Unlike its twins: node") for sentence in told)


def test_workers_of_a_trial_are_no_twins() -> None:
    fleet = a_fleet().result.fleet
    assert fleet is not None
    trial = replace(a_fleet().result, fleet=replace(fleet, trial=True))
    collection = gather_results([trial])
    assert twins_of(collection.groups) == []
    assert outliers(collection.groups) == []
    assert not any(heading == "All machines together" for heading, _ in fleet_parts(report_on(collection)))


def test_below_three_nobody_can_tell_which_is_off() -> None:
    assert not any(deviation.unlike or deviation.unsure for deviation in deviations([1.0, 0.5], [0.001, 0.5]))
    assert deviations([]) == []


def test_a_slow_twin_of_three_is_told_and_a_little_slower_one_is_not() -> None:
    assert [deviation.unlike for deviation in deviations([1.0, 1.01, 0.7])] == [False, False, True]
    assert not any(deviation.unlike for deviation in deviations([1.0, 1.01, 0.97]))


def test_half_of_them_being_slow_is_no_outlier() -> None:
    assert not any(deviation.unlike for deviation in deviations([1.0] * 5 + [0.7] * 5))


def test_a_tenth_is_told_of_a_quiet_machine_and_not_of_a_restless_one_among_quiet_ones() -> None:
    rates, quiet = [1.0 + 0.001 * number for number in range(20)] + [0.9], [0.005] * 20
    assert [deviation.unlike for deviation in deviations(rates, [*quiet, 0.005])] == [False] * 20 + [True]
    restless = deviations(rates, [*quiet, 0.05])
    assert not any(deviation.unlike for deviation in restless)
    assert [deviation.unsure for deviation in restless] == [False] * 20 + [True]
    # Where all are as restless, that is how they scatter, and it is in the rule already.
    assert deviations(rates, [0.05] * 21)[-1].unlike


def test_a_machine_of_which_nobody_can_tell_is_marked_and_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = simulated.simulated_fleet(MACHINES, 300, 6, restless=0.0, left=simulated.LITTLE_OFF)
    collection = gather_results([quiet.result])
    slowest = outliers(collection.groups)[0].group
    assert slowest.key.machine_id in quiet.planted
    real = outlying.own_scatter
    monkeypatch.setattr(outlying, "own_scatter", lambda rate: 0.2 if rate == slowest.newest.rate else real(rate))
    assert unsure(collection.groups) == [slowest]
    assert slowest not in [outlier.group for outlier in outliers(collection.groups)]
    marked = [row for row in machine_table(report_on(collection)).rows if row[3].endswith("(cannot tell: restless)")]
    assert [row[0].split("\n")[1] for row in marked] == [slowest.key.machine_id]


def test_what_many_twins_tell_is_read_once_for_all_that_are_unlike_them(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def counted(entry: Entry) -> float | None:
        read.append(entry.device.machine)
        return None

    monkeypatch.setattr(causes, "_cpus_of", counted)
    twins = found()[0].twins
    for group in twins[:5]:
        likely_causes(Outlier(group=group, ratio=0.5, twins=twins))
    assert len(read) <= len(twins) + 5


@pytest.mark.parametrize("twins", [3, 7, 50])
def test_equal_machines_are_rarely_named(twins: int) -> None:
    assert false_alarms(twins, limit_for(twins)) < 0.006


def test_the_prior_is_the_one_that_comparisons_of_runs_have() -> None:
    assert (outlying.PRIOR, outlying.PRIOR_FREEDOM) == (between_runs.PRIOR, between_runs.PRIOR_FREEDOM)


def test_limits_fall_with_the_number_of_twins() -> None:
    assert sorted(LIMITS) == list(LIMITS)
    assert sorted((limit for _, limit in LIMITS), reverse=True) == [limit for _, limit in LIMITS]


# Making a thousand machines takes a minute on a busy machine.
@pytest.mark.slow
def test_of_a_thousand_machines_the_planted_are_found_and_at_most_one_in_a_hundred_others() -> None:
    made = simulated.simulated_fleet(1000, shares=300, seed=2)
    slow, _ = simulated.named(made.result)
    assert made.planted.keys() <= slow
    assert len(slow - made.planted.keys()) <= (1000 - len(made.planted)) // 100
