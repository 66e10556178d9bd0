"""Energy in the run's table: which figure speaks, how an estimate is drawn, what stands below."""

from __future__ import annotations

from dataclasses import replace

from msgspec.structs import replace as with_fields

from hashwatt.bench.energy.joules.coverage import Attribution
from hashwatt.bench.energy.joules.efficiency import efficiency
from hashwatt.bench.energy.joules.readings import Window
from hashwatt.bench.energy.joules.record import energy_record, missing_record
from hashwatt.bench.energy.meter import Counter, Coverage, MeterInfo
from hashwatt.bench.result.energy import Energy
from hashwatt.bench.result.measurement import Measurement
from hashwatt.reports.run.energy import energy_lines
from hashwatt.reports.run.table import energy_cell, run_warnings
from tests.bench.energy.readings import counted, seconds

from ..samples import measured, result

PACKAGE = MeterInfo(
    id="rapl:package",
    name="packages",
    scope="package",
    coverage=Coverage("processor"),
    update_s=0.0,
    bound_source="us",
    counters=(Counter("package-0", 10.0, 1000.0),),
)


def energy(info: MeterInfo = PACKAGE, power_w: float = 51.2, covers: str = "the device") -> Energy:
    readings = [counted(at_s, power_w * at_s) for at_s in seconds(0, 40)]
    about = Attribution(covers, "counts it")  # type: ignore[arg-type]
    record = energy_record(info, readings, Window(0.0, 40.0), about)
    rate = measured().rate
    assert rate is not None
    return with_fields(record, efficiency=efficiency(record, rate, round(rate.value * 40.0), 40.0))


def device(*records: Energy) -> Measurement:
    return with_fields(measured(), energy=records)


def test_the_cell_has_j_per_th_its_bounds_and_its_scope() -> None:
    # 51.2 W at 25.6 MH/s.
    assert energy_cell(device(energy())) == "2,000,000 J/TH\n1,990,000–2,010,000\npackage"


def test_an_estimate_is_drawn_differently() -> None:
    cell = energy_cell(device(energy(replace(PACKAGE, estimated=True))))
    assert cell.startswith("~2,000,000 J/TH\n")
    assert cell.endswith("package, estimated")


def test_of_several_scopes_the_nearest_speaks_and_none_is_added() -> None:
    wall = replace(PACKAGE, id="shelly://plug", scope="wall")
    entry = device(energy(wall, 100.0, "the device and more"), energy())
    assert energy_cell(entry) == energy_cell(device(energy()))
    lines = energy_lines(result(entry))
    assert [line.split(": ")[0] for line in lines] == ["cpu  shelly://plug", "cpu  rapl:package"]
    assert "4.000 kJ" in lines[0]
    assert "cpu's and more" in lines[0]
    assert "2.048 kJ" in lines[1]


def test_what_is_not_the_device_s_has_no_efficiency() -> None:
    entry = device(energy(covers="not the device"))
    assert energy_cell(entry) == "–"
    assert "not cpu's own" in energy_lines(result(entry))[0]


def test_the_cost_of_reading_is_stated() -> None:
    assert "reading it took 0.00% of one CPU" in energy_lines(result(device(energy())))[0]


def test_without_a_meter_the_reason_is_said_once_for_all_devices() -> None:
    nothing = missing_record("no energy source (rapl: a virtual machine). What would help: the host")
    run = result(with_fields(measured("cpu"), energy=(nothing,)), with_fields(measured("opencl:0"), energy=(nothing,)))
    notes = [note for note in run_warnings(run) if "no energy source" in note]
    assert len(notes) == 1
    assert notes[0].startswith("cpu, opencl:0: energy unknown: no energy source")
    assert energy_lines(run) == []
