"""`hashwatt rtl`: the core as hardware, printed, placed on FPGAs, synthesised to cells, and held against real chips."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ...kernels.errors import InputError
from ...reports.wording.visible import visible
from ..files import write_whole
from ..integers import INTEGER
from ..live.progress import progress_for
from ..output import Output, as_unicode, shared_options
from ..sections import SectionedGroup

if TYPE_CHECKING:
    from ...kernels.rtl.shape import Shape

MODELLED = "modelled: a netlist before layout, without a clock tree and without wires unless stated"


@click.group(
    cls=SectionedGroup,
    epilog="""\b
Examples:
  hashwatt rtl emit > core.v               Verilog, for people who own a board
  hashwatt rtl place --family ice40        utilisation, clock and bitstream on an FPGA
  hashwatt rtl synth --liberty cells.lib   area, clock and joules in a library's cells
  hashwatt rtl validate                    the model beside published chips
""",
)
def rtl() -> None:
    """The SHA-256d core as hardware: Verilog, FPGA, standard cells."""


def shape_options(command: click.decorators.FC) -> click.decorators.FC:
    """Declare what a core is built like."""
    command = click.option("--skewed", is_flag=True, help="Run a, b, c, d a clock behind e, f, g, h: larger, faster.")(
        command
    )
    command = click.option(
        "--adder",
        type=click.Choice(["ripple", "carry-save"]),
        default="ripple",
        help="Chained adders (ripple), or sums reduced before one addition (carry-save).",
    )(command)
    return click.option(
        "--stages", type=INTEGER, default=1, metavar="S", help="Rounds in hardware, 1 to 61: ⌈61/S⌉ clocks a hash."
    )(command)


def shape_of(stages: int, adder: str, skewed: bool, full: bool = False) -> Shape:
    """The core that the options ask for. Raises InputError, also where the extra is not installed."""
    from ...kernels.rtl.extra import require
    from ...kernels.rtl.shape import Shape

    require()
    return Shape(stages, full=full, skewed=skewed, adder="carry-save" if adder == "carry-save" else "ripple")


@rtl.command(
    epilog="""\b
Examples:
  hashwatt rtl emit > core.v               the smallest core, one hash every 61 clocks
  hashwatt rtl emit --stages 61 --full     all eight digest words
  hashwatt rtl emit --format rtlil         for Yosys
"""
)
@shape_options
@click.option("--full", is_flag=True, help="All 64 rounds and all eight digest words.")
@click.option("--format", "kind", type=click.Choice(["verilog", "rtlil"]), default="verilog", help="The language.")
@shared_options
@click.pass_obj
def emit(output: Output, stages: int, adder: str, skewed: bool, full: bool, kind: str) -> None:
    """Print the core, for people who own a board."""
    shape = shape_of(stages, adder, skewed, full)
    from ...kernels.rtl.emit import rtlil, verilog

    text = verilog(shape) if kind == "verilog" else rtlil(shape)
    if output.as_json:
        output.document({"core": shape.name, "format": kind, "clocks_per_hash": shape.passes, "source": text})
    else:
        click.echo(text)


@rtl.command(
    epilog="""\b
Examples:
  hashwatt rtl place --family ice40                        a minute or two a seed
  hashwatt rtl place --family ecp5 --stages 8 --seeds 3    ten minutes and more
  hashwatt rtl place --family ice40 -o core.bin            keep the bitstream of the fastest

