"""What each transition costs, in joules: charging the net, and what Liberty says is spent inside the cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np

from .library import Cell, InternalEnergy, Library, Table
from .netlist import Netlist
from .tables import FALL, RISE, Floats, Packer, Wiring, look_up
from .timing import Conditions, Timing

EDGES = (RISE, FALL)


@dataclass(frozen=True, eq=False)
class Costs:
    """`gate_j` by gate, causing input and the output's edge; `output_j` by flip-flop output and edge.

    `clock_j`: all flip-flops' clock pins for one period; `leakage_w`: all cells.
    """

    gate_j: Floats
    output_j: Floats
    clock_j: float
    leakage_w: float


def costs_of(netlist: Netlist, library: Library, wiring: Wiring, timing: Timing, conditions: Conditions) -> Costs:
    """The costs at the library's own voltage, for the slews that timing found."""
    net_j = _net_energy(netlist, wiring, timing, library.voltage_v)
    outputs = [(flop, pin, net) for flop in netlist.flops for pin, net, _ in flop.outputs]
    output_j = np.zeros((len(outputs), 2))
    for index, (flop, pin, net) in enumerate(outputs):
        for edge in EDGES:
            inner = _pin_energy(flop.cell, pin, edge, conditions.clock_slew_s, wiring.load_f[net])
            output_j[index, edge] = inner + net_j[net, edge]
    clock_j = 0.0
    for flop in netlist.flops:
        clock_j += flop.cell.pins[flop.clock_pin].capacitance_f * library.voltage_v**2
        clock_j += conditions.wire_f_per_fanout * library.voltage_v**2
        clock_j += sum(_pin_energy(flop.cell, flop.clock_pin, edge, conditions.clock_slew_s, 0.0) for edge in EDGES)
    instances = {gate.instance: gate.cell for gate in netlist.gates} | {
        flop.instance: flop.cell for flop in netlist.flops
    }
    leakage = sum(cell.leakage_w for cell in instances.values())
    return Costs(_gate_energy(netlist, wiring, timing, net_j), output_j, float(clock_j), leakage)


def _net_energy(netlist: Netlist, wiring: Wiring, timing: Timing, voltage_v: float) -> Floats:
    """½CV² for each net and edge, and what its transitions cost inside the cells that it leads to."""
    energy = np.repeat(0.5 * voltage_v**2 * wiring.load_f[:, None], 2, axis=1)
    cells = [(gate.cell, gate.pins, gate.inputs) for gate in _once(netlist)]
    cells += [(flop.cell, flop.pins, flop.pin_nets) for flop in netlist.flops]
    for cell, pins, nets in cells:
        for pin, net in zip(pins, nets, strict=True):
            if cell.pins[pin].energies:
                for edge in EDGES:
                    energy[net, edge] += _pin_energy(cell, pin, edge, timing.slew_s[net, edge], 0.0)
    return energy


def _once(netlist: Netlist) -> list[Any]:
    """One gate of each cell: a cell with two outputs has its inputs only once."""
    return list({gate.instance: gate for gate in netlist.gates}.values())


def _pin_energy(cell: Cell, pin: str, edge: int, slew_s: float, load_f: float) -> float:
    """The mean over the states (`when`) that the library tells apart."""
    tables = [_edge(energy, edge) for energy in cell.pins[pin].energies]
    known = [table.at(slew_s, load_f) for table in tables if table is not None]
    return sum(known) / len(known) if known else 0.0


def _edge(energy: InternalEnergy, edge: int) -> Table | None:
    return energy.rise if edge == RISE else energy.fall


def _gate_energy(netlist: Netlist, wiring: Wiring, timing: Timing, net_j: Floats) -> Floats:
    packer = Packer()
    kinds: dict[tuple[Cell, str, tuple[str, ...]], int] = {}
    of_gate = np.array(
        [kinds.setdefault((gate.cell, gate.output_pin, gate.pins), len(kinds)) for gate in netlist.gates], np.int64
    )
    rows: list[tuple[int, int, int, int]] = []
    start = [0]
    for cell, output, pins in kinds:
        for energy in cell.pins[output].energies:
            for number, pin in enumerate(pins):
                if not energy.related_pins or pin in energy.related_pins:
                    for edge in EDGES:
                        table = packer.number(_edge(energy, edge))
                        rows.extend((number, cause, edge, table) for cause in _causes(cell, output, pin, edge))
        start.append(len(rows))
    energy_j = np.zeros((*wiring.inputs.shape, 2))
    _mean_energy(
        *packer.packed().arguments,
        of_gate,
        np.array(start, np.int64),
        np.array(rows, np.int64).reshape(len(rows), 4),
        wiring.inputs,
        wiring.outputs,
        wiring.load_f,
        timing.slew_s,
        energy_j,
    )
    energy_j += net_j[wiring.outputs][:, None, :]
    return energy_j


def _causes(cell: Cell, output: str, pin: str, edge: int) -> tuple[int, ...]:
    """Which edge of an input makes this edge of the output."""
    senses = {arc.sense for arc in cell.pins[output].arcs if arc.related_pin == pin}
    if senses == {"positive_unate"}:
        return (edge,)
    return (1 - edge,) if senses == {"negative_unate"} else EDGES


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _mean_energy(
    sizes: Any,
    axes: Any,
    values: Any,
    kinds: Any,
    starts: Any,
    rows: Any,
    inputs: Any,
    outputs: Any,
    load: Any,
    slew: Any,
    energy: Any,
) -> None:
    counts = np.zeros((inputs.shape[1], 2))
    for gate in range(len(outputs)):
        counts[:] = 0
        kind = kinds[gate]
        for row in range(starts[kind], starts[kind + 1]):
            pin, cause, edge, table = rows[row]
            if table >= 0:
                energy[gate, pin, edge] += look_up(
                    sizes, axes, values, table, slew[inputs[gate, pin], cause], load[outputs[gate]]
                )
                counts[pin, edge] += 1
        for pin in range(inputs.shape[1]):
            for edge in range(2):
                if counts[pin, edge]:
                    energy[gate, pin, edge] /= counts[pin, edge]
