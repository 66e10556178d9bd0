"""An FPGA netlist at work: Yosys' models of its cells, taken apart into simple gates and run clock by clock."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..asic.events import settle
from ..asic.library import Cell, FlipFlop, Library, Pin
from ..asic.netlist import ONE, Netlist, read_netlist
from ..asic.tables import wire
from ..emit import TOP
from ..extra import versions
from ..workshop import made_once, run_yosys
from .family import Family

# Yosys' own simple gates, which any model can be taken apart into.
GATES = {
    "$_NOT_": "!A",
    "$_BUF_": "A",
    "$_AND_": "A & B",
    "$_NAND_": "!(A & B)",
    "$_OR_": "A | B",
    "$_NOR_": "!(A | B)",
    "$_XOR_": "A ^ B",
    "$_XNOR_": "!(A ^ B)",
    "$_ANDNOT_": "A & !B",
    "$_ORNOT_": "A | !B",
    "$_MUX_": "(A & !S) | (B & S)",
}


def simple_netlist(family: Family, netlist: Path) -> Netlist:
    """The netlist that `place.synthesise` left in a folder, as simple gates. Raises ToolFailed."""
    script = [
        "read_rtlil netlist.il",
        f"read_verilog -nooverwrite {family.models}",
        f"hierarchy -top {TOP}",
        "proc",
        "flatten",
        "opt_expr",
        "opt_clean",
        "simplemap",
        "setattr -unset init w:*",
        "dfflegalize -cell $_DFF_P_ x",
        "simplemap",
        "opt_expr",
        "opt_clean -purge",
        "write_json simple.json",
    ]

    def make(folder: Path) -> None:
        (folder / "netlist.il").write_bytes((netlist / "netlist.il").read_bytes())
        run_yosys(script, folder)
        (folder / "netlist.il").unlink()

    made = made_once("simple", {"netlist": netlist.name, "script": script, **versions(["pyosys"])}, make)
    return read_netlist(made / "simple.json", simple_gates(), TOP)


def simple_gates() -> Library:
    """The gates as a library without times and energies."""
    cells = {
        name: _cell(name, "ABS" if "S" in function else "AB" if "B" in function else "A", "Y", function, None)
        for name, function in GATES.items()
    }
    memory = FlipFlop("IQ", "IQN", "D", "C")
    cells["$_DFF_P_"] = _cell("$_DFF_P_", "DC", "Q", "IQ", memory)
    return Library("Yosys' simple gates", 1.0, 25.0, cells)


def _cell(name: str, inputs: Sequence[str], output: str, function: str, memory: FlipFlop | None) -> Cell:
    pins = [Pin(pin, False, pin == "C", 0.0, "", (), (), ()) for pin in inputs]
    pins.append(Pin(output, True, False, 0.0, function, (), (), ()))
    return Cell(name, 0.0, 0.0, {pin.name: pin for pin in pins}, memory)


class ZeroDelaySimulator:
    """Runs a netlist of gates clock by clock, in no time and for no energy. Flip-flops start with 0."""

    def __init__(self, netlist: Netlist) -> None:
        """A simulator of the netlist."""
        self._netlist = netlist
        self._wiring = wire(netlist, 0.0)
        self._value = np.zeros(netlist.nets, np.int64)
        self._value[ONE] = 1
        self._next = np.array([flop.inputs[0] for flop in netlist.flops], np.int64)
        self._state = np.array([flop.outputs[0][1] for flop in netlist.flops], np.int64)
        self._settle()

    def set(self, port: str, number: int) -> None:
        """Give an input port a value."""
        for bit, net in enumerate(self._netlist.ports[port]):
            self._value[net] = number >> bit & 1
        self._settle()

    def get(self, port: str) -> int:
        """A port's value."""
        return sum(int(self._value[net]) << bit for bit, net in enumerate(self._netlist.ports[port]))

    def clock(self) -> None:
        """One rising edge of the clock."""
        self._value[self._state] = self._value[self._next]
        self._settle()

    def _settle(self) -> None:
        settle(self._wiring.truth, self._wiring.inputs, self._wiring.outputs, self._value)
