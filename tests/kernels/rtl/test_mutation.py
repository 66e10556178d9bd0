"""One flipped bit of one round constant is caught at every level: as described, as an FPGA's netlist, as cells."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hashwatt.kernels.errors import WrongResult
from hashwatt.kernels.rtl.shape import Shape
from hashwatt.kernels.sha256.fips180 import K

from .toys import TINY

pytestmark = pytest.mark.usefixtures("amaranth")

SHAPE = Shape(1)
ROUND = 17


@pytest.fixture(scope="module")
def mutant(amaranth: None) -> str:
    from hashwatt.kernels.rtl.emit import rtlil

    right = f"32'{K[ROUND]:032b}"
    wrong = f"32'{K[ROUND] ^ 0x00010000:032b}"
    mutated, times = re.subn(right, wrong, rtlil(SHAPE), count=1)
    assert times == 1
    return mutated


def test_the_simulation_catches_it(mutant: str, cxxrtl: None) -> None:
    from hashwatt.kernels.headers.genesis import GENESIS_HEADER, GENESIS_NONCE
    from hashwatt.kernels.headers.job import Job
    from hashwatt.kernels.headers.oracle import last_word, sha256d
    from hashwatt.kernels.rtl.emit import rtlil
    from hashwatt.kernels.rtl.job import core_job
    from hashwatt.kernels.rtl.simulate import simulate_rtlil

    answers = []
    for source in (rtlil(SHAPE), mutant):
        core = simulate_rtlil(source, SHAPE, ["proc", "flatten", "opt -fast"])
        core.load(core_job(SHAPE, Job.of_header(GENESIS_HEADER, 1), 0, GENESIS_NONCE))
        answers.append(int(core.results(1).digests[0, 0]))
        core.close()
    right, wrong = answers
    assert right == last_word(sha256d(GENESIS_HEADER)) == 0
    assert wrong != right


@pytest.mark.slow  # synthesis for an FPGA takes 20 s; the simulator above catches the same slip
def test_the_fpga_s_netlist_catches_it(mutant: str) -> None:
    from hashwatt.kernels.rtl.fpga.family import ECP5
    from hashwatt.kernels.rtl.fpga.netlist import ZeroDelaySimulator, simple_netlist
    from hashwatt.kernels.rtl.fpga.place import synthesise
    from hashwatt.kernels.rtl.genesis_check import finds_genesis

    simulator = ZeroDelaySimulator(simple_netlist(ECP5, synthesise(ECP5, mutant)))
    with pytest.raises(WrongResult, match="hashlib"):
        finds_genesis(SHAPE, simulator)


@pytest.mark.slow  # synthesis into cells takes 20 s; the simulator above catches the same slip
def test_the_cells_catch_it(mutant: str, tmp_path: Path) -> None:
    from hashwatt.kernels.rtl.asic.flow import price_netlist
    from hashwatt.kernels.rtl.asic.library import load_library
    from hashwatt.kernels.rtl.asic.netlist import read_netlist
    from hashwatt.kernels.rtl.asic.synthesis import synthesise
    from hashwatt.kernels.rtl.asic.timing import Conditions
    from hashwatt.kernels.rtl.emit import TOP

    library = load_library([TINY])
    netlist = read_netlist(synthesise(mutant, [TINY]) / "netlist.json", library, TOP)
    with pytest.raises(WrongResult, match="hashlib"):
        price_netlist(SHAPE, netlist, library, Conditions())
