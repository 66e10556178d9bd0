"""Timing and energy of circuits of a few cells, against what a pencil says.

The values are those of `tiny.lib`: 2 V, so ½V² is 2 pJ for each pF.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from hashwatt.kernels.rtl.asic.activity import Activity, GateSimulator
from hashwatt.kernels.rtl.asic.costs import Costs, costs_of
from hashwatt.kernels.rtl.asic.netlist import Netlist
from hashwatt.kernels.rtl.asic.tables import wire
from hashwatt.kernels.rtl.asic.timing import Conditions, Timing, time_netlist

from .toys import TOGGLE, Cells, N, Q, Y, netlist_of, tiny

PS, PJ, UW = 1e-12, 1e-12, 1e-6
GLITCHING: Cells = {**TOGGLE, "u2": ("XOR2", {"A": Q, "B": N, "Y": Y})}


def timed(netlist: Netlist, conditions: Conditions | None = None) -> tuple[Timing, Costs, GateSimulator]:
    conditions = conditions or Conditions()
    wiring = wire(netlist, conditions.wire_f_per_fanout)
    timing = time_netlist(netlist, wiring, conditions)
    costs = costs_of(netlist, tiny(), wiring, timing, conditions)
    return timing, costs, GateSimulator(netlist, wiring, timing, costs)


def two_clocks(simulator: GateSimulator) -> Activity:
    """Q rises and falls once."""
    simulator.clock()
    simulator.clock()
    simulator.start_measuring()
    simulator.clock()
    simulator.clock()
    return simulator.activity()


def test_the_clock_period_of_a_toggling_flip_flop(tmp_path: Path) -> None:
    timing, _, _ = timed(netlist_of(GLITCHING, tmp_path))
    # Q is loaded with 0.01 + 0.02 pF: it rises 0.7 ns after the clock and falls 0.8 ns after it.
    # N is loaded with 0.04 + 0.02 pF: 0.9 ns later it falls or rises. Setup: 0.6 and 0.5 ns.
    assert timing.arrival_s[Q].tolist() == pytest.approx([700 * PS, 800 * PS])
    assert timing.arrival_s[N].tolist() == pytest.approx([1700 * PS, 1600 * PS])
    assert timing.period_s == pytest.approx(2200 * PS)
    assert timing.worst == "f"


def test_a_wire_load_for_each_pin_reached_slows_the_circuit(tmp_path: Path) -> None:
    timing, _, _ = timed(netlist_of(GLITCHING, tmp_path), Conditions(wire_f_per_fanout=5e-15))
    # Two pins on Q and two on N: 0.01 pF more on each, 0.1 ns more for each.
    assert timing.period_s == pytest.approx(2400 * PS)


def test_the_energy_of_a_toggling_flip_flop(tmp_path: Path) -> None:
    _, costs, simulator = timed(netlist_of(TOGGLE, tmp_path))
    activity = two_clocks(simulator)
    # Clock pin, each clock: 0.25 + 0.15 inside, 0.03 pF × 4 V².
    assert activity.clock_j == pytest.approx(2 * 0.52 * PJ)
    # Q: 0.6 + 0.5 inside, 0.01 pF × 2 pJ/pF for each of two edges.
    assert activity.flops_j == pytest.approx((1.1 + 2 * 0.02) * PJ)
    # N: 0.03 + 0.05 in the inverter, 0.04 pF × 2 pJ/pF twice, and 0.01 + 0.02 in the flip-flop's input.
    assert activity.logic_j == pytest.approx((0.08 + 2 * 0.08 + 0.03) * PJ)
    assert (activity.glitches_j, activity.glitches, activity.transitions) == (0, 0, 2)
    assert costs.leakage_w == pytest.approx(2.5 * UW)


def test_a_glitch_is_told_from_useful_work_and_costs_what_its_transitions_cost(tmp_path: Path) -> None:
    _, _, simulator = timed(netlist_of(GLITCHING, tmp_path, {"y": Y}))
    assert simulator.get("y") == 1
    activity = two_clocks(simulator)
    # Y is 1 whenever all is quiet. Each time Q changes, input A takes Y down (0.1), and 0.9 ns later
    # input B takes it up again (0.4): two transitions a clock, and none of them useful.
    assert activity.glitches_j == pytest.approx(2 * 0.5 * PJ)
    assert (activity.glitches, activity.transitions) == (4, 6)
    assert activity.logic_j == pytest.approx((0.08 + 2 * 0.12 + 0.03) * PJ)
    assert simulator.get("y") == 1


def test_a_pulse_shorter_than_a_gate_s_delay_does_not_come_through(tmp_path: Path) -> None:
    # A NAND that drives 90 inverters takes 9 ns; the pulse at its inputs lasts 0.9 ns and a little.
    heavy: Cells = {**TOGGLE, "u2": ("NAND2", {"A": Q, "B": N, "Y": Y})}
    heavy |= {f"load{index}": ("INV", {"A": Y, "Y": 10 + index}) for index in range(90)}
    light: Cells = {**TOGGLE, "u2": ("NAND2", {"A": Q, "B": N, "Y": Y})}
    _, _, filtered = timed(netlist_of(heavy, tmp_path))
    _, _, glitching = timed(netlist_of(light, tmp_path))
    assert two_clocks(filtered).glitches == 0
    assert two_clocks(glitching).glitches == 2


def test_internal_energy_is_each_transition_s_own(tmp_path: Path) -> None:
    """How docs/silicon.md reads Liberty: a rise costs rise_power, a fall fall_power, never both."""
    _, costs, _ = timed(netlist_of(TOGGLE, tmp_path))
    rise, fall = costs.gate_j[0, 0]
    charging_and_input = 0.04 * 2 * PJ
    assert rise - charging_and_input - 0.02 * PJ == pytest.approx(0.05 * PJ)
    assert fall - charging_and_input - 0.01 * PJ == pytest.approx(0.03 * PJ)
