"""A netlist with its library's tables, laid out for compiled code: what `timing` and `activity` run on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from .library import Arc, Cell, Table
from .netlist import Gate, Netlist

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

RISE, FALL = 0, 1
NO_TABLE = -1
MOST_POINTS = 16


@dataclass
class Packer:
    """Collects tables, each once, and numbers them."""

    numbers: dict[Table, int] = field(default_factory=dict)

    def number(self, table: Table | None) -> int:
        """The table's number, NO_TABLE for none."""
        return NO_TABLE if table is None else self.numbers.setdefault(table, len(self.numbers))

    def packed(self) -> Packed:
        """All tables as arrays."""
        count = max(len(self.numbers), 1)
        sizes = np.ones((count, 2), np.int64)
        axes = np.zeros((count, 2, MOST_POINTS))
        values = np.zeros((count, MOST_POINTS, MOST_POINTS))
        for table, index in self.numbers.items():
            rows, columns = len(table.rows), len(table.columns)
            sizes[index] = rows, columns
            axes[index, 0, :rows] = table.rows
            axes[index, 1, :columns] = table.columns
            values[index, :rows, :columns] = table.values
        return Packed(sizes, axes, values)


@dataclass(frozen=True, eq=False)
class Packed:
    """Tables as arrays; pass `arguments` on to compiled code, which calls `look_up` with them."""

    sizes: Ints
    axes: Floats
    values: Floats

    @property
    def arguments(self) -> tuple[Ints, Floats, Floats]:
        """The arrays, in the order of `look_up`."""
        return self.sizes, self.axes, self.values


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def _position(axis: Any, size: Any, value: Any) -> Any:
    upper = 1
    while upper < size - 1 and axis[upper] < value:
        upper += 1
    return upper - 1, (value - axis[upper - 1]) / (axis[upper] - axis[upper - 1])


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def look_up(sizes: Any, axes: Any, values: Any, table: Any, row: Any, column: Any) -> Any:
    """The value of a table at a row and a column, as Table.at gives it."""
    rows, columns = sizes[table, 0], sizes[table, 1]
    top, down, left, across = 0, 0.0, 0, 0.0
    if rows > 1:
        top, down = _position(axes[table, 0], rows, row)
    if columns > 1:
        left, across = _position(axes[table, 1], columns, column)
    v = values[table]
    bottom = min(top + 1, rows - 1)
    right = min(left + 1, columns - 1)
    upper = v[top, left] * (1 - across) + v[top, right] * across
    lower = v[bottom, left] * (1 - across) + v[bottom, right] * across
    return upper * (1 - down) + lower * down


@dataclass(frozen=True, eq=False)
class Wiring:
    """A netlist's gates as arrays. Rows of `inputs` are filled up with −1; `fanout` lists, net by net from
    `fanout_start`, the gates (and the number of the input) that a net leads to. `load_f`: each net's load."""

    inputs: Ints
    outputs: Ints
    truth: npt.NDArray[np.uint64]
    fanout_start: Ints
    fanout_gate: Ints
    fanout_input: Ints
    load_f: Floats


def wire(netlist: Netlist, wire_f_per_fanout: float) -> Wiring:
    """The arrays of a netlist; every net is loaded with its pins and `wire_f_per_fanout` farads for each of them."""
    gates = netlist.gates
    most = max((len(gate.inputs) for gate in gates), default=1)
    inputs = np.full((len(gates), most), -1, np.int64)
    load = np.zeros(netlist.nets)
    sinks: list[list[tuple[int, int]]] = [[] for _ in range(netlist.nets)]
    seen: set[str] = set()
    for index, gate in enumerate(gates):
        inputs[index, : len(gate.inputs)] = gate.inputs
        for number, net in enumerate(gate.inputs):
            sinks[net].append((index, number))
        if gate.instance in seen:
            continue
        # A cell with two outputs is two gates, and one load.
        seen.add(gate.instance)
        for pin, net in zip(gate.pins, gate.inputs, strict=True):
            load[net] += gate.cell.pins[pin].capacitance_f + wire_f_per_fanout
    for flop in netlist.flops:
        for pin, net in zip(flop.pins, flop.pin_nets, strict=True):
            load[net] += flop.cell.pins[pin].capacitance_f + wire_f_per_fanout
    starts = np.zeros(netlist.nets + 1, np.int64)
    starts[1:] = np.cumsum([len(ends) for ends in sinks])
    flat = [end for ends in sinks for end in ends]
    return Wiring(
        inputs=inputs,
        outputs=np.array([gate.output for gate in gates], np.int64),
        truth=np.array([gate.table for gate in gates], np.uint64),
        fanout_start=starts,
        fanout_gate=np.array([gate for gate, _ in flat], np.int64),
        fanout_input=np.array([number for _, number in flat], np.int64),
        load_f=load,
    )


@dataclass(frozen=True, eq=False)
class GateArcs:
    """The arcs of each kind of gate: `kind` of each gate; arcs `start[kind]` … `start[kind + 1]`.

    An arc's row: input number, the input's edge, the output's edge, its delay table, its slew table.
    """

    kind: Ints
    start: Ints
    arcs: Ints


def gate_arcs(gates: Iterable[Gate], packer: Packer) -> GateArcs:
    """The arcs of all gates, each kind (cell, output, connected pins) once."""
    kinds: dict[tuple[Cell, str, tuple[str, ...]], int] = {}
    of_gate = [kinds.setdefault((gate.cell, gate.output_pin, gate.pins), len(kinds)) for gate in gates]
    rows: list[tuple[int, int, int, int, int]] = []
    start = [0]
    for cell, output, pins in kinds:
        for arc in cell.pins[output].arcs:
            if arc.related_pin in pins:
                rows.extend(_edges(arc, pins.index(arc.related_pin), packer))
        start.append(len(rows))
    return GateArcs(
        np.array(of_gate, np.int64), np.array(start, np.int64), np.array(rows, np.int64).reshape(len(rows), 5)
    )


def _edges(arc: Arc, pin: int, packer: Packer) -> Iterable[tuple[int, int, int, int, int]]:
    for edge, delay, slew in ((RISE, arc.rise_delay, arc.rise_slew), (FALL, arc.fall_delay, arc.fall_slew)):
        if delay is None:
            continue
        causes = {"positive_unate": (edge,), "negative_unate": (1 - edge,)}.get(arc.sense, (RISE, FALL))
        for cause in causes:
            yield pin, cause, edge, packer.number(delay), packer.number(slew)
