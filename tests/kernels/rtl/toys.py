"""The invented library, and netlists small enough to reckon with by hand."""

from __future__ import annotations

import json
from pathlib import Path

from hashwatt.kernels.rtl.asic.library import Library, load_library
from hashwatt.kernels.rtl.asic.netlist import Netlist, read_netlist

TINY = Path(__file__).parent / "tiny.lib"

CLK, Q, N, Y = 2, 3, 4, 5
# A flip-flop that takes over its own inverse: it toggles at every clock.
TOGGLE = {"f": ("DFF", {"CK": CLK, "D": N, "Q": Q}), "u1": ("INV", {"A": Q, "Y": N})}

Cells = dict[str, tuple[str, dict[str, int]]]


def tiny() -> Library:
    return load_library([TINY])


def netlist_of(cells: Cells, folder: Path, outputs: dict[str, int] | None = None) -> Netlist:
    """A netlist with the clock as its only input."""
    ports = {"clk": {"direction": "input", "bits": [CLK]}}
    ports |= {name: {"direction": "output", "bits": [net]} for name, net in (outputs or {"q": Q}).items()}
    listed = {
        name: {"type": kind, "connections": {pin: [net] for pin, net in wires.items()}}
        for name, (kind, wires) in cells.items()
    }
    path = folder / "netlist.json"
    path.write_text(json.dumps({"modules": {"toy": {"ports": ports, "cells": listed}}}), encoding="utf-8")
    return read_netlist(path, tiny(), "toy")