\b
The clock is the router's model of the finished layout; no open tool gives an FPGA's power.
"""
)
@click.option("--family", required=True, metavar="NAME", help="ice40 (HX8K) or ecp5 (85F).")
@shape_options
@click.option("--seeds", type=INTEGER, default=3, metavar="N", help="How often to place: the clock is the median's.")
@click.option("-o", "--output", "path", metavar="FILE", help="Write the bitstream here.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@shared_options
@click.pass_obj
def place(
    output: Output, family: str, stages: int, adder: str, skewed: bool, seeds: int, path: str | None, quiet: bool
) -> None:
    """Place and route the core on an FPGA: utilisation, clock, hashrate, bitstream."""
    from ...bench.api import check_writable
    from ...bench.result.file import is_result
    from ...kernels.rtl.fpga.family import family_named

    chosen = family_named(family)
    if not 1 <= seeds <= 100:
        raise InputError(f"{seeds} seeds cannot be placed; give 1 to 100")
    if path is not None:
        check_writable(path)
        if is_result(path):
            raise InputError(f"{visible(path, 200)} holds a measurement; write the bitstream under another name")
    shape = shape_of(stages, adder, skewed)
    from ...kernels.rtl.fpga.place import place as place_core

    shown = progress_for(quiet)
    try:
        placed = place_core(chosen, shape, range(1, seeds + 1), lambda text: shown.stage("rtl", text, None))
    finally:
        shown.done()
    if path is not None:
        write_whole(path, placed.bitstream.read_bytes())
    if output.as_json:
        output.document({"origin": "modelled", **vars(placed), "bitstream": as_unicode(str(path or placed.bitstream))})
        return
    low, high = placed.clocks_hz[0] / 1e6, placed.clocks_hz[-1] / 1e6
    output.line(f"{placed.device}, {shape.name}: {placed.clocks_per_hash} clocks a hash")
    output.line(f"  logic      {placed.logic_used:,} of {placed.logic_total:,} cells")
    output.line(f"  clock      {placed.clock_hz / 1e6:.1f} MHz, median of {seeds} seeds ({low:.1f} to {high:.1f})")
    output.line(f"  hashrate   {placed.hashrate_hs / 1e6:.3f} MH/s (modelled: the router's timing, no board)")
    output.line(f"  bitstream  {path or placed.bitstream}")


@rtl.command(
    epilog="""\b
Examples:
  hashwatt rtl synth                                       with the library that is installed, if one is
  hashwatt rtl synth --liberty cells.lib --stages 61       several minutes and 2 GB
  hashwatt rtl synth --liberty a.lib --liberty b.lib       one library in several files
  hashwatt rtl synth --wire-ff 2                           2 fF of wire for each pin a net reaches
"""
)
@click.option("--liberty", multiple=True, metavar="PATH", help="A library's Liberty file (repeat for more files).")
@shape_options
@click.option("--wire-ff", type=float, default=0.0, metavar="FF", help="Wire load for each pin that a net reaches, fF.")
@click.option("--avoid", multiple=True, metavar="CELL", help="Do not use this cell; * stands for any letters.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@shared_options
@click.pass_obj
def synth(
    output: Output,
    liberty: tuple[str, ...],
    stages: int,
    adder: str,
    skewed: bool,
    wire_ff: float,
    avoid: tuple[str, ...],
    quiet: bool,
) -> None:
    """Synthesise the core to standard cells: area, clock, joules a hash."""
    if not 0 <= wire_ff <= 1000:
        raise InputError(f"a wire load of {wire_ff:g} fF a pin makes no sense; give 0 to 1000")
    shape = shape_of(stages, adder, skewed)
    from ...kernels.rtl.asic.flow import price
    from ...kernels.rtl.asic.installed import require_liberty
    from ...kernels.rtl.asic.timing import Conditions
    from ...kernels.rtl.validate import bound

    paths = require_liberty(liberty)
    shown = progress_for(quiet)
    try:
        conditions = Conditions(wire_f_per_fanout=wire_ff * 1e-15)
        silicon = price(shape, paths, conditions, avoid, lambda text: shown.stage("rtl", text, None))
    finally:
        shown.done()
    if output.as_json:
        derived = {
            "efficiency_j_per_th": silicon.efficiency_j_per_th,
            "power_w": silicon.power_w,
            "heat_w_per_mm2": silicon.heat_w_per_mm2,
            "bound_factor": bound(),
        }
        output.document({"origin": "modelled", "missing": MODELLED, **vars(silicon), **derived})
        return
    energy = silicon.energy
    output.line(f"{silicon.library}, {shape.name}: {silicon.clocks_per_hash} clocks a hash ({MODELLED})")
    output.line(f"  cells      {silicon.cells:,}, of them {silicon.flip_flops:,} flip-flops")
    output.line(f"  area       {silicon.area_um2 / 1e6:.4g} mm²")
    output.line(f"  clock      {silicon.clock_hz / 1e6:.1f} MHz, {silicon.hashrate_hs / 1e6:.4g} MH/s")
    output.line(
        f"  energy     {energy.total_j * 1e9:.4g} J/GH at {silicon.voltage_v:g} V, right within {bound():.1f}×:"
    )
    for name, joules in (
        ("clock pins", energy.clock_j),
        ("flip-flops", energy.flops_j),
        ("logic", energy.logic_j),
        ("glitches", energy.glitches_j),
        ("leakage", energy.leakage_j),
    ):
        output.line(f"    {name:<10} {joules * 1e9:.4g} J/GH ({joules / energy.total_j:.0%})")
    output.line(f"  heat       {silicon.heat_w_per_mm2:.3g} W/mm² of cells")
    output.line(f"  checked    {silicon.hashes_simulated} hashes of the netlist are hashlib's")


@rtl.command(
    epilog="""\b
