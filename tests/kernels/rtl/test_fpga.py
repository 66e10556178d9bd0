"""The netlist for an FPGA still computes SHA-256d. Placing and routing takes minutes: `hashwatt rtl place` does it.

It checks its netlist in the same way; iCE40's takes half a minute to take apart and is left to it.
"""

from __future__ import annotations

import pytest

from hashwatt.kernels.errors import InputError
from hashwatt.kernels.rtl.fpga.family import FAMILIES, family_named
from hashwatt.kernels.rtl.shape import Shape

pytestmark = pytest.mark.usefixtures("amaranth")


# Slow: twenty seconds of synthesis. The cells of a library are simulated the same way by default (test_gate_level.py).
@pytest.mark.slow
def test_the_synthesised_netlist_finds_the_genesis_nonce() -> None:
    from hashwatt.kernels.rtl.emit import rtlil
    from hashwatt.kernels.rtl.fpga.netlist import ZeroDelaySimulator, simple_netlist
    from hashwatt.kernels.rtl.fpga.place import synthesise
    from hashwatt.kernels.rtl.genesis_check import finds_genesis

    family = family_named("ecp5")
    netlist = simple_netlist(family, synthesise(family, rtlil(Shape(1))))
    finds_genesis(Shape(1), ZeroDelaySimulator(netlist))


def test_an_unknown_family_is_answered_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="ice40, ecp5"):
        family_named("virtex")
    assert set(FAMILIES) == {"ice40", "ecp5"}
