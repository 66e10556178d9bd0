"""A core priced: from its shape and a Liberty file to area, clock, hashrate and joules a hash.

All figures are *modelled*: a synthesised netlist before layout. There is no clock tree and there are
no wires (unless a load for each pin they reach is stated), and inputs never change but where nonces do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import DeviceError
from ...headers.genesis import GENESIS_HEADER, GENESIS_NONCE
from ...headers.job import Job
from ..emit import TOP, rtlil
from ..extra import versions
from ..genesis_check import check_result, start_core
from ..job import core_job
from ..shape import Shape
from ..workshop import Say, say_nothing
from .activity import Activity, GateSimulator
from .costs import Costs, costs_of
from .library import Library, load_library
from .netlist import Netlist, read_netlist
from .synthesis import synthesise
from .tables import wire
from .timing import Conditions, Timing, time_netlist

# Enough hashes at work at once for the mean to settle within about 1 %.
LEAST_HASHES = 6
SPARE_CLOCKS = 8


@dataclass(frozen=True)
class Energy:
    """Joules a hash: `clock_j` the clock pins (no tree), `flops_j` flip-flops' outputs, `logic_j` what gates must do,
    `glitches_j` what they do besides, `leakage_j` at the fastest clock."""

    clock_j: float
    flops_j: float
    logic_j: float
    glitches_j: float
    leakage_j: float

    @property
    def total_j(self) -> float:
        """All of it."""
        return self.clock_j + self.flops_j + self.logic_j + self.glitches_j + self.leakage_j


@dataclass(frozen=True)
class Silicon:
    """A core in standard cells, modelled. `area_um2` where the library's areas are in µm², as is the custom."""

    stages: int
    clocks_per_hash: int
    adder: str
    library: str
    voltage_v: float
    temperature_c: float
    wire_f_per_fanout: float
    cells: int
    flip_flops: int
    area_um2: float
    clock_hz: float
    hashrate_hs: float
    energy: Energy
    hashes_simulated: int
    tools: dict[str, str]
    cells_by_name: dict[str, int]

    @property
    def efficiency_j_per_th(self) -> float:
        """Joules for 10¹² hashes."""
        return self.energy.total_j * 1e12

    @property
    def power_w(self) -> float:
        """Power at the fastest clock."""
        return self.energy.total_j * self.hashrate_hs

    @property
    def heat_w_per_mm2(self) -> float:
        """Power over the cells' area: cells without gaps between them, so an upper bound for this clock."""
        return self.power_w / (self.area_um2 * 1e-6)


def price(
    shape: Shape,
    liberty: Sequence[Path],
    conditions: Conditions,
    avoid: Iterable[str] = (),
    say: Say = say_nothing,
) -> Silicon:
    """Synthesise, time and simulate a core. Raises InputError, ToolFailed, WrongResult."""
    library = load_library(liberty)
    avoid = list(avoid)
    library.require_cells(avoid)
    folder = synthesise(rtlil(shape), liberty, avoid, say)
    say("reading the netlist")
    netlist = read_netlist(folder / "netlist.json", library, TOP)
    return price_netlist(shape, netlist, library, conditions, say)


def price_netlist(
    shape: Shape, netlist: Netlist, library: Library, conditions: Conditions, say: Say = say_nothing
) -> Silicon:
    """Time and simulate a core's netlist. Raises WrongResult where it does not find the genesis block's nonce."""
    wiring = wire(netlist, conditions.wire_f_per_fanout)
    say("timing it")
    timing = time_netlist(netlist, wiring, conditions)
    costs = costs_of(netlist, library, wiring, timing, conditions)
    say("hashing with its gates")
    activity, hashes = hash_genesis(shape, GateSimulator(netlist, wiring, timing, costs))
    return _silicon(shape, netlist, library, conditions, timing, costs, activity, hashes)


def hash_genesis(shape: Shape, simulator: GateSimulator) -> tuple[Activity, int]:
    """Run the netlist over nonces around the genesis block's, each held against hashlib; measured when it is full."""
    wanted = max(LEAST_HASHES, -(-2 * LEAST_HASHES // shape.passes))
    first = GENESIS_NONCE - wanted // 2
    job = Job.of_header(GENESIS_HEADER, 1)
    start_core(simulator, core_job(shape, job, 0, first))
    results = 0
    most_clocks = (wanted + 4) * shape.passes + 2 * shape.rounds + SPARE_CLOCKS
    for clock in range(most_clocks):
        if clock == 2 * shape.rounds + SPARE_CLOCKS:
            # From here on every stage has a nonce to work on.
            simulator.start_measuring()
        if simulator.get("done"):
            check_result(job, simulator, first + results)
            results += 1
        simulator.clock()
    if results < wanted:
        raise DeviceError(f"the netlist gave {results} of {wanted} results; please report it")
    activity = simulator.activity()
    return activity, results


def _silicon(
    shape: Shape,
    netlist: Netlist,
    library: Library,
    conditions: Conditions,
    timing: Timing,
    costs: Costs,
    activity: Activity,
    hashes: int,
) -> Silicon:
    measured = activity.clocks / shape.passes
    cells = netlist.cells
    return Silicon(
        stages=shape.stages,
        clocks_per_hash=shape.passes,
        adder=shape.adder,
        library=library.name,
        voltage_v=library.voltage_v,
        temperature_c=library.temperature_c,
        wire_f_per_fanout=conditions.wire_f_per_fanout,
        cells=sum(cells.values()),
        flip_flops=len(netlist.flops),
        area_um2=sum(library.cells[name].area * count for name, count in cells.items()),
        clock_hz=timing.clock_hz,
        hashrate_hs=timing.clock_hz / shape.passes,
        energy=Energy(
            clock_j=activity.clock_j / measured,
            flops_j=activity.flops_j / measured,
            logic_j=activity.logic_j / measured,
            glitches_j=activity.glitches_j / measured,
            leakage_j=costs.leakage_w * timing.period_s * shape.passes,
        ),
        hashes_simulated=hashes,
        tools=versions(["amaranth", "pyosys", "hashwatt"]),
        cells_by_name=cells,
    )