Examples:
  hashwatt rtl validate             our predictions beside what chips were published with
  hashwatt rtl validate --json
"""
)
@shared_options
@click.pass_obj
def validate(output: Output) -> None:
    """Hold the model against published chips: the factor and sign of each error, and the bound that follows."""
    from ...kernels.rtl.validate import bound, crosschecks, synthesised
    from ...kernels.rtl.validate import validate as hold

    chips, checks = hold(), crosschecks()
    if output.as_json:
        output.document(
            {
                "origin": "modelled",
                "bound_factor": bound(),
                "chips": [{**vars(chip), "factor": chip.factor} for chip in chips],
                "scaling": [{**vars(check), "error": check.error} for check in checks],
                "cores": [
                    {**vars(core), "total_j_per_gh": core.total_j_per_gh, "heat_w_per_mm2": core.heat_w_per_mm2}
                    for core in synthesised()
                ],
            }
        )
        return
    from ...reports.fitted_table import FittedTable

    columns = ("chip", "nm", "V", "published J/GH", "modelled J/GH", "model ÷ chip", "drawn", "scaled from")
    rows = [
        (
            f"{chip.vendor} {chip.chip}",
            f"{chip.process_nm:g}",
            bounds_text(chip.voltages_v),
            bounds_text(chip.published_j_per_gh),
            bounds_text(chip.modelled_j_per_gh),
            f"{chip.factor:.2f}",
            chip.style,
            chip.basis,
        )
        for chip in chips
    ]
    title = "Published chips (cited) and the model"
    output.table(FittedTable(columns, rows, title=title, expendable=("scaled from", "drawn", "V")))
    scaled = [
        (
            f"{check.from_nm:g}",
            f"{check.to_nm:g}",
            f"{check.predicted_j_per_gh:.3g}",
            f"{check.synthesised_j_per_gh:.3g}",
            f"{check.error:+.0%}",
        )
        for check in checks
    ]
    scales = ("from nm", "to nm", "predicted J/GH", "synthesised J/GH", "error")
    output.table(FittedTable(scales, scaled, title="Scaling alone, between our libraries"))
    cells = bound("standard cells")
    output.line(f"Every one of these chips is within a factor of {bound():.1f} of the model, either way")
    output.line(f"(those drawn in standard cells, as ours is, within {cells:.1f}): the bound of each modelled figure.")


def bounds_text(bounds: tuple[float, float]) -> str:
    """A range, or one figure where both ends are the same."""
    low, high = (f"{bound:.3g}" for bound in bounds)
    return low if low == high else f"{low}–{high}"
