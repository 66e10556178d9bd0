"""Place and route: how much of the FPGA a core takes, and how fast its clock may be.

The clock is *modelled*: the router's timing model of the finished layout, not a board's. No open tool
gives an FPGA's power, so there are no joules here.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import msgspec

from ...errors import InputError
from ..emit import TOP, digest, rtlil
from ..extra import require, versions
from ..genesis_check import finds_genesis
from ..shape import Shape
from ..workshop import Say, ToolFailed, made_once, run_tool, run_yosys, say_nothing
from .family import Family
from .netlist import ZeroDelaySimulator, simple_netlist

# What the router aims at; it keeps optimising while it is not there.
GOAL_MHZ = 120
RUN_TOOL = "import sys, {module} as tool; sys.exit(tool.{function}(sys.argv[1:]))"


class Clock(msgspec.Struct, frozen=True):
    """The fastest clock of a net, in MHz."""

    achieved: float


class Use(msgspec.Struct, frozen=True):
    """How much of a resource is used, and how much there is."""

    used: int
    available: int


class Report(msgspec.Struct, frozen=True):
    """The part of nextpnr's report that is needed; it has more."""

    fmax: dict[str, Clock]
    utilization: dict[str, Use]


@dataclass(frozen=True)
class Routed:
    """One run of the router: its seed, the fastest clock, and of each resource how much is used and there."""

    seed: int
    clock_hz: float
    used: dict[str, tuple[int, int]]
    folder: Path


@dataclass(frozen=True)
class Placement:
    """A core on an FPGA, modelled. `clocks_hz` has every seed's, ascending; the hashrate is the median clock's."""

    family: str
    device: str
    stages: int
    clocks_per_hash: int
    adder: str
    skewed: bool
    logic_used: int
    logic_total: int
    used: dict[str, tuple[int, int]]
    seeds: tuple[int, ...]
    clocks_hz: tuple[float, ...]
    clock_hz: float
    hashrate_hs: float
    bitstream: Path
    tools: dict[str, str]


def place(
    family: Family,
    shape: Shape,
    seeds: Sequence[int],
    say: Say = say_nothing,
) -> Placement:
    """Synthesise, hash with the netlist, place and route with each seed, and pack the fastest.

    Raises InputError, ToolFailed, and WrongResult where the netlist does not find the genesis block's nonce.
    """
    if not seeds:
        raise InputError("there is no seed to place with; give at least one")
    require([*["amaranth", "pyosys"], family.module])
    say(f"synthesising for {family.device}")
    netlist = synthesise(family, rtlil(shape))
    say("hashing with the netlist")
    finds_genesis(shape, ZeroDelaySimulator(simple_netlist(family, netlist)))
    runs = []
    for number, seed in enumerate(seeds, start=1):
        say(f"placing and routing, seed {seed} ({number} of {len(seeds)})")
        runs.append(route(family, netlist, seed))
    fastest = max(runs, key=lambda run: run.clock_hz)
    say("packing the bitstream")
    bitstream = pack(family, fastest)
    clocks = tuple(sorted(run.clock_hz for run in runs))
    middle = median(clocks)
    used = fastest.used
    return Placement(
        family=family.name,
        device=family.device,
        stages=shape.stages,
        clocks_per_hash=shape.passes,
        adder=shape.adder,
        skewed=shape.skewed,
        logic_used=used[family.logic][0],
        logic_total=used[family.logic][1],
        used=used,
        seeds=tuple(seeds),
        clocks_hz=clocks,
        clock_hz=middle,
        hashrate_hs=middle / shape.passes,
        bitstream=bitstream,
        tools=versions(["amaranth", "pyosys", family.distribution, "hashwatt"]),
    )


def synthesise(family: Family, source: str) -> Path:
    """A folder with the netlist of the family's cells, as JSON for the router and as RTLIL for simulation."""
    script = [
        "read_rtlil core.il",
        f"{family.synthesis} -top {TOP}",
        "write_json netlist.json",
        f"select {TOP}",
        "write_rtlil -selected netlist.il",
    ]

    def make(folder: Path) -> None:
        (folder / "core.il").write_text(source, encoding="utf-8")
        run_yosys(script, folder)

    return made_once(family.name, {"core": digest(source), "script": script, **versions(["pyosys"])}, make)


def route(family: Family, netlist: Path, seed: int) -> Routed:
    """One run of nextpnr. Raises ToolFailed, also where the core does not fit."""
    options = [*family.place, "--freq", str(GOAL_MHZ), "--seed", str(seed), "--timing-allow-fail"]

    def make(folder: Path) -> None:
        files = ["--json", "netlist.json", family.netlist_option, "routed", "--report", "report.json"]
        (folder / "netlist.json").write_bytes((netlist / "netlist.json").read_bytes())
        command = RUN_TOOL.format(module=family.module, function=family.nextpnr)
        run_tool(
            f"nextpnr for {family.device}", [sys.executable, "-c", command, *options, *files], folder, "nextpnr.log"
        )
        (folder / "netlist.json").unlink()

    inputs = {"netlist": netlist.name, "options": options, **versions([family.distribution])}
    folder = made_once(f"{family.name}-routed", inputs, make)
    report = read_report(folder / "report.json", family)
    clocks = [clock.achieved for clock in report.fmax.values()]
    if not clocks:
        raise ToolFailed(f"nextpnr found no clock in the core on {family.device}; please report it")
    used = {name: (entry.used, entry.available) for name, entry in report.utilization.items() if entry.used}
    return Routed(seed, min(clocks) * 1e6, used, folder)


def read_report(path: Path, family: Family) -> Report:
    """What nextpnr wrote of one run. Raises ToolFailed."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Report)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ToolFailed(
            f"nextpnr's report on {family.device} cannot be read ({error!s:.120}); please report it"
        ) from None


def pack(family: Family, routed: Routed) -> Path:
    """The bitstream of a routed core."""

    def make(folder: Path) -> None:
        (folder / "routed").write_bytes((routed.folder / "routed").read_bytes())
        command = RUN_TOOL.format(module=family.module, function=family.pack)
        run_tool(family.pack, [sys.executable, "-c", command, *family.pack_arguments], folder, "pack.log")
        (folder / "routed").unlink()

    inputs = {"routed": routed.folder.name, **versions([family.distribution])}
    return made_once(f"{family.name}-bitstream", inputs, make) / family.bitstream
