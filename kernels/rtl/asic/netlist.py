"""A netlist of library cells, as arrays: nets are numbered, gates stand in the order in which they can be computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Literal

from msgspec import MsgspecError, Struct, json

from ...errors import InputError
from .boolean import names_in, truth_table
from .library import Cell, FlipFlop, Library

# The nets that never change; netlists call them "0" and "1" (and "x", which may be either).
ZERO, ONE = 0, 1
FIXED = {"0": ZERO, "1": ONE, "x": ZERO, "z": ZERO}


Bit = int | Literal["0", "1", "x", "z"]


class _Port(Struct, frozen=True):
    direction: Literal["input", "output", "inout"]
    bits: tuple[Bit, ...]


class _Cell(Struct, frozen=True):
    type: str
    connections: dict[str, tuple[Bit, ...]]


class _Module(Struct, frozen=True):
    ports: dict[str, _Port]
    cells: dict[str, _Cell]


class _Yosys(Struct, frozen=True):
    """The part of Yosys' JSON that is needed; it has more."""

    modules: dict[str, _Module]


@dataclass(frozen=True)
class Gate:
    """One output of a cell without memory. `inputs` are nets, in the order of `pins`; `table` is over them."""

    instance: str
    cell: Cell
    output_pin: str
    pins: tuple[str, ...]
    inputs: tuple[int, ...]
    output: int
    table: int


@dataclass(frozen=True)
class Flop:
    """A flip-flop. `table` gives the next state over `inputs`; `outputs`: pin, net, whether inverted.

    `inputs` are the nets of `pins`, and after them, where the next state depends on the present one (an
    enable), the net of the first output.
    """

    instance: str
    cell: Cell
    pins: tuple[str, ...]
    inputs: tuple[int, ...]
    clock_pin: str
    clock: int
    table: int
    outputs: tuple[tuple[str, int, bool], ...]

    @property
    def pin_nets(self) -> tuple[int, ...]:
        """The nets of `pins`."""
        return self.inputs[: len(self.pins)]


@dataclass
class Netlist:
    """Cells and the nets between them. `ports`: each port's nets, lowest bit first; `inputs`: names of input ports."""

    nets: int
    gates: list[Gate] = field(default_factory=list)
    flops: list[Flop] = field(default_factory=list)
    ports: dict[str, tuple[int, ...]] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()

    @property
    def cells(self) -> dict[str, int]:
        """How often each cell is used."""
        counts: dict[str, int] = {}
        names = {gate.instance: gate.cell.name for gate in self.gates} | {
            flop.instance: flop.cell.name for flop in self.flops
        }
        for name in names.values():
            counts[name] = counts.get(name, 0) + 1
        return dict(sorted(counts.items()))


def read_netlist(path: Path, library: Library, top: str) -> Netlist:
    """The module `top` of a netlist that Yosys wrote as JSON. Raises InputError."""
    module = _module(path, top)
    numbers: dict[int, int] = {}

    def net(bit: Bit) -> int:
        return FIXED[bit] if isinstance(bit, str) else numbers.setdefault(bit, len(numbers) + 2)

    ports = {name: tuple(map(net, port.bits)) for name, port in module.ports.items()}
    inputs = tuple(name for name, port in module.ports.items() if port.direction == "input")
    gates: list[Gate] = []
    flops: list[Flop] = []
    for instance, entry in module.cells.items():
        cell = library.cells.get(entry.type)
        if cell is None:
            raise InputError(
                f"the netlist uses the cell {entry.type!r:.60}, which {library.name} has not; give all its files"
            )
        wires = {pin: net(bits[0]) for pin, bits in entry.connections.items() if bits}
        if cell.flip_flop is not None:
            flops.append(_flop(instance, cell, cell.flip_flop, wires))
        else:
            gates.extend(_gates(instance, cell, wires))
    return Netlist(len(numbers) + 2, _sorted(gates), flops, ports, inputs)


def _module(path: Path, top: str) -> _Module:
    try:
        return json.decode(path.read_bytes(), type=_Yosys).modules[top]
    except (OSError, MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"the netlist {path.name} cannot be read ({error!s:.40}); synthesise it anew") from None
    except KeyError:
        raise InputError(f"the netlist {path.name} has no module {top!r:.60}; synthesise it anew") from None


def _gates(instance: str, cell: Cell, wires: Mapping[str, int]) -> list[Gate]:
    pins = tuple(pin for pin in cell.inputs if pin in wires)
    nets = tuple(wires[pin] for pin in pins)
    return [
        Gate(instance, cell, output.name, pins, nets, wires[output.name], truth_table(output.function, pins))
        for output in cell.outputs
        if output.name in wires
    ]


def _flop(instance: str, cell: Cell, memory: FlipFlop, wires: Mapping[str, int]) -> Flop:
    clock = memory.clocked_on.strip("() ")
    if clock not in cell.pins:
        raise InputError(
            f"the flip-flop {cell.name} is clocked on {clock!r:.40}; only a rising edge of one pin is known"
        )
    pins = tuple(pin for pin in cell.inputs if pin in wires and pin != clock)
    outputs = []
    for output in cell.outputs:
        if output.name in wires:
            # Bit 1 is the function's value where the state is 1 and the inverted state 0; bit 2 the other way round.
            table = truth_table(output.function, [memory.state, memory.inverted_state])
            outputs.append((output.name, wires[output.name], not table >> 1 & 1))
    nets = tuple(wires[pin] for pin in pins)
    names = list(pins)
    if outputs and {memory.state, memory.inverted_state} & set(names_in(memory.next_state)):
        _, net, inverted = outputs[0]
        names.append(memory.inverted_state if inverted else memory.state)
        nets = (*nets, net)
    table = truth_table(memory.next_state, names)
    return Flop(instance, cell, pins, nets, clock, wires[clock], table, tuple(outputs))


def _sorted(gates: list[Gate]) -> list[Gate]:
    drivers = {gate.output: index for index, gate in enumerate(gates)}
    before = {index: {drivers[wire] for wire in gate.inputs if wire in drivers} for index, gate in enumerate(gates)}
    try:
        return [gates[index] for index in TopologicalSorter(before).static_order()]
    except CycleError as error:
        instance = gates[error.args[1][0]].instance
        raise InputError(f"the netlist has a loop of gates through {instance}; it cannot be timed") from error
