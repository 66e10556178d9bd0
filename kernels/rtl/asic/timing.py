"""Static timing: when each net has settled after a clock edge, and so the fastest clock.

Worst case over all paths, as every static timer does it: each gate's delay from its library table,
for the slowest slew that reaches it. No wires unless a load for them is stated, an ideal clock (no
tree, no skew), and nothing that depends on layout.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np

from .library import Arc, Table
from .netlist import Flop, Netlist
from .tables import FALL, RISE, Floats, Packer, Wiring, gate_arcs, look_up

UNREACHED = -1.0


@dataclass(frozen=True)
class Conditions:
    """What comes in from outside: slews in s of inputs and of the clock, farads of wire for each pin on a net."""

    input_slew_s: float = 50e-12
    clock_slew_s: float = 50e-12
    wire_f_per_fanout: float = 0.0


@dataclass(frozen=True, eq=False)
class Timing:
    """The result. Arrays are by net and edge; `delay_s` by gate, input and the output's edge.

    `period_s`: the shortest clock period that every flip-flop's setup time allows. `worst`: the
    instance where the longest path ends.
    """

    period_s: float
    worst: str
    arrival_s: Floats
    slew_s: Floats
    delay_s: Floats

    @property
    def clock_hz(self) -> float:
        """The fastest clock."""
        return 1 / self.period_s


def time_netlist(netlist: Netlist, wiring: Wiring, conditions: Conditions) -> Timing:
    """Propagate arrivals and slews through the netlist."""
    packer = Packer()
    arcs = gate_arcs(netlist.gates, packer)
    packed = packer.packed()
    arrival = np.full((netlist.nets, 2), UNREACHED)
    slew = np.zeros((netlist.nets, 2))
    _start(netlist, wiring, conditions, arrival, slew)
    delay = np.zeros((*wiring.inputs.shape, 2))
    _propagate(
        *packed.arguments,
        arcs.kind,
        arcs.start,
        arcs.arcs,
        wiring.inputs,
        wiring.outputs,
        wiring.load_f,
        arrival,
        slew,
        delay,
    )
    period, worst = 0.0, ""
    for flop in netlist.flops:
        needed = _needed(flop, conditions, arrival, slew)
        if needed > period:
            period, worst = needed, flop.instance
    return Timing(float(period), worst, arrival, slew, delay)


def _start(netlist: Netlist, wiring: Wiring, conditions: Conditions, arrival: Floats, slew: Floats) -> None:
    for name in netlist.inputs:
        for net in netlist.ports[name]:
            arrival[net] = 0.0
            slew[net] = conditions.input_slew_s
    for flop in netlist.flops:
        for pin, net, _ in flop.outputs:
            for arc in flop.cell.pins[pin].arcs:
                if arc.related_pin == flop.clock_pin and arc.kind == "rising_edge":
                    _clock_to_output(arc, wiring.load_f[net], conditions.clock_slew_s, arrival[net], slew[net])


def _clock_to_output(arc: Arc, load_f: float, clock_slew_s: float, arrival: Floats, slew: Floats) -> None:
    edges: tuple[tuple[int, Table | None, Table | None], ...] = (
        (RISE, arc.rise_delay, arc.rise_slew),
        (FALL, arc.fall_delay, arc.fall_slew),
    )
    for edge, delay, transition in edges:
        if delay is not None:
            arrival[edge] = max(arrival[edge], delay.at(clock_slew_s, load_f))
        if transition is not None:
            slew[edge] = max(slew[edge], transition.at(clock_slew_s, load_f))


def _needed(flop: Flop, conditions: Conditions, arrival: Floats, slew: Floats) -> float:
    """The clock period that the paths into a flip-flop need."""
    needed = 0.0
    for pin, net in zip(flop.pins, flop.pin_nets, strict=True):
        for setup in flop.cell.pins[pin].setups:
            for edge, table in ((RISE, setup.rise), (FALL, setup.fall)):
                if table is not None and arrival[net, edge] > 0:
                    needed = max(needed, arrival[net, edge] + table.at(slew[net, edge], conditions.clock_slew_s))
    return needed


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _propagate(
    sizes: Any,
    axes: Any,
    values: Any,
    kinds: Any,
    starts: Any,
    arcs: Any,
    inputs: Any,
    outputs: Any,
    load: Any,
    arrival: Any,
    slew: Any,
    delays: Any,
) -> None:
    for gate in range(len(outputs)):
        out = outputs[gate]
        kind = kinds[gate]
        for row in range(starts[kind], starts[kind + 1]):
            pin, cause, edge, delay_table, slew_table = arcs[row]
            net = inputs[gate, pin]
            if arrival[net, cause] < 0:
                continue
            delay = look_up(sizes, axes, values, delay_table, slew[net, cause], load[out])
            delays[gate, pin, edge] = max(delays[gate, pin, edge], delay)
            arrival[out, edge] = max(arrival[out, edge], arrival[net, cause] + delay)
            if slew_table >= 0:
                transition = look_up(sizes, axes, values, slew_table, slew[net, cause], load[out])
                slew[out, edge] = max(slew[out, edge], transition)
