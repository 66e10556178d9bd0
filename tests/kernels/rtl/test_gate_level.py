"""The synthesised core, cell by cell: it still computes SHA-256d, and its timing is what OpenSTA says."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hashwatt.kernels.rtl.asic.installed import HOW_TO_GET_ONE, find_liberty
from hashwatt.kernels.rtl.asic.timing import Conditions
from hashwatt.kernels.rtl.shape import Shape

from .priced import tiny_silicon
from .toys import TINY

if TYPE_CHECKING:
    from hashwatt.kernels.rtl.asic.flow import Silicon

pytestmark = pytest.mark.usefixtures("amaranth")

OPENSTA_WITHIN = 0.02


@pytest.fixture(scope="module", params=["tiny", "installed"])
def liberty(request: pytest.FixtureRequest) -> Path:
    if request.param == "tiny":
        return TINY
    found = find_liberty()
    if found is None:
        pytest.skip(f"no Liberty file is installed here; {HOW_TO_GET_ONE}")
    return found


@pytest.fixture(scope="module")
def silicon(liberty: Path, amaranth: None) -> Silicon:
    from hashwatt.kernels.rtl.asic.flow import price

    # Every result is held against hashlib on the way; one that differs is an error.
    return tiny_silicon() if liberty == TINY else price(Shape(1), [liberty], Conditions())


def test_the_netlist_finds_the_genesis_nonce_and_hashes_like_hashlib(silicon: Silicon) -> None:
    assert silicon.hashes_simulated >= 6


def test_the_figures_belong_together(silicon: Silicon) -> None:
    assert silicon.clocks_per_hash == 61
    assert silicon.hashrate_hs == pytest.approx(silicon.clock_hz / 61)
    energy = silicon.energy
    parts = (energy.clock_j, energy.flops_j, energy.logic_j, energy.glitches_j, energy.leakage_j)
    assert all(part > 0 for part in parts)
    assert energy.total_j == pytest.approx(sum(parts))
    assert silicon.efficiency_j_per_th == pytest.approx(energy.total_j * 1e12)
    assert silicon.power_w == pytest.approx(silicon.heat_w_per_mm2 * silicon.area_um2 * 1e-6)


def test_every_cell_is_the_library_s(silicon: Silicon) -> None:
    assert sum(silicon.cells_by_name.values()) == silicon.cells
    assert 0 < silicon.flip_flops < silicon.cells


def test_the_clock_period_is_opensta_s_within_two_percent(liberty: Path, silicon: Silicon, tmp_path: Path) -> None:
    tool = shutil.which("sta")
    if tool is None:
        pytest.skip("OpenSTA is not installed; Debian's package opensta has it")
    if liberty == TINY:
        pytest.skip("OpenSTA finds no paths through cells with tables as small as the invented library's")
    assert silicon.clock_hz == pytest.approx(1 / opensta_period_s(tool, liberty, tmp_path), rel=OPENSTA_WITHIN)


def opensta_period_s(tool: str, liberty: Path, folder: Path) -> float:
    """The shortest clock period of the one-stage core by OpenSTA, for the conditions that `Conditions()` states."""
    from hashwatt.kernels.rtl.asic.synthesis import synthesise
    from hashwatt.kernels.rtl.emit import TOP, rtlil

    netlist = synthesise(rtlil(Shape(1)), [liberty])
    slack_at_ns = 1000.0
    (folder / "time.tcl").write_text(
        f"""
read_liberty {liberty}
read_verilog {netlist / "netlist.v"}
link_design {TOP}
create_clock -name clk -period {slack_at_ns} [get_ports clk]
set_clock_transition 0.05 [get_clocks clk]
set_input_transition 0.05 [all_inputs]
set_input_delay 0 -clock clk [all_inputs]
report_checks -path_delay max -digits 6
""",
        encoding="utf-8",
    )
    ran = subprocess.run([tool, "-exit", "time.tcl"], cwd=folder, capture_output=True, text=True, check=True)
    (slack,) = (line.split()[0] for line in ran.stdout.splitlines() if line.strip().endswith("slack (MET)"))
    return (slack_at_ns - float(slack)) * 1e-9
