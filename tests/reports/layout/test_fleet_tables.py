"""What is said of several machines names which ones, and holds no machine against itself."""

from __future__ import annotations

from msgspec.structs import replace

from hashwatt.bench.result.fleet import FleetRecord, Lost
from hashwatt.reports.collect.gather import gather_results
from hashwatt.reports.document.report import report_on
from hashwatt.reports.layout.fleet_tables import NO_TWIN, fleet_sentences, machine_table

from ..factory import fleet, machine, on_machine, result, verified


def test_a_sum_beside_other_results_names_its_run() -> None:
    alone, other = fleet(2), result(verified(run=9), run=9)
    assert fleet_sentences(gather_results([alone]))[0].startswith("All 2 machines, sha256d: ")
    told = fleet_sentences(gather_results([alone, other]))
    assert told[0].startswith(f"All 2 machines of run {alone.run_id[:8]}, sha256d: ")


def test_a_machine_without_a_twin_is_not_held_against_itself() -> None:
    ids = ("a" * 16, "b" * 16, "c" * 16)
    models = ("Equal", "Equal", "Other")
    made = result(
        *(on_machine(verified(name=name), one) for one, name in zip(ids, models, strict=True)),
        machines=tuple(machine(id=one, cpu_model=name) for one, name in zip(ids, models, strict=True)),
    )
    shares = {row[1].split("\n")[0]: row[3] for row in machine_table(report_on(gather_results([made]))).rows}
    assert NO_TWIN in shares.values()
    assert sum("%" in share for share in shares.values()) == len(shares) - 1


def test_one_lost_machine_is_one() -> None:
    lost = Lost(machine=None, name="a", address="tcp://a:1", reason="gone")
    record = FleetRecord(trial=False, together=False, spread_s=None, members=(), lost=(lost,))
    told = fleet_sentences(gather_results([replace(fleet(2), fleet=record)]))
    assert "1 machine was lost; the reasons stand below." in told
